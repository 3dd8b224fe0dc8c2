//! Weights of packs that older trainers wrote, in the form of today's layers.

use tch::{Kind, Tensor};

use crate::model::layers::two_phases;
use crate::model::vocoder::{magnitude_rows, rows_of_bins};

/// Layers that packs made before them lack. What they add is 0 until they are trained, so such a pack is a start all the same.
pub const NEWER_LAYERS: [&str; 4] = ["encoder.keyed", "decoder.keyed", "decoder.comb", "decoder.broad"];

/// Flat values of a stored tensor as today's layer holds them; as they are if their form is not known. `stored` gives the flat values of any
/// tensor of the pack by its name.
pub fn migrated(name: &str, value: Tensor, like: &Tensor, stored: &dyn Fn(&str) -> Option<Tensor>) -> Tensor {
    if name.starts_with("vocoder.phase") {
        lowest_phases(&value, like)
    } else if name.starts_with("vocoder.magnitude") || name.starts_with("vocoder.skip") {
        fewer_magnitudes(&value, like)
    } else if name == "vocoder.input.weight" {
        middle_taps(&value, like)
    } else if name.starts_with("vocoder.block") {
        narrowed_block(name, &value, like, stored).unwrap_or(value)
    } else if name.starts_with("decoder.up") {
        phases_of_taps(&value, like)
    } else {
        value
    }
}

/// Rows of the heads a, b and g for as many bins as `like` has: a pack may predict more phases than today's vocoder.
fn lowest_phases(value: &Tensor, like: &Tensor) -> Tensor {
    let (bins, row) = (like.size()[0] / 3, like.numel() as i64 / like.size()[0]);
    if value.numel() as i64 % (3 * row) != 0 || value.numel() < like.numel() {
        return value.shallow_clone();
    }
    value.view([3, -1, row]).narrow(1, 0, bins).reshape([-1])
}

/// Rows for each bin as rows for each of today's magnitudes.
fn fewer_magnitudes(value: &Tensor, like: &Tensor) -> Tensor {
    let row = like.numel() as i64 / like.size()[0];
    let bins = value.numel() as i64 / row;
    if value.numel() <= like.numel() || magnitude_rows(bins) != like.size()[0] {
        return value.shallow_clone();
    }
    rows_of_bins(&value.view([bins, row])).reshape([-1])
}

/// More taps than today's, those beyond its edges added to the taps there: what does not change in time gives what it gave.
fn middle_taps(value: &Tensor, like: &Tensor) -> Tensor {
    let &[outputs, inputs, kernel] = &like.size()[..] else { return value.shallow_clone() };
    let taps = value.numel() as i64 / (outputs * inputs);
    let beyond = (taps - kernel) / 2;
    if beyond <= 0 || taps * outputs * inputs != value.numel() as i64 {
        return value.shallow_clone();
    }
    let value = value.view([outputs, inputs, taps]);
    let summed =
        |start: i64, length: i64| value.narrow(2, start, length).sum_dim_intlist([2i64].as_slice(), true, None);
    let (first, last) = (summed(0, beyond + 1), summed(taps - beyond - 1, beyond + 1));
    Tensor::cat(&[first, value.narrow(2, beyond + 1, kernel - 2), last], 2).reshape([-1])
}

/// A part of a block with more channels inside than today's: those that carry most, by the product of the norms of their weights on the way
/// in and on the way out.
fn narrowed_block(
    name: &str,
    value: &Tensor,
    like: &Tensor,
    stored: &dyn Fn(&str) -> Option<Tensor>,
) -> Option<Tensor> {
    let (layer, part) = name.rsplit_once('.')?;
    let (block, layer) = layer.rsplit_once('.')?;
    if value.numel() <= like.numel() || !matches!(layer, "expand" | "contract") {
        return None;
    }
    let inside = stored(&format!("{block}.expand.bias"))?.numel() as i64;
    let expand = stored(&format!("{block}.expand.weight"))?.view([inside, -1]);
    let contract = stored(&format!("{block}.contract.weight"))?.view([-1, inside]);
    let norm = |x: &Tensor, over: i64| x.square().sum_dim_intlist([over].as_slice(), false, Kind::Float).sqrt();
    let carried = norm(&expand, 1) * norm(&contract, 0);
    let kept = |count: i64| carried.topk(count, 0, true, true).1;
    match (layer, part) {
        ("expand", "weight") => Some(expand.index_select(0, &kept(like.size()[0])).reshape([-1])),
        ("expand", "bias") => Some(value.index_select(0, &kept(like.size()[0]))),
        ("contract", "weight") => Some(contract.index_select(1, &kept(like.size()[1])).reshape([-1])),
        _ => None,
    }
}

/// Five taps over frames each repeated once, as today's two phases.
fn phases_of_taps(value: &Tensor, like: &Tensor) -> Tensor {
    let doubled = like.size()[0] / 2;
    match like.size()[..] {
        [_] if value.numel() as i64 == doubled => Tensor::cat(&[value, value], 0),
        [_, inputs, 3] if value.numel() as i64 == doubled * inputs * 5 => {
            two_phases(&value.view([doubled, inputs, 5])).flatten(0, -1)
        }
        _ => value.shallow_clone(),
    }
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::model::layers::interleave;

    const OPTIONS: (Kind, Device) = (Kind::Float, Device::Cpu);

    #[test]
    fn of_many_phases_the_lowest_of_each_head_are_taken() {
        let stored = Tensor::arange(3 * 5 * 2, OPTIONS);
        let taken = lowest_phases(&stored, &Tensor::zeros([3 * 2, 2, 1], OPTIONS));
        let wanted = Tensor::cat(&[stored.narrow(0, 0, 4), stored.narrow(0, 10, 4), stored.narrow(0, 20, 4)], 0);
        assert!(taken.equal(&wanted), "{taken:?}");
        let same = lowest_phases(&stored, &Tensor::zeros([3 * 5, 2, 1], OPTIONS));
        assert!(same.equal(&stored));
    }

    #[test]
    fn two_phases_give_what_five_taps_gave_over_repeated_frames() {
        tch::manual_seed(4);
        let (weight, bias) = (Tensor::randn([6, 4, 5], OPTIONS), Tensor::randn([6], OPTIONS));
        let x = Tensor::randn([2, 4, 11], OPTIONS);
        let repeated = x.repeat_interleave_self_int(2, 2, None);
        let wanted = repeated.conv1d(&weight, Some(&bias), 1, 2, 1, 1);
        let migrated_weight =
            migrated("decoder.up1.weight", weight.view(-1), &Tensor::zeros([12, 4, 3], OPTIONS), &|_| None);
        let migrated_bias = migrated("decoder.up1.bias", bias, &Tensor::zeros([12], OPTIONS), &|_| None);
        let made = x.conv1d(&migrated_weight.view([12, 4, 3]), Some(&migrated_bias), 1, 1, 1, 1);
        assert!(interleave(&made).allclose(&wanted, 1e-5, 1e-5, false));
        let today = Tensor::randn([12 * 4 * 3], OPTIONS);
        assert!(
            migrated("decoder.up1.weight", today.copy(), &Tensor::zeros([12, 4, 3], OPTIONS), &|_| None).equal(&today)
        );
    }

    #[test]
    fn a_wide_block_keeps_the_channels_inside_that_carry_most() {
        let (channels, wide, narrow) = (3, 6, 2);
        let expand = Tensor::arange(wide * channels, OPTIONS).view([wide, channels]);
        let contract = Tensor::ones([channels, wide], OPTIONS);
        // Of the loudest on the way in, one leads nowhere.
        let _ = contract.narrow(1, 5, 1).fill_(0.0);
        let bias = Tensor::arange(wide, OPTIONS);
        let stored = |name: &str| match name {
            "vocoder.block0.expand.weight" => Some(expand.view(-1)),
            "vocoder.block0.contract.weight" => Some(contract.view(-1)),
            "vocoder.block0.expand.bias" => Some(bias.copy()),
            _ => None,
        };
        let taken = |name: &str, like: &[i64]| {
            let name = format!("vocoder.block0.{name}");
            migrated(&name, stored(&name).expect("it is stored"), &Tensor::zeros(like, OPTIONS), &stored)
        };
        let kept = Tensor::from_slice(&[4i64, 3]);
        assert!(taken("expand.bias", &[narrow]).equal(&kept.to_kind(Kind::Float)));
        assert!(taken("expand.weight", &[narrow, channels, 1]).equal(&expand.index_select(0, &kept).view(-1)));
        assert!(taken("contract.weight", &[channels, narrow, 1]).equal(&Tensor::ones([channels * narrow], OPTIONS)));
        assert!(taken("expand.weight", &[wide, channels, 1]).equal(&expand.view(-1)), "as wide as it was");
    }

    #[test]
    fn taps_beyond_the_edges_are_added_to_those_at_them() {
        let stored = Tensor::from_slice(&[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        let taken = middle_taps(&stored, &Tensor::zeros([1, 1, 3], OPTIONS));
        assert!(taken.equal(&Tensor::from_slice(&[6.0f32, 4.0, 18.0])), "{taken:?}");
        assert!(middle_taps(&stored, &Tensor::zeros([1, 1, 7], OPTIONS)).equal(&stored));
    }

    #[test]
    fn magnitudes_of_bins_that_share_one_are_averaged() {
        let like = Tensor::zeros([magnitude_rows(1025), 2, 1], OPTIONS);
        let stored = Tensor::arange(2 * 1025, OPTIONS);
        let taken = fewer_magnitudes(&stored, &like).view([-1, 2]);
        assert!(taken.narrow(0, 0, 400).equal(&stored.view([-1, 2]).narrow(0, 0, 400)));
        assert_eq!(taken.double_value(&[400, 0]), 2.0 * 401.5, "four bins");
        assert_eq!(taken.double_value(&[magnitude_rows(1025) - 1, 1]), 2.0 * 1024.0 + 1.0, "the last alone");
        let today = like.view(-1);
        assert!(fewer_magnitudes(&today, &like).equal(&today));
    }
}

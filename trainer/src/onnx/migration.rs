//! Weights of packs that older trainers wrote, in the form of today's layers.

use tch::Tensor;

use crate::model::layers::two_phases;

/// Layers that packs made before them lack. What they add is 0 until they are trained, so such a pack is a start all the same.
pub const NEWER_LAYERS: [&str; 4] = ["encoder.keyed", "decoder.keyed", "decoder.comb", "decoder.broad"];

/// Flat values of a stored tensor as today's layer holds them; as they are if their form is not known.
pub fn migrated(name: &str, value: Tensor, like: &Tensor) -> Tensor {
    if name.starts_with("vocoder.phase") {
        lowest_phases(&value, like)
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
        let migrated_weight = migrated("decoder.up1.weight", weight.view(-1), &Tensor::zeros([12, 4, 3], OPTIONS));
        let migrated_bias = migrated("decoder.up1.bias", bias, &Tensor::zeros([12], OPTIONS));
        let made = x.conv1d(&migrated_weight.view([12, 4, 3]), Some(&migrated_bias), 1, 1, 1, 1);
        assert!(interleave(&made).allclose(&wanted, 1e-5, 1e-5, false));
        let today = Tensor::randn([12 * 4 * 3], OPTIONS);
        assert!(migrated("decoder.up1.weight", today.copy(), &Tensor::zeros([12, 4, 3], OPTIONS)).equal(&today));
    }
}

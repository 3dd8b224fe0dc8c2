//! The three graphs of a pack, written layer by layer from the trained models.

use anyhow::Result;
use tch::{Kind, Tensor};

use super::builder::{Builder, Value};
use crate::model::key_axis::{HARMONICS, KeyAxis};
use crate::model::vae::{BANDS, COARSE_FRAMES, FRAME_RANGE, FRAMES, LATENTS, PADDED_FRAMES};
use crate::model::vocoder::{BINS_PER_ROW, Block, PHASE_BINS, magnitude_rows};
use crate::model::{Decoder, Encoder, Vocoder};

/// `frames`, `key` → `latent`.
///
/// # Errors
/// Torch refuses to give the weights as numbers.
pub fn encoder(model: &Encoder) -> Result<Vec<u8>> {
    let mut graph = Builder::new("encoder");
    let frames = graph.input("frames", &[1, BANDS, FRAMES]);
    let key = graph.input("key", &[1, 1]);
    let padding = PADDED_FRAMES - FRAMES;
    let places = places(&mut graph, &model.axis, &key)?;
    let by_place = graph.transpose(&places, &[0, 2, 1]);
    let on_axis = graph.matmul(&by_place, &frames);
    let fixed = graph.conv(&frames, &model.convs[0], padding)?;
    let keyed = graph.conv(&on_axis, &model.keyed, padding)?;
    let y = graph.add(&fixed, &keyed);
    let mut x = graph.silu(&y)?;
    for conv in &model.convs[1..] {
        let y = graph.conv(&x, conv, 0)?;
        x = graph.silu(&y)?;
    }
    let flat = graph.reshape(&x, &[1, -1]);
    let joined = graph.concat(&[flat, key], 1);
    let hidden = graph.linear(&joined, &model.hidden)?;
    let hidden = graph.silu(&hidden)?;
    let latent = graph.linear(&hidden, &model.mean)?;
    graph.output(latent, "latent", &[1, LATENTS]);
    Ok(graph.finish())
}

/// `latent`, `key` → `frames`.
///
/// # Errors
/// Torch refuses to give the weights as numbers.
pub fn decoder(model: &Decoder) -> Result<Vec<u8>> {
    let mut graph = Builder::new("decoder");
    let latent = graph.input("latent", &[1, LATENTS]);
    let key = graph.input("key", &[1, 1]);
    let mut x = graph.concat(&[latent, key.clone()], 1);
    for layer in [&model.first, &model.second] {
        let y = graph.linear(&x, layer)?;
        x = graph.silu(&y)?;
    }
    let hidden = x;
    let broad = graph.linear(&hidden, &model.broad)?;
    let broad = graph.silu(&broad)?;
    let coarse = graph.linear(&hidden, &model.spread)?;
    let beside = graph.linear(&broad, &model.broad_spread)?;
    let coarse = graph.add(&coarse, &beside);
    x = graph.silu(&coarse)?;
    let mut frames = COARSE_FRAMES;
    let mut channels = model.spread.weight.size()[0] / COARSE_FRAMES;
    x = graph.reshape(&x, &[1, channels, frames]);
    for block in &model.blocks {
        let y = graph.conv(&x, &block.conv, 0)?;
        let y = graph.silu(&y)?;
        channels = block.conv.weight.size()[0] / 2;
        let y = graph.interleave(&y, channels, frames);
        let residual = graph.conv(&y, &block.residual, 0)?;
        let residual = graph.silu(&residual)?;
        x = graph.add(&y, &residual);
        frames *= 2;
    }
    let fixed = graph.conv(&x, &model.output, 0)?;
    let comb = comb(&mut graph, &model.axis, &key)?;
    let standing_out = graph.conv(&x, &model.comb, 0)?;
    let standing_out = graph.mul(&standing_out, &comb);
    let places = places(&mut graph, &model.axis, &key)?;
    let keyed = graph.conv(&x, &model.keyed, 0)?;
    let keyed = graph.matmul(&places, &keyed);
    let all = graph.add(&fixed, &standing_out);
    let all = graph.add(&all, &keyed);
    let made = graph.slice(&all, 2, 0..FRAMES);
    let made = graph.clip(&made, FRAME_RANGE)?;
    graph.output(made, "frames", &[1, BANDS, FRAMES]);
    Ok(graph.finish())
}

/// `frames`, `key` → `log_magnitude`, `phase`, for a whole sound's frames.
///
/// # Errors
/// Torch refuses to give the weights as numbers.
pub fn vocoder(model: &Vocoder) -> Result<Vec<u8>> {
    let mut graph = Builder::new("vocoder");
    let frames = graph.input("frames", &[1, BANDS, FRAMES]);
    let key = graph.input("key", &[1, 1]);
    let hidden = graph.linear(&key, &model.key_hidden)?;
    let hidden = graph.silu(&hidden)?;
    let bias = graph.linear(&hidden, &model.key_bias)?;
    let bias = graph.reshape(&bias, &[1, -1, 1]);
    let first = graph.conv(&frames, &model.input, 0)?;
    let mut x = graph.add(&first, &bias);
    for block in &model.blocks {
        x = vocoder_block(&mut graph, &x, block)?;
    }
    let skip = graph.conv(&frames, &model.skip, 0)?;
    let correction = graph.conv(&x, &model.magnitude, 0)?;
    let rows = graph.add(&skip, &correction);
    let log_magnitude = bins_of_rows(&mut graph, &rows, model.bins);
    let phase = graph.conv(&x, &model.phase, 0)?;
    graph.output(log_magnitude, "log_magnitude", &[1, model.bins, FRAMES]);
    graph.output(phase, "phase", &[1, model.phase.weight.size()[0], FRAMES]);
    Ok(graph.finish())
}

/// Rows of magnitudes, `[1, rows, frames]`, as those of `bins` bins.
fn bins_of_rows(graph: &mut Builder, rows: &Value, bins: i64) -> Value {
    let low = graph.slice(rows, 1, 0..PHASE_BINS);
    let high = graph.slice(rows, 1, PHASE_BINS..magnitude_rows(bins));
    let high = graph.repeat(&high, (magnitude_rows(bins) - PHASE_BINS, BINS_PER_ROW));
    let high = graph.slice(&high, 1, 0..bins - PHASE_BINS);
    graph.concat(&[low, high], 1)
}

fn vocoder_block(graph: &mut Builder, x: &Value, block: &Block) -> Result<Value> {
    let mixed = graph.conv(x, &block.depthwise, 0)?;
    let even = graph.rms_norm(&mixed, &block.norm)?;
    let wide = graph.conv(&even, &block.expand, 0)?;
    let wide = graph.silu(&wide)?;
    let back = graph.conv(&wide, &block.contract, 0)?;
    let back = graph.scaled(&back, &format!("{}.scale", block.name), &block.scale)?;
    Ok(graph.add(x, &back))
}

/// [`KeyAxis::places`].
fn places(graph: &mut Builder, axis: &KeyAxis, key: &Value) -> Result<Value> {
    bells(graph, axis, key, &axis.log_places, &axis.evenness)
}

/// [`KeyAxis::comb`].
fn comb(graph: &mut Builder, axis: &KeyAxis, key: &Value) -> Result<Value> {
    let high = Tensor::full_like(&axis.blur, HARMONICS as f64);
    let bells = bells(graph, axis, key, &axis.log_harmonics, &high)?;
    // Of bells that are as many times too high.
    let sum = graph.mean(&bells, 2);
    let key = graph.reshape(key, &[1, 1, 1]);
    let lower = graph.times(&key, -axis.log_per_unit)?;
    let ratio = graph.exp(&lower);
    let blur = graph.constant(&axis.blur)?;
    let blur = graph.mul(&ratio, &blur);
    let square = graph.mul(&blur, &blur);
    let fourth = graph.mul(&square, &square);
    let fading = graph.times(&fourth, -1.0)?;
    let fading = graph.exp(&fading);
    Ok(graph.mul(&sum, &fading))
}

/// Bells around `logs`, `[1, places]`, that are `height`, `[bands, 1]`, high: `[1, bands, places]`. All constants have the whole shape, since
/// a runner is slow to stretch a column over rows.
fn bells(graph: &mut Builder, axis: &KeyAxis, key: &Value, logs: &Tensor, height: &Tensor) -> Result<Value> {
    let double = |x: &Tensor| x.to_kind(Kind::Double);
    let sharpness = double(&axis.sharpness) * std::f64::consts::FRAC_1_SQRT_2;
    let at_middle = (double(&axis.log_centres) - double(logs)) * &sharpness;
    let per_unit = (sharpness * -axis.log_per_unit).expand_as(&at_middle);
    let log_height = double(height).log().expand_as(&at_middle);
    let whole = |graph: &mut Builder, x: &Tensor| graph.constant(&x.to_kind(Kind::Float).unsqueeze(0).contiguous());
    let (at_middle, per_unit) = (whole(graph, &at_middle)?, whole(graph, &per_unit)?);
    let log_height = whole(graph, &log_height)?;
    let key = graph.reshape(key, &[1, 1, 1]);
    let shift = graph.mul(&per_unit, &key);
    let distance = graph.add(&at_middle, &shift);
    let square = graph.mul(&distance, &distance);
    let exponent = graph.sub(&log_height, &square);
    Ok(graph.exp(&exponent))
}

#[cfg(test)]
mod tests {
    use engine::decode::graph::{Graph, Port};
    use tch::Device;
    use tch::nn::VarStore;

    use super::*;
    use crate::onnx::tests::{loud_decoder, randomise};
    use engine::decode::pipeline::key_input;

    /// Of the larger of 1 and the value: what a pack is held to.
    const TOLERANCE: f64 = 1e-4;

    fn assert_same(made: &[f32], wanted: &Tensor, what: &str) {
        let made = Tensor::from_slice(made);
        let difference = (&made - wanted.flatten(0, -1)).abs().max().double_value(&[]);
        let scale = wanted.abs().max().double_value(&[]).max(1.0);
        assert!(difference <= TOLERANCE * scale, "{what}: {difference}");
    }

    #[test]
    fn the_keys_axis_is_the_same_in_torch_and_in_a_graph() {
        let _guard = tch::no_grad_guard();
        let (_store, model) = loud_decoder(3);
        let store = VarStore::new(Device::Cpu);
        let heard = Encoder::new(&(store.root() / "encoder"));
        randomise(&store);
        let ports = || [Port::new("latent", &[1, 7]), Port::new("key", &[1, 1]), Port::new("frames", &[1, 128, 172])];
        let load = |name: &str, bytes: Vec<u8>, order: [usize; 3]| {
            let [first, key, last] = order.map(|index| ports()[index].clone());
            Graph::load(name, &bytes, vec![first, key], vec![last]).and_then(|graph| graph.runner()).expect(name)
        };
        let mut decode = load("decoder.onnx", decoder(&model).expect("a graph"), [0, 1, 2]);
        let mut encode = load("encoder.onnx", encoder(&heard).expect("a graph"), [2, 1, 0]);
        let latent = [0.5f32, -1.0, 2.0, 0.0, -0.3, 1.2, -2.0];
        for key in [24.0, 36.0, 60.5, 84.0, 96.0].map(key_input) {
            let key_tensor = Tensor::from_slice(&[key]).unsqueeze(0);
            let frames = model.decode(&Tensor::from_slice(&latent).unsqueeze(0), &key_tensor);
            let made = decode.run(&[&latent, &[key]]).expect("a run");
            assert_same(made.get(0), &frames, &format!("decoder at {key}"));
            let values = Vec::<f32>::try_from(frames.flatten(0, -1)).expect("numbers");
            let made = encode.run(&[&values, &[key]]).expect("a run");
            assert_same(made.get(0), &heard.forward(&frames, &key_tensor).0, &format!("encoder at {key}"));
        }
    }
}

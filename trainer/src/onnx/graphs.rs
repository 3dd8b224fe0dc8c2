//! The three graphs of a pack, written layer by layer from the trained models.

use anyhow::Result;
use tch::Tensor;

use super::builder::{Builder, Value};
use crate::model::key_axis::{HARMONICS, KeyAxis};
use crate::model::vae::{BANDS, COARSE_FRAMES, FRAME_RANGE, FRAMES, LATENTS, PADDED_FRAMES};
use crate::model::vocoder::Block;
use crate::model::{Decoder, Encoder, Vocoder};

/// `frames`, `key` → `latent`.
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
pub fn decoder(model: &Decoder) -> Result<Vec<u8>> {
    let mut graph = Builder::new("decoder");
    let latent = graph.input("latent", &[1, LATENTS]);
    let key = graph.input("key", &[1, 1]);
    let mut x = graph.concat(&[latent, key.clone()], 1);
    for layer in [&model.first, &model.second, &model.spread] {
        let y = graph.linear(&x, layer)?;
        x = graph.silu(&y)?;
    }
    let mut frames = COARSE_FRAMES;
    let mut channels = model.spread.weight.size()[0] / COARSE_FRAMES;
    x = graph.reshape(&x, &[1, channels, frames]);
    for block in &model.blocks {
        let doubled = graph.double_frames(&x, channels, frames);
        let y = graph.conv(&doubled, &block.conv, 0)?;
        let y = graph.silu(&y)?;
        let residual = graph.conv(&y, &block.residual, 0)?;
        let residual = graph.silu(&residual)?;
        x = graph.add(&y, &residual);
        frames *= 2;
        channels = block.conv.weight.size()[0];
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
    let made = graph.first(&all, 2, FRAMES);
    let made = graph.clip(&made, FRAME_RANGE)?;
    graph.output(made, "frames", &[1, BANDS, FRAMES]);
    Ok(graph.finish())
}

/// `frames`, `key` → `log_magnitude`, `phase`, for a whole sound's frames.
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
    let log_magnitude = graph.add(&skip, &correction);
    let phase = graph.conv(&x, &model.phase, 0)?;
    graph.output(log_magnitude, "log_magnitude", &[1, model.magnitude.weight.size()[0], FRAMES]);
    graph.output(phase, "phase", &[1, model.phase.weight.size()[0], FRAMES]);
    Ok(graph.finish())
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
    let bells = bells(graph, axis, key, &axis.log_places)?;
    let evenness = graph.constant(&axis.evenness)?;
    Ok(graph.mul(&bells, &evenness))
}

/// [`KeyAxis::comb`].
fn comb(graph: &mut Builder, axis: &KeyAxis, key: &Value) -> Result<Value> {
    let bells = bells(graph, axis, key, &axis.log_harmonics)?;
    let mean = graph.mean(&bells, 2);
    let sum = graph.times(&mean, HARMONICS as f64)?;
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

fn bells(graph: &mut Builder, axis: &KeyAxis, key: &Value, logs: &Tensor) -> Result<Value> {
    let (centres, logs) = (graph.constant(&axis.log_centres.unsqueeze(0))?, graph.constant(&logs.unsqueeze(0))?);
    let distances = graph.sub(&centres, &logs);
    let key = graph.reshape(key, &[1, 1, 1]);
    let shift = graph.times(&key, -axis.log_per_unit)?;
    let distance = graph.add(&distances, &shift);
    let sharpness = graph.constant(&axis.sharpness)?;
    let scaled = graph.mul(&distance, &sharpness);
    let square = graph.mul(&scaled, &scaled);
    let exponent = graph.times(&square, -0.5)?;
    Ok(graph.exp(&exponent))
}

//! The two graphs of a pack of kind `cqt`, written layer by layer from the trained networks.

use anyhow::Result;

use super::model::{Activation, BANDS, COARSE_FRAMES, Decoder, Encoder, FRAME_RANGE, FRAMES, LATENTS, LEAK};
use crate::onnx::builder::{Builder, Value};

/// `frames` → `latent`.
///
/// # Errors
/// Torch refuses to give the weights as numbers.
pub fn encoder(model: &Encoder) -> Result<Vec<u8>> {
    let mut graph = Builder::new("encoder");
    let mut x = graph.input("frames", &[1, BANDS, FRAMES]);
    for conv in &model.convs {
        let y = graph.conv(&x, conv, 0)?;
        x = active(&mut graph, &y, model.activation);
    }
    let flat = graph.reshape(&x, &[1, -1]);
    let hidden = graph.linear(&flat, &model.hidden)?;
    let hidden = active(&mut graph, &hidden, model.activation);
    let latent = graph.linear(&hidden, &model.mean)?;
    graph.output(latent, "latent", &[1, LATENTS]);
    Ok(graph.finish())
}

/// `latent` → `frames`. The doublings are one convolution each, whose channels are interleaved: a form that graph runners compute fast, of
/// transposed convolutions as of nearest neighbours.
///
/// # Errors
/// Torch refuses to give the weights as numbers.
pub fn decoder(model: &Decoder) -> Result<Vec<u8>> {
    let mut graph = Builder::new("decoder");
    let mut x = graph.input("latent", &[1, LATENTS]);
    for layer in [&model.first, &model.second, &model.spread] {
        let y = graph.linear(&x, layer)?;
        x = active(&mut graph, &y, model.activation);
    }
    let mut frames = COARSE_FRAMES;
    x = graph.reshape(&x, &[1, Decoder::COARSE_CHANNELS, frames]);
    for block in &model.blocks {
        let y = graph.conv(&x, &block.phases(true), 0)?;
        let y = active(&mut graph, &y, model.activation);
        let y = graph.interleave(&y, block.channels(), frames);
        let residual = graph.conv(&y, &block.residual, 0)?;
        let residual = active(&mut graph, &residual, model.activation);
        x = graph.add(&y, &residual);
        frames *= 2;
    }
    let made = graph.conv(&x, &model.output, 0)?;
    let made = graph.clip(&made, FRAME_RANGE)?;
    graph.output(made, "frames", &[1, BANDS, FRAMES]);
    Ok(graph.finish())
}

fn active(graph: &mut Builder, x: &Value, activation: Activation) -> Value {
    match activation {
        Activation::Relu => graph.relu(x),
        Activation::LeakyRelu => graph.leaky_relu(x, LEAK as f32),
    }
}

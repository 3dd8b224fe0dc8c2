//! The decoder of a pack of kind `foley` as a graph, written layer by layer.

use anyhow::Result;
use tch::Tensor;

use super::config::Network;
use super::data::SHAPE;
use super::vqvae::{Block, Decoder, FRAMES_OF_POSITION, LOG_SPREAD_OFFSET, SPREADS};
use crate::model::layers::Conv;
use crate::model::vae::FRAME_RANGE;
use crate::onnx::builder::{Builder, Value};

/// `positions` → `frames`, `spread`.
///
/// # Errors
/// Torch refuses to give the weights as numbers.
pub fn decoder(model: &Decoder, network: &Network) -> Result<Vec<u8>> {
    let (bands, frames) = (SHAPE.mel_bands as i64, SHAPE.frame_count as i64);
    let mut count = frames / FRAMES_OF_POSITION;
    let mut graph = Builder::new("decoder");
    let positions = graph.input("positions", &[1, network.latent, count]);
    let mut x = graph.conv(&positions, &model.first, 0)?;
    for part in &model.blocks {
        x = block(&mut graph, &x, part)?;
    }
    for (conv, part) in &model.doubling {
        let doubled = graph.conv(&x, conv, 0)?;
        let doubled = graph.silu(&doubled)?;
        x = graph.interleave(&doubled, channels(conv) / 2, count);
        x = block(&mut graph, &x, part)?;
        count *= 2;
    }
    let active = graph.silu(&x)?;
    let made = graph.conv(&active, &model.last, 0)?;
    let made = graph.clip(&made, FRAME_RANGE)?;
    graph.output(made, "frames", &[1, bands, frames]);
    let spread = graph.conv(&active, &model.spread, 0)?;
    let offset = graph.constant(&Tensor::from_slice(&[LOG_SPREAD_OFFSET as f32]))?;
    let log_spread = graph.add(&spread, &offset);
    let log_spread = graph.clip(&log_spread, (SPREADS.0.ln(), SPREADS.1.ln()))?;
    let spread = graph.exp(&log_spread);
    graph.output(spread, "spread", &[1, bands, frames]);
    Ok(graph.finish())
}

fn channels(conv: &Conv) -> i64 {
    conv.weight.size()[0]
}

fn block(graph: &mut Builder, x: &Value, block: &Block) -> Result<Value> {
    let active = graph.silu(x)?;
    let wide = graph.conv(&active, &block.wide, 0)?;
    let active = graph.silu(&wide)?;
    let narrow = graph.conv(&active, &block.narrow, 0)?;
    Ok(graph.add(x, &narrow))
}

//! The decoder of a pack of kind `foley` as a graph, written layer by layer.

use anyhow::Result;
use tch::Tensor;

use super::config::Network;
use super::data::SHAPE;
use super::vqvae::{Decoder, FRAMES_OF_CELL, LOG_SPREAD_OFFSET, RISES, ROWS, SPREADS};
use crate::model::planes::{PlaneBlock, PlaneConv};
use crate::model::vae::FRAME_RANGE;
use crate::onnx::builder::{Builder, Value};

/// `positions`, the cells of a position one after the other, → `frames` and `spread`.
///
/// # Errors
/// Torch refuses to give the weights as numbers.
pub fn decoder(model: &Decoder, network: &Network) -> Result<Vec<u8>> {
    let mut size = [ROWS, SHAPE.frame_count as i64 / FRAMES_OF_CELL];
    let mut graph = Builder::new("decoder");
    let positions = graph.input("positions", &[1, ROWS * network.cell, size[1]]);
    let cells = graph.reshape(&positions, &[1, ROWS, network.cell, size[1]]);
    let cells = graph.transpose(&cells, &[0, 2, 1, 3]);
    let first = graph.plane_conv(&cells, &model.first)?;
    let rows = graph.constant(&model.rows)?;
    let mut x = graph.add(&first, &rows);
    for part in &model.blocks {
        x = block(&mut graph, &x, part)?;
    }
    for ((conv, part), factors) in model.rises.iter().zip(RISES) {
        x = rise(&mut graph, &x, conv, (&mut size, factors))?;
        x = block(&mut graph, &x, part)?;
    }
    let active = graph.silu(&x)?;
    let frames = graph.plane_conv(&active, &model.last)?;
    let frames = graph.clip(&frames, FRAME_RANGE)?;
    output(&mut graph, &frames, "frames");
    let spread = graph.plane_conv(&active, &model.spread)?;
    let offset = graph.constant(&Tensor::from_slice(&[LOG_SPREAD_OFFSET as f32]))?;
    let log_spread = graph.add(&spread, &offset);
    let log_spread = graph.clip(&log_spread, (SPREADS.0.ln(), SPREADS.1.ln()))?;
    let spread = graph.exp(&log_spread);
    output(&mut graph, &spread, "spread");
    Ok(graph.finish())
}

fn output(graph: &mut Builder, plane: &Value, name: &str) {
    let shape = [1, SHAPE.mel_bands as i64, SHAPE.frame_count as i64];
    let flat = graph.reshape(plane, &shape);
    graph.output(flat, name, &shape);
}

/// [`crate::model::planes::spread_phases`] of a convolution; `size` are bands and frames before and then after it.
fn rise(graph: &mut Builder, x: &Value, conv: &PlaneConv, (size, factors): (&mut [i64; 2], [i64; 2])) -> Result<Value> {
    let ([bands, frames], [up, along]) = (*size, factors);
    let active = graph.silu(x)?;
    let made = graph.plane_conv(&active, conv)?;
    let channels = conv.weight.size()[0] / (up * along);
    let phases = graph.reshape(&made, &[up, along, channels, bands, frames]);
    let ordered = graph.transpose(&phases, &[2, 3, 0, 4, 1]);
    *size = [bands * up, frames * along];
    Ok(graph.reshape(&ordered, &[1, channels, size[0], size[1]]))
}

fn block(graph: &mut Builder, x: &Value, block: &PlaneBlock) -> Result<Value> {
    let active = graph.silu(x)?;
    let wide = graph.plane_conv(&active, &block.wide)?;
    let active = graph.silu(&wide)?;
    let narrow = graph.plane_conv(&active, &block.narrow)?;
    Ok(graph.add(x, &narrow))
}

//! Encoder and decoder between log-mel frames and positions, of which there is one for four frames, and the head that tells the class.

use tch::Tensor;
use tch::nn::Path;

use super::config::Network;
use super::data::SHAPE;
use super::quantiser::{Quantised, Quantiser};
use crate::model::layers::{Conv, ConvShape, Linear, interleave, silu};
use crate::model::vae::FRAME_RANGE;

/// Frames of a position.
pub const FRAMES_OF_POSITION: i64 = 4;
/// Residual blocks of encoder and decoder at the rate of the positions.
const BLOCKS: usize = 2;
const BANDS: i64 = SHAPE.mel_bands as i64;
/// The least and the largest spread of a value, in units of frames: 0.25 and 15 dB.
pub const SPREADS: (f64, f64) = (0.005, 0.3);
/// Added to the logarithm of the spread, so that fresh weights begin at 3 dB.
pub const LOG_SPREAD_OFFSET: f64 = -2.8;

/// A block of two convolutions, added to its input (He and others 2016).
#[derive(Debug)]
pub struct Block {
    pub wide: Conv,
    pub narrow: Conv,
}

impl Block {
    fn new(path: &Path, channels: i64) -> Self {
        Self {
            wide: Conv::new(&(path / "wide"), ConvShape::new(channels, channels, 3)),
            narrow: Conv::new(&(path / "narrow"), ConvShape::new(channels, channels, 1)),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        x + self.narrow.forward(&silu(&self.wide.forward(&silu(x))))
    }
}

fn blocks(path: &Path, channels: i64) -> Vec<Block> {
    (0..BLOCKS).map(|index| Block::new(&(path / format!("block{index}")), channels)).collect()
}

/// Frames → positions.
#[derive(Debug)]
struct Encoder {
    first: Conv,
    halving: [Conv; 2],
    blocks: Vec<Block>,
    last: Conv,
}

impl Encoder {
    fn new(path: &Path, network: &Network) -> Self {
        let halving = |name: &str, input: i64| {
            let shape = ConvShape { stride: 2, ..ConvShape::new(input, network.channels, 5) };
            Conv::new(&(path / name), shape)
        };
        Self {
            first: Conv::new(&(path / "first"), ConvShape::new(BANDS, BANDS, 3)),
            halving: [halving("halving0", BANDS), halving("halving1", network.channels)],
            blocks: blocks(path, network.channels),
            last: Conv::new(&(path / "last"), ConvShape::new(network.channels, network.latent, 1)),
        }
    }

    /// `[batch, 128, frames]` → `[batch, latent, frames / 4]`.
    fn forward(&self, frames: &Tensor) -> Tensor {
        let mut x = silu(&self.first.forward(frames));
        for conv in &self.halving {
            x = silu(&conv.forward(&x));
        }
        for block in &self.blocks {
            x = block.forward(&x);
        }
        self.last.forward(&x)
    }
}

/// Frames as the decoder gives them: of each value its median and its spread, the mean of the distance from it.
#[derive(Debug)]
pub struct Decoded {
    /// `[batch, 128, frames]`, not held within a range.
    pub frames: Tensor,
    /// `[batch, 128, frames]`, within [`SPREADS`].
    pub spread: Tensor,
}

/// Positions → frames.
#[derive(Debug)]
pub struct Decoder {
    pub first: Conv,
    pub blocks: Vec<Block>,
    /// Each doubles the frames, and a block follows it.
    pub doubling: [(Conv, Block); 2],
    pub last: Conv,
    /// Logarithms of the spread, less [`LOG_SPREAD_OFFSET`].
    pub spread: Conv,
}

impl Decoder {
    fn new(path: &Path, network: &Network) -> Self {
        let doubling = |number: i64, input: i64, output: i64| {
            let place = path / format!("doubling{number}");
            (Conv::doubling(&(&place / "conv"), input, output), Block::new(&(&place / "block"), output))
        };
        Self {
            first: Conv::new(&(path / "first"), ConvShape::new(network.latent, network.channels, 3)),
            blocks: blocks(path, network.channels),
            doubling: [
                doubling(0, network.channels, network.channels),
                doubling(1, network.channels, network.frame_channels),
            ],
            last: Conv::new(&(path / "last"), ConvShape::new(network.frame_channels, BANDS, 3)),
            spread: Conv::new(&(path / "spread"), ConvShape::new(network.frame_channels, BANDS, 3)),
        }
    }

    /// `[batch, latent, positions]` → `[batch, 128, 4 · positions]`, twice.
    fn forward(&self, positions: &Tensor) -> Decoded {
        let mut x = self.first.forward(positions);
        for block in &self.blocks {
            x = block.forward(&x);
        }
        for (conv, block) in &self.doubling {
            x = block.forward(&interleave(&silu(&conv.forward(&x))));
        }
        let x = silu(&x);
        let log_spread = (self.spread.forward(&x) + LOG_SPREAD_OFFSET).clamp(SPREADS.0.ln(), SPREADS.1.ln());
        Decoded { frames: self.last.forward(&x), spread: log_spread.exp() }
    }
}

/// The whole first stage.
#[derive(Debug)]
pub struct VqVae {
    encoder: Encoder,
    quantiser: Quantiser,
    pub decoder: Decoder,
    class: Linear,
    latent: i64,
}

impl VqVae {
    /// Fresh networks.
    pub fn new(path: &Path, network: &Network, classes: usize) -> Self {
        Self {
            encoder: Encoder::new(&(path / "encoder"), network),
            quantiser: Quantiser::new(&(path / "quantiser"), network.levels, network.codes, network.latent),
            decoder: Decoder::new(&(path / "decoder"), network),
            class: Linear::new(&(path / "class"), network.latent, classes as i64, 1.0),
            latent: network.latent,
        }
    }

    /// The tables of codes, `[level, code, value]`.
    pub fn codes(&self) -> Tensor {
        self.quantiser.codes()
    }

    /// Positions before quantisation, `[batch, latent, positions]`.
    pub fn encode(&self, frames: &Tensor) -> Tensor {
        self.encoder.forward(frames)
    }

    /// Moves the tables towards these positions.
    pub fn learn(&self, positions: &Tensor, restart: bool) {
        self.quantiser.learn(&self.vectors(positions), restart);
    }

    /// Quantises positions; places are `[batch · position, level]`.
    pub fn quantise(&self, positions: &Tensor) -> (Tensor, Quantised) {
        let quantised = self.quantiser.quantise(&self.vectors(positions));
        let size = positions.size();
        let sum = quantised.sum.view([size[0], size[2], size[1]]).transpose(1, 2);
        (sum, quantised)
    }

    /// Frames of quantised positions.
    pub fn decode(&self, positions: &Tensor) -> Decoded {
        self.decoder.forward(positions)
    }

    /// Frames as a pack gives them, and their spread.
    pub fn decode_held(&self, positions: &Tensor) -> Decoded {
        let Decoded { frames, spread } = self.decode(positions);
        Decoded { frames: frames.clamp(FRAME_RANGE.0, FRAME_RANGE.1), spread }
    }

    /// Scores of the classes by the mean of each channel over a clip.
    pub fn classify(&self, positions: &Tensor) -> Tensor {
        self.class.forward(&positions.mean_dim([2i64].as_slice(), false, positions.kind()))
    }

    fn vectors(&self, positions: &Tensor) -> Tensor {
        positions.transpose(1, 2).reshape([-1, self.latent])
    }
}

//! Encoder and decoder between log-mel frames and cells, each of eight bands and four frames, which one code stands for, and the head that tells
//! the class. All are convolutions over bands and frames, so that a partial or a resonance is learned once and not anew in every band.

use tch::Tensor;
use tch::nn::{Init, Path};

use super::config::Network;
use super::data::SHAPE;
use super::quantiser::{Quantised, Quantiser};
use crate::model::layers::{Linear, silu};
use crate::model::planes::{PlaneBlock, PlaneConv, spread_phases};
use crate::model::vae::FRAME_RANGE;

/// Frames of a cell.
pub const FRAMES_OF_CELL: i64 = 4;
/// Bands of a cell.
const BANDS_OF_CELL: i64 = 8;
const BANDS: i64 = SHAPE.mel_bands as i64;
/// Cells above each other: codes of a position.
pub const ROWS: i64 = BANDS / BANDS_OF_CELL;
/// Residual blocks at the size of the cells, of the encoder and of the decoder.
const BLOCKS: [usize; 2] = [1, 3];
/// How many times more bands and frames the decoder's planes have after each step up; the encoder goes down the same way.
pub const RISES: [[i64; 2]; 3] = [[2, 2], [2, 2], [2, 1]];
/// The least and the largest spread of a value, in units of frames: 0.25 and 15 dB.
pub const SPREADS: (f64, f64) = (0.005, 0.3);
/// Added to the logarithm of the spread, so that fresh weights begin at 3 dB.
pub const LOG_SPREAD_OFFSET: f64 = -2.8;

/// Channels of the planes from the cells' size to the frames'.
fn channels(network: &Network) -> [i64; 4] {
    [1, 2, 4, 8].map(|thinner| (network.channels / thinner).max(4))
}

/// What is added for each row of cells: where in the spectrum it stands.
fn rows(path: &Path, channels: i64) -> Tensor {
    path.var("rows", &[1, channels, ROWS, 1], Init::Randn { mean: 0.0, stdev: 0.1 })
}

/// Frames → cells.
#[derive(Debug)]
struct Encoder {
    first: PlaneConv,
    /// Each begins with a block and makes the planes smaller.
    falls: Vec<(PlaneBlock, PlaneConv)>,
    rows: Tensor,
    blocks: Vec<PlaneBlock>,
    last: PlaneConv,
}

impl Encoder {
    fn new(path: &Path, network: &Network) -> Self {
        let channels = channels(network);
        let fall = |number: usize| {
            let place = path / format!("fall{number}");
            let conv = PlaneConv::new(&(&place / "conv"), channels[number + 1], channels[number], 3, RISES[number]);
            (PlaneBlock::new(&(&place / "block"), channels[number + 1]), conv)
        };
        let blocks = (0..BLOCKS[0]).map(|number| PlaneBlock::new(&(path / format!("block{number}")), channels[0]));
        Self {
            first: PlaneConv::new(&(path / "first"), 1, channels[3], 3, [1, 1]),
            falls: (0..RISES.len()).rev().map(fall).collect(),
            rows: rows(path, channels[0]),
            blocks: blocks.collect(),
            last: PlaneConv::new(&(path / "last"), channels[0], network.cell, 1, [1, 1]),
        }
    }

    /// `[batch, 128, frames]` → `[batch, cell, 16, frames / 4]`.
    fn forward(&self, frames: &Tensor) -> Tensor {
        let mut x = self.first.forward(&frames.unsqueeze(1));
        for (block, conv) in &self.falls {
            x = conv.forward(&silu(&block.forward(&x)));
        }
        x += &self.rows;
        for block in &self.blocks {
            x = block.forward(&x);
        }
        self.last.forward(&silu(&x))
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

/// Cells → frames.
#[derive(Debug)]
pub struct Decoder {
    pub first: PlaneConv,
    pub rows: Tensor,
    pub blocks: Vec<PlaneBlock>,
    /// Each makes the planes larger, and a block follows it.
    pub rises: Vec<(PlaneConv, PlaneBlock)>,
    pub last: PlaneConv,
    /// Logarithms of the spread, less [`LOG_SPREAD_OFFSET`].
    pub spread: PlaneConv,
}

impl Decoder {
    fn new(path: &Path, network: &Network) -> Self {
        let channels = channels(network);
        let rise = |number: usize| {
            let place = path / format!("rise{number}");
            let conv = PlaneConv::rising(&(&place / "conv"), channels[number], channels[number + 1], RISES[number]);
            (conv, PlaneBlock::new(&(&place / "block"), channels[number + 1]))
        };
        let blocks = (0..BLOCKS[1]).map(|number| PlaneBlock::new(&(path / format!("block{number}")), channels[0]));
        Self {
            first: PlaneConv::new(&(path / "first"), network.cell, channels[0], 3, [1, 1]),
            rows: rows(path, channels[0]),
            blocks: blocks.collect(),
            rises: (0..RISES.len()).map(rise).collect(),
            last: PlaneConv::new(&(path / "last"), channels[3], 1, 3, [1, 1]),
            spread: PlaneConv::new(&(path / "spread"), channels[3], 1, 3, [1, 1]),
        }
    }

    /// `[batch, cell, 16, positions]` → `[batch, 128, 4 · positions]`, twice.
    fn forward(&self, cells: &Tensor) -> Decoded {
        let mut x = self.first.forward(cells) + &self.rows;
        for block in &self.blocks {
            x = block.forward(&x);
        }
        for ((conv, block), factors) in self.rises.iter().zip(RISES) {
            x = block.forward(&spread_phases(&conv.forward(&silu(&x)), factors));
        }
        let x = silu(&x);
        let log_spread = (self.spread.forward(&x) + LOG_SPREAD_OFFSET).clamp(SPREADS.0.ln(), SPREADS.1.ln());
        Decoded { frames: self.last.forward(&x).squeeze_dim(1), spread: log_spread.exp().squeeze_dim(1) }
    }
}

/// The whole first stage.
#[derive(Debug)]
pub struct VqVae {
    encoder: Encoder,
    quantiser: Quantiser,
    pub decoder: Decoder,
    class: Linear,
    cell: i64,
}

impl VqVae {
    /// Fresh networks.
    pub fn new(path: &Path, network: &Network, classes: usize) -> Self {
        Self {
            encoder: Encoder::new(&(path / "encoder"), network),
            quantiser: Quantiser::new(&(path / "quantiser"), 1, network.codes, network.cell),
            decoder: Decoder::new(&(path / "decoder"), network),
            class: Linear::new(&(path / "class"), ROWS * network.cell, classes as i64, 1.0),
            cell: network.cell,
        }
    }

    /// The table of codes, `[code, value]`.
    pub fn codes(&self) -> Tensor {
        self.quantiser.codes().get(0)
    }

    /// Cells before quantisation, `[batch, cell, 16, positions]`.
    pub fn encode(&self, frames: &Tensor) -> Tensor {
        self.encoder.forward(frames)
    }

    /// Moves the table towards these cells.
    pub fn learn(&self, cells: &Tensor, restart: bool) {
        self.quantiser.learn(&self.vectors(cells), restart);
    }

    /// Quantises cells.
    pub fn quantise(&self, cells: &Tensor) -> (Tensor, Quantised) {
        let quantised = self.quantiser.quantise(&self.vectors(cells));
        let size = cells.size();
        let kept = quantised.sum.view([size[0], size[3], size[2], size[1]]).permute([0, 3, 2, 1]);
        (kept, quantised)
    }

    /// Codes of frames, `[batch, position, row]`.
    pub fn places(&self, frames: &Tensor) -> Tensor {
        let cells = self.encode(frames);
        let places = self.quantiser.quantise(&self.vectors(&cells)).places;
        places.view([frames.size()[0], cells.size()[3], ROWS])
    }

    /// Frames of quantised cells.
    pub fn decode(&self, cells: &Tensor) -> Decoded {
        self.decoder.forward(cells)
    }

    /// Frames as a pack gives them, and their spread.
    pub fn decode_held(&self, cells: &Tensor) -> Decoded {
        let Decoded { frames, spread } = self.decode(cells);
        Decoded { frames: frames.clamp(FRAME_RANGE.0, FRAME_RANGE.1), spread }
    }

    /// Scores of the classes by the mean of each value of a row over a clip.
    pub fn classify(&self, cells: &Tensor) -> Tensor {
        let means = cells.mean_dim([3i64].as_slice(), false, cells.kind());
        self.class.forward(&means.flatten(1, 2))
    }

    /// `[batch · position · row, cell]`.
    fn vectors(&self, cells: &Tensor) -> Tensor {
        cells.permute([0, 3, 2, 1]).reshape([-1, self.cell])
    }
}

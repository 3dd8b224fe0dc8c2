//! The vocoder: log-mel frames and the key → log-magnitude of every bin and phase heads of the lower ones. No upsampling; the
//! inverse transform is outside the graph.

use engine::spectral::SpectralShape;
use tch::Tensor;
use tch::nn::{Init, Path};

use super::layers::{Conv, ConvShape, Linear, RmsNorm, silu};

const CHANNELS: i64 = 192;
/// Channels inside a block. More than half of the operations are here: 576 took 1.7 times the time of the whole graph for a gain that
/// `models/EXPERIMENTS.md` tells.
const EXPANDED: i64 = 256;
const BLOCKS: usize = 4;
const KEY_HIDDEN: i64 = 32;
/// Lowest bins that get a phase: up to 8.6 kHz. Above it random phases read the same in the log-mel error and are as steady.
pub const PHASE_BINS: i64 = 400;
/// Bins above [`PHASE_BINS`] that share one magnitude: there the bands, to whose levels the inverse transform brings the bins, are 8 and more
/// bins wide.
pub const BINS_PER_ROW: i64 = 4;
const INPUT_KERNEL: i64 = 3;
const BLOCK_KERNEL: i64 = 7;
/// Frames on each side that a frame's output depends on.
pub const CONTEXT_FRAMES: usize = (INPUT_KERNEL as usize / 2) + BLOCKS * (BLOCK_KERNEL as usize / 2);

/// A ConvNeXt-1d block.
#[derive(Debug)]
pub struct Block {
    /// What its tensors' names begin with.
    pub name: String,
    /// Mixes along time, each channel by itself.
    pub depthwise: Conv,
    /// Evens out the level of each frame.
    pub norm: RmsNorm,
    /// To the wide inside.
    pub expand: Conv,
    /// And back.
    pub contract: Conv,
    /// How much of the block is added to its input: `[1, channels, 1]`.
    pub scale: Tensor,
}

impl Block {
    fn new(path: &Path) -> Self {
        let depthwise = ConvShape { groups: CHANNELS, ..ConvShape::new(CHANNELS, CHANNELS, BLOCK_KERNEL) };
        Self {
            name: path.components().collect::<Vec<_>>().join("."),
            depthwise: Conv::new(&(path / "depthwise"), depthwise),
            norm: RmsNorm::new(&(path / "norm"), CHANNELS),
            expand: Conv::new(&(path / "expand"), ConvShape::new(CHANNELS, EXPANDED, 1)),
            contract: Conv::new(&(path / "contract"), ConvShape::new(EXPANDED, CHANNELS, 1)),
            scale: path.var("scale", &[1, CHANNELS, 1], Init::Const(0.3)),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        let mixed = self.norm.forward(&self.depthwise.forward(x));
        x + self.contract.forward(&silu(&self.expand.forward(&mixed))) * &self.scale
    }
}

/// What the vocoder says about every bin of every frame.
#[derive(Debug)]
pub struct VocoderOutput {
    /// Natural log of magnitude against full scale, `[batch, bins, time]`.
    pub log_magnitude: Tensor,
    /// The heads a, b and g, `[batch, 3 · bins, time]`.
    pub phase: Tensor,
}

/// Frames and key → bins.
#[derive(Debug)]
pub struct Vocoder {
    /// Bands → channels.
    pub input: Conv,
    /// Key → hidden.
    pub key_hidden: Linear,
    /// Hidden → a bias per channel.
    pub key_bias: Linear,
    /// ConvNeXt blocks.
    pub blocks: Vec<Block>,
    /// Channels → correction of the log-magnitude, in [`magnitude_rows`].
    pub magnitude: Conv,
    /// Bands → log-magnitude; begins as interpolation between band centres.
    pub skip: Conv,
    /// Channels → phase heads.
    pub phase: Conv,
    /// Bins of its output.
    pub bins: i64,
}

impl Vocoder {
    /// A vocoder with fresh weights under `path`.
    pub fn new(path: &Path, shape: &SpectralShape) -> Self {
        let (bands, bins) = (shape.mel_bands as i64, shape.bins() as i64);
        let rows = magnitude_rows(bins);
        let magnitude = Conv::new(&(path / "magnitude"), ConvShape::new(CHANNELS, rows, 1));
        let skip = Conv::new(&(path / "skip"), ConvShape::new(bands, rows, 1));
        let phase = Conv::new(&(path / "phase"), ConvShape::new(CHANNELS, 3 * PHASE_BINS, 1));
        tch::no_grad(|| {
            let (weight, bias) = interpolation(shape);
            skip.weight.shallow_clone().copy_(&rows_of_bins(&weight));
            skip.bias.shallow_clone().copy_(&rows_of_bins(&bias));
            magnitude.weight.shallow_clone().copy_(&(&magnitude.weight * 0.1));
            // A steady partial needs only a constant along the reference, so the first guess is that.
            let _ = phase.bias.narrow(0, 0, PHASE_BINS).fill_(0.5);
        });
        Self {
            input: Conv::new(&(path / "input"), ConvShape::new(bands, CHANNELS, INPUT_KERNEL)),
            key_hidden: Linear::new(&(path / "key_hidden"), 1, KEY_HIDDEN, 1.0),
            key_bias: Linear::new(&(path / "key_bias"), KEY_HIDDEN, CHANNELS, 1.0),
            blocks: (0..BLOCKS).map(|index| Block::new(&(path / format!("block{index}")))).collect(),
            magnitude,
            skip,
            phase,
            bins,
        }
    }

    /// `[batch, bands, time]`, `[batch, 1]` → bins.
    pub fn forward(&self, frames: &Tensor, key: &Tensor) -> VocoderOutput {
        let bias = self.key_bias.forward(&silu(&self.key_hidden.forward(key)));
        let mut x = self.input.forward(frames) + bias.unsqueeze(2);
        for block in &self.blocks {
            x = block.forward(&x);
        }
        VocoderOutput {
            log_magnitude: bins_of_rows(&(self.skip.forward(frames) + self.magnitude.forward(&x)), self.bins),
            phase: with_noise_above(&self.phase.forward(&x), self.bins),
        }
    }
}

/// Rows that the magnitudes of `bins` bins take: one for each of the lowest [`PHASE_BINS`], one for every four above.
pub fn magnitude_rows(bins: i64) -> i64 {
    PHASE_BINS + (bins - PHASE_BINS + BINS_PER_ROW - 1) / BINS_PER_ROW
}

/// Values of bins, `[bins, …]`, as those of rows, `[magnitude_rows(bins), …]`: means of the bins that share one.
pub fn rows_of_bins(bins: &Tensor) -> Tensor {
    let high = (PHASE_BINS..bins.size()[0]).step_by(BINS_PER_ROW as usize).map(|first| {
        let count = BINS_PER_ROW.min(bins.size()[0] - first);
        bins.narrow(0, first, count).mean_dim([0i64].as_slice(), true, bins.kind())
    });
    Tensor::cat(&std::iter::once(bins.narrow(0, 0, PHASE_BINS)).chain(high).collect::<Vec<_>>(), 0)
}

/// Rows, `[batch, magnitude_rows(bins), time]`, as `bins` bins.
fn bins_of_rows(rows: &Tensor, bins: i64) -> Tensor {
    let high =
        rows.narrow(1, PHASE_BINS, rows.size()[1] - PHASE_BINS).repeat_interleave_self_int(BINS_PER_ROW, 1, None);
    Tensor::cat(&[rows.narrow(1, 0, PHASE_BINS), high.narrow(1, 0, bins - PHASE_BINS)], 1)
}

/// The heads a, b and g of the lowest bins, `[batch, 3 · PHASE_BINS, time]` → of all bins, `[batch, 3 · bins, time]`; noise alone
/// where there are none.
fn with_noise_above(heads: &Tensor, bins: i64) -> Tensor {
    let (batch, time) = (heads.size()[0], heads.size()[2]);
    let above = Tensor::zeros([batch, 3, bins - PHASE_BINS, time], (heads.kind(), heads.device()));
    let _ = above.narrow(1, 2, 1).fill_(1.0);
    Tensor::cat(&[heads.view([batch, 3, PHASE_BINS, time]), above], 2).view([batch, 3 * bins, time])
}

/// Weights `[bins, bands, 1]` and bias `[bins]` that read each bin's log-magnitude off the bands, linearly between centres.
fn interpolation(shape: &SpectralShape) -> (Tensor, Tensor) {
    let rate_hz = f64::from(shape.sample_rate_hz);
    let bank = shape.mel_bank();
    let centres_hz = bank.centres_hz();
    let (bands, bins) = (shape.mel_bands, shape.bins());
    let nepers_per_db = std::f32::consts::LN_10 / 20.0;
    let slope = (shape.denormalise_db(1.0) - shape.denormalise_db(0.0)) * nepers_per_db;
    let mut weight = vec![0.0_f32; bins * bands];
    for bin in 0..bins {
        let frequency_hz = bin as f64 * rate_hz / shape.fft_size as f64;
        let above = centres_hz.partition_point(|centre| *centre < frequency_hz).clamp(1, bands - 1);
        let (low, high) = (centres_hz[above - 1], centres_hz[above]);
        let part = ((frequency_hz - low) / (high - low)).clamp(0.0, 1.0) as f32;
        weight[bin * bands + above - 1] = slope * (1.0 - part);
        weight[bin * bands + above] = slope * part;
    }
    let bias = vec![shape.denormalise_db(0.0) * nepers_per_db; bins];
    (Tensor::from_slice(&weight).view([bins as i64, bands as i64, 1]), Tensor::from_slice(&bias))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn above_the_predicted_phases_is_noise() {
        let heads =
            Tensor::arange(3 * PHASE_BINS * 2, (tch::Kind::Float, tch::Device::Cpu)).view([1, 3 * PHASE_BINS, 2]);
        let all = with_noise_above(&heads, 1025).view([3, 1025, 2]);
        for (plane, above) in [(0, 0.0), (1, 0.0), (2, 1.0)] {
            let predicted = heads.view([3, PHASE_BINS, 2]).get(plane);
            assert!(all.get(plane).narrow(0, 0, PHASE_BINS).equal(&predicted));
            assert!(all.get(plane).narrow(0, PHASE_BINS, 1025 - PHASE_BINS).eq(above).all().int64_value(&[]) == 1);
        }
    }
}

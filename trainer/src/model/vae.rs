//! The variational auto-encoder: 128 × 172 log-mel frames ↔ 7 latents, with the key given to both halves.

use engine::spectral::SpectralShape;
use tch::nn::Path;
use tch::{Kind, Tensor};

use super::key_axis::{KeyAxis, PLACES};
use super::layers::{Conv, ConvShape, Linear, interleave, silu};

/// Latent dimensions.
pub const LATENTS: i64 = 7;
/// Mel bands.
pub const BANDS: i64 = 128;
/// Frames of a sound.
pub const FRAMES: i64 = 172;
/// Frames rounded up to a multiple of 16, since four layers halve or double them.
pub const PADDED_FRAMES: i64 = 176;
/// Frames in the middle of the network.
pub const COARSE_FRAMES: i64 = PADDED_FRAMES / 16;

/// Values that frames can have: from the floor to 9 dB above full scale.
pub const FRAME_RANGE: (f64, f64) = (-1.0, 1.2);

const ENCODER_CHANNELS: [i64; 5] = [BANDS, 160, 224, 256, 256];
const ENCODER_HIDDEN: i64 = 256;
const DECODER_HIDDEN: i64 = 256;
/// Width of the second way from hidden to coarse frames. It costs next to nothing of a decode, since it is walked once a sound.
const DECODER_BROAD: i64 = 512;
const DECODER_CHANNELS: [i64; 5] = [384, 320, 256, 256, 192];

/// Frames and key → mean and log-variance of the latents.
#[derive(Debug)]
pub struct Encoder {
    /// Strided convolutions, each followed by SiLU.
    pub convs: Vec<Conv>,
    /// Added to the first of them: what lies on the key's axis.
    pub keyed: Conv,
    /// Where the key's axis lies among the bands.
    pub axis: KeyAxis,
    /// All coarse frames and the key → hidden.
    pub hidden: Linear,
    /// Hidden → mean.
    pub mean: Linear,
    /// Hidden → log-variance.
    pub log_variance: Linear,
}

impl Encoder {
    /// An encoder with fresh weights under `path`.
    pub fn new(path: &Path) -> Self {
        let convs = ENCODER_CHANNELS.windows(2).enumerate().map(|(index, pair)| {
            let shape = ConvShape { stride: 2, ..ConvShape::new(pair[0], pair[1], 5) };
            Conv::new(&(path / format!("conv{index}")), shape)
        });
        let keyed = ConvShape { stride: 2, ..ConvShape::new(PLACES, ENCODER_CHANNELS[1], 5) };
        let flat = ENCODER_CHANNELS[4] * COARSE_FRAMES + 1;
        Self {
            convs: convs.collect(),
            keyed: Conv::silent(&(path / "keyed"), keyed),
            axis: KeyAxis::new(&SpectralShape::DEFAULT, path.device()),
            hidden: Linear::new(&(path / "hidden"), flat, ENCODER_HIDDEN, 1.0),
            mean: Linear::new(&(path / "mean"), ENCODER_HIDDEN, LATENTS, 1.0),
            log_variance: Linear::new(&(path / "log_variance"), ENCODER_HIDDEN, LATENTS, 0.1),
        }
    }

    /// `[batch, 128, 172]`, `[batch, 1]` → mean and log-variance, `[batch, 7]` each.
    pub fn forward(&self, frames: &Tensor, key: &Tensor) -> (Tensor, Tensor) {
        let padded = frames.constant_pad_nd([0, PADDED_FRAMES - FRAMES]);
        let on_axis = self.axis.places(key).transpose(1, 2).bmm(&padded);
        let mut x = silu(&(self.convs[0].forward(&padded) + self.keyed.forward(&on_axis)));
        for conv in &self.convs[1..] {
            x = silu(&conv.forward(&x));
        }
        let flat = Tensor::cat(&[x.flatten(1, 2), key.shallow_clone()], 1);
        let hidden = silu(&self.hidden.forward(&flat));
        (self.mean.forward(&hidden), self.log_variance.forward(&hidden).clamp(-12.0, 4.0))
    }
}

/// One doubling of the frame rate by a sub-pixel convolution, and a residual convolution.
#[derive(Debug)]
pub struct UpBlock {
    /// To the even and the odd of the new frames.
    pub conv: Conv,
    /// Added to its own input.
    pub residual: Conv,
}

/// Latents and key → frames.
#[derive(Debug)]
pub struct Decoder {
    /// Latents and key → hidden.
    pub first: Linear,
    /// Hidden → hidden.
    pub second: Linear,
    /// Hidden → coarse frames.
    pub spread: Linear,
    /// Hidden → broad.
    pub broad: Linear,
    /// Broad → coarse frames, added to what `spread` gives.
    pub broad_spread: Linear,
    /// Four doublings.
    pub blocks: Vec<UpBlock>,
    /// Channels → bands: what stays where it is at every key.
    pub output: Conv,
    /// Channels → places on the key's axis.
    pub keyed: Conv,
    /// Channels → bands: how far the key's harmonics stand out of what lies between them.
    pub comb: Conv,
    /// Where the key's axis lies among the bands.
    pub axis: KeyAxis,
}

impl Decoder {
    /// A decoder with fresh weights under `path`.
    pub fn new(path: &Path) -> Self {
        let coarse = DECODER_CHANNELS[0] * COARSE_FRAMES;
        let blocks = DECODER_CHANNELS.windows(2).enumerate().map(|(index, pair)| UpBlock {
            conv: Conv::doubling(&(path / format!("up{index}")), pair[0], pair[1]),
            residual: Conv::new(&(path / format!("residual{index}")), ConvShape::new(pair[1], pair[1], 3)),
        });
        Self {
            first: Linear::new(&(path / "first"), LATENTS + 1, DECODER_HIDDEN, 1.5),
            second: Linear::new(&(path / "second"), DECODER_HIDDEN, DECODER_HIDDEN, 1.5),
            spread: Linear::new(&(path / "spread"), DECODER_HIDDEN, coarse, 1.5),
            broad: Linear::new(&(path / "broad"), DECODER_HIDDEN, DECODER_BROAD, 1.5),
            broad_spread: Linear::new(&(path / "broad_spread"), DECODER_BROAD, coarse, 0.0),
            blocks: blocks.collect(),
            output: Conv::new(&(path / "output"), ConvShape::new(DECODER_CHANNELS[4], BANDS, 3)),
            keyed: Conv::silent(&(path / "keyed"), ConvShape::new(DECODER_CHANNELS[4], PLACES, 1)),
            comb: Conv::silent(&(path / "comb"), ConvShape::new(DECODER_CHANNELS[4], BANDS, 1)),
            axis: KeyAxis::new(&SpectralShape::DEFAULT, path.device()),
        }
    }

    /// As [`Self::forward`], held to the range of frames: what the vocoder is trained on and what a pack's decoder gives.
    pub fn decode(&self, latent: &Tensor, key: &Tensor) -> Tensor {
        self.forward(latent, key).clamp(FRAME_RANGE.0, FRAME_RANGE.1)
    }

    /// `[batch, 7]`, `[batch, 1]` → `[batch, 128, 172]`.
    pub fn forward(&self, latent: &Tensor, key: &Tensor) -> Tensor {
        let x = silu(&self.first.forward(&Tensor::cat(&[latent, key], 1)));
        let hidden = silu(&self.second.forward(&x));
        let broad = silu(&self.broad.forward(&hidden));
        let coarse = self.spread.forward(&hidden) + self.broad_spread.forward(&broad);
        let mut x = silu(&coarse).view([-1, DECODER_CHANNELS[0], COARSE_FRAMES]);
        for block in &self.blocks {
            x = interleave(&silu(&block.conv.forward(&x)));
            x = &x + silu(&block.residual.forward(&x));
        }
        let fixed = self.output.forward(&x) + self.comb.forward(&x) * self.axis.comb(key);
        (fixed + self.axis.places(key).bmm(&self.keyed.forward(&x))).narrow(2, 0, FRAMES)
    }
}

/// Kullback-Leibler divergence from the unit normal distribution in nats, summed over latents, mean over the batch.
pub fn divergence_nats(mean: &Tensor, log_variance: &Tensor) -> Tensor {
    let per_latent = (mean * mean + log_variance.exp() - 1.0 - log_variance) * 0.5;
    per_latent.sum_dim_intlist([1i64].as_slice(), false, Kind::Float).mean(Kind::Float)
}

//! The networks: convolutions over time with the bands as channels, so that they cost a graph runner little.

use serde::{Deserialize, Serialize};
use tch::Tensor;
use tch::nn::{Init, Path};

use crate::model::layers::{Conv, ConvShape, Linear, interleave, two_phases};

/// Latent dimensions.
pub const LATENTS: i64 = 7;
/// Bands, and frames of a sound.
pub const BANDS: i64 = 144;
pub const FRAMES: i64 = 144;
/// Frames in the middle of the network: four layers halve or double them.
pub const COARSE_FRAMES: i64 = FRAMES / 16;
/// Values that frames can have: from the floor to 9 dB above full scale.
pub const FRAME_RANGE: (f64, f64) = (-1.0, 1.2);
/// Slope of a leaky ReLU below 0.
pub const LEAK: f64 = 0.1;

const ENCODER_CHANNELS: [i64; 5] = [BANDS, 96, 128, 160, 160];
const ENCODER_HIDDEN: i64 = 256;
const DECODER_HIDDEN: i64 = 256;
const DECODER_CHANNELS: [i64; 5] = [192, 160, 128, 112, 96];

/// Between layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// Negative values become 0.
    Relu,
    /// Negative values become a tenth.
    LeakyRelu,
}

impl Activation {
    /// Of every value.
    pub fn apply(self, x: &Tensor) -> Tensor {
        match self {
            Self::Relu => x.relu(),
            Self::LeakyRelu => x.maximum(&(x * LEAK)),
        }
    }
}

/// How the decoder doubles its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Upsampling {
    /// Each frame twice, then a convolution of five taps.
    Nearest,
    /// Transposed convolution of four taps, as in the document that the model follows.
    Transposed,
}

/// Frames → mean and log-variance of the latents.
#[derive(Debug)]
pub struct Encoder {
    pub convs: Vec<Conv>,
    pub hidden: Linear,
    pub mean: Linear,
    pub log_variance: Linear,
    pub activation: Activation,
}

impl Encoder {
    /// An encoder with fresh weights under `path`.
    pub fn new(path: &Path, activation: Activation) -> Self {
        let convs = ENCODER_CHANNELS.windows(2).enumerate().map(|(index, pair)| {
            let shape = ConvShape { stride: 2, ..ConvShape::new(pair[0], pair[1], 5) };
            Conv::new(&(path / format!("conv{index}")), shape)
        });
        Self {
            convs: convs.collect(),
            hidden: Linear::new(&(path / "hidden"), ENCODER_CHANNELS[4] * COARSE_FRAMES, ENCODER_HIDDEN, 1.4),
            mean: Linear::new(&(path / "mean"), ENCODER_HIDDEN, LATENTS, 1.0),
            log_variance: Linear::new(&(path / "log_variance"), ENCODER_HIDDEN, LATENTS, 0.1),
            activation,
        }
    }

    /// `[batch, 144, 144]` → mean and log-variance, `[batch, 7]` each.
    pub fn forward(&self, frames: &Tensor) -> (Tensor, Tensor) {
        let mut x = frames.shallow_clone();
        for conv in &self.convs {
            x = self.activation.apply(&conv.forward(&x));
        }
        let hidden = self.activation.apply(&self.hidden.forward(&x.flatten(1, 2)));
        (self.mean.forward(&hidden), self.log_variance.forward(&hidden).clamp(-12.0, 4.0))
    }
}

/// A doubling of the frames, and a convolution whose output is added to its input.
#[derive(Debug)]
pub struct UpBlock {
    name: String,
    /// `[out, in, taps]`: five of [`Upsampling::Nearest`], four of [`Upsampling::Transposed`].
    taps: Tensor,
    bias: Tensor,
    upsampling: Upsampling,
    pub residual: Conv,
}

impl UpBlock {
    fn new(path: &Path, number: usize, (input, output): (i64, i64), upsampling: Upsampling) -> Self {
        let place = path / format!("up{number}");
        // Of a transposed convolution each output frame meets two taps.
        let (taps, met) = match upsampling {
            Upsampling::Nearest => (5, 5),
            Upsampling::Transposed => (4, 2),
        };
        let stdev = (1.4 / (input * met) as f64).sqrt();
        Self {
            name: place.components().collect::<Vec<_>>().join("."),
            taps: place.var("taps", &[output, input, taps], Init::Randn { mean: 0.0, stdev }),
            bias: place.var("bias", &[output], Init::Const(0.0)),
            upsampling,
            residual: Conv::new(&(path / format!("residual{number}")), ConvShape::new(output, output, 3)),
        }
    }

    /// Channels out.
    pub fn channels(&self) -> i64 {
        self.taps.size()[0]
    }

    /// The doubling as one convolution to the even and the odd frames, which [`interleave`] joins: what it computes is the same. Weights are
    /// rounded to 16 bits if `halved`.
    pub fn phases(&self, halved: bool) -> Conv {
        let weight = match self.upsampling {
            Upsampling::Nearest => two_phases(&self.taps),
            Upsampling::Transposed => transposed_phases(&self.taps),
        };
        let settle = |x: Tensor| if halved { x.to_kind(tch::Kind::Half).to_kind(tch::Kind::Float) } else { x };
        let bias = Tensor::cat(&[&self.bias, &self.bias], 0);
        Conv { name: self.name.clone(), weight: settle(weight), bias: settle(bias), stride: 1, padding: 1, groups: 1 }
    }
}

/// A transposed convolution of stride 2, four taps and a padding of 1, `[out, in, 4]`, as three taps for the even frames and three for the
/// odd ones: frame `2t` is `w₃ x(t−1) + w₁ x(t)`, frame `2t + 1` is `w₂ x(t) + w₀ x(t+1)`.
fn transposed_phases(taps: &Tensor) -> Tensor {
    let tap = |index: i64| taps.select(2, index);
    let nothing = tap(0).zeros_like();
    let even = [tap(3), tap(1), nothing.shallow_clone()];
    let odd = [nothing, tap(2), tap(0)];
    Tensor::cat(&[Tensor::stack(&even, 2), Tensor::stack(&odd, 2)], 0)
}

/// Latents → frames.
#[derive(Debug)]
pub struct Decoder {
    pub first: Linear,
    pub second: Linear,
    pub spread: Linear,
    pub blocks: Vec<UpBlock>,
    pub output: Conv,
    pub activation: Activation,
}

impl Decoder {
    /// Channels of the coarse frames.
    pub const COARSE_CHANNELS: i64 = DECODER_CHANNELS[0];

    /// A decoder with fresh weights under `path`.
    pub fn new(path: &Path, activation: Activation, upsampling: Upsampling) -> Self {
        let blocks = DECODER_CHANNELS.windows(2).enumerate();
        Self {
            first: Linear::new(&(path / "first"), LATENTS, DECODER_HIDDEN, 1.4),
            second: Linear::new(&(path / "second"), DECODER_HIDDEN, DECODER_HIDDEN, 1.4),
            spread: Linear::new(&(path / "spread"), DECODER_HIDDEN, DECODER_CHANNELS[0] * COARSE_FRAMES, 1.4),
            blocks: blocks.map(|(number, pair)| UpBlock::new(path, number, (pair[0], pair[1]), upsampling)).collect(),
            output: Conv::new(&(path / "output"), ConvShape::new(DECODER_CHANNELS[4], BANDS, 3)),
            activation,
        }
    }

    /// `[batch, 7]` → `[batch, 144, 144]`. With `halved` the doublings have the weights that a pack holds.
    pub fn forward(&self, latent: &Tensor, halved: bool) -> Tensor {
        let x = self.activation.apply(&self.first.forward(latent));
        let hidden = self.activation.apply(&self.second.forward(&x));
        let mut x = self.activation.apply(&self.spread.forward(&hidden)).view([-1, DECODER_CHANNELS[0], COARSE_FRAMES]);
        for block in &self.blocks {
            x = interleave(&self.activation.apply(&block.phases(halved).forward(&x)));
            x = &x + self.activation.apply(&block.residual.forward(&x));
        }
        self.output.forward(&x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::nn::VarStore;
    use tch::{Device, Kind};

    #[test]
    fn phases_compute_what_torch_s_own_layers_do() {
        tch::manual_seed(1);
        let x = Tensor::randn([2, 6, 9], (Kind::Float, Device::Cpu));
        for upsampling in [Upsampling::Transposed, Upsampling::Nearest] {
            let store = VarStore::new(Device::Cpu);
            let block = UpBlock::new(&store.root(), 0, (6, 4), upsampling);
            let made = interleave(&block.phases(false).forward(&x));
            let wanted = match upsampling {
                Upsampling::Transposed => {
                    let weight = block.taps.transpose(0, 1);
                    x.conv_transpose1d(&weight, Some(&block.bias), [2], [1], [0], 1, [1])
                }
                Upsampling::Nearest => {
                    let twice = x.repeat_interleave_self_int(2, 2, None);
                    twice.conv1d(&block.taps, Some(&block.bias), 1, 2, 1, 1)
                }
            };
            assert_eq!(made.size(), wanted.size());
            assert!((made - wanted).abs().max().double_value(&[]) < 1e-5, "{upsampling:?}");
        }
    }
}

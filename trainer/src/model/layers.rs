//! The few layers that the models are made of. Their weights are public so that the ONNX writer can read them.

use tch::Tensor;
use tch::nn::{Init, Path};

/// x · sigmoid(x).
pub fn silu(x: &Tensor) -> Tensor {
    x.silu()
}

/// Name of a layer's place, which its tensors' names begin with.
fn place(path: &Path) -> String {
    path.components().collect::<Vec<_>>().join(".")
}

/// A 1-D convolution with `same` padding (for odd kernels) and a stride.
#[derive(Debug)]
pub struct Conv {
    /// What its tensors' names begin with.
    pub name: String,
    /// `[out, in / groups, kernel]`.
    pub weight: Tensor,
    /// `[out]`.
    pub bias: Tensor,
    /// Step between outputs.
    pub stride: i64,
    /// Zeros on both sides.
    pub padding: i64,
    /// 1, or the number of channels for a depthwise convolution.
    pub groups: i64,
}

/// What a [`Conv`] looks like.
#[derive(Clone, Copy, Debug)]
pub struct ConvShape {
    /// Channels in.
    pub input: i64,
    /// Channels out.
    pub output: i64,
    /// Taps; odd.
    pub kernel: i64,
    /// Step between outputs.
    pub stride: i64,
    /// 1, or the number of channels.
    pub groups: i64,
}

impl ConvShape {
    /// A dense convolution of stride 1.
    pub fn new(input: i64, output: i64, kernel: i64) -> Self {
        Self { input, output, kernel, stride: 1, groups: 1 }
    }
}

impl Conv {
    /// A convolution with He-like initial weights.
    pub fn new(path: &Path, shape: ConvShape) -> Self {
        let fan_in = (shape.input / shape.groups * shape.kernel) as f64;
        let deviation = (1.0 / fan_in).sqrt();
        let dims = [shape.output, shape.input / shape.groups, shape.kernel];
        Self {
            name: place(path),
            weight: path.var("weight", &dims, Init::Randn { mean: 0.0, stdev: deviation }),
            bias: path.var("bias", &[shape.output], Init::Const(0.0)),
            stride: shape.stride,
            padding: shape.kernel / 2,
            groups: shape.groups,
        }
    }

    /// A convolution that gives 0 until it is trained.
    pub fn silent(path: &Path, shape: ConvShape) -> Self {
        let layer = Self::new(path, shape);
        let mut weight = layer.weight.shallow_clone();
        let _ = tch::no_grad(|| weight.zero_());
        layer
    }

    /// A convolution to the two phases of `output` channels at twice the frame rate ([`interleave`]). It begins as one over repeated
    /// frames: phases drawn apart would begin as a flicker from frame to frame (Aitken et al. 2017).
    pub fn doubling(path: &Path, input: i64, output: i64) -> Self {
        const TAPS: i64 = 5;
        let layer = Self::new(path, ConvShape::new(input, 2 * output, 3));
        let taps = Tensor::randn([output, input, TAPS], (layer.weight.kind(), layer.weight.device()));
        let taps = taps / ((input * TAPS) as f64).sqrt();
        tch::no_grad(|| layer.weight.shallow_clone().copy_(&two_phases(&taps)));
        layer
    }

    /// `[batch, in, time]` → `[batch, out, time / stride]`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        x.conv1d(&self.weight, Some(&self.bias), self.stride, self.padding, 1, self.groups)
    }
}

/// A fully connected layer.
#[derive(Debug)]
pub struct Linear {
    /// What its tensors' names begin with.
    pub name: String,
    /// `[out, in]`.
    pub weight: Tensor,
    /// `[out]`.
    pub bias: Tensor,
}

impl Linear {
    /// A layer whose initial outputs have about `gain` times the inputs' spread.
    pub fn new(path: &Path, input: i64, output: i64, gain: f64) -> Self {
        let deviation = gain / (input as f64).sqrt();
        Self {
            name: place(path),
            weight: path.var("weight", &[output, input], Init::Randn { mean: 0.0, stdev: deviation }),
            bias: path.var("bias", &[output], Init::Const(0.0)),
        }
    }

    /// `[batch, in]` → `[batch, out]`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        x.linear(&self.weight, Some(&self.bias))
    }
}

/// Root-mean-square normalisation over channels, with a learned gain per channel.
#[derive(Debug)]
pub struct RmsNorm {
    /// What its tensors' names begin with.
    pub name: String,
    /// `[1, channels, 1]`.
    pub gain: Tensor,
}

impl RmsNorm {
    /// Keeps the square root away from 0.
    pub const EPSILON: f64 = 1e-5;

    /// A norm of gain 1.
    pub fn new(path: &Path, channels: i64) -> Self {
        Self { name: place(path), gain: path.var("gain", &[1, channels, 1], Init::Const(1.0)) }
    }

    /// Normalises each frame of `[batch, channels, time]`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let mean_square = (x * x).mean_dim([1i64].as_slice(), true, x.kind());
        x * (mean_square + Self::EPSILON).rsqrt() * &self.gain
    }
}

/// Five taps over frames each repeated once, as three taps for the even frames and three for the odd ones, which give the same sums:
/// `[out, in, 5]` → `[2 · out, in, 3]`.
pub fn two_phases(taps: &Tensor) -> Tensor {
    let tap = |index: i64| taps.select(2, index);
    let even = [tap(0) + tap(1), tap(2) + tap(3), tap(4)];
    let odd = [tap(0), tap(1) + tap(2), tap(3) + tap(4)];
    Tensor::cat(&[Tensor::stack(&even, 2), Tensor::stack(&odd, 2)], 0)
}

/// Pixel shuffle in one dimension (Shi et al. 2016): the first half of the channels becomes the even frames, the second half the odd
/// ones, `[batch, 2 · channels, time]` → `[batch, channels, 2 · time]`.
pub fn interleave(x: &Tensor) -> Tensor {
    let size = x.size();
    let (channels, frames) = (size[1] / 2, size[2]);
    x.view([size[0], 2, channels, frames]).permute([0, 2, 3, 1]).reshape([size[0], channels, 2 * frames])
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;
    use tch::{Device, Kind};

    use super::*;

    #[test]
    fn a_fresh_doubling_of_steady_frames_is_steady() {
        let store = VarStore::new(Device::Cpu);
        tch::manual_seed(6);
        let layer = Conv::doubling(&store.root(), 5, 4);
        let steady = Tensor::randn([1, 5, 1], (Kind::Float, Device::Cpu)).repeat([1, 1, 8]);
        let made = interleave(&layer.forward(&steady));
        assert_eq!(made.size(), [1, 4, 16]);
        // The outermost frames reach over the edges.
        let inside = made.narrow(2, 2, 12);
        let ripple = (&inside - inside.narrow(2, 0, 1)).abs().max().double_value(&[]);
        assert!(ripple < 1e-5 && inside.abs().max().double_value(&[]) > 0.1, "{ripple}");
    }
}

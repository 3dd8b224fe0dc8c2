//! The HiFi-GAN generator (Kong, Kim and Bae 2020): frames → samples, by transposed convolutions with residual blocks of several kernels.

use tch::Tensor;
use tch::nn::Path;

use super::config::VocoderSizes;
use super::layers::Layer;

/// Slope of the activations below 0.
const SLOPE: f64 = 0.1;
/// Distances of taps in a residual block.
const DILATIONS: [i64; 3] = [1, 3, 5];
const FIRST_KERNEL: i64 = 7;

/// Steps of the upsampling that make a hop of frames.
fn steps(hop: i64) -> &'static [i64] {
    if hop == 320 { &[8, 5, 4, 2] } else { &[8, 8, 2, 2] }
}

/// x, and `SLOPE · x` below 0.
pub fn leaky(x: &Tensor) -> Tensor {
    x.maximum(&(x * SLOPE))
}

/// Pairs of convolutions, each pair added to its input.
#[derive(Debug)]
struct Residual {
    pairs: Vec<[Layer; 2]>,
}

impl Residual {
    fn new(path: &Path, channels: i64, kernel: i64) -> Self {
        let layer = |name: String| Layer::normed(&(path / name), &[channels, channels, kernel], channels);
        let pair = |index: usize| [layer(format!("wide{index}")), layer(format!("near{index}"))];
        Self { pairs: (0..DILATIONS.len()).map(pair).collect() }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        self.pairs.iter().zip(DILATIONS).fold(x.shallow_clone(), |x, ([wide, near], dilation)| {
            &x + near.conv1d_same(&leaky(&wide.conv1d_same(&leaky(&x), dilation)), 1)
        })
    }
}

/// One step of the upsampling.
#[derive(Debug)]
struct Step {
    widen: Layer,
    factor: i64,
    residuals: Vec<Residual>,
}

/// The generator.
#[derive(Debug)]
pub struct Generator {
    first: Layer,
    steps: Vec<Step>,
    last: Layer,
}

impl Generator {
    /// Fresh weights for frames of `rows` rows, `hop` samples apart: 256 or 320.
    pub fn new(path: &Path, sizes: &VocoderSizes, rows: i64, hop: i64) -> Self {
        let mut channels = sizes.channels;
        let first = Layer::normed(&(path / "first"), &[channels, rows, FIRST_KERNEL], channels);
        let mut made = Vec::new();
        for (index, factor) in steps(hop).iter().enumerate() {
            let place = path / format!("step{index}");
            let half = channels / 2;
            made.push(Step {
                widen: Layer::normed(&(&place / "widen"), &[channels, half, 2 * factor], half),
                factor: *factor,
                residuals: sizes
                    .kernels
                    .iter()
                    .map(|kernel| Residual::new(&(&place / format!("residual{kernel}")), half, *kernel))
                    .collect(),
            });
            channels = half;
        }
        let last = Layer::normed(&(path / "last"), &[1, channels, FIRST_KERNEL], 1);
        Self { first, steps: made, last }
    }

    /// `[clip, row, frame]` → `[clip, 1, hop · frame]`, −1 to 1.
    pub fn forward(&self, frames: &Tensor) -> Tensor {
        let mut x = self.first.conv1d_same(frames, 1);
        for step in &self.steps {
            // Kernels are twice the factor; what is left over is cut so that there are `factor` times as many results.
            let cut = (step.factor + 1) / 2;
            x = step.widen.widen1d(&leaky(&x), step.factor, cut, 2 * cut - step.factor);
            let sum = step.residuals.iter().map(|block| block.forward(&x)).reduce(|sum, part| sum + part);
            x = sum.map_or(x, |sum| sum / step.residuals.len() as f64);
        }
        self.last.conv1d_same(&x.leaky_relu(), 1).tanh()
    }
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;
    use tch::{Device, Kind};

    use super::super::config::Size;
    use super::*;

    #[test]
    fn a_frame_becomes_a_hop_of_samples_at_the_published_size() {
        for (rows, hop) in [(80, 256), (1152, 320)] {
            let store = VarStore::new(Device::Cpu);
            let generator = Generator::new(&store.root(), &Size::Published.vocoder(), rows, hop);
            let frames = Tensor::zeros([1, rows, 1], (Kind::Float, Device::Cpu));
            assert_eq!(tch::no_grad(|| generator.forward(&frames)).size(), [1, 1, hop]);
        }
    }
}

//! Convolutions over bands and frames. Their weights are public so that the graph writer can read them.

use tch::Tensor;
use tch::nn::{Init, Path};

use super::layers::silu;

/// A convolution over planes with `same` padding and a step along each axis.
#[derive(Debug)]
pub struct PlaneConv {
    /// What its tensors' names begin with.
    pub name: String,
    /// `[out, in, bands, frames]`, odd numbers of bands and frames.
    pub weight: Tensor,
    /// `[out]`.
    pub bias: Tensor,
    /// Steps between outputs, in bands and frames.
    pub steps: [i64; 2],
}

impl PlaneConv {
    /// A convolution of `taps` by `taps` with He-like initial weights.
    pub fn new(path: &Path, input: i64, output: i64, taps: i64, steps: [i64; 2]) -> Self {
        let deviation = (1.0 / (input * taps * taps) as f64).sqrt();
        Self {
            name: path.components().collect::<Vec<_>>().join("."),
            weight: path.var("weight", &[output, input, taps, taps], Init::Randn { mean: 0.0, stdev: deviation }),
            bias: path.var("bias", &[output], Init::Const(0.0)),
            steps,
        }
    }

    /// To the phases of `output` channels at `factors` times as many bands and frames ([`spread_phases`]), which begin alike: phases drawn apart
    /// would begin as a pattern of the grid (Aitken and others 2017).
    pub fn rising(path: &Path, input: i64, output: i64, factors: [i64; 2]) -> Self {
        let phases = factors[0] * factors[1];
        let layer = Self::new(path, input, phases * output, 3, [1, 1]);
        tch::no_grad(|| {
            let mut weight = layer.weight.shallow_clone();
            weight.copy_(&layer.weight.narrow(0, 0, output).repeat([phases, 1, 1, 1]));
        });
        layer
    }

    /// Zeros on every side of each axis.
    pub fn padding(&self) -> i64 {
        self.weight.size()[2] / 2
    }

    /// `[batch, in, bands, frames]` → `[batch, out, bands / steps[0], frames / steps[1]]`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        x.conv2d(&self.weight, Some(&self.bias), self.steps, [self.padding(); 2], [1, 1], 1)
    }
}

/// Pixel shuffle (Shi and others 2016): channels in groups, one for each of `factors[0] · factors[1]` phases, become as many more bands and frames.
pub fn spread_phases(x: &Tensor, factors: [i64; 2]) -> Tensor {
    let size = x.size();
    let [up, along] = factors;
    let channels = size[1] / (up * along);
    x.view([size[0], up, along, channels, size[2], size[3]]).permute([0, 3, 4, 1, 5, 2]).reshape([
        size[0],
        channels,
        size[2] * up,
        size[3] * along,
    ])
}

/// A block of two convolutions, added to its input (He and others 2016).
#[derive(Debug)]
pub struct PlaneBlock {
    pub wide: PlaneConv,
    pub narrow: PlaneConv,
}

impl PlaneBlock {
    /// A block over so many channels.
    pub fn new(path: &Path, channels: i64) -> Self {
        Self {
            wide: PlaneConv::new(&(path / "wide"), channels, channels, 3, [1, 1]),
            narrow: PlaneConv::new(&(path / "narrow"), channels, channels, 1, [1, 1]),
        }
    }

    /// Planes of the same size.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        x + self.narrow.forward(&silu(&self.wide.forward(&silu(x))))
    }
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;
    use tch::{Device, Kind};

    use super::*;

    #[test]
    fn phases_stand_beside_each_other_in_bands_and_frames() {
        let x = Tensor::arange(4, (Kind::Float, Device::Cpu)).view([1, 4, 1, 1]);
        let made = spread_phases(&x, [2, 2]);
        assert_eq!(made.size(), [1, 1, 2, 2]);
        assert_eq!(Vec::<f32>::try_from(made.view(-1)).expect("numbers"), [0.0, 1.0, 2.0, 3.0]);
    }

    #[test]
    fn a_fresh_rise_of_even_planes_is_even() {
        tch::manual_seed(6);
        let store = VarStore::new(Device::Cpu);
        let layer = PlaneConv::rising(&store.root(), 5, 3, [2, 2]);
        let even = Tensor::randn([1, 5, 1, 1], (Kind::Float, Device::Cpu)).repeat([1, 1, 6, 6]);
        let made = spread_phases(&layer.forward(&even), [2, 2]);
        assert_eq!(made.size(), [1, 3, 12, 12]);
        let inside = made.narrow(2, 2, 8).narrow(3, 2, 8);
        let ripple = (&inside - inside.narrow(2, 0, 1).narrow(3, 0, 1)).abs().max().double_value(&[]);
        assert!(ripple < 1e-5 && inside.abs().max().double_value(&[]) > 0.1, "{ripple}");
    }
}

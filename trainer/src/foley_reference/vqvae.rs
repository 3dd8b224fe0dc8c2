//! The VQ-VAE of the report (van den Oord, Vinyals and Kavukcuoglu 2017) as the DCASE 2023 baseline has it: four encoders side by side that differ
//! in their kernels, one table of codes, and a decoder; each code stands for 4 rows of 4 frames.

use tch::Tensor;
use tch::nn::Path;

use super::config::VqVaeSizes;
use super::layers::Layer;
use crate::foley::quantiser::{Quantised, Quantiser};

/// Rows and columns of the kernels of the four encoders.
const KERNELS: [i64; 4] = [2, 4, 6, 8];

/// Two convolutions, added to their input (He and others 2016).
#[derive(Debug)]
struct Block {
    wide: Layer,
    narrow: Layer,
}

impl Block {
    fn new(path: &Path, sizes: &VqVaeSizes) -> Self {
        let (outside, inside) = (sizes.channels, sizes.block_channels);
        Self {
            wide: Layer::new(&(path / "wide"), &[inside, outside, 3, 3], inside),
            narrow: Layer::new(&(path / "narrow"), &[outside, inside, 1, 1], outside),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        x + self.narrow.conv2d(&self.wide.conv2d(&x.relu(), 1, 1).relu(), 1, 0)
    }
}

/// Stacks of blocks side by side.
#[derive(Debug)]
struct Stacks(Vec<Vec<Block>>);

impl Stacks {
    fn new(path: &Path, sizes: &VqVaeSizes) -> Self {
        let block = |stack: usize, index: usize| Block::new(&(path / format!("stack{stack}_block{index}")), sizes);
        let stack = |stack: usize| (0..sizes.blocks).map(|index| block(stack, index)).collect();
        Self((0..sizes.stacks).map(stack).collect())
    }

    /// The sum of what each stack makes of `x`.
    fn forward(&self, x: &Tensor) -> Tensor {
        let made = self.0.iter().map(|stack| stack.iter().fold(x.shallow_clone(), |x, block| block.forward(&x)));
        made.reduce(|sum, part| sum + part).unwrap_or_else(|| x.shallow_clone())
    }
}

/// One of the four encoders.
#[derive(Debug)]
struct Encoder {
    halving: [Layer; 2],
    last: Layer,
    stacks: Stacks,
    kernel: i64,
}

impl Encoder {
    fn new(path: &Path, sizes: &VqVaeSizes, kernel: i64) -> Self {
        let (half, whole) = (sizes.channels / 2, sizes.channels);
        Self {
            halving: [
                Layer::new(&(path / "halving0"), &[half, 1, kernel, kernel], half),
                Layer::new(&(path / "halving1"), &[whole, half, kernel, kernel], whole),
            ],
            last: Layer::new(&(path / "last"), &[whole, whole, 3, 3], whole),
            stacks: Stacks::new(&(path / "stacks"), sizes),
            kernel,
        }
    }

    fn forward(&self, frames: &Tensor) -> Tensor {
        let halving = self.halving.iter();
        let x = halving.fold(frames.shallow_clone(), |x, layer| layer.conv2d(&x, 2, self.kernel / 2 - 1).relu());
        self.stacks.forward(&self.last.conv2d(&x, 1, 1)).relu()
    }
}

/// Codes → frames.
#[derive(Debug)]
struct Decoder {
    first: Layer,
    stacks: Stacks,
    doubling: [Layer; 2],
}

impl Decoder {
    fn new(path: &Path, sizes: &VqVaeSizes) -> Self {
        let (half, whole) = (sizes.channels / 2, sizes.channels);
        Self {
            first: Layer::new(&(path / "first"), &[whole, sizes.values, 3, 3], whole),
            stacks: Stacks::new(&(path / "stacks"), sizes),
            doubling: [
                Layer::new(&(path / "doubling0"), &[whole, half, 4, 4], half),
                Layer::new(&(path / "doubling1"), &[half, 1, 4, 4], 1),
            ],
        }
    }

    fn forward(&self, positions: &Tensor) -> Tensor {
        let x = self.stacks.forward(&self.first.conv2d(positions, 1, 1)).relu();
        self.doubling[1].widen2d(&self.doubling[0].widen2d(&x, 2, 1).relu(), 2, 1)
    }
}

/// The whole network.
#[derive(Debug)]
pub struct VqVae {
    encoders: Vec<Encoder>,
    to_values: Layer,
    quantiser: Quantiser,
    decoder: Decoder,
    /// Channel means → scores of the classes; None in the baseline.
    class: Option<Layer>,
    values: i64,
}

impl VqVae {
    /// Fresh weights; with `classes`, a head that tells them.
    pub fn new(path: &Path, sizes: &VqVaeSizes, classes: Option<usize>) -> Self {
        let encoder = |kernel: &i64| Encoder::new(&(path / format!("encoder{kernel}")), sizes, *kernel);
        let head = |count: usize| Layer::new(&(path / "class"), &[count as i64, sizes.values], count as i64);
        Self {
            encoders: KERNELS.iter().map(encoder).collect(),
            to_values: Layer::new(&(path / "to_values"), &[sizes.values, sizes.channels, 1, 1], sizes.values),
            quantiser: Quantiser::new(&(path / "quantiser"), 1, sizes.codes, sizes.values),
            decoder: Decoder::new(&(path / "decoder"), sizes),
            class: classes.map(head),
            values: sizes.values,
        }
    }

    /// Values before quantisation: `[clip, row, frame]` → `[clip, value, row / 4, frame / 4]`.
    pub fn encode(&self, frames: &Tensor) -> Tensor {
        let frames = frames.unsqueeze(1);
        let made = self.encoders.iter().map(|encoder| encoder.forward(&frames)).reduce(|sum, part| sum + part);
        self.to_values.conv2d(&made.unwrap_or(frames), 1, 0)
    }

    /// Moves the codes towards these values. With `restart`, codes that are hardly taken begin again.
    pub fn learn(&self, positions: &Tensor, restart: bool) {
        self.quantiser.learn(&self.vectors(positions), restart);
    }

    /// The nearest codes of values, in the same layout, through which gradients go, and what was left; places are `[clip · row · column, 1]`.
    pub fn quantise(&self, positions: &Tensor) -> (Tensor, Quantised) {
        let size = positions.size();
        let quantised = self.quantiser.quantise(&self.vectors(positions));
        (quantised.sum.view([size[0], size[2], size[3], size[1]]).permute([0, 3, 1, 2]), quantised)
    }

    /// `[clip, value, row, column]` → `[clip, 4 · row, 4 · column]`.
    pub fn decode(&self, positions: &Tensor) -> Tensor {
        self.decoder.forward(positions).squeeze_dim(1)
    }

    /// Frames of codes by their places, `[clip, row, column]`.
    pub fn decode_codes(&self, places: &Tensor) -> Tensor {
        let codes = self.quantiser.codes().get(0);
        self.decode(&Tensor::embedding(&codes, places, -1, false, false).permute([0, 3, 1, 2]))
    }

    /// Scores of the classes by the mean of each channel before quantisation; None in the baseline.
    pub fn classify(&self, positions: &Tensor) -> Option<Tensor> {
        let means = positions.mean_dim([2i64, 3].as_slice(), false, positions.kind());
        self.class.as_ref().map(|class| class.linear(&means))
    }

    /// Whether there is a head that tells the class.
    pub fn tells_class(&self) -> bool {
        self.class.is_some()
    }

    fn vectors(&self, positions: &Tensor) -> Tensor {
        positions.permute([0, 2, 3, 1]).reshape([-1, self.values])
    }
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;
    use tch::{Device, Kind};

    use super::super::config::{Size, Variant};
    use super::super::geometry::Geometry;
    use super::*;

    #[test]
    fn the_published_sizes_give_the_published_codes() {
        for (variant, codes, table) in [
            (Variant::Baseline, (20, 86), 512),
            (Variant::Conditioned, (20, 86), 512),
            (Variant::Combined, (288, 75), 1024),
            (Variant::CombinedUnconditioned, (288, 75), 1024),
        ] {
            let (geometry, sizes) = (Geometry::new(variant, Size::Published), Size::Published.vqvae(variant));
            assert_eq!((geometry.codes(), sizes.codes), (codes, table), "{variant:?}");
            // A quarter of the rows of the largest one, so that the test stays within a second; the network has no fixed number of them.
            let rows = if variant.is_combined() { geometry.rows() / 4 } else { geometry.rows() };
            let store = VarStore::new(Device::Cpu);
            let model = VqVae::new(&store.root(), &sizes, variant.tells_class().then_some(7));
            tch::no_grad(|| {
                let positions = model.encode(&Tensor::zeros([1, rows, geometry.frames], (Kind::Float, Device::Cpu)));
                assert_eq!(positions.size(), [1, 64, rows / 4, codes.1], "{variant:?}");
                let (quantised, found) = model.quantise(&positions);
                assert_eq!(found.places.size(), [rows / 4 * codes.1, 1]);
                assert_eq!(model.decode(&quantised).size(), [1, rows, geometry.frames], "{variant:?}");
                let scores = model.classify(&positions).map(|scores| scores.size());
                assert_eq!(scores, variant.tells_class().then(|| vec![1, 7]), "{variant:?}");
            });
        }
    }
}

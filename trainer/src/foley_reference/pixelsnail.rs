//! The PixelSNAIL over codes (Chen and others 2018), in the form of the DCASE 2023 baseline: blocks of gated causal convolutions with causal
//! attention behind each, conditioned on the class; in zen mode the attention takes four positions together.

use tch::nn::Path;
use tch::{Kind, Tensor};

use super::attention::Attention;
use super::class_maps::{ClassMaps, coordinates};
use super::config::PriorSizes;
use super::gated::{Causal, Gated};
use super::layers::Layer;

/// Channels that tell where a position lies.
const PLACE: i64 = 2;

/// Gated blocks, and attention over all positions so far.
#[derive(Debug)]
pub struct Block {
    pub gated: Vec<Gated<Causal>>,
    pub key: Gated<Layer>,
    pub query: Gated<Layer>,
    pub attention: Attention,
    pub out: Gated<Layer>,
}

impl Block {
    fn new(path: &Path, sizes: &PriorSizes) -> Self {
        let channels = sizes.channels;
        let (asked, heard) = (channels + PLACE, 2 * channels + PLACE);
        let gated = |index: usize| Gated::causal(&(path / format!("gated{index}")), channels, channels, sizes.kernel);
        Self {
            gated: (0..sizes.gated).map(gated).collect(),
            key: Gated::pointwise(&(path / "key"), heard, channels, 0),
            query: Gated::pointwise(&(path / "query"), asked, channels, 0),
            attention: Attention::new(&(path / "attention"), asked, heard, channels / 2, sizes.heads, sizes.zen),
            out: Gated::pointwise(&(path / "out"), channels, channels, channels / 2),
        }
    }

    fn forward(&self, x: &Tensor, places: &Tensor, class: &Tensor, dropout: f64) -> Tensor {
        let made = self.gated.iter().fold(x.shallow_clone(), |x, block| block.forward(&x, class, dropout));
        let heard = self.key.forward(&Tensor::cat(&[x, &made, places], 1), None, dropout);
        let asked = self.query.forward(&Tensor::cat(&[&made, places], 1), None, dropout);
        self.out.forward(&made, Some(&self.attention.forward(&asked, &heard)), dropout)
    }
}

/// The whole network.
#[derive(Debug)]
pub struct PixelSnail {
    /// Hears the rows above; its result is moved down by a row.
    pub above: Layer,
    /// Hears what is left in the row and above; its result is moved right by a column.
    pub left: Layer,
    pub blocks: Vec<Block>,
    pub head: Layer,
    class_maps: ClassMaps,
    /// `[1, 2, row, column]`.
    places: Tensor,
    pub codes: i64,
    pub kernel: i64,
    /// Rows and columns of a clip's codes.
    pub shape: (i64, i64),
}

impl PixelSnail {
    /// Fresh weights for maps of `shape` = (rows, columns) of so many codes to choose from.
    pub fn new(path: &Path, sizes: &PriorSizes, codes: i64, classes: usize, shape: (i64, i64)) -> Self {
        let (channels, kernel) = (sizes.channels, sizes.kernel);
        let layer = |name: &str, rows: i64, columns: i64| {
            Layer::normed(&(path / name), &[channels, codes, rows, columns], channels)
        };
        Self {
            above: layer("above", kernel / 2, kernel),
            left: layer("left", (kernel + 1) / 2, kernel / 2),
            blocks: (0..sizes.blocks).map(|index| Block::new(&(path / format!("block{index}")), sizes)).collect(),
            head: Layer::normed(&(path / "head"), &[codes, channels, 1, 1], codes),
            class_maps: ClassMaps::new(&(path / "class_maps"), classes as i64, sizes.class_width, shape.0, shape.1),
            places: coordinates(path, shape.0, shape.1),
            codes,
            kernel,
            shape,
        }
    }

    /// The first `rows` rows of where positions lie, `[clip, 2, row, column]`.
    pub fn places(&self, clips: i64, rows: i64) -> Tensor {
        self.places.narrow(2, 0, rows).expand([clips, PLACE, rows, self.shape.1], false)
    }

    /// Maps of the classes of clips, `[clip]` → `[clip, 1, row, column]`.
    pub fn class_maps(&self, classes: &Tensor) -> Tensor {
        self.class_maps.forward(classes)
    }

    /// What is known of each position before it is given, of codes `[clip, row, column]`.
    fn enter(&self, codes: &Tensor) -> Tensor {
        let told = codes.one_hot(self.codes).permute([0, 3, 1, 2]).to_kind(Kind::Float);
        let (height, width) = (told.size()[2], told.size()[3]);
        let side = self.kernel / 2;
        let above = self.above.conv2d(&told.constant_pad_nd([side, side, side - 1, 0]), 1, 0);
        let above = above.constant_pad_nd([0, 0, 1, 0]).narrow(2, 0, height);
        let left = self.left.conv2d(&told.constant_pad_nd([side - 1, 0, (self.kernel + 1) / 2 - 1, 0]), 1, 0);
        above + left.constant_pad_nd([1, 0]).narrow(3, 0, width)
    }

    /// Scores of the codes at each position given those before it: codes `[clip, row, column]`, the first rows of a map, and maps of the classes
    /// → `[clip, code, row, column]`.
    pub fn forward(&self, codes: &Tensor, class_maps: &Tensor, dropout: f64) -> Tensor {
        let (clips, rows) = (codes.size()[0], codes.size()[1]);
        let (places, class) = (self.places(clips, rows), class_maps.narrow(2, 0, rows));
        let start = self.enter(codes);
        let made = self.blocks.iter().fold(start, |x, block| block.forward(&x, &places, &class, dropout));
        self.head.conv2d(&made.elu(), 1, 0)
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;
    use tch::nn::VarStore;

    use super::super::config::{Size, Variant};
    use super::super::geometry::Geometry;
    use super::*;

    fn network(variant: Variant) -> (VarStore, PixelSnail) {
        let store = VarStore::new(Device::Cpu);
        let sizes = Size::Tiny.prior(variant);
        let shape = Geometry::new(variant, Size::Tiny).codes();
        let model = PixelSnail::new(&store.root(), &sizes, Size::Tiny.vqvae(variant).codes, 3, shape);
        (store, model)
    }

    #[test]
    fn no_score_depends_on_its_own_or_a_later_code_and_each_on_those_before() {
        for variant in [Variant::Baseline, Variant::Combined] {
            tch::manual_seed(9);
            let (_store, model) = network(variant);
            assert_eq!(model.blocks[0].attention.zen.is_some(), variant == Variant::Combined);
            let (rows, columns) = model.shape;
            let count = rows * columns;
            let draw = || Tensor::randint(model.codes, [1, count], (Kind::Int64, Device::Cpu));
            let class = model.class_maps(&Tensor::from_slice(&[1i64]));
            let (first, other) = (draw(), draw());
            let scores = |codes: &Tensor| {
                let made = tch::no_grad(|| model.forward(&codes.view([1, rows, columns]), &class, 0.0));
                made.flatten(2, 3)
            };
            let whole = scores(&first);
            for position in 1..count {
                // Codes from this position on are other ones.
                let rest = count - position;
                let mixed = Tensor::cat(&[first.narrow(1, 0, position), other.narrow(1, position, rest)], 1);
                let changed = scores(&mixed);
                let difference = |from: i64, count: i64| {
                    (whole.narrow(2, from, count) - changed.narrow(2, from, count)).abs().max().double_value(&[])
                };
                assert!(difference(0, position + 1) < 1e-5, "{variant:?}: up to position {position}");
                if rest > 1 {
                    assert!(difference(position + 1, rest - 1) > 1e-5, "{variant:?}: behind position {position}");
                }
            }
        }
    }

    #[test]
    fn the_published_sizes_score_the_published_codes() {
        for (variant, codes, columns) in [(Variant::Baseline, 512, 86), (Variant::Combined, 1024, 75)] {
            let store = VarStore::new(Device::Cpu);
            let shape = Geometry::new(variant, Size::Published).codes();
            let sizes = Size::Published.prior(variant);
            let model = PixelSnail::new(&store.root(), &sizes, codes, 7, shape);
            tch::no_grad(|| {
                let maps = model.class_maps(&Tensor::from_slice(&[6i64]));
                assert_eq!(maps.size(), [1, 1, shape.0, shape.1]);
                // The first row of a map: all rows would take a minute.
                let taken = Tensor::zeros([1, 1, columns], (Kind::Int64, Device::Cpu));
                assert_eq!(model.forward(&taken, &maps, 0.0).size(), [1, codes, 1, columns], "{variant:?}");
            });
        }
    }
}

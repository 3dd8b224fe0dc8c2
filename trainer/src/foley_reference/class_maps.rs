//! What a PixelSNAIL hears beside codes: where a position lies, and the class.

use tch::nn::Path;
use tch::{Kind, Tensor};

use super::layers::Layer;

/// Coordinates of a map's positions, `[1, 2, row, column]`, −0.5 to 0.5.
pub fn coordinates(path: &Path, rows: i64, columns: i64) -> Tensor {
    let line = |count: i64| (Tensor::arange(count, (Kind::Float, path.device())) - count as f64 / 2.0) / count as f64;
    let down = line(rows).view([1, 1, rows, 1]).expand([1, 1, rows, columns], false);
    let right = line(columns).view([1, 1, 1, columns]).expand([1, 1, rows, columns], false);
    Tensor::cat(&[down, right], 1)
}

/// A map for each class, `[class, 1, row, column]`, by the four layers of the baseline between a class and its map.
#[derive(Debug)]
pub struct ClassMaps {
    layers: [Layer; 4],
    classes: i64,
    rows: i64,
    columns: i64,
}

impl ClassMaps {
    /// Layers of `width` between.
    pub fn new(path: &Path, classes: i64, width: i64, rows: i64, columns: i64) -> Self {
        let layer = |index: usize, input: i64, output: i64| {
            Layer::new(&(path / format!("layer{index}")), &[output, input], output)
        };
        let layers =
            [layer(0, classes, width), layer(1, width, width), layer(2, width, width), layer(3, width, rows * columns)];
        Self { layers, classes, rows, columns }
    }

    /// Maps of classes by their places, `[clip]` → `[clip, 1, row, column]`.
    pub fn forward(&self, classes: &Tensor) -> Tensor {
        let told = classes.one_hot(self.classes).to_kind(Kind::Float);
        let map = self.layers.iter().fold(told, |x, layer| layer.linear(&x));
        map.view([-1, 1, self.rows, self.columns])
    }
}

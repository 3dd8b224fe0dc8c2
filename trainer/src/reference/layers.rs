//! Layers with the initial weights that the report's framework gives: uniform within ±1/√(fan-in), biases too.

use tch::Tensor;
use tch::nn::{Init, Path};

/// What every model here is made of: a weight and a bias.
#[derive(Debug)]
pub struct Layer {
    weight: Tensor,
    bias: Tensor,
}

impl Layer {
    /// A layer under `path` whose weight has the size `dims`, with `outputs` biases. The fan-in is that of the weight's
    /// dimensions after the first, for transposed convolutions too, as in PyTorch.
    pub fn new(path: &Path, dims: &[i64], outputs: i64) -> Self {
        let fan_in: i64 = dims[1..].iter().product();
        let bound = 1.0 / (fan_in as f64).sqrt();
        let uniform = Init::Uniform { lo: -bound, up: bound };
        Self { weight: path.var("weight", dims, uniform), bias: path.var("bias", &[outputs], uniform) }
    }

    /// A fully connected layer.
    pub fn dense(path: &Path, inputs: i64, outputs: i64) -> Self {
        Self::new(path, &[outputs, inputs], outputs)
    }

    /// `[batch, in]` → `[batch, out]`.
    pub fn linear(&self, x: &Tensor) -> Tensor {
        x.linear(&self.weight, Some(&self.bias))
    }

    /// 1-D convolution without padding.
    pub fn conv1d(&self, x: &Tensor, stride: i64) -> Tensor {
        x.conv1d(&self.weight, Some(&self.bias), stride, 0, 1, 1)
    }

    /// Transposed 1-D convolution that gives `length` values.
    pub fn widen1d(&self, x: &Tensor, stride: i64, length: i64) -> Tensor {
        let least = (x.size()[2] - 1) * stride + self.weight.size()[2];
        x.conv_transpose1d(&self.weight, Some(&self.bias), stride, 0, length - least, 1, 1)
    }

    /// 2-D convolution without padding, the same stride both ways.
    pub fn conv2d(&self, x: &Tensor, stride: i64) -> Tensor {
        x.conv2d(&self.weight, Some(&self.bias), stride, 0, 1, 1)
    }

    /// Transposed 2-D convolution that gives `size` = (rows, columns).
    pub fn widen2d(&self, x: &Tensor, stride: i64, size: (i64, i64)) -> Tensor {
        let (from, kernel) = (x.size(), self.weight.size());
        let missing = |dim: usize, wanted: i64| wanted - ((from[dim] - 1) * stride + kernel[dim]);
        let padding = [missing(2, size.0), missing(3, size.1)];
        x.conv_transpose2d(&self.weight, Some(&self.bias), stride, 0, padding, 1, 1)
    }
}

/// Fully connected layers with ReLU between them and, if `open_end` is false, after the last.
#[derive(Debug)]
pub struct Dense {
    layers: Vec<Layer>,
    open_end: bool,
}

impl Dense {
    /// Layers of the given sizes, inputs first.
    pub fn new(path: &Path, sizes: &[i64], open_end: bool) -> Self {
        let layers = sizes.windows(2).enumerate();
        let layers = layers.map(|(index, pair)| Layer::dense(&(path / index), pair[0], pair[1]));
        Self { layers: layers.collect(), open_end }
    }

    /// `[batch, first size]` → `[batch, last size]`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let last = self.layers.len().saturating_sub(1);
        self.layers.iter().enumerate().fold(x.shallow_clone(), |x, (index, layer)| {
            let y = layer.linear(&x);
            if index == last && self.open_end { y } else { y.relu() }
        })
    }
}

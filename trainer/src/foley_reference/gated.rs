//! The gated residual block of the PixelSNAIL (Chen and others 2018) and its causal convolution, over maps of codes in raster order: a position
//! follows all rows above it and what is left of it in its row.

use tch::nn::Path;
use tch::{Device, Kind, Tensor};

use super::layers::Layer;

/// A convolution whose result at a position depends on no later position, and of its own row only on what is left of it.
#[derive(Debug)]
pub struct Causal {
    layer: Layer,
    kernel: i64,
}

impl Causal {
    /// `kernel` rows and columns; odd.
    pub fn new(path: &Path, input: i64, output: i64, kernel: i64) -> Self {
        let mask = Tensor::ones([1, 1, kernel, kernel], (Kind::Float, Device::Cpu));
        let _ = mask.narrow(2, kernel - 1, 1).narrow(3, kernel / 2, kernel - kernel / 2).zero_();
        Self { layer: Layer::masked(path, &[output, input, kernel, kernel], output, mask), kernel }
    }

    /// `[clip, in, row, column]` → `[clip, out, row, column]`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let side = self.kernel / 2;
        self.forward_padded(&x.constant_pad_nd([side, side, self.kernel - 1, 0]))
    }

    /// The same of a map that has its zeros already: `kernel − 1` rows above and half a kernel on both sides.
    pub fn forward_padded(&self, x: &Tensor) -> Tensor {
        self.layer.conv2d(x, 1, 0)
    }

    /// With constant weights.
    pub fn fixed(&self) -> Self {
        Self { layer: self.layer.fixed(), kernel: self.kernel }
    }
}

/// Two layers around a gate, added to their input. The layers are causal convolutions, or act on each position alone.
#[derive(Debug)]
pub struct Gated<L> {
    pub first: L,
    pub second: L,
    /// Acts on what is heard beside the input.
    pub beside: Option<Layer>,
    /// Acts on the map of the class.
    pub class: Option<Layer>,
}

/// x · sigmoid of the second half of the channels.
fn gate(x: &Tensor) -> Tensor {
    x.glu(1)
}

fn drop(x: Tensor, dropout: f64) -> Tensor {
    if dropout > 0.0 { x.dropout(dropout, true) } else { x }
}

impl Gated<Causal> {
    /// `channels` outside, `inside` between the layers; a map of the class is heard.
    pub fn causal(path: &Path, channels: i64, inside: i64, kernel: i64) -> Self {
        Self {
            first: Causal::new(&(path / "first"), channels, inside, kernel),
            second: Causal::new(&(path / "second"), inside, 2 * channels, kernel),
            beside: None,
            class: Some(Layer::normed_without_bias(&(path / "class"), &[2 * channels, 1, 1, 1])),
        }
    }

    /// `[clip, channel, row, column]` and the map of the class, `[clip, 1, row, column]`.
    pub fn forward(&self, x: &Tensor, class: &Tensor, dropout: f64) -> Tensor {
        let inside = drop(self.first.forward(&x.elu()).elu(), dropout);
        self.end(x, &self.second.forward(&inside), class)
    }

    /// The gate, the class and the sum, given what the second layer gave.
    pub fn end(&self, x: &Tensor, second: &Tensor, class: &Tensor) -> Tensor {
        let heard = self.class.as_ref().map(|layer| layer.conv2d(class, 1, 0));
        gate(&heard.map_or_else(|| second.shallow_clone(), |heard| second + heard)) + x
    }

    /// With constant weights.
    pub fn fixed(&self) -> Self {
        Self {
            first: self.first.fixed(),
            second: self.second.fixed(),
            beside: None,
            class: self.class.as_ref().map(Layer::fixed),
        }
    }
}

impl Gated<Layer> {
    /// Of each position alone; `beside` channels are heard beside the input.
    pub fn pointwise(path: &Path, channels: i64, inside: i64, beside: i64) -> Self {
        let layer = |name: &str, input: i64, output: i64| Layer::normed(&(path / name), &[output, input, 1, 1], output);
        Self {
            first: layer("first", channels, inside),
            second: layer("second", inside, 2 * channels),
            beside: (beside > 0).then(|| layer("beside", beside, inside)),
            class: None,
        }
    }

    /// `[clip, channel, row, column]`, and what is heard beside it.
    pub fn forward(&self, x: &Tensor, beside: Option<&Tensor>, dropout: f64) -> Tensor {
        let mut inside = self.first.conv2d(&x.elu(), 1, 0);
        if let (Some(layer), Some(beside)) = (&self.beside, beside) {
            inside += layer.conv2d(&beside.elu(), 1, 0);
        }
        gate(&self.second.conv2d(&drop(inside.elu(), dropout), 1, 0)) + x
    }

    /// With constant weights.
    pub fn fixed(&self) -> Self {
        Self {
            first: self.first.fixed(),
            second: self.second.fixed(),
            beside: self.beside.as_ref().map(Layer::fixed),
            class: None,
        }
    }
}

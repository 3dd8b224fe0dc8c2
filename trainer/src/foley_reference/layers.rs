//! Layers with the initial weights of PyTorch, with or without weight normalisation (Salimans and Kingma 2016), and in mixed precision: on
//! CUDA, products are of 16-bit numbers (bfloat16, whose range needs no scaled loss), everything else and every weight is of 32 bits.

use tch::nn::{Init, Path};
use tch::{Device, Kind, Tensor};

/// Weights and biases.
#[derive(Debug)]
pub struct Layer {
    weight: Tensor,
    /// Lengths of the weights of each first index; None without normalisation.
    gain: Option<Tensor>,
    /// Weights that are kept, 1, and that are 0.
    mask: Option<Tensor>,
    bias: Option<Tensor>,
    /// Numbers that are multiplied.
    kind: Kind,
}

/// Numbers that a device multiplies.
fn precision(device: Device) -> Kind {
    if device.is_cuda() { Kind::BFloat16 } else { Kind::Float }
}

impl Layer {
    /// A layer whose weight has the size `dims`, with `outputs` biases, all uniform within ±1/√(fan-in). The fan-in is that of the weight's
    /// dimensions after the first, for transposed convolutions too.
    pub fn new(path: &Path, dims: &[i64], outputs: i64) -> Self {
        let fan_in: i64 = dims[1..].iter().product();
        let bound = 1.0 / (fan_in as f64).sqrt();
        let uniform = Init::Uniform { lo: -bound, up: bound };
        Self {
            weight: path.var("weight", dims, uniform),
            gain: None,
            mask: None,
            bias: Some(path.var("bias", &[outputs], uniform)),
            kind: precision(path.device()),
        }
    }

    /// The same with weight normalisation.
    pub fn normed(path: &Path, dims: &[i64], outputs: i64) -> Self {
        Self::new(path, dims, outputs).with_gain(path)
    }

    /// With weight normalisation and without biases.
    pub fn normed_without_bias(path: &Path, dims: &[i64]) -> Self {
        let bound = 1.0 / (dims[1..].iter().product::<i64>() as f64).sqrt();
        let weight = path.var("weight", dims, Init::Uniform { lo: -bound, up: bound });
        Self { weight, gain: None, mask: None, bias: None, kind: precision(path.device()) }.with_gain(path)
    }

    /// With weight normalisation and only those weights where `mask` is 1.
    pub fn masked(path: &Path, dims: &[i64], outputs: i64, mask: Tensor) -> Self {
        let mask = Some(mask.to_device(path.device()));
        Self { mask, ..Self::new(path, dims, outputs) }.with_gain(path)
    }

    fn with_gain(self, path: &Path) -> Self {
        let gain = path.var("gain", &[self.weight.size()[0]], Init::Const(0.0));
        let lengths =
            self.kept().detach().flatten(1, -1).square().sum_dim_intlist([1i64].as_slice(), false, Kind::Float);
        tch::no_grad(|| gain.shallow_clone().copy_(&lengths.sqrt()));
        Self { gain: Some(gain), ..self }
    }

    fn kept(&self) -> Tensor {
        self.mask.as_ref().map_or_else(|| self.weight.shallow_clone(), |mask| &self.weight * mask)
    }

    /// What inputs are multiplied with.
    pub fn weight(&self) -> Tensor {
        let kept = self.kept();
        let Some(gain) = &self.gain else { return kept };
        let mut shape = vec![1i64; kept.dim()];
        shape[0] = -1;
        Tensor::internal_weight_norm(&kept, &gain.view(shape.as_slice()), 0)
    }

    /// What is added to products.
    pub fn bias(&self) -> Option<&Tensor> {
        self.bias.as_ref()
    }

    /// This layer with its present weight as a constant, to which no gradient goes.
    pub fn fixed(&self) -> Self {
        Self {
            weight: self.weight().detach(),
            gain: None,
            mask: None,
            bias: self.bias.as_ref().map(Tensor::detach),
            kind: self.kind,
        }
    }

    fn product(&self, x: &Tensor, product: impl Fn(&Tensor, &Tensor, Option<&Tensor>) -> Tensor) -> Tensor {
        let weight = self.weight().to_kind(self.kind);
        let bias = self.bias.as_ref().map(|bias| bias.to_kind(self.kind));
        product(&x.to_kind(self.kind), &weight, bias.as_ref()).to_kind(Kind::Float)
    }

    /// `[…, in]` → `[…, out]`.
    pub fn linear(&self, x: &Tensor) -> Tensor {
        self.product(x, |x, weight, bias| x.linear(weight, bias))
    }

    /// 2-D convolution, the same stride and zeros both ways.
    pub fn conv2d(&self, x: &Tensor, stride: i64, zeros: i64) -> Tensor {
        self.product(x, |x, weight, bias| x.conv2d(weight, bias, stride, zeros, 1, 1))
    }

    /// 2-D convolution along the rows alone.
    pub fn conv_rows(&self, x: &Tensor, stride: i64, zeros: i64) -> Tensor {
        self.product(x, |x, weight, bias| x.conv2d(weight, bias, [stride, 1], [zeros, 0], 1, 1))
    }

    /// Transposed 2-D convolution, the same stride and cut both ways.
    pub fn widen2d(&self, x: &Tensor, stride: i64, cut: i64) -> Tensor {
        self.product(x, |x, weight, bias| x.conv_transpose2d(weight, bias, stride, cut, 0, 1, 1))
    }

    /// 1-D convolution with as many results as inputs, the taps `dilation` apart.
    pub fn conv1d_same(&self, x: &Tensor, dilation: i64) -> Tensor {
        let zeros = dilation * (self.weight.size()[2] - 1) / 2;
        self.product(x, |x, weight, bias| x.conv1d(weight, bias, 1, zeros, dilation, 1))
    }

    /// 1-D convolution in groups.
    pub fn conv1d(&self, x: &Tensor, stride: i64, zeros: i64, groups: i64) -> Tensor {
        self.product(x, |x, weight, bias| x.conv1d(weight, bias, stride, zeros, 1, groups))
    }

    /// Transposed 1-D convolution; `cut` results less on both sides, `added` more at the end.
    pub fn widen1d(&self, x: &Tensor, stride: i64, cut: i64, added: i64) -> Tensor {
        self.product(x, |x, weight, bias| x.conv_transpose1d(weight, bias, stride, cut, added, 1, 1))
    }
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;

    use super::*;

    #[test]
    fn products_of_16_bits_stay_near_those_of_32_and_give_gradients() {
        tch::manual_seed(4);
        let store = VarStore::new(Device::Cpu);
        let whole = Layer::normed(&store.root(), &[16, 8, 3, 3], 16);
        let x = Tensor::randn([2, 8, 6, 6], (Kind::Float, Device::Cpu));
        let wanted = whole.conv2d(&x, 1, 1);
        let mixed = Layer { kind: Kind::BFloat16, ..whole };
        let made = mixed.conv2d(&x, 1, 1);
        assert_eq!(made.kind(), Kind::Float);
        let difference = (&made - &wanted).abs().max().double_value(&[]);
        assert!(difference > 0.0 && difference < 0.03, "{difference}");
        made.square().sum(Kind::Float).backward();
        for (name, variable) in store.variables() {
            assert_eq!(variable.grad().kind(), Kind::Float, "{name}");
            assert!(variable.grad().abs().sum(Kind::Float).double_value(&[]) > 0.0, "{name}");
        }
    }
}

//! The prior: a causal transformer (Vaswani and others 2017, with the normalisations before the blocks) over steps of codes.

use tch::nn::{Init, Path};
use tch::{Kind, Tensor};

use super::config::Network;
use super::vqvae::ROWS;
use crate::model::layers::Linear;

/// Channels of a head of attention.
const HEAD: i64 = 32;
/// Channels inside a feed-forward block for each of the width.
const EXPANSION: i64 = 4;
/// Added to the variance in a normalisation.
const NORM_EPSILON: f64 = 1e-5;
/// Spread of fresh embeddings.
const SPREAD: f64 = 0.05;

/// Normalisation over channels, with a gain and an offset for each.
#[derive(Debug)]
pub struct Norm {
    pub gain: Tensor,
    pub bias: Tensor,
}

impl Norm {
    fn new(path: &Path, width: i64) -> Self {
        Self { gain: path.var("gain", &[width], Init::Const(1.0)), bias: path.var("bias", &[width], Init::Const(0.0)) }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        x.layer_norm(self.gain.size(), Some(&self.gain), Some(&self.bias), NORM_EPSILON, false)
    }
}

/// Attention and a feed-forward block, each added to its input.
#[derive(Debug)]
pub struct Block {
    pub norm: Norm,
    /// Queries, keys and values, one after the other.
    pub attend: Linear,
    pub gather: Linear,
    pub feed_norm: Norm,
    pub widen: Linear,
    pub narrow: Linear,
}

impl Block {
    fn new(path: &Path, width: i64, gain: f64) -> Self {
        Self {
            norm: Norm::new(&(path / "norm"), width),
            attend: Linear::new(&(path / "attend"), width, 3 * width, 1.0),
            gather: Linear::new(&(path / "gather"), width, width, gain),
            feed_norm: Norm::new(&(path / "feed_norm"), width),
            widen: Linear::new(&(path / "widen"), width, EXPANSION * width, 1.0),
            narrow: Linear::new(&(path / "narrow"), EXPANSION * width, width, gain),
        }
    }

    fn forward(&self, x: &Tensor, dropout: f64) -> Tensor {
        let drop = |x: Tensor| if dropout > 0.0 { x.dropout(dropout, true) } else { x };
        let size = x.size();
        let (batch, steps, width) = (size[0], size[1], size[2]);
        let parts = self.attend.forward(&self.norm.forward(x)).view([batch, steps, 3, width / HEAD, HEAD]);
        let part = |index: i64| parts.select(2, index).transpose(1, 2);
        let attended =
            Tensor::scaled_dot_product_attention(&part(0), &part(1), &part(2), None::<&Tensor>, 0.0, true, None, false);
        let attended = attended.transpose(1, 2).reshape([batch, steps, width]);
        let x = x + drop(self.gather.forward(&attended));
        let wide = self.widen.forward(&self.feed_norm.forward(&x)).gelu("tanh");
        x + drop(self.narrow.forward(&wide))
    }
}

/// The whole second stage.
#[derive(Debug)]
pub struct Prior {
    /// `[level · (codes + 1), width]`: the last of each level stands for no code.
    pub embedding: Tensor,
    /// `[step, width]`.
    pub steps: Tensor,
    /// `[class, width]`.
    pub classes: Tensor,
    pub blocks: Vec<Block>,
    pub norm: Norm,
    /// Scores of the codes of all levels.
    pub head: Linear,
    levels: i64,
    codes: i64,
}

impl Prior {
    /// A fresh network for clips of so many positions.
    pub fn new(path: &Path, network: &Network, classes: usize, positions: i64) -> Self {
        let (width, levels, codes) = (network.width, ROWS, network.codes);
        let table = |name: &str, rows: i64| path.var(name, &[rows, width], Init::Randn { mean: 0.0, stdev: SPREAD });
        let gain = (1.0 / (2.0 * network.blocks as f64)).sqrt();
        Self {
            embedding: table("embedding", levels * (codes + 1)),
            steps: table("steps", positions + levels - 1),
            classes: table("classes", classes as i64),
            blocks: (0..network.blocks)
                .map(|index| Block::new(&(path / format!("block{index}")), width, gain))
                .collect(),
            norm: Norm::new(&(path / "norm"), width),
            head: Linear::new(&(path / "head"), width, levels * codes, 0.1),
            levels,
            codes,
        }
    }

    /// Scores of the codes, `[clip, step, level, code]`, of codes that were given before, `[clip, step, level]`, and weights of the classes,
    /// `[clip, class]`.
    pub fn forward(&self, taken: &Tensor, classes: &Tensor, dropout: f64) -> Tensor {
        let rows = Tensor::arange(self.levels, (Kind::Int64, taken.device())) * (self.codes + 1);
        let heard = Tensor::embedding(&self.embedding, &(taken + rows), -1, false, false);
        let condition = classes.matmul(&self.classes).unsqueeze(1);
        let steps = taken.size()[1];
        let mut x =
            heard.sum_dim_intlist([2i64].as_slice(), false, Kind::Float) + self.steps.narrow(0, 0, steps) + condition;
        for block in &self.blocks {
            x = block.forward(&x, dropout);
        }
        self.head.forward(&self.norm.forward(&x)).view([-1, steps, self.levels, self.codes])
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;
    use tch::nn::VarStore;

    use super::super::config::Size;
    use super::*;

    #[test]
    fn no_score_depends_on_a_later_code() {
        tch::manual_seed(9);
        let network = Size::Tiny.network();
        let store = VarStore::new(Device::Cpu);
        let prior = Prior::new(&store.root(), &network, 3, 10);
        let draw = || Tensor::randint(network.codes, [1, 11, ROWS], (Kind::Int64, Device::Cpu));
        let classes = Tensor::from_slice(&[0.5f32, 0.2, 0.3]).unsqueeze(0);
        let (first, other) = (draw(), draw());
        let whole = tch::no_grad(|| prior.forward(&first, &classes, 0.0));
        for step in 1..11 {
            let mixed = Tensor::cat(&[first.narrow(1, 0, step), other.narrow(1, step, 11 - step)], 1);
            let changed = tch::no_grad(|| prior.forward(&mixed, &classes, 0.0));
            let difference = |from: i64, count: i64| {
                (whole.narrow(1, from, count) - changed.narrow(1, from, count)).abs().max().double_value(&[])
            };
            assert!(difference(0, step) < 1e-5, "before step {step}");
            assert!(difference(step, 11 - step) > 1e-3, "from step {step} on");
        }
    }
}

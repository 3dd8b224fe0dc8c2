//! Causal attention over all positions of a map, and its zen mode: queries and keys of every four positions together, and their results spread
//! over four positions again, all causally.

use tch::Tensor;
use tch::nn::Path;

use super::layers::Layer;

/// Queries, keys and values of a map whose features at a position depend only on codes before that position; hence a position may attend to
/// itself, and no result depends on a later code.
#[derive(Debug)]
pub struct Attention {
    pub query: Layer,
    pub key: Layer,
    pub value: Layer,
    /// None where every position has its own query and key.
    pub zen: Option<Zen>,
    pub heads: i64,
}

impl Attention {
    /// `queries` and `keys` channels of what is asked and heard, `channels` of the result; `factor` positions are taken together.
    pub fn new(path: &Path, queries: i64, keys: i64, channels: i64, heads: i64, factor: i64) -> Self {
        let layer = |name: &str, input: i64| Layer::normed(&(path / name), &[channels, input], channels);
        Self {
            query: layer("query", queries),
            key: layer("key", keys),
            value: layer("value", keys),
            zen: (factor > 1).then(|| Zen::new(&(path / "zen"), channels, factor)),
            heads,
        }
    }

    /// `[clip, channel, row, column]` of queries and of keys → `[clip, channel, row, column]`.
    pub fn forward(&self, asked: &Tensor, heard: &Tensor) -> Tensor {
        let size = asked.size();
        let in_line = |x: &Tensor| x.flatten(2, 3).transpose(1, 2);
        let (asked, heard) = (in_line(asked), in_line(heard));
        let (query, key, value) = (self.query.linear(&asked), self.key.linear(&heard), self.value.linear(&heard));
        let made = match &self.zen {
            None => self.attend(&query, &key, &value),
            Some(zen) => {
                let (query, key, value) =
                    (zen.query.together(&query), zen.key.together(&key), zen.value.together(&value));
                zen.spread(&self.attend(&query, &key, &value), size[2] * size[3])
            }
        };
        made.transpose(1, 2).reshape([size[0], -1, size[2], size[3]])
    }

    /// `[clip, position, channel]` of queries, keys and values: each position hears itself and those before it.
    fn attend(&self, query: &Tensor, key: &Tensor, value: &Tensor) -> Tensor {
        let (query, key, value) = (self.split(query), self.split(key), self.split(value));
        let made = Tensor::scaled_dot_product_attention(&query, &key, &value, None::<&Tensor>, 0.0, true, None, false);
        joined(&made)
    }

    /// What the last position hears: one query, `[clip, 1, channel]`, and the keys and values up to its own.
    pub fn attend_last(&self, query: &Tensor, key: &Tensor, value: &Tensor) -> Tensor {
        let (query, key, value) = (self.split(query), self.split(key), self.split(value));
        let made = Tensor::scaled_dot_product_attention(&query, &key, &value, None::<&Tensor>, 0.0, false, None, false);
        joined(&made)
    }

    /// `[clip, position, channel]` → `[clip, head, position, part of channels]`.
    fn split(&self, x: &Tensor) -> Tensor {
        let size = x.size();
        x.view([size[0], size[1], self.heads, size[2] / self.heads]).transpose(1, 2)
    }

    /// With constant weights.
    pub fn fixed(&self) -> Self {
        Self {
            query: self.query.fixed(),
            key: self.key.fixed(),
            value: self.value.fixed(),
            zen: self.zen.as_ref().map(Zen::fixed),
            heads: self.heads,
        }
    }
}

fn joined(x: &Tensor) -> Tensor {
    x.transpose(1, 2).flatten(2, 3)
}

/// The trained convolutions of zen mode.
#[derive(Debug)]
pub struct Zen {
    pub query: Together,
    pub key: Together,
    pub value: Together,
    spread: Layer,
    factor: i64,
}

impl Zen {
    fn new(path: &Path, channels: i64, factor: i64) -> Self {
        let together = |name: &str| Together::new(&(path / name), channels, factor);
        Self {
            query: together("query"),
            key: together("key"),
            value: together("value"),
            spread: Layer::new(&(path / "spread"), &[channels, channels, factor], channels),
            factor,
        }
    }

    /// Causal transposed convolution, `[clip, place, channel]` → `[clip, position, channel]`: place `m` reaches the positions from
    /// `factor · m`, the last that its query knows, to `factor · m + factor − 1`.
    fn spread(&self, x: &Tensor, positions: i64) -> Tensor {
        self.spread.widen1d(&x.transpose(1, 2), self.factor, 0, 0).narrow(2, 0, positions).transpose(1, 2)
    }

    /// The `factor` positions that a place gives, `[clip, 1, channel]` → `[clip, factor, channel]`.
    pub fn spread_one(&self, x: &Tensor) -> Tensor {
        self.spread(x, self.factor)
    }

    /// Positions that a place stands for.
    pub fn factor(&self) -> i64 {
        self.factor
    }

    fn fixed(&self) -> Self {
        Self {
            query: self.query.fixed(),
            key: self.key.fixed(),
            value: self.value.fixed(),
            spread: self.spread.fixed(),
            factor: self.factor,
        }
    }
}

/// A causal convolution with a stride: place `m` hears the positions `factor · m − factor + 1` to `factor · m`.
#[derive(Debug)]
pub struct Together {
    layer: Layer,
    factor: i64,
}

impl Together {
    fn new(path: &Path, channels: i64, factor: i64) -> Self {
        Self { layer: Layer::new(path, &[channels, channels, factor], channels), factor }
    }

    /// `[clip, position, channel]` → `[clip, place, channel]`.
    pub fn together(&self, x: &Tensor) -> Tensor {
        self.one(&x.transpose(1, 2).constant_pad_nd([self.factor - 1, 0]).transpose(1, 2))
    }

    /// The same of positions whose zeros are before them already.
    pub fn one(&self, x: &Tensor) -> Tensor {
        self.layer.conv1d(&x.transpose(1, 2), self.factor, 0, 1).transpose(1, 2)
    }

    fn fixed(&self) -> Self {
        Self { layer: self.layer.fixed(), factor: self.factor }
    }
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;
    use tch::{Device, Kind};

    use super::*;

    #[test]
    fn a_result_hears_every_position_up_to_its_own_and_none_behind() {
        const COUNT: i64 = 13;
        for factor in [1, 4] {
            tch::manual_seed(7);
            let store = VarStore::new(Device::Cpu);
            let attention = Attention::new(&store.root(), 6, 6, 8, 2, factor);
            let forward = |x: &Tensor| tch::no_grad(|| attention.forward(x, x)).flatten(2, 3);
            let x = Tensor::randn([1, 6, 1, COUNT], (Kind::Float, Device::Cpu));
            let whole = forward(&x);
            for position in 0..COUNT {
                let other = x.copy();
                let _ = other.narrow(3, position, 1).fill_(2.0);
                let change = (forward(&other) - &whole).abs().amax([0i64, 1].as_slice(), false);
                let change = Vec::<f32>::try_from(change).expect("numbers");
                assert!(change[..position as usize].iter().all(|x| *x < 1e-6), "{factor}: {position}, {change:?}");
                assert!(change[COUNT as usize - 1] > 1e-6, "{factor}: {position}, {change:?}");
            }
        }
    }
}

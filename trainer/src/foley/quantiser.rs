//! A residual quantiser: each level has a table of codes and takes the nearest to what the levels before it leave. Tables follow the running
//! mean of what is nearest to each code (van den Oord and others 2017, appendix A.1); codes that nothing is near begin again at a vector of the
//! batch (Dhariwal and others 2020).

use tch::nn::Path;
use tch::{Kind, Tensor};

/// Memory of the running means, in steps: 0.99 to the power of their number.
const MEMORY: f64 = 0.99;
/// A code that is taken less often than this in a step, by the running mean, begins again.
const LEAST_TAKEN: f64 = 0.1;
/// Vectors that are compared with all codes at once: 4 MiB of products with 1024 codes, which stay in the processor's cache.
const COMPARED: i64 = 1024;

/// The tables.
#[derive(Debug)]
pub struct Quantiser {
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    /// `[code, value]`.
    codes: Tensor,
    /// `[code]`: how often each is taken in a step.
    taken: Tensor,
}

/// Vectors after quantisation.
#[derive(Debug)]
pub struct Quantised {
    /// Sum of the codes, `[vector, value]`; gradients go through it to what was quantised.
    pub sum: Tensor,
    /// `[vector, level]`.
    pub places: Tensor,
    /// Mean square of what each level leaves, sum over the levels.
    pub commitment: Tensor,
}

impl Quantiser {
    /// Tables of zeros, which begin at the first batch.
    pub fn new(path: &Path, levels: i64, codes: i64, values: i64) -> Self {
        let level = |level: i64| {
            let path = path / format!("level{level}");
            Level {
                codes: path.zeros_no_train("codes", &[codes, values]),
                taken: path.zeros_no_train("taken", &[codes]),
            }
        };
        Self { levels: (0..levels).map(level).collect() }
    }

    /// The tables, `[level, code, value]`.
    pub fn codes(&self) -> Tensor {
        Tensor::stack(&self.levels.iter().map(|level| level.codes.detach()).collect::<Vec<_>>(), 0)
    }

    /// Moves the tables towards these vectors, `[vector, value]`. With `restart`, codes that are hardly taken begin again.
    pub fn learn(&self, x: &Tensor, restart: bool) {
        tch::no_grad(|| {
            let mut rest = x.detach();
            for (index, level) in self.levels.iter().enumerate() {
                level.learn(&rest, restart);
                if index + 1 < self.levels.len() {
                    rest = &rest - level.codes.index_select(0, &level.nearest(&rest));
                }
            }
        });
    }

    /// Quantises vectors, `[vector, value]`.
    pub fn quantise(&self, x: &Tensor) -> Quantised {
        let mut rest = x.shallow_clone();
        let (mut places, mut commitment) = (Vec::new(), Tensor::zeros([], (Kind::Float, x.device())));
        for level in &self.levels {
            let nearest = level.nearest(&rest.detach());
            rest = &rest - level.codes.index_select(0, &nearest).detach();
            commitment += rest.square().mean(Kind::Float);
            places.push(nearest);
        }
        Quantised { sum: x - rest.detach(), places: Tensor::stack(&places, 1), commitment }
    }

    /// The sum of the codes at places `[vector, level]`.
    #[cfg(test)]
    fn sum(&self, places: &Tensor) -> Tensor {
        let parts = self.levels.iter().enumerate();
        let parts = parts.map(|(level, table)| table.codes.index_select(0, &places.select(1, level as i64)));
        parts.reduce(|sum, part| sum + part).expect("there are levels")
    }
}

impl Level {
    /// Places of the nearest codes, `[vector]`: half of the squared distance is the code's half power less their product, and what the vectors share.
    fn nearest(&self, x: &Tensor) -> Tensor {
        let powers = self.codes.square().sum_dim_intlist([1i64].as_slice(), false, Kind::Float) * 0.5;
        let of = |x: &Tensor| (x.matmul(&self.codes.tr()) - &powers).argmax(1, false);
        let parts: Vec<Tensor> = x.split(COMPARED, 0).iter().map(of).collect();
        Tensor::cat(&parts, 0)
    }

    fn learn(&self, x: &Tensor, restart: bool) {
        let (mut codes, mut taken) = (self.codes.shallow_clone(), self.taken.shallow_clone());
        let size = codes.size()[0];
        let nearest = self.nearest(x);
        let sums = codes.zeros_like().index_add(0, &nearest, x);
        let counts = nearest.bincount(None::<&Tensor>, size).to_kind(Kind::Float);
        let after = &taken * MEMORY + &counts * (1.0 - MEMORY);
        let mean =
            (&codes * (&taken * MEMORY).unsqueeze(1) + sums * (1.0 - MEMORY)) / after.clamp_min(1e-8).unsqueeze(1);
        codes.copy_(&mean.where_self(&after.gt(1e-8).unsqueeze(1), &codes));
        taken.copy_(&after);
        if restart {
            let dead = taken.lt(LEAST_TAKEN);
            let drawn = x.index_select(0, &Tensor::randint(x.size()[0], [size], (Kind::Int64, x.device())));
            codes.copy_(&drawn.where_self(&dead.unsqueeze(1), &codes));
            taken.copy_(&taken.ones_like().where_self(&dead, &taken));
        }
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;
    use tch::nn::VarStore;

    use super::*;

    #[test]
    fn the_nearest_code_is_found_in_every_part() {
        tch::manual_seed(4);
        let store = VarStore::new(Device::Cpu);
        let quantiser = Quantiser::new(&store.root(), 1, 16, 4);
        quantiser.learn(&Tensor::randn([64, 4], tch::kind::FLOAT_CPU), true);
        let x = Tensor::randn([2 * COMPARED + 77, 4], tch::kind::FLOAT_CPU);
        let distances =
            (x.unsqueeze(1) - quantiser.codes()).square().sum_dim_intlist([2i64].as_slice(), false, Kind::Float);
        assert_eq!(quantiser.quantise(&x).places.squeeze_dim(1), distances.argmin(1, false));
    }

    #[test]
    fn levels_come_nearer_use_their_codes_and_give_gradients_back() {
        tch::manual_seed(3);
        let store = VarStore::new(Device::Cpu);
        let quantiser = Quantiser::new(&store.root(), 3, 16, 4);
        // Vectors around eight centres.
        let centres = Tensor::randn([8, 4], tch::kind::FLOAT_CPU) * 3.0;
        let batch = || {
            let centres = centres.index_select(0, &Tensor::randint(8, [256], (Kind::Int64, Device::Cpu)));
            centres + Tensor::randn([256, 4], tch::kind::FLOAT_CPU) * 0.3
        };
        (0..200).for_each(|_| quantiser.learn(&batch(), true));
        let x = batch().set_requires_grad(true);
        let quantised = quantiser.quantise(&x);
        let left = (&quantised.sum - &x).square().mean(Kind::Float).double_value(&[]);
        assert!(left < 0.02, "three levels leave {left} of a variance of 9");
        let again = quantiser.sum(&quantised.places);
        assert!((again - &quantised.sum).abs().max().double_value(&[]) < 1e-5, "places stand for the sum");
        for level in 0..3 {
            let used = quantised.places.select(1, level).bincount(None::<&Tensor>, 16).gt(0).sum(Kind::Int64);
            assert!(used.int64_value(&[]) >= 8, "level {level} uses {used}");
        }
        quantised.sum.sum(Kind::Float).backward();
        assert!(x.grad().allclose(&x.ones_like(), 1e-6, 1e-6, false), "straight through");
    }
}

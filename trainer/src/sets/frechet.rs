//! Fréchet distance between the normal distributions of two sets (Dowson and Landau 1982), extrapolated to infinitely many clips (Chong and
//! Forsyth 2020): over 1/N it is nearly a straight line.

use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use tch::{Kind, Tensor};

/// Numbers of clips at which it is taken, from the least part of all to all, evenly in 1/N.
const SIZES: usize = 8;
const LEAST_PART: f64 = 0.4;
/// Draws at each number.
const DRAWS: usize = 3;
/// Fewest clips that it is extrapolated from.
pub const LEAST: usize = 16;
const SEED: u64 = 22;

/// A normal distribution.
struct Normal {
    mean: Tensor,
    covariance: Tensor,
}

impl Normal {
    fn of(values: &Tensor) -> Self {
        let mean = values.mean_dim([0i64].as_slice(), true, Kind::Double);
        let centred = values - &mean;
        let count = (values.size()[0] - 1).max(1) as f64;
        Self { covariance: centred.tr().matmul(&centred) / count, mean }
    }

    /// Root of the covariance.
    fn root(&self) -> Tensor {
        let (values, vectors) = self.covariance.linalg_eigh("L");
        (&vectors * values.clamp_min(0.0).sqrt().unsqueeze(0)).matmul(&vectors.tr())
    }
}

fn trace(matrix: &Tensor) -> f64 {
    matrix.diagonal(0, 0, 1).sum(Kind::Double).double_value(&[])
}

fn distance(reference: &Normal, root: &Tensor, other: &Normal) -> f64 {
    let between = root.matmul(&other.covariance).matmul(root);
    let roots = between.linalg_eigh("L").0.clamp_min(0.0).sqrt().sum(Kind::Double).double_value(&[]);
    let apart = (&reference.mean - &other.mean).square().sum(Kind::Double).double_value(&[]);
    apart + trace(&reference.covariance) + trace(&other.covariance) - 2.0 * roots
}

/// The distance for infinitely many clips of `set`; none of fewer than 16.
pub fn extrapolated(reference: &Tensor, set: &Tensor) -> Option<f64> {
    let count = set.size()[0] as usize;
    if count < LEAST || reference.size()[0] < LEAST as i64 {
        return None;
    }
    let normal = Normal::of(reference);
    let root = normal.root();
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut points = Vec::new();
    for step in 0..SIZES {
        let inverse = 1.0 + (1.0 / LEAST_PART - 1.0) * step as f64 / (SIZES - 1) as f64;
        let size = ((count as f64 / inverse).round() as usize).clamp(2, count);
        for _ in 0..if size == count { 1 } else { DRAWS } {
            let rows: Vec<i64> = sample(&mut rng, count, size).into_iter().map(|row| row as i64).collect();
            let part = set.index_select(0, &Tensor::from_slice(&rows));
            points.push((1.0 / size as f64, distance(&normal, &root, &Normal::of(&part))));
        }
    }
    Some(intercept(&points))
}

/// Where the line of least squares through the points meets 0.
fn intercept(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |pick: &dyn Fn(&(f64, f64)) -> f64| points.iter().map(pick).sum::<f64>() / count;
    let (x, y) = (mean(&|point| point.0), mean(&|point| point.1));
    let spread = mean(&|point| (point.0 - x).powi(2));
    let slope = if spread > 0.0 { mean(&|point| (point.0 - x) * (point.1 - y)) / spread } else { 0.0 };
    y - slope * x
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(count: i64, seed: i64) -> Tensor {
        tch::manual_seed(seed);
        Tensor::randn([count, 12], (Kind::Double, tch::Device::Cpu))
    }

    #[test]
    fn it_is_that_of_the_closed_form_and_hardly_depends_on_the_count() {
        let reference = normal(20_000, 1);
        let plain = |set: &Tensor| {
            let normal = Normal::of(&reference);
            distance(&normal, &normal.root(), &Normal::of(set))
        };
        // Mean apart by 0.5 and deviation 1.5 in each of 12 dimensions.
        let wanted = 12.0 * (0.25 + 0.25);
        assert!((plain(&(normal(20_000, 2) * 1.5 + 0.5)) - wanted).abs() < 0.03 * wanted);
        let few = normal(60, 3) * 1.5 + 0.5;
        let of_few = extrapolated(&reference, &few).expect("enough clips");
        let same = normal(60, 5);
        let (biased, unbiased) = (plain(&same), extrapolated(&reference, &same).expect("enough clips"));
        assert!((of_few - wanted).abs() < 0.4 * wanted, "{of_few} instead of {wanted}");
        assert!(unbiased.abs() < 0.3 * biased, "{unbiased} against {biased}");
        assert!(extrapolated(&reference, &normal(10, 3)).is_none());
    }
}

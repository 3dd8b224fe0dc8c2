//! Kernel audio distance (Chung and others 2025): the unbiased squared maximum mean discrepancy (Gretton and others 2012, equation 3) under a
//! Gaussian kernel whose bandwidth is the median distance within the reference, times 100.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::{Kind, Tensor};

/// Factor of the published figures.
const SCALE: f64 = 100.0;
/// Resamples of the bootstrap.
const RESAMPLES: usize = 200;
const SEED: u64 = 21;
/// Fewest clips of a set.
pub const LEAST: usize = 2;

/// Distances between the rows of two matrices.
pub fn distances(a: &Tensor, b: &Tensor) -> Tensor {
    Tensor::cdist(a, b, 2.0, None)
}

/// A reference with its kernel.
pub struct Reference {
    values: Tensor,
    groups: Vec<usize>,
    bandwidth: f64,
    /// Kernel within the reference, 0 between a clip and itself.
    within: Tensor,
}

impl Reference {
    /// Of clips in rows. Clips of the same number in `groups` share a recording: the bootstrap draws them together.
    pub fn new(values: &Tensor, groups: &[usize]) -> Self {
        let between = distances(values, values);
        let count = between.size()[0];
        let bandwidth = if count < 2 {
            1.0
        } else {
            // Each pair stands twice, and each clip beside itself counts as nearest.
            let place = (count * (count - 1) / 2 + count).max(1);
            between.reshape(-1).kthvalue(place, 0, false).0.double_value(&[]).max(1e-9)
        };
        let within = without_diagonal(&kernel(&between, bandwidth));
        Self { values: values.shallow_clone(), groups: groups.to_vec(), bandwidth, within }
    }

    /// Distance to a set.
    pub fn distance(&self, set: &Tensor) -> f64 {
        let (cross, own) = self.kernels(set);
        let ones = |count: i64| Tensor::ones([1, count], (Kind::Double, tch::Device::Cpu));
        self.discrepancy(&cross, &own, &ones(self.values.size()[0]), &ones(set.size()[0])).double_value(&[0])
    }

    /// The same of resampled clips, those of the set each alone.
    pub fn resampled(&self, set: &Tensor) -> Vec<f64> {
        let (cross, own) = self.kernels(set);
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let of_reference = drawn(&self.groups, &mut rng);
        let of_set = drawn(&(0..set.size()[0] as usize).collect::<Vec<_>>(), &mut rng);
        Vec::try_from(self.discrepancy(&cross, &own, &of_reference, &of_set)).unwrap_or_default()
    }

    fn kernels(&self, set: &Tensor) -> (Tensor, Tensor) {
        let cross = kernel(&distances(&self.values, set), self.bandwidth);
        (cross, without_diagonal(&kernel(&distances(set, set), self.bandwidth)))
    }

    /// For clips that are drawn so many times, `[resample, clip]`. Pairs of a clip with itself do not count, which keeps it unbiased.
    fn discrepancy(&self, cross: &Tensor, own: &Tensor, n: &Tensor, m: &Tensor) -> Tensor {
        let over = |x: Tensor| x.sum_dim_intlist([1i64].as_slice(), false, Kind::Double);
        let pairs = |weights: &Tensor| {
            let sum = over(weights.shallow_clone());
            (&sum * &sum - over(weights.square())).clamp_min(1.0)
        };
        let inside = |kernel: &Tensor, weights: &Tensor| over(weights.matmul(kernel) * weights) / pairs(weights);
        let between = over(n.matmul(cross) * m) / (over(n.shallow_clone()) * over(m.shallow_clone()));
        (inside(&self.within, n) + inside(own, m) - between * 2.0) * SCALE
    }
}

fn kernel(distances: &Tensor, bandwidth: f64) -> Tensor {
    (distances.square() / (-2.0 * bandwidth * bandwidth)).exp()
}

fn without_diagonal(kernel: &Tensor) -> Tensor {
    kernel - kernel.diagonal(0, 0, 1).diag(0)
}

/// How often each clip is drawn in each resample, whole groups at a time: `[resample, clip]`.
fn drawn(groups: &[usize], rng: &mut ChaCha8Rng) -> Tensor {
    let count = groups.iter().max().map_or(0, |last| last + 1);
    let mut weights = Vec::with_capacity(RESAMPLES * groups.len());
    for _ in 0..RESAMPLES {
        let mut times = vec![0.0_f64; count];
        (0..count).for_each(|_| times[rng.random_range(0..count)] += 1.0);
        weights.extend(groups.iter().map(|group| times[*group]));
    }
    Tensor::from_slice(&weights).view([RESAMPLES as i64, groups.len() as i64])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{mean, quantile};

    fn normal(count: i64, seed: i64, shift: f64) -> Tensor {
        tch::manual_seed(seed);
        Tensor::randn([count, 8], (Kind::Double, tch::Device::Cpu)) + shift
    }

    #[test]
    fn it_is_that_of_the_definition_and_unbiased() {
        let (x, y) = (normal(30, 1, 0.0), normal(20, 2, 0.4));
        let groups: Vec<usize> = (0..30).collect();
        let reference = Reference::new(&x, &groups);
        let k = |a: &Tensor, b: &Tensor| {
            let square = (a - b).square().sum(Kind::Double).double_value(&[]);
            (-square / (2.0 * reference.bandwidth.powi(2))).exp()
        };
        let within = |a: &Tensor| {
            let n = a.size()[0];
            let pairs = (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).filter(|(i, j)| i != j);
            pairs.map(|(i, j)| k(&a.get(i), &a.get(j))).sum::<f64>() / (n * (n - 1)) as f64
        };
        let cross: f64 = (0..30).flat_map(|i| (0..20).map(move |j| (i, j))).map(|(i, j)| k(&x.get(i), &y.get(j))).sum();
        let wanted = 100.0 * (within(&x) + within(&y) - 2.0 * cross / 600.0);
        assert!((reference.distance(&y) - wanted).abs() < 1e-9);
        // Of one distribution it is 0 in the mean, however few the clips of the set.
        let alone: Vec<usize> = (0..60).collect();
        let apart = |seed: i64, shift: f64| {
            Reference::new(&normal(60, 2 * seed, 0.0), &alone).distance(&normal(4, 2 * seed + 1, shift))
        };
        let [same, far] = [0.0, 1.0].map(|shift| mean(&(50..150).map(|seed| apart(seed, shift)).collect::<Vec<_>>()));
        assert!(same.abs() < 0.05 * far, "{same} beside {far}");
    }

    #[test]
    fn the_interval_holds_the_value_and_groups_widen_it() {
        let x = normal(60, 3, 0.0);
        let y = normal(40, 4, 0.5);
        let width = |groups: &[usize]| {
            let reference = Reference::new(&x, groups);
            let (value, resampled) = (reference.distance(&y), reference.resampled(&y));
            let [low, high] = [0.025, 0.975].map(|part| quantile(&resampled, part));
            assert!(low < value && value < high, "{low} {value} {high}");
            high - low
        };
        let alone: Vec<usize> = (0..60).collect();
        let together: Vec<usize> = (0..60).map(|clip| clip / 20).collect();
        assert!(width(&together) > width(&alone));
    }
}

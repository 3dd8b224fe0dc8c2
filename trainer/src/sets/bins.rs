//! Statistically different bins (Richardson and Weiss 2018): the reference's clips are divided into clusters, and the clusters counted that
//! hold another part of the set.

use rand::SeedableRng;
use rand::distr::Distribution;
use rand::distr::weighted::WeightedIndex;
use rand_chacha::ChaCha8Rng;
use tch::{Kind, Tensor};

use super::kad::distances;

/// Clips of the reference for each bin, and the most bins: an empty one among more than ten is no surprise in a set of 48 clips.
const CLIPS_PER_BIN: i64 = 10;
const MOST_BINS: i64 = 10;
/// Fewest bins that say anything.
const LEAST_BINS: i64 = 3;
/// Rounds of k-means (Lloyd 1982).
const ROUNDS: usize = 30;
/// Two parts differ when they are farther apart than this many standard errors: 5 %.
const LIMIT: f64 = 1.96;
const SEED: u64 = 23;

/// The bins of a reference.
#[derive(Debug)]
pub struct Bins {
    centres: Tensor,
    /// Clips of the reference in each.
    counts: Vec<f64>,
}

impl Bins {
    /// None of a reference of few clips, or of clips that are all alike.
    pub fn new(reference: &Tensor) -> Option<Self> {
        let count = (reference.size()[0] / CLIPS_PER_BIN).min(MOST_BINS);
        let centres = (count >= LEAST_BINS).then(|| centres(reference, count)).flatten()?;
        let counts = counted(reference, &centres);
        Some(Self { centres, counts })
    }

    /// Part of the bins that differ, [0, 1].
    pub fn different(&self, set: &Tensor) -> f64 {
        let counts = counted(set, &self.centres);
        let [n, m] = [&self.counts, &counts].map(|counts| counts.iter().sum::<f64>());
        let differs = |(a, b): &(&f64, &f64)| {
            let both = (*a + *b) / (n + m);
            let error = (both * (1.0 - both) * (1.0 / n + 1.0 / m)).sqrt();
            (*a / n - *b / m).abs() > LIMIT * error
        };
        self.counts.iter().zip(&counts).filter(differs).count() as f64 / counts.len() as f64
    }
}

fn counted(values: &Tensor, centres: &Tensor) -> Vec<f64> {
    let nearest = distances(values, centres).argmin(1, false);
    Vec::try_from(nearest.bincount(None::<&Tensor>, centres.size()[0]).to_kind(Kind::Double)).unwrap_or_default()
}

/// Centres by k-means from a start after Arthur and Vassilvitskii (2007).
fn centres(values: &Tensor, count: i64) -> Option<Tensor> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut chosen = vec![0_i64];
    while (chosen.len() as i64) < count {
        let centres = values.index_select(0, &Tensor::from_slice(&chosen));
        let squares = distances(values, &centres).amin([1i64].as_slice(), false).square();
        // Where all clips are alike there are no more bins.
        let weights = WeightedIndex::new(Vec::<f64>::try_from(squares).ok()?).ok()?;
        chosen.push(weights.sample(&mut rng) as i64);
    }
    let mut centres = values.index_select(0, &Tensor::from_slice(&chosen));
    for _ in 0..ROUNDS {
        let nearest = distances(values, &centres).argmin(1, false);
        let member =
            nearest.unsqueeze(0).eq_tensor(&Tensor::arange(count, (Kind::Int64, tch::Device::Cpu)).unsqueeze(1));
        let member = member.to_kind(Kind::Double);
        let sizes = member.sum_dim_intlist([1i64].as_slice(), true, Kind::Double);
        let means = member.matmul(values) / sizes.clamp_min(1.0);
        centres = means.where_self(&sizes.gt(0.0), &centres);
    }
    Some(centres)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_modes_make_bins_differ() {
        tch::manual_seed(1);
        let options = (Kind::Double, tch::Device::Cpu);
        let all = |count: i64| {
            Tensor::randn([count, 4], options) * 0.3 + (Tensor::rand([count, 1], options) * 4.0).floor() * 3.0
        };
        let (reference, same) = (all(400), all(200));
        let one = Tensor::randn([200, 4], options) * 0.3;
        let bins = Bins::new(&reference).expect("enough");
        let (same, one) = (bins.different(&same), bins.different(&one));
        assert!(same < 0.2 && one > 0.6, "{same} {one}");
        assert!(Bins::new(&Tensor::zeros([100, 4], options)).is_none(), "clips that are all alike");
    }
}

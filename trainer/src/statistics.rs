//! Means, quantiles, rank correlation, and bootstrap intervals over groups of sounds that belong together.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Resamples of a bootstrap.
const RESAMPLES: usize = 1000;
/// Part of the resampled figures on either side of a 95 % interval (percentile method; Efron and Tibshirani 1993, chapter 13).
const TAIL: f64 = 0.025;
const SEED: u64 = 1;

/// Mean; 0 of nothing.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The value below which `part` of the values lie, `part` in [0, 1]; 0 of nothing.
pub fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * part).round() as usize).copied().unwrap_or(0.0)
}

/// The middle value; 0 of nothing.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// At most `count` of the items, evenly spread.
pub fn evenly<T: Clone>(items: &[T], count: usize) -> Vec<T> {
    let count = count.min(items.len());
    (0..count).map(|index| items[index * items.len() / count].clone()).collect()
}

/// Part of the values that are at most `limit`; 0 of nothing.
pub fn share_within(values: &[f64], limit: f64) -> f64 {
    values.iter().filter(|value| **value <= limit).count() as f64 / values.len().max(1) as f64
}

/// Spearman's rank correlation, [−1, 1]; ties take their mean rank. 0 when either side does not vary.
pub fn rank_correlation(one: &[f64], other: &[f64]) -> f64 {
    let (one, other) = (ranks(one), ranks(other));
    let (centre, other_centre) = (mean(&one), mean(&other));
    let sum = |pick: &dyn Fn(f64, f64) -> f64| {
        one.iter().zip(&other).map(|(a, b)| pick(a - centre, b - other_centre)).sum::<f64>()
    };
    let spread = (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt();
    if spread > 0.0 { sum(&|a, b| a * b) / spread } else { 0.0 }
}

/// Ranks of values, as numbers; ties take their mean rank.
fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |value: &f64| {
        let below = values.iter().filter(|other| other.total_cmp(value).is_lt()).count();
        let equal = values.iter().filter(|other| *other == value).count();
        below as f64 + equal as f64 / 2.0
    };
    values.iter().map(rank).collect()
}

/// 95 % bootstrap interval of `figure`. Whole groups are drawn, not single values: the keys of one instrument and
/// sounds that share a recording are not independent. The seed is fixed, so the same values give the same interval.
pub fn interval(values: &[(&str, f64)], figure: &dyn Fn(&[f64]) -> f64) -> [f64; 2] {
    let mut groups = BTreeMap::<&str, Vec<f64>>::new();
    for (group, value) in values {
        groups.entry(group).or_default().push(*value);
    }
    let groups: Vec<Vec<f64>> = groups.into_values().collect();
    if groups.is_empty() {
        return [0.0; 2];
    }
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut drawn = Vec::with_capacity(values.len());
    let figures: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            drawn.clear();
            for _ in 0..groups.len() {
                drawn.extend_from_slice(&groups[rng.random_range(0..groups.len())]);
            }
            figure(&drawn)
        })
        .collect();
    [quantile(&figures, TAIL), quantile(&figures, 1.0 - TAIL)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_choice_is_as_large_as_wanted_and_spread_over_all() {
        let items: Vec<usize> = (0..120).collect();
        assert_eq!(evenly(&items, 3), [0, 40, 80]);
        assert_eq!((evenly(&items, 100).len(), evenly(&items, 500).len(), evenly(&items, 0).len()), (100, 120, 0));
        assert!(evenly(&[0_u8; 0], 3).is_empty());
    }

    #[test]
    fn ranks_correlate_through_any_rising_curve() {
        let x: Vec<f64> = (1..9).map(f64::from).collect();
        let cubed: Vec<f64> = x.iter().map(|value| value.powi(3)).collect();
        let falling: Vec<f64> = x.iter().map(|value| -value.exp()).collect();
        assert!((rank_correlation(&x, &cubed) - 1.0).abs() < 1e-12);
        assert!((rank_correlation(&x, &falling) + 1.0).abs() < 1e-12);
        assert_eq!(rank_correlation(&x, &[3.0; 8]), 0.0);
    }

    #[test]
    fn values_that_belong_together_widen_the_interval() {
        let alone: Vec<String> = (0..60).map(|index| format!("g{index:02}")).collect();
        let values: Vec<f64> = (0..60).map(|index| f64::from(index / 10)).collect();
        let apart: Vec<(&str, f64)> = alone.iter().map(String::as_str).zip(values.iter().copied()).collect();
        let together: Vec<(&str, f64)> =
            values.iter().enumerate().map(|(index, value)| (alone[index / 10].as_str(), *value)).collect();
        let [low, high] = interval(&apart, &mean);
        let [low_together, high_together] = interval(&together, &mean);
        assert!(low < 2.5 && 2.5 < high, "{low} to {high}");
        assert!(high_together - low_together > 1.5 * (high - low));
        assert_eq!(interval(&apart, &mean), [low, high], "the same values give the same interval");
    }
}

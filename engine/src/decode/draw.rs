//! Draws from the scores that a network gives. WORKER side or main thread, no allocation.

use std::ops::Range;

use multiversion::multiversion;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng as _;

use crate::spectral::exp;

/// Scores that are worked on at once.
const LANES: usize = 16;
/// What is kept is found to one part in so many.
const GRID: u32 = 1 << 20;

/// How is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draw {
    /// Factor on the spread.
    pub temperature: f32,
    /// Part of the probability from which is drawn, the likeliest first.
    pub keep: f32,
}

impl Draw {
    /// A place among scores, which become probabilities; their number is a multiple of 16. Takes one random number.
    pub(super) fn place(self, scores: &mut [f32], random: &mut ChaCha8Rng) -> usize {
        let kept = self.likely(scores);
        kept.start + pick(&scores[kept], unit(random))
    }

    /// Makes scores probabilities, of which the unlikely ones are left out, and tells between which places the others lie; the number of scores
    /// is a multiple of 16.
    pub(super) fn likely(self, scores: &mut [f32]) -> Range<usize> {
        softmax(scores, self.temperature);
        let least = least_kept(scores, self.keep);
        leave_out(scores, least)
    }
}

/// Even between 0 and 1, without 1.
pub(super) fn unit(random: &mut ChaCha8Rng) -> f32 {
    (random.next_u32() >> 8) as f32 / (1 << 24) as f32
}

/// Makes logits probabilities. Their sum is that of one after the other, whatever the processor.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn softmax(values: &mut [f32], temperature: f32) {
    let (blocks, rest) = values.as_chunks_mut::<LANES>();
    let mut largest = [f32::NEG_INFINITY; LANES];
    for block in blocks.iter() {
        for lane in 0..LANES {
            largest[lane] = if block[lane] > largest[lane] { block[lane] } else { largest[lane] };
        }
    }
    let largest = largest.iter().chain(&*rest).fold(f32::NEG_INFINITY, |largest, value| largest.max(*value));
    let chance = |value: f32| exp(((value - largest) / temperature).max(-80.0));
    let mut sum = 0.0;
    for block in blocks {
        block.iter_mut().for_each(|value| *value = chance(*value));
        block.iter().for_each(|value| sum += *value);
    }
    for value in rest {
        *value = chance(*value);
        sum += *value;
    }
    for value in values {
        *value /= sum;
    }
}

/// A probability, from 0 in steps of one part in [`GRID`], of which those that are not less are the fewest that have at least `keep` together.
///
/// What those from a threshold on have together never grows with it, rounding included: the result is the same as by halving.
#[multiversion(targets("x86_64+avx2"))]
fn least_kept(chances: &[f32], keep: f32) -> f32 {
    if keep >= 1.0 {
        return 0.0;
    }
    let step = 1.0 / GRID as f32;
    let all = chances.as_chunks::<LANES>().0;
    // No threshold reaches blocks without a probability of a step.
    let has_any = |block: &[f32; LANES]| block.iter().fold(false, |any, chance| any | (*chance >= step));
    let start = all.iter().position(has_any).unwrap_or(0);
    let end = all.iter().rposition(has_any).map_or(0, |last| last + 1);
    let blocks = &all[start..end];
    // Thresholds that are low enough and too high, in steps, and how many probabilities each keeps.
    let (mut low, mut high) = ((0, chances.len() as u32), (GRID, 0));
    // Between the two there is at least the one that decides.
    while high.0 - low.0 > 1 && low.1 - high.1 > 1 {
        // Probabilities are spread evenly by their logarithms rather than by themselves.
        let middle = (low.0.max(1) as f32 * high.0 as f32).sqrt() as u32;
        let middle = middle.clamp(low.0 + 1, high.0 - 1);
        let threshold = middle as f32 * step;
        let (mut sums, mut counts) = ([0.0f32; LANES], [0u32; LANES]);
        for block in blocks {
            for lane in 0..LANES {
                sums[lane] += if block[lane] >= threshold { block[lane] } else { 0.0 };
                counts[lane] += u32::from(block[lane] >= threshold);
            }
        }
        let count = counts.iter().sum();
        if sums.iter().sum::<f32>() >= keep { low = (middle, count) } else { high = (middle, count) }
    }
    low.0 as f32 * step
}

/// Makes probabilities below `least` 0; tells between which places the others lie, in whole blocks.
#[multiversion(targets("x86_64+avx2"))]
fn leave_out(chances: &mut [f32], least: f32) -> Range<usize> {
    let (mut start, mut end) = (chances.len(), 0);
    for (number, block) in chances.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let mut kept = [0; LANES];
        for lane in 0..LANES {
            block[lane] = if block[lane] < least { 0.0 } else { block[lane] };
            kept[lane] = block[lane].to_bits();
        }
        if kept.iter().fold(0, |any, bits| any | bits) != 0 {
            start = start.min(number * LANES);
            end = (number + 1) * LANES;
        }
    }
    start.min(end)..end
}

/// The place that a number from 0 to 1 falls on when probabilities are laid side by side.
pub(super) fn pick(chances: &[f32], unit: f32) -> usize {
    let mut left = unit * chances.iter().sum::<f32>();
    for (place, chance) in chances.iter().enumerate() {
        left -= chance;
        if left < 0.0 {
            return place;
        }
    }
    // Rounding may leave a little: the last that is possible.
    chances.iter().rposition(|chance| *chance > 0.0).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    /// The threshold by halving, one comparison after the other.
    fn halved(chances: &[f32], keep: f32) -> f32 {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..20 {
            let middle = (low + high) * 0.5;
            let mut sums = [0.0f32; LANES];
            for (place, chance) in chances.iter().enumerate() {
                sums[place % LANES] += if *chance >= middle { *chance } else { 0.0 };
            }
            if sums.iter().sum::<f32>() >= keep { low = middle } else { high = middle }
        }
        low
    }

    /// Scores of every kind: a peak of some width among lower ones, even ones, one alone, pairs of equal ones, none of them finite.
    fn scores(kind: usize, random: &mut ChaCha8Rng) -> Vec<f32> {
        let width = 1.0 + 40.0 * unit(random);
        let peak = 256.0 * unit(random);
        let score = |place: usize| match kind {
            0 => -((place as f32 - peak) / width).powi(2),
            1 => 0.0,
            2 => {
                if place == peak as usize {
                    60.0
                } else {
                    -60.0
                }
            }
            3 => -0.3 * (place / 2) as f32,
            4 => f32::NAN,
            _ => -((place as f32 - peak) / width).abs(),
        };
        (0..256).map(|place| score(place) + if kind > 4 { unit(random) } else { 0.0 }).collect()
    }

    #[test]
    fn what_is_kept_is_what_twenty_halvings_keep() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        for (kind, keep) in (0..10).flat_map(|kind| [0.5, 0.9, 0.998, 0.999_999, 1.0].map(|keep| (kind, keep))) {
            for temperature in [0.1, 1.0, 2.0] {
                let draw = Draw { temperature, keep };
                let mut chances = scores(kind, &mut random);
                let mut expected = chances.clone();
                let kept = draw.likely(&mut chances);
                softmax(&mut expected, temperature);
                let least = if keep < 1.0 { halved(&expected, keep) } else { 0.0 };
                expected.iter_mut().filter(|chance| **chance < least).for_each(|chance| *chance = 0.0);
                let bits = |chances: &[f32]| chances.iter().map(|chance| chance.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(&chances), bits(&expected), "kind {kind}, keep {keep}, temperature {temperature}");
                let outside = chances[..kept.start].iter().chain(&chances[kept.end..]);
                assert!(outside.copied().all(|chance| chance == 0.0), "kind {kind}, keep {keep}: {kept:?}");
                for part in [0.0, 0.3, 0.999_999] {
                    assert_eq!(kept.start + pick(&chances[kept.clone()], part), pick(&chances, part), "kind {kind}");
                }
            }
        }
    }
}

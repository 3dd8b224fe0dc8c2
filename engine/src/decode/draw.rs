//! Draws from the scores that a network gives. WORKER side or main thread, no allocation.

use multiversion::multiversion;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng as _;

use crate::spectral::exp;

/// Halvings in the search for the least probability that is kept.
const HALVINGS: usize = 20;

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
        self.likely(scores);
        pick(scores, unit(random))
    }

    /// Makes scores probabilities, of which the unlikely ones are left out; their number is a multiple of 16.
    pub(super) fn likely(self, scores: &mut [f32]) {
        softmax(scores, self.temperature);
        let least = least_kept(scores, self.keep);
        scores.iter_mut().filter(|chance| **chance < least).for_each(|chance| *chance = 0.0);
    }
}

/// Even between 0 and 1, without 1.
pub(super) fn unit(random: &mut ChaCha8Rng) -> f32 {
    (random.next_u32() >> 8) as f32 / (1 << 24) as f32
}

/// Makes logits probabilities.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn softmax(values: &mut [f32], temperature: f32) {
    let largest = values.iter().fold(f32::NEG_INFINITY, |largest, value| largest.max(*value));
    let mut sum = 0.0;
    for value in values.iter_mut() {
        *value = exp(((*value - largest) / temperature).max(-80.0));
    }
    for value in values.iter() {
        sum += *value;
    }
    for value in values.iter_mut() {
        *value /= sum;
    }
}

/// A probability of which those that are not less have at least `keep` together, close to the largest such.
#[multiversion(targets("x86_64+avx2"))]
fn least_kept(chances: &[f32], keep: f32) -> f32 {
    if keep >= 1.0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = (low + high) * 0.5;
        let mut sums = [0.0f32; 16];
        for chances in chances.as_chunks::<16>().0 {
            for (sum, chance) in sums.iter_mut().zip(chances) {
                *sum += if *chance >= middle { *chance } else { 0.0 };
            }
        }
        if sums.iter().sum::<f32>() >= keep { low = middle } else { high = middle }
    }
    low
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

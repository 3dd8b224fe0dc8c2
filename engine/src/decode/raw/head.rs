//! From the outputs of a network to the next level: a draw from a softmax over 256 levels, or from a mixture of logistic distributions.

use multiversion::multiversion;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng as _;

use crate::pack::{LEVELS, Quantisation};
use crate::spectral::exp;

/// Distributions of a mixture.
pub const COMPONENTS: usize = 10;
/// Outputs for each distribution of a mixture: its weight, its mean after companding, and the logarithm of its scale.
const PARTS: usize = 3;
/// Least and largest logarithm of a scale: the least puts all of the probability on one level.
pub const LOG_SCALES: (f32, f32) = (-11.0, 2.0);
/// Halvings in the search for the least probability that is kept.
const HALVINGS: usize = 20;

/// Draws levels.
#[derive(Debug)]
pub(super) struct Head {
    quantisation: Quantisation,
    samples: Vec<f32>,
}

/// How levels are drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draw {
    /// Factor on the spread.
    pub temperature: f32,
    /// Part of the probability from which is drawn, the likeliest first.
    pub keep: f32,
}

impl Head {
    pub(super) fn new(quantisation: Quantisation) -> Self {
        Self { quantisation, samples: (0..quantisation.levels()).map(|level| quantisation.sample(level)).collect() }
    }

    /// Number of outputs that it takes.
    pub(super) fn outputs(&self) -> usize {
        if self.quantisation == Quantisation::Mixture { PARTS * COMPONENTS } else { LEVELS }
    }

    /// The sample of a level.
    pub(super) fn sample(&self, level: usize) -> f32 {
        self.samples[level]
    }

    /// The next level. Takes two random numbers of the mixture, one otherwise.
    pub(super) fn draw(&self, outputs: &[f32], draw: Draw, random: &mut ChaCha8Rng) -> usize {
        if self.quantisation == Quantisation::Mixture {
            return self.draw_from_mixture(outputs, draw, random);
        }
        let mut chances = [0.0; LEVELS];
        chances.copy_from_slice(outputs);
        softmax(&mut chances, draw.temperature);
        let least = least_kept(&chances, draw.keep);
        chances.iter_mut().filter(|chance| **chance < least).for_each(|chance| *chance = 0.0);
        pick(&chances, unit(random))
    }

    fn draw_from_mixture(&self, outputs: &[f32], draw: Draw, random: &mut ChaCha8Rng) -> usize {
        let mut chances = [0.0; COMPONENTS];
        chances.copy_from_slice(&outputs[..COMPONENTS]);
        softmax(&mut chances, draw.temperature);
        let component = pick(&chances, unit(random));
        let mean = outputs[COMPONENTS + component];
        let scale = outputs[2 * COMPONENTS + component].clamp(LOG_SCALES.0, LOG_SCALES.1).exp();
        // Without the tails, of which each has half of what is not kept.
        let place = 0.5 + (unit(random) - 0.5) * draw.keep;
        let place = place.clamp(1e-6, 1.0 - 1e-6);
        let curve = mean + draw.temperature * scale * (place / (1.0 - place)).ln();
        let half = self.quantisation.half() as f32;
        ((curve * half).round() + half).clamp(0.0, 2.0 * half - 1.0) as usize
    }
}

/// Even between 0 and 1, without 1.
fn unit(random: &mut ChaCha8Rng) -> f32 {
    (random.next_u32() >> 8) as f32 / (1 << 24) as f32
}

/// Makes logits probabilities.
#[multiversion(targets("x86_64+avx2"))]
fn softmax(values: &mut [f32], temperature: f32) {
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
fn least_kept(chances: &[f32; LEVELS], keep: f32) -> f32 {
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
fn pick(chances: &[f32], unit: f32) -> usize {
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

    /// Largest difference between how often a level is drawn and its probability, in 20 000 draws.
    const SHARE_TOLERANCE: f64 = 0.015;

    fn shares(head: &Head, outputs: &[f32], draw: Draw) -> Vec<f64> {
        const DRAWS: usize = 20_000;
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut counts = vec![0.0; head.samples.len()];
        (0..DRAWS).for_each(|_| counts[head.draw(outputs, draw, &mut random)] += 1.0 / DRAWS as f64);
        counts
    }

    #[test]
    fn levels_are_drawn_as_often_as_they_are_likely_and_the_unlikely_ones_left_out() {
        let head = Head::new(Quantisation::MuLaw);
        let mut outputs = vec![-30.0; LEVELS];
        for (level, chance) in [(3, 0.6f32), (128, 0.3), (200, 0.09), (255, 0.01)] {
            outputs[level] = chance.ln();
        }
        let all = shares(&head, &outputs, Draw { temperature: 1.0, keep: 1.0 });
        for (level, chance) in [(3, 0.6), (128, 0.3), (200, 0.09), (255, 0.01)] {
            assert!((all[level] - chance).abs() < SHARE_TOLERANCE, "{level}");
        }
        let kept = shares(&head, &outputs, Draw { temperature: 1.0, keep: 0.95 });
        assert!(kept[255] == 0.0 && (kept[200] - 0.09 / 0.99).abs() < SHARE_TOLERANCE);
        let cold = shares(&head, &outputs, Draw { temperature: 0.1, keep: 1.0 });
        assert!(cold[3] > 0.99);
    }

    #[test]
    fn a_mixture_is_drawn_from_by_weight_place_and_width() {
        let head = Head::new(Quantisation::Mixture);
        let mut outputs = vec![0.0; head.outputs()];
        outputs[..COMPONENTS].fill(-30.0);
        (outputs[0], outputs[1]) = (0.8f32.ln(), 0.2f32.ln());
        (outputs[COMPONENTS], outputs[COMPONENTS + 1]) = (0.5, -0.5);
        outputs[2 * COMPONENTS..].fill(-6.0);
        let drawn = shares(&head, &outputs, Draw { temperature: 1.0, keep: 0.99 });
        let above: f64 = drawn[2048..].iter().sum();
        assert!((above - 0.8).abs() < SHARE_TOLERANCE, "{above}");
        // Ninety-nine in a hundred of a logistic distribution lie within 5.3 scales.
        let reach = (5.3 * (-6.0f64).exp() * 2048.0) as usize + 1;
        assert!(
            drawn
                .iter()
                .enumerate()
                .all(|(level, share)| *share == 0.0 || level.abs_diff(3072) <= reach || level.abs_diff(1024) <= reach)
        );
        outputs[2 * COMPONENTS..].fill(-11.0);
        (outputs[COMPONENTS], outputs[COMPONENTS + 1]) = (0.0, 0.0);
        let silent = shares(&head, &outputs, Draw { temperature: 1.0, keep: 1.0 });
        assert!(silent[2048] > 0.9999, "silence stays silence");
    }
}

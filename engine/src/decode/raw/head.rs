//! From the outputs of a network to the next level: a draw from a softmax over 256 levels, or from a mixture of logistic distributions.

use std::ops::Range;

use multiversion::multiversion;
use rand_chacha::ChaCha8Rng;

use crate::decode::draw::{Draw, pick, softmax, unit};
use crate::pack::{LEVELS, Quantisation};
use crate::spectral::exp;

/// Distributions of a mixture.
pub const COMPONENTS: usize = 5;
/// Outputs for each distribution of a mixture: its weight, how far its mean lies after companding from the level heard last, and the logarithm
/// of its scale.
const PARTS: usize = 3;
/// Levels farther than this from the mean of the probabilities, in standard deviations, are not drawn: single ones of small probability, which are
/// spikes in the quiet end of a sound. Of 140 sounds of the built-in pack's network (half trained), 6 had a spike without this bound, 4 at 5, 1 at 4
/// together with [`MOST_TILT`] at 2; at 3 sounds are no better.
const FARTHEST: f32 = 4.0;
/// A tilt changes the logarithm of a probability by this at most.
const MOST_TILT: f32 = 4.0;
/// Least and largest logarithm of a scale: the least puts all of the probability on one level.
pub const LOG_SCALES: (f32, f32) = (-11.0, 2.0);

/// Draws levels.
#[derive(Debug)]
pub(super) struct Head {
    quantisation: Quantisation,
    samples: Vec<f32>,
    /// Levels on the companded curve.
    curve: Vec<f32>,
}

impl Head {
    pub(super) fn new(quantisation: Quantisation) -> Self {
        let levels = 0..quantisation.levels();
        Self {
            quantisation,
            samples: levels.clone().map(|level| quantisation.sample(level)).collect(),
            curve: levels.map(|level| quantisation.curve(level) as f32).collect(),
        }
    }

    /// Number of outputs that it takes.
    pub(super) fn outputs(&self) -> usize {
        if self.quantisation == Quantisation::Mixture { PARTS * COMPONENTS } else { LEVELS }
    }

    /// The sample of a level.
    pub(super) fn sample(&self, level: usize) -> f32 {
        self.samples[level]
    }

    /// The levels whose samples are at most so far from 0.
    pub(super) fn within(&self, most: f32) -> Range<usize> {
        self.samples.partition_point(|sample| *sample < -most)..self.samples.partition_point(|sample| *sample <= most)
    }

    /// Makes the means of a mixture, which the network gives from the level that it heard last, positions after companding.
    pub(super) fn anchor(&self, outputs: &mut [f32], heard: usize) {
        if self.quantisation == Quantisation::Mixture {
            let heard = self.quantisation.curve(heard) as f32;
            outputs[COMPONENTS..2 * COMPONENTS].iter_mut().for_each(|mean| *mean += heard);
        }
    }

    /// Makes high levels of a softmax likelier and low ones less likely, or the other way round for a `tilt` below 0: the logarithms of their
    /// probabilities change by `tilt` times their places on the companded curve. A narrow distribution so moves less than a wide one.
    pub(super) fn tilt(&self, outputs: &mut [f32], tilt: f32) {
        outputs.iter_mut().zip(&self.curve).for_each(|(output, curve)| *output += tilt * curve);
    }

    /// The next level, by a distribution that is tilted: of a softmax one of `possible`, unless none of those is likely. Takes two random numbers of
    /// the mixture, one otherwise.
    ///
    /// The unlikely levels are left out before the tilt, as those far from the mean: a strong tilt would make them likely, which is a spike.
    pub(super) fn draw(
        &self,
        outputs: &[f32],
        (tilt, possible): (f32, &Range<usize>),
        draw: Draw,
        random: &mut ChaCha8Rng,
    ) -> usize {
        if self.quantisation == Quantisation::Mixture {
            return self.draw_from_mixture(outputs, draw, random);
        }
        let mut chances = [0.0; LEVELS];
        chances.copy_from_slice(outputs);
        let likely = draw.likely(&mut chances);
        let both = likely.start.max(possible.start)..likely.end.min(possible.end);
        let is_any = chances.get(both.clone()).is_some_and(|chances| chances.iter().any(|chance| *chance > 0.0));
        let kept = if is_any { both } else { likely };
        let chances = &mut chances[kept.clone()];
        shape(chances, &self.curve[kept.clone()], tilt);
        kept.start + pick(chances, unit(random))
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

/// Leaves out the probabilities of levels far from their mean and tilts the others by their distance from it along `curve`.
#[multiversion(targets("x86_64+avx2"))]
fn shape(chances: &mut [f32], curve: &[f32], tilt: f32) {
    let (mut sum, mut first, mut second) = (0.0, 0.0, 0.0);
    for (chance, curve) in chances.iter().zip(curve) {
        sum += chance;
        first += chance * curve;
    }
    let mean = first / sum;
    for (chance, curve) in chances.iter().zip(curve) {
        second += chance * (curve - mean) * (curve - mean);
    }
    let farthest = FARTHEST * (second / sum).sqrt();
    for (chance, curve) in chances.iter_mut().zip(curve) {
        let distance = curve - mean;
        let factor = exp((tilt * distance).clamp(-MOST_TILT, MOST_TILT));
        *chance *= if distance.abs() > farthest { 0.0 } else { factor };
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    /// Largest difference between how often a level is drawn and its probability, in 20 000 draws.
    const SHARE_TOLERANCE: f64 = 0.015;
    const ALL: Range<usize> = 0..LEVELS;

    fn shares(head: &Head, outputs: &[f32], draw: Draw) -> Vec<f64> {
        const DRAWS: usize = 20_000;
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut counts = vec![0.0; head.samples.len()];
        (0..DRAWS).for_each(|_| counts[head.draw(outputs, (0.0, &ALL), draw, &mut random)] += 1.0 / DRAWS as f64);
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
    fn a_tilt_moves_the_draw_within_what_is_likely() {
        let head = Head::new(Quantisation::MuLaw);
        let mut outputs = vec![-30.0; LEVELS];
        outputs[120..136].fill(0.0);
        outputs[250] = -5.0;
        let draw = Draw { temperature: 1.0, keep: 1.0 };
        let mean = |tilt: f32| {
            let mut random = ChaCha8Rng::seed_from_u64(2);
            let drawn: Vec<usize> = (0..2_000).map(|_| head.draw(&outputs, (tilt, &ALL), draw, &mut random)).collect();
            assert!(drawn.iter().all(|level| (120..136).contains(level)), "tilt {tilt}: a level far from the others");
            drawn.iter().sum::<usize>() as f64 / drawn.len() as f64
        };
        let (down, none, up) = (mean(-60.0), mean(0.0), mean(60.0));
        assert!((none - 127.5).abs() < 0.5 && down < 125.0 && up > 130.0, "{down}, {none}, {up}");
        assert!(mean(f32::MAX) > 130.0, "no tilt is too large");
    }

    #[test]
    fn what_is_impossible_is_drawn_only_where_nothing_else_is_likely() {
        let head = Head::new(Quantisation::MuLaw);
        for most in [0.0, 0.01, 0.5, 1.0, f32::INFINITY] {
            let possible = head.within(most);
            let is_possible = |level: usize| head.sample(level).abs() <= most;
            assert!((0..LEVELS).all(|level| possible.contains(&level) == is_possible(level)), "{most}");
        }
        let possible = head.within(0.01);
        let mut outputs = vec![-30.0; LEVELS];
        (outputs[128], outputs[250]) = (0.05f32.ln(), 0.95f32.ln());
        let mut random = ChaCha8Rng::seed_from_u64(3);
        for (keep, level) in [(1.0, 128), (0.9, 250)] {
            let draw = Draw { temperature: 1.0, keep };
            assert!((0..200).all(|_| head.draw(&outputs, (0.0, &possible), draw, &mut random) == level), "{level}");
        }
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

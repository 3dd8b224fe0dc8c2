//! Variations of a sound: bounded, seeded steps away from its point. AUDIO THREAD: plain arithmetic on `Copy` values.

use crate::random::hash;
use crate::units::{LATENT_LIMIT, Latent};

/// Largest distance of a variation from the point in σ, at amount 1. Tuned on six factory sounds of each of kicks, snares, hats, toms and
/// cymbals: at 0.1 σ four variations differ by 2 to 3 dB of log-mel level and by 1 dB of level, as strokes of a player do; at 0.5 σ by 7 to
/// 10 dB and 2 to 4 dB, which is another drum; farther out by hardly more.
const REACH_SIGMA: f32 = 0.5;

/// How far the steps of one foot lie from the point of a walk, as a part of the reach of a variation.
const FOOT_PART: f32 = 0.5;
/// Stands for the feet among the numbers that directions are drawn from.
const FEET: u32 = 1 << 31;
/// Place of a foot between the channels, from 0, the middle, to 1.
const FOOT_PAN: f32 = 0.2;

/// How notes vary.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct VariationControls {
    /// Distance of the variations, [0, 1]; 0 is no variation.
    pub amount: f32,
    /// Number of sounds that notes choose among, the sound itself included, [2, 8].
    pub count: f32,
    /// 0 random, but never the same twice; 1 round robin; 2 random.
    pub order: f32,
}

impl VariationControls {
    /// Number of sounds that notes choose among: 1 without variation.
    pub fn sounds(&self) -> u32 {
        if self.amount > 0.0 { self.count.round().max(1.0) as u32 } else { 1 }
    }

    /// The point of variation `variation` of the sound at `point`: a step in a direction that seed and number give, by at most the amount's
    /// part of the reach, half a σ. Variation 0 is the sound itself.
    pub fn point(&self, point: &Latent, seed: u64, variation: u32) -> Latent {
        if variation == 0 || self.amount <= 0.0 {
            return *point;
        }
        let part = 0.75 + 0.25 * signed_unit(seed, variation, u32::MAX);
        // Steps between half and all of the reach: two variations are hardly ever alike.
        moved(point, seed, variation, REACH_SIGMA * self.amount * part)
    }

    /// The point of a step of a walk: `number` from 1 on, every one another; even ones are the left foot's, odd ones the right one's. The feet
    /// lie a quarter of a σ from the point at amount 1, the steps of a foot around that as variations do. 0 is the sound itself.
    pub fn step(&self, point: &Latent, seed: u64, number: u32) -> Latent {
        if number == 0 || self.amount <= 0.0 {
            return *point;
        }
        let foot = moved(point, seed, FEET | (number & 1), REACH_SIGMA * self.amount * FOOT_PART);
        self.point(&foot, seed, number)
    }

    /// Place of the foot of step `number` between the channels, −1 (left) to 1.
    pub fn foot_pan(&self, number: u32) -> f32 {
        match (self.amount > 0.0, number % 2) {
            (false, _) => 0.0,
            (true, 0) => -FOOT_PAN,
            (true, _) => FOOT_PAN,
        }
    }
}

/// `length` σ away from `point`, in a direction that seed and place give, within the space.
fn moved(point: &Latent, seed: u64, place: u32, length: f32) -> Latent {
    let direction: Latent = std::array::from_fn(|axis| signed_unit(seed, place, axis as u32));
    let norm = direction.iter().map(|part| part * part).sum::<f32>().sqrt().max(f32::EPSILON);
    let mut moved = *point;
    for (coordinate, part) in moved.iter_mut().zip(direction) {
        *coordinate = (*coordinate + length / norm * part).clamp(-LATENT_LIMIT, LATENT_LIMIT);
    }
    moved
}

/// A number in [−1, 1) that looks random.
fn signed_unit(seed: u64, variation: u32, axis: u32) -> f32 {
    let place = (u64::from(variation) << 32) | u64::from(axis);
    (hash(seed ^ hash(place)) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const AMOUNT: f32 = 0.4;

    fn of(seed: u64, variation: u32) -> Latent {
        VariationControls { amount: AMOUNT, count: 8.0, order: 0.0 }.point(&[0.5; 7], seed, variation)
    }

    fn distance(a: &Latent, b: &Latent) -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
    }

    #[test]
    fn steps_are_bounded_repeatable_and_differ() {
        for seed in [0, 1, u64::MAX] {
            assert_eq!(of(seed, 0), [0.5; 7]);
            for variation in 1..8 {
                let step = distance(&of(seed, variation), &[0.5; 7]);
                let most = AMOUNT * REACH_SIGMA;
                assert!((0.5 * most - 1e-5..=most + 1e-5).contains(&step), "{step}");
                assert_eq!(of(seed, variation), of(seed, variation));
                assert!((0..variation).all(|other| distance(&of(seed, variation), &of(seed, other)) > 0.1 * most));
            }
        }
        assert_ne!(of(1, 3), of(2, 3));
    }

    #[test]
    fn a_walk_never_comes_back_and_its_feet_differ() {
        let controls = VariationControls { amount: AMOUNT, count: 4.0, order: 0.0 };
        let step = |number| controls.step(&[0.5; 7], 9, number);
        let most = (1.0 + FOOT_PART) * AMOUNT * REACH_SIGMA;
        let steps: Vec<Latent> = (1..400).map(step).collect();
        assert!(steps.iter().all(|one| distance(one, &[0.5; 7]) <= most + 1e-5));
        for (number, one) in steps.iter().enumerate() {
            assert!(steps[..number].iter().all(|other| distance(one, other) > 1e-3));
        }
        let middle = |odd: usize| -> Latent {
            let foot: Vec<&Latent> = steps.iter().skip(odd).step_by(2).collect();
            std::array::from_fn(|axis| foot.iter().map(|one| one[axis]).sum::<f32>() / foot.len() as f32)
        };
        assert!(distance(&middle(0), &middle(1)) > 0.3 * FOOT_PART * AMOUNT * REACH_SIGMA);
        assert_eq!((step(0), controls.foot_pan(2), controls.foot_pan(3)), ([0.5; 7], -FOOT_PAN, FOOT_PAN));
        let off = VariationControls { amount: 0.0, ..controls };
        assert_eq!((off.step(&[0.5; 7], 9, 3), off.foot_pan(3)), ([0.5; 7], 0.0));
    }

    #[test]
    fn points_stay_in_the_space_and_zero_leaves_them() {
        let wide = VariationControls { amount: 1.0, count: 8.0, order: 0.0 };
        assert!((0..8).all(|n| wide.point(&[LATENT_LIMIT; 7], 3, n).iter().all(|z| z.abs() <= LATENT_LIMIT)));
        let off = VariationControls { amount: 0.0, ..wide };
        assert_eq!((off.point(&[0.1; 7], 3, 5), off.sounds(), wide.sounds()), ([0.1; 7], 1, 8));
    }
}

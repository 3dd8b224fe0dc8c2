//! Files that hold one cycle of a wave, as wavetables and samplers use them: their length is the period. Any thread.

use std::ops::RangeInclusive;

use super::periodicity;

/// Pitches that a cycle is for, in hertz.
const RANGE_HZ: RangeInclusive<f64> = 20.0..=4_000.0;
/// Clarity from which on a sound repeats within itself, and is more than a cycle.
const REPEATS: f32 = 0.8;
/// Largest ratio of the energies of the halves, 6 dB: what is struck decays more.
const EVEN: f64 = 4.0;
/// Largest energy of the differences of neighbours against that of the values, which is 2 for white noise.
const SMOOTH: f64 = 1.0;

/// The pitch in hertz of samples that are one cycle as a whole.
pub(super) fn pitch_hz(samples: &[f32], rate_hz: f64) -> Option<f64> {
    let hz = rate_hz / samples.len() as f64;
    let is_cycle = RANGE_HZ.contains(&hz) && is_even(samples) && is_smooth(samples);
    (is_cycle && periodicity::strongest(samples, 1.0).is_none_or(|(clarity, _)| clarity < REPEATS)).then_some(hz)
}

fn is_even(samples: &[f32]) -> bool {
    let (first, second) = samples.split_at(samples.len() / 2);
    let (first, second) = (energy(first.iter().copied()), energy(second.iter().copied()));
    first > 0.0 && first < EVEN * second && second < EVEN * first
}

/// Whether the samples are smooth, their end followed by their beginning.
fn is_smooth(samples: &[f32]) -> bool {
    let next = samples.iter().skip(1).chain(samples.first());
    energy(samples.iter().zip(next).map(|(a, b)| a - b)) < SMOOTH * energy(samples.iter().copied())
}

fn energy(values: impl Iterator<Item = f32>) -> f64 {
    values.map(|v| f64::from(v).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_has_the_pitch_of_its_length_and_other_short_sounds_have_none() {
        let sine = |n: usize, period: usize| (std::f64::consts::TAU * n as f64 / period as f64).sin() as f32;
        for length in [168_usize, 600, 2_048] {
            let saw = |n: usize| 2.0 * n as f32 / length as f32 - 1.0;
            for cycle in [(0..length).map(|n| sine(n, length)).collect::<Vec<f32>>(), (0..length).map(saw).collect()] {
                assert_eq!(pitch_hz(&cycle, 44_100.0), Some(44_100.0 / length as f64));
            }
        }
        let tone: Vec<f32> = (0..800).map(|n| sine(n, 100)).collect();
        let struck: Vec<f32> = (0..900).map(|n| sine(n, 700) * (-(n as f32) / 150.0).exp()).collect();
        let noise: Vec<f32> = (0..900_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 8) as f32 / 8e6 - 1.0).collect();
        for other in [tone, struck, noise, Vec::new()] {
            assert_eq!(pitch_hz(&other, 44_100.0), None);
        }
    }
}

//! What is done to a clip before it is measured: the noise of the baselines, the damage of the ladder.

use engine::spectral::Complex32;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use realfft::RealFftPlanner;

use crate::eval::envelope::rms;
use crate::eval::ladder::Kind;

/// A change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// None.
    None,
    /// White noise of the same root mean square takes its place.
    Noise(u64),
    /// Every phase of its whole spectrum is drawn anew: the mean spectrum stays, its course in time is lost.
    Spectrum(u64),
    /// Damage in an amount.
    Damage(Kind, f64),
}

impl Change {
    /// Makes it.
    pub fn apply(self, samples: Vec<f32>, rate_hz: f64) -> Vec<f32> {
        match self {
            Self::None => samples,
            Self::Noise(seed) => noise(&samples, &mut ChaCha8Rng::seed_from_u64(seed)),
            Self::Spectrum(seed) => turn_phases(samples, &mut ChaCha8Rng::seed_from_u64(seed)),
            Self::Damage(kind, amount) => kind.apply(&samples, rate_hz, amount),
        }
    }
}

fn noise(samples: &[f32], rng: &mut ChaCha8Rng) -> Vec<f32> {
    let level = rms(samples);
    let mut draw = || -> f32 { StandardNormal.sample(rng) };
    samples.iter().map(|_| level * draw()).collect()
}

fn turn_phases(mut samples: Vec<f32>, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let length = samples.len();
    let mut planner = RealFftPlanner::<f32>::new();
    let (forward, inverse) = (planner.plan_fft_forward(length), planner.plan_fft_inverse(length));
    let mut spectrum = forward.make_output_vec();
    forward.process(&mut samples, &mut spectrum).expect("plan and buffers are made together");
    let last = spectrum.len() - 1;
    for bin in &mut spectrum[1..last] {
        *bin *= Complex32::from_polar(1.0, rng.random_range(0.0..std::f32::consts::TAU));
    }
    // The ends of a real signal's spectrum are real.
    spectrum[0].im = 0.0;
    if length.is_multiple_of(2) {
        spectrum[last].im = 0.0;
    }
    inverse.process(&mut spectrum, &mut samples).expect("plan and buffers are made together");
    samples.iter_mut().for_each(|sample| *sample /= length as f32);
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_noise_keep_the_level() {
        let sound: Vec<f32> = (0..20_001).map(|n| (n as f32 * 0.05).sin() * (-(n as f32) / 4_000.0).exp()).collect();
        for change in [Change::Noise(3), Change::Spectrum(3)] {
            let made = change.apply(sound.clone(), 44_100.0);
            assert!((rms(&made) / rms(&sound) - 1.0).abs() < 0.03 && made != sound, "{change:?}");
            assert_eq!(made, change.apply(sound.clone(), 44_100.0), "the same seed gives the same noise");
        }
    }
}

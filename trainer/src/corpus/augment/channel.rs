//! What lies between a sound and its file: overdrive, the band of a microphone, noise.

use engine::units::db_to_gain;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::corpus::procedural::{high_passed, low_passed};

/// Drive into the saturation in dB: from hardly audible to a fuzz.
const DRIVE_DB: (f32, f32) = (3.0, 18.0);
/// Corner frequencies of microphones and loudspeakers in Hz, from good ones to those of telephones.
const LOW_CORNER_HZ: (f64, f64) = (30.0, 300.0);
const HIGH_CORNER_HZ: (f64, f64) = (4000.0, 16_000.0);
/// Level of the noise against the peak, in dB: tape and quiet rooms. Lower noise is below the floor of the frames.
const NOISE_DB: (f32, f32) = (-75.0, -50.0);
/// Least corner frequency of the noise's low-pass, in Hz; the highest leaves it white.
const NOISE_CORNER_HZ: (f64, f64) = (800.0, 20_000.0);

/// Overdrives a sound of peak 1 softly; the peak stays.
pub fn saturate(samples: &mut [f32], rng: &mut ChaCha8Rng) -> String {
    let drive_db = rng.random_range(DRIVE_DB.0..DRIVE_DB.1);
    let drive = db_to_gain(drive_db);
    let peak = peak(samples);
    samples.iter_mut().for_each(|sample| *sample = peak * (drive * *sample / peak).tanh() / drive.tanh());
    format!("driven {drive_db:.0} dB")
}

/// Leaves the band of a microphone.
pub fn limit_band(samples: &mut Vec<f32>, rng: &mut ChaCha8Rng) -> String {
    let low_hz = between_ratios(LOW_CORNER_HZ, rng);
    let high_hz = between_ratios(HIGH_CORNER_HZ, rng);
    let exact: Vec<f64> = samples.iter().map(|sample| f64::from(*sample)).collect();
    let limited = low_passed(&high_passed(&exact, low_hz), high_hz);
    *samples = limited.into_iter().map(|sample| sample as f32).collect();
    format!("{low_hz:.0} to {high_hz:.0} Hz")
}

/// Adds noise through the whole length.
pub fn add_noise(samples: &mut [f32], rng: &mut ChaCha8Rng) -> String {
    let level_db = rng.random_range(NOISE_DB.0..NOISE_DB.1);
    let corner_hz = between_ratios(NOISE_CORNER_HZ, rng);
    let white: Vec<f64> = samples.iter().map(|_| StandardNormal.sample(rng)).collect();
    let noise = low_passed(&white, corner_hz);
    let effective = (noise.iter().map(|sample| sample * sample).sum::<f64>() / noise.len().max(1) as f64).sqrt();
    let gain = f64::from(db_to_gain(level_db) * peak(samples)) / effective.max(1e-12);
    samples.iter_mut().zip(noise).for_each(|(sample, noise)| *sample += (gain * noise) as f32);
    format!("noise at {level_db:.0} dB")
}

/// Equal odds for equal ratios.
fn between_ratios((low, high): (f64, f64), rng: &mut ChaCha8Rng) -> f64 {
    low * (high / low).powf(rng.random())
}

fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(1e-9, |peak, sample| peak.max(sample.abs()))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    const RATE_HZ: f64 = 44_100.0;

    fn sine(hz: f64) -> Vec<f32> {
        (0..44_100).map(|n| (std::f64::consts::TAU * hz * f64::from(n) / RATE_HZ).sin() as f32).collect()
    }

    fn effective(samples: &[f32]) -> f32 {
        (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).sqrt()
    }

    #[test]
    fn saturation_keeps_the_peak_and_raises_the_rest() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut driven = sine(220.0);
        saturate(&mut driven, &mut rng);
        assert!((peak(&driven) - 1.0).abs() < 1e-3 && effective(&driven) > effective(&sine(220.0)) * 1.05);
    }

    #[test]
    fn a_microphone_takes_what_is_outside_its_band() {
        for (hz, kept) in [(10.0, false), (1000.0, true), (19_500.0, false)] {
            let mut rng = ChaCha8Rng::seed_from_u64(2);
            let mut limited = sine(hz);
            limit_band(&mut limited, &mut rng);
            let part = effective(&limited[4410..]) / effective(&sine(hz));
            assert!(if kept { part > 0.8 } else { part < 0.5 }, "{hz} Hz: {part}");
        }
    }

    #[test]
    fn noise_has_a_level_within_its_range() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut noisy = sine(220.0);
        noisy[22_050..].fill(0.0);
        add_noise(&mut noisy, &mut rng);
        let level_db = engine::units::gain_to_db(effective(&noisy[22_050..]));
        assert!((NOISE_DB.0 - 1.0..NOISE_DB.1 + 1.0).contains(&level_db), "{level_db} dB");
    }
}

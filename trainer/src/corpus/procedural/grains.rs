//! Many small collisions: Cook's PhISEM ("Physically informed sonic modeling", 1997). Collisions come at random times, at a
//! rate and strength that follow the energy of the system, and each rings a resonance of its own.

use super::mix::{high_passed, lay, render};
use super::modes::{Mode, strike};
use super::rng::SoundRng;
use super::wave::HIGHEST_PARTIAL_HZ;
use super::{SAMPLE_RATE_HZ, samples_of};

/// What collides.
#[derive(Clone, Copy)]
pub struct Grain {
    /// Range of the resonances.
    pub low_hz: f64,
    pub high_hz: f64,
    /// Ringing in periods of the resonance until 60 dB down.
    pub periods: f64,
    /// Exponent that spreads the strengths: 1 for even ones, more for few strong among many weak.
    pub spread: f64,
}

/// Collisions at `rate_hz(t)` per second with strength `energy(t)`.
pub fn collisions(
    rng: &mut SoundRng,
    grain: Grain,
    seconds: f64,
    rate_hz: impl Fn(f64) -> f64,
    energy: impl Fn(f64) -> f64,
) -> Vec<f64> {
    let mut output = vec![0.0; samples_of(seconds)];
    for n in 0..samples_of(seconds) {
        let time_s = n as f64 / SAMPLE_RATE_HZ;
        if rng.chance(rate_hz(time_s) / SAMPLE_RATE_HZ) {
            let frequency_hz = rng.ratio_between(grain.low_hz, grain.high_hz).min(0.9 * HIGHEST_PARTIAL_HZ);
            let t60_s = grain.periods / frequency_hz;
            let gain = energy(time_s) * rng.between(0.05, 1.0).powf(grain.spread) * rng.choose(&[-1.0, 1.0]);
            let sound = strike(&[Mode { frequency_hz, t60_s, gain }], 0.5 / frequency_hz, t60_s.max(0.002));
            lay(&mut output, &sound, time_s, 1.0);
        }
    }
    output.truncate(samples_of(seconds));
    // A strongly damped resonance also answers below itself, which a small body cannot radiate.
    high_passed(&output, 0.5 * grain.low_hz)
}

/// White noise shaped by `level(t)`.
pub fn hiss(rng: &mut SoundRng, seconds: f64, level: impl Fn(f64) -> f64) -> Vec<f64> {
    render(seconds, |time_s| rng.noise() * level(time_s))
}

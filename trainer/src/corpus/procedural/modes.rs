//! Vibrating bodies as banks of damped modes that something strikes or rubs (van den Doel and Pai, "The sounds of physical
//! shapes", 1998).

use std::f64::consts::TAU;

use super::envelope::{bump, decay};
use super::wave::HIGHEST_PARTIAL_HZ;
use super::{SAMPLE_RATE_HZ, samples_of};

/// One mode of vibration.
#[derive(Clone, Copy)]
pub struct Mode {
    pub frequency_hz: f64,
    /// Time in which it falls by 60 dB.
    pub t60_s: f64,
    pub gain: f64,
}

/// What the modes answer to a force; `seconds` long.
pub fn resonate(modes: &[Mode], force: &[f64], seconds: f64) -> Vec<f64> {
    let mut output = vec![0.0; samples_of(seconds)];
    for mode in modes.iter().filter(|mode| mode.frequency_hz < HIGHEST_PARTIAL_HZ) {
        let angle = TAU * mode.frequency_hz / SAMPLE_RATE_HZ;
        let radius = decay(1.0 / SAMPLE_RATE_HZ, mode.t60_s);
        let (back, further) = (2.0 * radius * angle.cos(), -radius * radius);
        let gain = mode.gain * angle.sin();
        let (mut previous, mut before) = (0.0, 0.0);
        for (n, sample) in output.iter_mut().enumerate() {
            let input = force.get(n).copied().unwrap_or(0.0);
            let now = gain * input + back * previous + further * before;
            before = previous;
            previous = now;
            *sample += now;
        }
    }
    output
}

/// The force of a blow: a bump of unit area as long as the contact (Hertz: harder blows and harder bodies part sooner, and
/// so excite higher modes).
pub fn blow(contact_s: f64) -> Vec<f64> {
    let length = samples_of(contact_s).max(2);
    let shape = |n: usize| bump(n as f64 + 0.5, length as f64);
    let area: f64 = (0..length).map(shape).sum();
    (0..length).map(|n| shape(n) / area).collect()
}

/// What the modes answer to one blow.
pub fn strike(modes: &[Mode], contact_s: f64, seconds: f64) -> Vec<f64> {
    resonate(modes, &blow(contact_s), seconds)
}

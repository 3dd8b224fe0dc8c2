//! Filters: a state-variable filter (Simper, "Solving the continuous SVF equations using trapezoidal integration", 2013)
//! that may be swept at will, and a formant (Klatt's resonator, 1980).

use std::f64::consts::PI;

use super::SAMPLE_RATE_HZ;

/// Cutoffs are kept below this, where the bilinear transform still has room.
const HIGHEST_CUTOFF_HZ: f64 = 20_500.0;

/// Outputs of the state-variable filter; `band` has gain 1 at the cutoff.
#[derive(Clone, Copy)]
pub struct Bands {
    pub low: f64,
    pub band: f64,
    pub high: f64,
}

/// Second-order filter, 12 dB per octave.
#[derive(Clone, Copy, Default)]
pub struct Svf {
    first: f64,
    second: f64,
}

impl Svf {
    /// One sample through the filter.
    pub fn split(&mut self, input: f64, cutoff_hz: f64, q: f64) -> Bands {
        let g = (PI * cutoff_hz.clamp(5.0, HIGHEST_CUTOFF_HZ) / SAMPLE_RATE_HZ).tan();
        let k = 1.0 / q;
        let a1 = 1.0 / (1.0 + g * (g + k));
        let v3 = input - self.second;
        let band = a1 * (self.first + g * v3);
        let low = self.second + g * band;
        self.first = 2.0 * band - self.first;
        self.second = 2.0 * low - self.second;
        Bands { low, band: k * band, high: input - k * band - low }
    }

    /// Low-pass output.
    pub fn low(&mut self, input: f64, cutoff_hz: f64, q: f64) -> f64 {
        self.split(input, cutoff_hz, q).low
    }

    /// Band-pass output, gain 1 at the centre.
    pub fn band(&mut self, input: f64, centre_hz: f64, q: f64) -> f64 {
        self.split(input, centre_hz, q).band
    }

    /// High-pass output.
    pub fn high(&mut self, input: f64, cutoff_hz: f64, q: f64) -> f64 {
        self.split(input, cutoff_hz, q).high
    }
}

/// Damping without a resonance.
pub const FLAT_Q: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// A resonance with gain 1 at zero frequency, to be put in a row with others.
#[derive(Clone, Copy, Default)]
pub struct Formant {
    previous: f64,
    before: f64,
}

impl Formant {
    /// One sample through the formant.
    pub fn next(&mut self, input: f64, centre_hz: f64, width_hz: f64) -> f64 {
        let radius = (-PI * width_hz / SAMPLE_RATE_HZ).exp();
        let c = -radius * radius;
        let b = 2.0 * radius * (2.0 * PI * centre_hz.min(HIGHEST_CUTOFF_HZ) / SAMPLE_RATE_HZ).cos();
        let output = (1.0 - b - c) * input + b * self.previous + c * self.before;
        self.before = self.previous;
        self.previous = output;
        output
    }
}

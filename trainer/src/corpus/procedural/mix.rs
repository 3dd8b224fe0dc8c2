//! Sounds as lists of samples: laying one over another, scaling, filtering whole ones.

use super::filter::{FLAT_Q, Svf};
use super::{SAMPLE_RATE_HZ, samples_of};

/// Samples of a function of time, which is called in order.
pub fn render(seconds: f64, mut sample: impl FnMut(f64) -> f64) -> Vec<f64> {
    (0..samples_of(seconds)).map(|n| sample(n as f64 / SAMPLE_RATE_HZ)).collect()
}

/// Adds `part` to `whole`, `gain` loud and `at_s` late; `whole` grows as needed.
pub fn lay(whole: &mut Vec<f64>, part: &[f64], at_s: f64, gain: f64) {
    let start = samples_of(at_s);
    if whole.len() < start + part.len() {
        whole.resize(start + part.len(), 0.0);
    }
    for (sample, added) in whole[start..].iter_mut().zip(part) {
        *sample += gain * added;
    }
}

/// Largest magnitude.
pub fn peak(samples: &[f64]) -> f64 {
    samples.iter().fold(0.0, |peak, sample| sample.abs().max(peak))
}

/// Scales to a peak of 1; silence stays silence.
pub fn normalised(mut samples: Vec<f64>) -> Vec<f64> {
    let peak = peak(&samples);
    if peak > 0.0 {
        samples.iter_mut().for_each(|sample| *sample /= peak);
    }
    samples
}

/// Takes the lows out of a whole sound.
pub fn high_passed(samples: &[f64], cutoff_hz: f64) -> Vec<f64> {
    let mut filter = Svf::default();
    samples.iter().map(|sample| filter.high(*sample, cutoff_hz, FLAT_Q)).collect()
}

/// Takes the highs out of a whole sound.
pub fn low_passed(samples: &[f64], cutoff_hz: f64) -> Vec<f64> {
    let mut filter = Svf::default();
    samples.iter().map(|sample| filter.low(*sample, cutoff_hz, FLAT_Q)).collect()
}

//! Twice the sample rate and back by half-band filters. AUDIO THREAD: plain arithmetic.
//!
//! A half-band filter is 0 at every second place but its middle, so one of its two phases is a plain delay and the other a filter of half
//! the length (Crochiere and Rabiner 1983, 4.1).

use std::f64::consts::PI;

/// Coefficients of one side of the longer phase.
const HALF: usize = 12;
/// Coefficients of the longer phase.
const TAPS: usize = 2 * HALF;
/// Shape of the Kaiser window: 70 dB of attenuation beyond the transition, which lies between 0.41 and 0.59 of the lower rate.
const KAISER_BETA: f64 = 6.8;

/// Coefficients for a gain of 1 at the lower rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct HalfBand {
    taps: [f32; TAPS],
}

impl HalfBand {
    /// A windowed sinc.
    pub(super) fn new() -> Self {
        let tap = |index: usize| {
            let place = index as f64 - HALF as f64 + 0.5;
            let window = bessel(KAISER_BETA * (1.0 - (place / HALF as f64).powi(2)).sqrt()) / bessel(KAISER_BETA);
            (PI * place).sin() / (PI * place) * window
        };
        let raw: [f64; TAPS] = std::array::from_fn(tap);
        let sum: f64 = raw.iter().sum();
        Self { taps: raw.map(|tap| (tap / sum) as f32) }
    }

    fn filter(&self, history: &[f32; TAPS]) -> f32 {
        self.taps.iter().zip(history).map(|(tap, sample)| tap * sample).sum()
    }
}

/// Modified Bessel function of the first kind, order 0.
fn bessel(x: f64) -> f64 {
    let terms = (1..40).scan(1.0, |term, k| {
        *term *= (x / 2.0 / f64::from(k)).powi(2);
        Some(*term)
    });
    1.0 + terms.sum::<f64>()
}

/// The last samples, oldest first.
#[derive(Clone, Copy, Debug)]
struct History([f32; TAPS]);

impl History {
    fn push(&mut self, sample: f32) {
        self.0.rotate_left(1);
        let [.., last] = &mut self.0;
        *last = sample;
    }

    /// The sample in the middle of the filter, half a sample later than its output.
    fn middle(&self) -> f32 {
        self.0.get(HALF).copied().unwrap_or(0.0)
    }

    /// The sample before the middle: half a sample earlier than the filter's output.
    fn before_middle(&self) -> f32 {
        self.0.get(HALF - 1).copied().unwrap_or(0.0)
    }
}

/// State of one channel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Oversampler {
    up: History,
    down: [History; 2],
}

impl Oversampler {
    /// Delay from input to output in samples of the lower rate.
    #[cfg(test)]
    pub(super) const DELAY_SAMPLES: usize = 2 * HALF - 1;

    pub(super) fn new() -> Self {
        let silent = History([0.0; TAPS]);
        Self { up: silent, down: [silent; 2] }
    }

    /// Applies `shape` at twice the rate.
    pub(super) fn process(&mut self, filter: &HalfBand, sample: f32, mut shape: impl FnMut(f32) -> f32) -> f32 {
        self.up.push(sample);
        let early = shape(self.up.before_middle());
        let late = shape(filter.filter(&self.up.0));
        let [plain, filtered] = &mut self.down;
        plain.push(early);
        filtered.push(late);
        0.5 * (plain.middle() + filter.filter(&filtered.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_only_delayed() {
        let filter = HalfBand::new();
        for part in [0.01, 0.1, 0.25, 0.35, 0.4_f64] {
            let mut channel = Oversampler::new();
            let sine = |n: usize| (std::f64::consts::TAU * part * n as f64).sin() as f32;
            let heard: Vec<f32> = (0..400).map(|n| channel.process(&filter, sine(n), |x| x)).collect();
            let delayed = (100..400).map(|n| (heard[n], sine(n - Oversampler::DELAY_SAMPLES)));
            let worst = delayed.map(|(found, wanted)| (found - wanted).abs()).fold(0.0, f32::max);
            assert!(worst < 0.02, "{part} of the rate: {worst}");
        }
    }
}

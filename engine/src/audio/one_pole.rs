//! A first-order low-pass as a trapezoidal integrator (Zavalishin 2012, 3.10): its corner is the same at every rate. AUDIO THREAD: plain
//! arithmetic.

use std::f32::consts::PI;

/// Highest corner as a part of the sample rate, for rates at which the corner would lie above the Nyquist frequency.
const HIGHEST_PART: f32 = 0.45;

/// The filter with its state.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OnePole {
    /// g / (1 + g) with g = tan(π · corner / rate).
    pace: f32,
    state: f32,
}

impl OnePole {
    /// At rest, with its corner in hertz.
    pub(super) fn new(corner_hz: f32, rate_hz: f32) -> Self {
        let warped = (PI * (corner_hz / rate_hz).min(HIGHEST_PART)).tan();
        Self { pace: warped / (1.0 + warped), state: 0.0 }
    }

    pub(super) fn clear(&mut self) {
        self.state = 0.0;
    }

    /// The low-passed signal at the next sample.
    pub(super) fn low(&mut self, sample: f32) -> f32 {
        let step = (sample - self.state) * self.pace;
        let between = self.state + step;
        self.state = between + step;
        between
    }

    /// The high-passed signal at the next sample.
    pub(super) fn high(&mut self, sample: f32) -> f32 {
        sample - self.low(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corner_is_3_db_down_at_every_rate() {
        for rate_hz in [8_000.0, 44_100.0, 384_000.0_f32] {
            let mut filter = OnePole::new(500.0, rate_hz);
            let count = (rate_hz * 0.1) as usize;
            let sine = |n: usize| (std::f32::consts::TAU * (500.0 / rate_hz * n as f32).fract()).sin();
            let heard: Vec<f32> = (0..2 * count).map(|n| filter.low(sine(n))).collect();
            let power: f32 = heard[count..].iter().map(|sample| sample * sample).sum();
            let level_db = 10.0 * (2.0 * power / count as f32).log10();
            assert!((level_db + 3.01).abs() < 0.1, "{level_db} dB at {rate_hz} Hz");
        }
    }
}

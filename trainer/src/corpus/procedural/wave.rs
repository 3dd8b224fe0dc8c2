//! Periodic waves without aliasing: one period as a table that holds only the harmonics below a limit.

use std::f64::consts::TAU;
use std::sync::LazyLock;

use super::SAMPLE_RATE_HZ;

/// Entries of one period; the highest harmonic of the lowest key still has a dozen of them.
const TABLE_LENGTH: usize = 8192;
/// No partial lies above this.
pub const HIGHEST_PARTIAL_HZ: f64 = 20_000.0;

static SINE: LazyLock<Vec<f64>> =
    LazyLock::new(|| (0..TABLE_LENGTH).map(|n| (TAU * n as f64 / TABLE_LENGTH as f64).sin()).collect());

/// One period of a band-limited wave.
pub struct Wave(Vec<f64>);

impl Wave {
    /// A sum of sines: harmonic `h`, from 1 on, has amplitude `amplitude(h)`. No harmonic passes the limit as long as the
    /// wave is played no higher than `highest_hz`.
    pub fn of_harmonics(highest_hz: f64, amplitude: impl Fn(usize) -> f64) -> Self {
        Self::sum(highest_hz, |harmonic| (amplitude(harmonic), 0.0))
    }

    /// A wave of any shape over the phase in `[0, 1)`, cut off at the limit; its mean is removed.
    pub fn of_shape(highest_hz: f64, shape: impl Fn(f64) -> f64) -> Self {
        let drawn: Vec<f64> = (0..TABLE_LENGTH).map(|n| shape(n as f64 / TABLE_LENGTH as f64)).collect();
        Self::sum(highest_hz, |harmonic| {
            let (mut sine, mut cosine) = (0.0, 0.0);
            for (n, value) in drawn.iter().enumerate() {
                sine += value * SINE[(harmonic * n) % TABLE_LENGTH];
                cosine += value * SINE[(harmonic * n + TABLE_LENGTH / 4) % TABLE_LENGTH];
            }
            let scale = 2.0 / TABLE_LENGTH as f64;
            (sine * scale, cosine * scale)
        })
    }

    /// Falling saw-tooth.
    pub fn saw(highest_hz: f64) -> Self {
        Self::of_harmonics(highest_hz, |harmonic| 0.6 / harmonic as f64)
    }

    /// Square.
    pub fn square(highest_hz: f64) -> Self {
        Self::of_harmonics(highest_hz, |harmonic| if harmonic % 2 == 1 { 1.2 / harmonic as f64 } else { 0.0 })
    }

    fn sum(highest_hz: f64, parts: impl Fn(usize) -> (f64, f64)) -> Self {
        let harmonics = ((HIGHEST_PARTIAL_HZ / highest_hz) as usize).clamp(1, TABLE_LENGTH / 4);
        let mut table = vec![0.0; TABLE_LENGTH];
        for harmonic in 1..=harmonics {
            let (sine, cosine) = parts(harmonic);
            if sine == 0.0 && cosine == 0.0 {
                continue;
            }
            for (n, value) in table.iter_mut().enumerate() {
                *value += sine * SINE[(harmonic * n) % TABLE_LENGTH]
                    + cosine * SINE[(harmonic * n + TABLE_LENGTH / 4) % TABLE_LENGTH];
            }
        }
        Self(table)
    }

    /// Value at a phase in periods.
    pub fn at(&self, phase: f64) -> f64 {
        let position = phase.rem_euclid(1.0) * TABLE_LENGTH as f64;
        let index = position as usize % TABLE_LENGTH;
        let next = (index + 1) % TABLE_LENGTH;
        self.0[index] + (position - position.floor()) * (self.0[next] - self.0[index])
    }
}

/// A phase that advances with a frequency that may change from sample to sample.
#[derive(Clone, Copy)]
pub struct Phase(f64);

impl Phase {
    /// Starts at a phase in periods.
    pub fn new(start: f64) -> Self {
        Self(start)
    }

    /// The phase now; then one sample on.
    pub fn advance(&mut self, frequency_hz: f64) -> f64 {
        let now = self.0;
        self.0 = (now + frequency_hz / SAMPLE_RATE_HZ).rem_euclid(1.0);
        now
    }
}

/// Sine of a phase in periods.
pub fn sine(phase: f64) -> f64 {
    (TAU * phase).sin()
}

/// Ratio of a detuning in cents.
pub fn cents(cents: f64) -> f64 {
    (cents / 1200.0).exp2()
}

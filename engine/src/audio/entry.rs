//! How a signal enters the memory of an effect that is turned up while the signal sounds. AUDIO THREAD: plain arithmetic.
//!
//! An effect that is off remembers nothing, so its delay lines would begin in the midst of the signal: a step that they repeat after their
//! delays. What enters therefore rises from silence. A signal that begins itself enters as it is.

/// Duration of the rise in seconds. A shorter one clicks: at 0.01 a tone of 200 Hz spreads less than −60 dBFS above 6 kHz; a longer one
/// delays the effect.
const RISE_S: f32 = 0.01;

/// The rise, over until it begins.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    passed_samples: u32,
    total_samples: u32,
}

impl Entry {
    /// The signal enters from silence, from the next sample on.
    pub(super) fn begin(&mut self, rate_hz: f32) {
        *self = Self { passed_samples: 0, total_samples: ((RISE_S * rate_hz) as u32).max(1) };
    }

    /// The signal enters as it is.
    pub(super) fn end(&mut self) {
        *self = Self::default();
    }

    /// Whether the signal enters as it is.
    pub(super) fn is_over(&self) -> bool {
        self.passed_samples == self.total_samples
    }

    /// Gain of what enters at the next sample.
    pub(super) fn next(&mut self) -> f32 {
        if self.is_over() {
            return 1.0;
        }
        self.passed_samples += 1;
        let part = self.passed_samples as f32 / self.total_samples as f32;
        part * part * (3.0 - 2.0 * part)
    }
}

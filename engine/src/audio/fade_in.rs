//! The rise of a note that starts within its sound. AUDIO THREAD: plain arithmetic.

/// Duration of the rise. A shorter one clicks; a longer one takes the edge off an attack that the start point was set to.
const FADE_IN_S: f32 = 0.002;

/// A straight rise from silence; none leaves every gain as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct FadeIn {
    passed_samples: u32,
    total_samples: u32,
}

impl FadeIn {
    /// No rise.
    pub(super) const NONE: Self = Self { passed_samples: 0, total_samples: 0 };

    /// At the host's rate.
    pub(super) fn new(rate_hz: f32) -> Self {
        Self { passed_samples: 0, total_samples: ((FADE_IN_S * rate_hz) as u32).max(1) }
    }

    /// Multiplies the next gains.
    pub(super) fn apply(&mut self, gains: &mut [f32]) {
        let left = self.total_samples.saturating_sub(self.passed_samples);
        for gain in gains.iter_mut().take(left as usize) {
            self.passed_samples += 1;
            *gain *= self.passed_samples as f32 / self.total_samples as f32;
        }
    }
}

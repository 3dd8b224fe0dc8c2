//! Whether a part with a memory works or sleeps: it wakes with its input and sleeps when its memory holds nothing that is heard. AUDIO
//! THREAD: plain arithmetic.
//!
//! It falls asleep on the grid alone, and a sleeping part with a cleared memory gives for silence what an awake one gives, so the output
//! does not depend on how a tick is split.

/// Level below which a sample is not heard: −100 dBFS.
const SILENT: f32 = 1e-5;

/// State of one part.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Activity {
    is_awake: bool,
    /// Consecutive samples that were silent.
    silent_samples: usize,
}

impl Activity {
    /// Whether the part works; a sound at its input wakes it.
    pub(super) fn works(&mut self, left: &[f32], right: &[f32]) -> bool {
        if !self.is_awake && left.iter().chain(right).any(|sample| *sample != 0.0) {
            *self = Self { is_awake: true, silent_samples: 0 };
        }
        self.is_awake
    }

    pub(super) fn is_awake(&self) -> bool {
        self.is_awake
    }

    /// Hears the loudest of what goes into the memory or comes out of it at one sample.
    pub(super) fn hear(&mut self, peak: f32) {
        self.silent_samples = if peak < SILENT { self.silent_samples + 1 } else { 0 };
    }

    /// Once per tick. Returns true when the part falls asleep, after as many silent samples as its memory holds; it then clears itself.
    pub(super) fn falls_asleep(&mut self, memory_samples: usize) -> bool {
        if self.is_awake && self.silent_samples > memory_samples {
            self.is_awake = false;
            return true;
        }
        false
    }

    /// Sleeps at once.
    pub(super) fn stop(&mut self) {
        *self = Self::default();
    }
}

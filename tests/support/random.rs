//! Random numbers for tests that try many inputs: seeded, so that a failure repeats.

use engine::random::SplitMix64;

/// A sequence.
#[derive(Debug, Clone)]
pub struct Random {
    sequence: SplitMix64,
}

impl Random {
    /// A sequence that depends on `seed` alone.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { sequence: SplitMix64::new(seed) }
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.sequence.bits()
    }

    /// A number in `[0, limit)`; 0 for a limit of 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.bits() % limit.max(1) as u64) as usize
    }
}

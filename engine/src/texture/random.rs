//! Seeded random numbers, the same on every machine: ChaCha with 8 rounds. Any thread but the audio thread.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// A sequence of random numbers.
pub(super) struct Random(ChaCha8Rng);

impl Random {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Even between 0 and 1, without 1.
    pub fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1 << 24) as f32
    }

    /// A whole number below `count`; 0 for a count of 0.
    pub fn below(&mut self, count: usize) -> usize {
        ((u64::from(self.0.next_u32()) * count as u64) >> 32) as usize
    }

    /// A whole number of a range, both ends included.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// An exponential deviate with mean 1. The least of costs from which such deviates are taken is a draw in which lower costs are likelier
    /// by the law of Boltzmann.
    pub fn exponential(&mut self) -> f32 {
        -(1.0 - self.unit()).max(f32::MIN_POSITIVE).ln()
    }
}

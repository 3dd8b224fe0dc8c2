//! The random numbers of procedural sounds: every drawn parameter and every noise sample comes from this seeded generator.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A stream of random numbers that is the same for the same seed and stream number.
pub struct SoundRng(ChaCha8Rng);

impl SoundRng {
    /// Streams of one seed are independent of each other.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    /// Uniform in `[low, high)`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.0.random::<f64>()
    }

    /// In `[low, high)` with equal odds for equal ratios; both above 0.
    pub fn ratio_between(&mut self, low: f64, high: f64) -> f64 {
        low * (high / low).powf(self.0.random())
    }

    /// Whole number in `low..=high`.
    pub fn whole(&mut self, low: usize, high: usize) -> usize {
        self.0.random_range(low..=high)
    }

    /// One of `choices`, which must not be empty.
    pub fn choose<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.0.random_range(0..choices.len())]
    }

    /// Whether an event of this probability happens.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.0.random::<f64>() < probability
    }

    /// White noise, uniform in `[-1, 1)`.
    pub fn noise(&mut self) -> f64 {
        self.between(-1.0, 1.0)
    }

    /// Close to a normal deviate of mean 0 and deviation 1: the sum of twelve uniform ones. Kept in this form because another sampler would
    /// change every procedural sound of a given seed.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.0.random::<f64>()).sum::<f64>() - 6.0
    }
}

//! What takes the mono samples of a stream while it is decoded. Worker and main threads only.

/// A consumer of mono samples, one after the other.
pub(super) trait Sink {
    /// Sample frames that came in so far.
    fn seen(&self) -> u64;
    /// Whether no more are wanted.
    fn is_full(&self) -> bool;
    /// The next one.
    fn take(&mut self, sample: f32);
}

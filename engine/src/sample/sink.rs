//! What takes the sample frames of a stream while it is decoded. Worker and main threads only.

/// A consumer of sample frames, one after the other.
pub(super) trait Sink {
    /// Sample frames that came in so far.
    fn seen(&self) -> u64;
    /// Whether no more are wanted.
    fn is_full(&self) -> bool;
    /// The next one: a finite value for each channel.
    fn take(&mut self, frame: &[f32]);
}

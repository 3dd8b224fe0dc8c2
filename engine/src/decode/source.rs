//! Where sounds come from: request in, blocks out, cancellable, seeded. WORKER THREADS.
//!
//! A source knows nothing of slots, queues or threads. It must not keep state from one sound to the next that changes what it gives:
//! the same [`SoundSpec`] gives the same samples.

use thiserror::Error;

use crate::link::{BLOCK_SAMPLES, SoundSpec};

/// Gives sounds. One worker at a time calls it, not always from the same thread.
pub trait Source: Send {
    /// Root keys of the zones, ascending, at least one.
    fn roots(&self) -> &[u8];

    /// Rate of every sound that it gives, in hertz.
    fn sample_rate_hz(&self) -> f32;

    /// Gives the sound of `spec` to `sink`: first [`Sink::begin`], then every block, those from `first_sample` on first. Returns early
    /// with `Ok` when the sink says [`Flow::Stop`].
    fn render(&mut self, spec: &SoundSpec, first_sample: usize, sink: &mut dyn Sink) -> Result<(), SourceError>;

    /// Called after a panic in [`Self::render`]: drops whatever may be half-changed.
    fn recover(&mut self) {}
}

/// Where a source puts its sound.
pub trait Sink {
    /// The sound will have this many samples.
    fn begin(&mut self, length_samples: usize) -> Flow;

    /// Block `index` of the sound, at most [`BLOCK_SAMPLES`] samples (fewer only at its end).
    fn block(&mut self, index: usize, samples: &[f32]) -> Flow;

    /// Whether to stop now. Never before the first playable region has been given, except when nobody listens any more.
    fn cancelled(&mut self) -> bool;
}

/// The sink's answer: whether the source should go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Flow {
    /// More, please.
    Continue,
    /// The rest is not wanted.
    Stop,
}

/// Why there is no sound.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SourceError {
    /// The source itself failed.
    #[error("{0}")]
    Failed(String),
    /// The source panicked; the next request starts it afresh.
    #[error("the sound source stopped unexpectedly ({0}); the last sound goes on, change any control to try again")]
    Panicked(String),
    /// A sample is NaN or infinite.
    #[error(
        "the sound source gave a sample that is not a number in block {block}; the sound was refused, choose another point"
    )]
    NotFinite {
        /// Index of the block.
        block: usize,
    },
    /// Length or block does not fit.
    #[error("the sound source gave {found} where at most {limit} fit ({what}); the sound was refused")]
    OutOfBounds {
        /// What is out of bounds.
        what: &'static str,
        /// What was given.
        found: usize,
        /// What fits.
        limit: usize,
    },
    /// The source returned before every block was given.
    #[error("the sound source gave {found} of {expected} blocks; the sound was refused")]
    Incomplete {
        /// Blocks given.
        found: usize,
        /// Blocks of the sound.
        expected: usize,
    },
}

/// Gives a finished sound to `sink`: the blocks from `first_sample` on, then those before.
pub fn give_whole(samples: &[f32], first_sample: usize, sink: &mut dyn Sink) {
    if sink.begin(samples.len()) == Flow::Stop {
        return;
    }
    let first_block = first_sample.min(samples.len().saturating_sub(1)) / BLOCK_SAMPLES;
    let blocks = || samples.chunks(BLOCK_SAMPLES).enumerate();
    for (index, block) in blocks().skip(first_block).chain(blocks().take(first_block)) {
        if sink.block(index, block) == Flow::Stop {
            return;
        }
    }
}

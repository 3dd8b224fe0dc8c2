//! Why a source gives no sound. Each message is one line for the user. WORKER THREADS.

use thiserror::Error;

/// Why there is no sound.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SourceError {
    /// The source itself failed.
    #[error("{0}")]
    Failed(String),
    /// The source panicked; the next request starts a new job.
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
    /// Something does not fit.
    #[error("the sound source gave {found} where at most {limit} fit ({what}); the sound was refused")]
    OutOfBounds {
        /// What is out of bounds.
        what: &'static str,
        /// What was given.
        found: usize,
        /// What fits.
        limit: usize,
    },
    /// The job ended before every block was given.
    #[error("the sound source gave {found} of {expected} blocks; the sound was refused")]
    Incomplete {
        /// Blocks given.
        found: usize,
        /// Blocks of the sound.
        expected: usize,
    },
    /// The request names an asset that is no longer there.
    #[error("a recording that the sound needs is no longer loaded; change any control to try again")]
    AssetMissing,
}

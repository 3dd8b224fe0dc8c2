//! Why a source gives no sound. Each message is one line for the user. WORKER THREADS.

use thiserror::Error;

/// Why there is no sound.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SourceError {
    /// The source itself failed.
    #[error("{0}")]
    Failed(String),
    /// The source panicked; the next request starts a new job.
    #[error(
        "the sound source stopped unexpectedly ({0}); the last sound keeps playing, change any control to try again"
    )]
    Panicked(String),
    /// A sample is NaN or infinite.
    #[error(
        "the sound source gave a sample that is not a number in block {block}; the sound was refused, choose another point"
    )]
    NotFinite {
        /// Index of the block.
        block: usize,
    },
    /// A length, an index or a number of channels is out of bounds.
    #[error("the sound source gave invalid data ({what}: {found}, limit {limit}); the sound was refused")]
    OutOfBounds {
        /// The quantity.
        what: &'static str,
        /// Its value.
        found: usize,
        /// Its largest allowed value.
        limit: usize,
    },
    /// The job ended before it had passed every block to the sink.
    #[error("the sound source gave {found} of {expected} blocks; the sound was refused")]
    Incomplete {
        /// Number of blocks received.
        found: usize,
        /// Number of blocks of the sound.
        expected: usize,
    },
    /// The request refers to an asset that is no longer in the table.
    #[error("a recording that the sound needs is no longer loaded; change any control to try again")]
    AssetMissing,
}

//! Why a tuning is not taken. Plain data.

/// Longest file that is read, in bytes: room for scales of more than ten thousand notes.
pub const MAX_FILE_BYTES: u64 = 256 << 10;

/// Why a scale or a keyboard map is not taken.
#[derive(Debug, thiserror::Error)]
pub enum TuningError {
    /// The system does not give it.
    #[error("it cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// Not a file, such as a folder or a device.
    #[error("it is not a regular file")]
    NotAFile,
    /// Above [`MAX_FILE_BYTES`].
    #[error("it has more than {} KiB, the most that is read", MAX_FILE_BYTES >> 10)]
    TooLong,
    /// Nothing but blanks and comments.
    #[error("there is nothing in it")]
    Empty,
    /// The text ends before what is named here.
    #[error("it ends before {0}")]
    Missing(String),
    /// A line that is something else than it should be.
    #[error("line {line}: “{found}” is not {wanted}")]
    Line {
        /// Number of the line, from 1.
        line: usize,
        /// The beginning of what is there.
        found: String,
        /// What should be there.
        wanted: &'static str,
    },
    /// The key whose frequency is given has no degree.
    #[error("its reference key {0} is not mapped")]
    ReferenceUnmapped(i64),
    /// No key is at a pitch that is heard.
    #[error("no key has a pitch between 2 Hz and 53 kHz")]
    Silent,
}

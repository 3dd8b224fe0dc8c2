//! The text of a tuning with its name, as files and documents hold it. Main and worker threads: it reads files.

use std::io::Read as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::{MAX_FILE_BYTES, TuningError};

/// What a tuning file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TuningKind {
    /// Degrees of a scale: `.scl`.
    Scale,
    /// Which key plays which degree: `.kbm`.
    KeyboardMap,
}

impl TuningKind {
    /// By the ending of a file's name.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "scl" => Some(Self::Scale),
            "kbm" => Some(Self::KeyboardMap),
            _ => None,
        }
    }
}

/// A file's name and text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TuningFile {
    /// Name without folders and ending.
    pub name: String,
    /// Its whole text.
    pub text: String,
}

impl TuningFile {
    /// Reads a file. Bytes that are not UTF-8 are Latin-1, in which most scales are written.
    ///
    /// # Errors
    /// [`TuningError`] when the system does not give it, when it is no regular file, and when it is too long.
    pub fn load(path: &Path) -> Result<Self, TuningError> {
        // Opening a pipe would wait for its other end.
        if !path.metadata()?.is_file() {
            return Err(TuningError::NotAFile);
        }
        let mut bytes = Vec::new();
        // One byte beyond the limit is enough to see that there is more.
        std::fs::File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(TuningError::TooLong);
        }
        let latin = |bytes: Vec<u8>| bytes.into_iter().map(char::from).collect();
        let text = String::from_utf8(bytes).unwrap_or_else(|error| latin(error.into_bytes()));
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { name, text })
    }

    /// The text, if it is not too long. As UTF-8 a Latin-1 text may have twice its bytes.
    pub(super) fn checked(&self) -> Result<&str, TuningError> {
        if self.text.len() as u64 > 2 * MAX_FILE_BYTES || self.name.len() as u64 > MAX_FILE_BYTES {
            return Err(TuningError::TooLong);
        }
        Ok(&self.text)
    }
}

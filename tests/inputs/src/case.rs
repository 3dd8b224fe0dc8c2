//! A file and what should come of it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// How far from the expected place a sound may begin, in seconds.
pub const START_TOLERANCE_S: f64 = 0.02;
/// How far from the expected key the found one may be, in semitones.
pub const KEY_TOLERANCE: f64 = 0.3;

/// A file.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name, which need not be Unicode.
    pub name: OsString,
    /// Its content.
    pub bytes: Vec<u8>,
    /// What should come of it.
    pub want: Want,
}

/// What should come of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Want {
    /// It is read.
    Read(Read),
    /// It is refused with a message that contains this.
    Refused(&'static str),
}

/// What is found in a file; `None` where anything goes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Read {
    /// Where its sound begins, in seconds, within [`START_TOLERANCE_S`].
    pub start_s: Option<f64>,
    /// Its MIDI key, within [`KEY_TOLERANCE`].
    pub key: Option<f64>,
    /// Where the key comes from: `file`, `name` or `heard`.
    pub key_origin: Option<&'static str>,
    /// Its sample frames.
    pub samples: Option<u64>,
    /// A part of what the user is told beside the result.
    pub note: Option<&'static str>,
}

impl Case {
    /// A file that is read.
    pub fn read(name: impl Into<OsString>, bytes: Vec<u8>, read: Read) -> Self {
        Self { name: name.into(), bytes, want: Want::Read(read) }
    }

    /// A file that is refused with a message that contains `part`.
    pub fn refused(name: impl Into<OsString>, bytes: Vec<u8>, part: &'static str) -> Self {
        Self { name: name.into(), bytes, want: Want::Refused(part) }
    }

    /// Writes the file into a folder.
    ///
    /// # Panics
    /// If the system refuses.
    #[must_use]
    pub fn put(&self, folder: &Path) -> PathBuf {
        let path = folder.join(&self.name);
        std::fs::write(&path, &self.bytes).expect("the file is written");
        path
    }
}

impl Read {
    /// At a key, wherever it begins.
    #[must_use]
    pub fn at_key(key: f64) -> Self {
        Self { key: Some(key), ..Self::default() }
    }

    /// With the beginning at `start_s`.
    #[must_use]
    pub fn from(self, start_s: f64) -> Self {
        Self { start_s: Some(start_s), ..self }
    }

    /// With so many sample frames.
    #[must_use]
    pub fn of(self, samples: usize) -> Self {
        Self { samples: Some(samples as u64), ..self }
    }

    /// With the key from `origin`.
    #[must_use]
    pub fn keyed_by(self, origin: &'static str) -> Self {
        Self { key_origin: Some(origin), ..self }
    }

    /// With a remark that contains `part`.
    #[must_use]
    pub fn noted(self, part: &'static str) -> Self {
        Self { note: Some(part), ..self }
    }
}

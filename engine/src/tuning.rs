//! Tunings of the keyboard: Scala's scales (`.scl`) and keyboard maps (`.kbm`), and tuning messages of MIDI. MAIN AND WORKER THREADS, but for
//! [`TuningMessage`], which is plain arithmetic and safe on the audio thread.
//!
//! A file is outside data: it is read once into a [`Tuning`], which keeps its text for documents, and the pitches that follow from it.

mod error;
mod file;
mod keyboard_map;
mod lines;
mod message;
mod scale;

use serde::{Deserialize, Serialize};

pub use error::{MAX_FILE_BYTES, TuningError};
pub use file::{TuningFile, TuningKind};
pub use message::{MOST_MESSAGE_BYTES, TuningMessage};

use keyboard_map::KeyboardMap;
use scale::Scale;

use crate::params::KeyPitches;

/// A scale, a keyboard map, both or none, and the pitches of the keys that follow from them. Without a scale it is that of twelve equal
/// degrees; without a map each key is the next degree, and key 60 the first, at its own pitch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Files", into = "Files")]
pub struct Tuning {
    files: Files,
    pitches: KeyPitches,
}

/// What a document holds of a tuning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Files {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scale: Option<TuningFile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keyboard_map: Option<TuningFile>,
}

impl Tuning {
    /// Of these files.
    ///
    /// # Errors
    /// [`TuningError`] for a file that is too long, empty or damaged, and for files after which no key sounds.
    pub fn new(scale: Option<TuningFile>, keyboard_map: Option<TuningFile>) -> Result<Self, TuningError> {
        Self::try_from(Files { scale, keyboard_map })
    }

    /// With another file, or none, in the place of that kind.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with(&self, kind: TuningKind, file: Option<TuningFile>) -> Result<Self, TuningError> {
        let Files { scale, keyboard_map } = self.files.clone();
        match kind {
            TuningKind::Scale => Self::new(file, keyboard_map),
            TuningKind::KeyboardMap => Self::new(scale, file),
        }
    }

    /// The name of the file of a kind, if there is one.
    #[must_use]
    pub fn name(&self, kind: TuningKind) -> Option<&str> {
        let file = match kind {
            TuningKind::Scale => &self.files.scale,
            TuningKind::KeyboardMap => &self.files.keyboard_map,
        };
        file.as_ref().map(|file| file.name.as_str())
    }

    /// The names of its files, for people.
    #[must_use]
    pub fn title(&self) -> String {
        let names = [TuningKind::Scale, TuningKind::KeyboardMap].map(|kind| self.name(kind));
        if self.is_none() { "12 equal".to_owned() } else { names.into_iter().flatten().collect::<Vec<_>>().join(", ") }
    }

    /// Whether there is neither a scale nor a map.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.files == Files::default()
    }

    /// The pitches of the keys.
    #[must_use]
    pub fn pitches(&self) -> &KeyPitches {
        &self.pitches
    }
}

impl TryFrom<Files> for Tuning {
    type Error = TuningError;

    fn try_from(files: Files) -> Result<Self, TuningError> {
        let scale = files.scale.as_ref().map_or_else(|| Ok(Scale::equal()), |file| Scale::parse(file.checked()?))?;
        let map = files.keyboard_map.as_ref();
        let map = map.map_or_else(|| Ok(KeyboardMap::plain()), |file| KeyboardMap::parse(file.checked()?))?;
        let pitches = map.pitches(&scale)?;
        Ok(Self { files, pitches })
    }
}

impl From<Tuning> for Files {
    fn from(tuning: Tuning) -> Self {
        tuning.files
    }
}

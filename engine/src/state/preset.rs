//! Presets: a state document with a name, tags and an author, in a file.
//!
//! Main and worker threads only.

use std::io::{Read as _, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{MAX_STATE_BYTES, StateDocument, StateError, parse_versioned, to_text};
use crate::files::replace;

/// A named state document. In JSON all fields lie side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preset {
    /// The preset's name.
    pub name: String,
    /// Search words.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Who made it.
    #[serde(default)]
    pub author: String,
    /// The sound.
    #[serde(flatten)]
    pub document: StateDocument,
}

impl Preset {
    /// Reads a preset, with the same checks as [`StateDocument::parse`].
    ///
    /// # Errors
    /// [`StateError`] as of [`StateDocument::parse`].
    pub fn parse(text: &str) -> Result<Self, StateError> {
        let mut preset: Self = parse_versioned(text)?;
        preset.document.check()?;
        Ok(preset)
    }

    /// Writes the preset as indented JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        to_text(&Self { document: self.document.finite(), ..self.clone() }, true)
    }

    /// Reads a preset file.
    ///
    /// # Errors
    /// [`StateError::Preset`] when the file cannot be read, and what [`Preset::parse`] refuses.
    pub fn load(path: &Path) -> Result<Self, StateError> {
        let problem = |reason: String| StateError::File { path: path.display().to_string(), reason };
        let file = std::fs::File::open(path).map_err(|e| problem(e.to_string()))?;
        let mut bytes = Vec::new();
        // One byte beyond the limit is enough to see that there is more.
        file.take(MAX_STATE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|e| problem(e.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|_| problem("it is not a text file".to_owned()))?;
        Self::parse(&text)
    }

    /// Writes a preset file: whole or not at all.
    ///
    /// # Errors
    /// [`StateError::Preset`] when the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), StateError> {
        replace(path, |file| file.write_all(self.to_json().as_bytes()))
            .map_err(|error| StateError::File { path: path.display().to_string(), reason: error.to_string() })
    }
}

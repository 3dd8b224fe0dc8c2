//! Presets: a state document with a name and what helps to find it, in a file.
//!
//! Main and worker threads only.

use std::io::{Read as _, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{MAX_STATE_BYTES, StateDocument, StateError, parse_versioned, to_text};
use crate::files::replace;

/// Longest name of a preset, in bytes.
pub const MAX_NAME_BYTES: usize = 1024;
/// The fields of [`PresetLabel`] in a file. Frozen.
const LABEL_FIELDS: [&str; 5] = ["name", "author", "category", "tags", "notes"];

/// What a preset is called and found by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresetLabel {
    /// The preset's name, not blank.
    pub name: String,
    /// Who made it.
    #[serde(default)]
    pub author: String,
    /// What kind of sound it is, such as "Bass".
    #[serde(default)]
    pub category: String,
    /// Search words.
    #[serde(default)]
    pub tags: Vec<String>,
    /// How to play it, and what else there is to say.
    #[serde(default)]
    pub notes: String,
}

/// A named state document. In JSON all fields lie side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preset {
    /// Name and search words.
    #[serde(flatten)]
    pub label: PresetLabel,
    /// The sound.
    #[serde(flatten)]
    pub document: StateDocument,
}

impl PresetLabel {
    /// A label with a name alone.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Reads the label of a preset file and leaves the sound aside: much faster than [`Preset::load`] where there are frozen zones.
    ///
    /// # Errors
    /// As [`Preset::load`], but for what is wrong with the sound.
    pub fn load(path: &Path) -> Result<Self, StateError> {
        let label: Self = parse_versioned(&read(path)?)?;
        label.check()?;
        Ok(label)
    }

    fn check(&self) -> Result<(), StateError> {
        if self.name.trim().is_empty() || self.name.len() > MAX_NAME_BYTES {
            return Err(StateError::Damaged("the preset has no name that can be used".to_owned()));
        }
        Ok(())
    }
}

impl Preset {
    /// Reads a preset, with the same checks as [`StateDocument::parse`].
    ///
    /// # Errors
    /// [`StateError`] as of [`StateDocument::parse`], and for a name that is blank or longer than [`MAX_NAME_BYTES`].
    pub fn parse(text: &str) -> Result<Self, StateError> {
        let mut preset: Self = parse_versioned(text)?;
        preset.label.check()?;
        preset.document.check()?;
        Ok(preset)
    }

    /// Writes the preset as indented JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut document = self.document.finite();
        // A document that was once read from a preset file holds the label of that one.
        document.unknown.retain(|field, _| !LABEL_FIELDS.contains(&field.as_str()));
        to_text(&Self { document, label: self.label.clone() }, true)
    }

    /// Reads a preset file.
    ///
    /// # Errors
    /// [`StateError::File`] when the file cannot be read, and what [`Preset::parse`] refuses.
    pub fn load(path: &Path) -> Result<Self, StateError> {
        Self::parse(&read(path)?)
    }

    /// Writes a preset file: whole or not at all.
    ///
    /// # Errors
    /// [`StateError`] for a name that cannot be read back, and when the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), StateError> {
        self.label.check()?;
        replace(path, |file| file.write_all(self.to_json().as_bytes()))
            .map_err(|error| StateError::File { path: path.display().to_string(), reason: error.to_string() })
    }
}

/// The text of a file, as far as a document may go.
fn read(path: &Path) -> Result<String, StateError> {
    let problem = |reason: String| StateError::File { path: path.display().to_string(), reason };
    // Opening a pipe would wait for its other end.
    if path.metadata().is_ok_and(|meta| !meta.is_file()) {
        return Err(problem("it is not a regular file".to_owned()));
    }
    let file = std::fs::File::open(path).map_err(|e| problem(e.to_string()))?;
    let mut bytes = Vec::new();
    // One byte beyond the limit is enough to see that there is more.
    file.take(MAX_STATE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|e| problem(e.to_string()))?;
    String::from_utf8(bytes).map_err(|_| problem("it is not a text file".to_owned()))
}

//! How a recording was cut out of its file: the user's choice, and what was found where there was none.
//!
//! Main and worker threads only.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::import::{Choice, Imported, KeyOrigin, Keyed, UNPITCHED_KEY};

/// Region and key of an imported sound.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cut {
    /// Where it begins in its file, in seconds.
    #[serde(default)]
    pub start_s: f64,
    /// Whether the user chose that; else it is where the sound was found to begin.
    #[serde(default)]
    pub is_start_chosen: bool,
    /// The MIDI key that the user chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_key: Option<f32>,
    /// The MIDI key that its file or its name told when it was imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Keyed>,
    /// The key of the detected pitch, if its clarity suffices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_key: Option<f32>,
    /// Confidence in its pitch, 0 to 1.
    #[serde(default)]
    pub key_confidence: f32,
    /// Fields of other versions, kept as they came.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl Cut {
    /// The cut that a choice led to.
    #[must_use]
    pub fn new(imported: &Imported, choice: Choice) -> Self {
        Self {
            // A chosen region begins at a whole sample; the choice itself is kept, so that the same choice is recognised.
            start_s: choice.region_s.unwrap_or(imported.start_s),
            is_start_chosen: choice.region_s.is_some(),
            chosen_key: choice.key,
            told: imported.told,
            found_key: imported.found_key,
            key_confidence: imported.key_confidence,
            unknown: Map::new(),
        }
    }

    /// The choice that leads to it.
    #[must_use]
    pub fn choice(&self) -> Choice {
        Choice { key: self.chosen_key, region_s: self.is_start_chosen.then_some(self.start_s) }
    }

    /// The MIDI key that the recording is taken to be at.
    #[must_use]
    pub fn key(&self) -> f32 {
        self.keyed().key
    }

    /// The MIDI key that the recording is taken to be at, and who says so.
    #[must_use]
    pub fn keyed(&self) -> Keyed {
        let chosen = self.chosen_key.map(|key| Keyed { key, origin: KeyOrigin::Given });
        let heard = self.found_key.map(|key| Keyed { key, origin: KeyOrigin::Heard });
        chosen.or(self.told).or(heard).unwrap_or(Keyed { key: UNPITCHED_KEY, origin: KeyOrigin::None })
    }

    /// The root key that the file itself holds.
    #[must_use]
    pub fn root_key(&self) -> Option<f32> {
        self.told.filter(|told| told.origin == KeyOrigin::File).map(|told| told.key)
    }

    /// Whether all its numbers are finite.
    pub(super) fn is_finite(&self) -> bool {
        let keys = [self.chosen_key, self.told.map(|told| told.key), self.found_key, Some(self.key_confidence)];
        self.start_s.is_finite() && keys.into_iter().flatten().all(f32::is_finite)
    }

    /// Brings its numbers into their ranges.
    pub(super) fn limit(&mut self) {
        self.start_s = self.start_s.max(0.0);
        self.key_confidence = self.key_confidence.clamp(0.0, 1.0);
        let told = self.told.as_mut().map(|told| &mut told.key);
        for key in [self.chosen_key.as_mut(), told, self.found_key.as_mut()].into_iter().flatten() {
            *key = key.clamp(0.0, 127.0);
        }
    }
}

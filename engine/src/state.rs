//! The state document: everything that makes a sound, in host projects and in presets.
//!
//! Main and worker threads only. A document is outside data: [`StateDocument::parse`] checks limits, numbers and
//! version before anything is used, and unknown fields survive a round trip. Loading and applying are
//! separate steps: a refused document changes nothing.

mod controllers;
mod cut;
mod endless;
mod frozen;
mod preset;
mod prime;
mod routes;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::params::{ControllerMap, FIRST_ROUTES, PadPath, Routes, StepLevels};
use crate::residual::ZoneResidual;
use crate::tuning::Tuning;
use crate::units::{LATENT_LIMIT, Latent};

pub use cut::Cut;
pub use endless::{EndlessLoop, LoopSamples};
pub use frozen::FrozenZone;
pub use preset::{MAX_NAME_BYTES, Preset, PresetLabel};
pub use prime::{DEFAULT_PRIME_MS, PRIME_MS, Prime};

/// The version that [`StateDocument::to_json`] writes, and the newest that is read.
pub const STATE_VERSION: u32 = 1;
/// Longest document that is read, in bytes.
pub const MAX_STATE_BYTES: usize = 32 << 20;
/// Most frozen zones in one document.
pub const MAX_FROZEN_ZONES: usize = 64;

/// Everything that makes a sound. The same in host state and, with a name, in a [`Preset`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StateDocument {
    /// Document version, [`STATE_VERSION`].
    pub version: u32,
    /// Parameter values by frozen id, in the parameter's own unit.
    pub params: BTreeMap<String, f32>,
    /// The pack that the sound was made with.
    pub pack: PackRef,
    /// The pad's corners: A (x = 0, y = 0), B (1, 0), C (0, 1), D (1, 1).
    pub corners: [SoundState; 4],
    /// The sound that the knobs were last set to, while it still describes them.
    #[serde(default)]
    pub knobs: Option<SoundState>,
    /// Variation seed.
    #[serde(default)]
    pub seed: u64,
    /// Sources and destinations of the modulation matrix; a document without them has none.
    #[serde(default, with = "routes", skip_serializing_if = "routes::are_empty")]
    pub routes: Routes,
    /// Levels of the step source; a document without them has the first ones.
    #[serde(default, skip_serializing_if = "StepLevels::are_first")]
    pub steps: StepLevels,
    /// Recorded path of the pad's point; a document without it has none.
    #[serde(default, skip_serializing_if = "PadPath::is_empty")]
    pub pad_path: PadPath,
    /// Which MIDI controllers move which parameters; a document without it has none.
    #[serde(default, with = "controllers", skip_serializing_if = "ControllerMap::is_empty")]
    pub controllers: ControllerMap,
    /// Scale and keyboard map; a document without them has none.
    #[serde(default, skip_serializing_if = "Tuning::is_none")]
    pub tuning: Tuning,
    /// What the sounds of a pack of kind `raw` go on from; a document without it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prime: Option<Prime>,
    /// Decoded zones for a project that must open without its pack.
    #[serde(default)]
    pub frozen: Vec<FrozenZone>,
    /// Fields of other versions, kept as they came.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// Which pack a document was made with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PackRef {
    /// The manifest's id.
    pub id: String,
    /// Hex SHA-256 of the manifest.
    pub hash: String,
    /// Fields of other versions, kept as they came.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl PackRef {
    /// A reference with nothing unknown in it.
    pub fn new(id: impl Into<String>, hash: impl Into<String>) -> Self {
        Self { id: id.into(), hash: hash.into(), unknown: Map::new() }
    }

    /// Whether both name the same pack; fields of other versions do not count.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.id, &self.hash) == (&other.id, &other.hash)
    }
}

/// A sound on a corner of the pad or on the knobs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SoundState {
    /// The sound's name, as shown.
    pub name: String,
    /// The sound's latent point, each in `[-3, 3]` σ.
    pub latent: Latent,
    /// The recording, if the sound was imported: another pack can place it anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio: Option<FrozenZone>,
    /// The residual of the recording at its point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residual: Option<ZoneResidual>,
    /// The seamless loop that was made of the recording and is played in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endless: Option<EndlessLoop>,
    /// How the recording was cut out of its file, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
    /// The recording's file, while the program runs: a document does not disclose the user's folders.
    #[serde(skip)]
    pub file: Option<PathBuf>,
    /// Fields of other versions, kept as they came.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl SoundState {
    /// A sound of a pack, with nothing unknown in it.
    pub fn new(name: impl Into<String>, latent: Latent) -> Self {
        Self { name: name.into(), latent, ..Self::default() }
    }

    /// The MIDI key that its recording is at, if it was imported.
    pub fn recorded_key(&self) -> Option<f32> {
        let audio = self.audio.as_ref()?;
        Some(self.cut.as_ref().map_or(f32::from(audio.root_key), Cut::key))
    }
}

/// Why a state or preset cannot be used. The playing sound is then kept.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// No bytes, or only blanks.
    #[error("the saved state is empty; the current sound is kept")]
    Empty,
    /// Above [`MAX_STATE_BYTES`].
    #[error("the saved state has {0} bytes, more than the {MAX_STATE_BYTES} that are read; it is not one of Heptode's")]
    TooLong(usize),
    /// The text ends within the document.
    #[error("the saved state is truncated: it ends in the middle; the current sound is kept")]
    Truncated,
    /// Not a state document.
    #[error("the saved state is damaged ({0}); the current sound is kept")]
    Damaged(String),
    /// Written by a newer program.
    #[error(
        "this project was saved by a newer Heptode (state version {0}, this one reads up to {STATE_VERSION}); \
         update Heptode to open it, the current sound is kept"
    )]
    Newer(u64),
    /// A number that is infinite or NaN.
    #[error("the saved state is damaged ({0} is not a finite number); the current sound is kept")]
    NotFinite(String),
    /// A frozen zone that does not decode or does not fit.
    #[error("the frozen sound of key {key} is damaged: {reason}")]
    Frozen {
        /// The zone's root key.
        key: u8,
        /// What is wrong.
        reason: String,
    },
    /// A prime that does not decode or does not fit.
    #[error("the prime is damaged: {0}")]
    Prime(String),
    /// A preset file that cannot be read or written.
    #[error("cannot use the preset {path}: {reason}")]
    File {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

impl StateDocument {
    /// A document of the current version with the routes of a new instance, nothing frozen and nothing unknown.
    #[must_use]
    pub fn new(params: BTreeMap<String, f32>, pack: PackRef, corners: [SoundState; 4]) -> Self {
        Self {
            version: STATE_VERSION,
            params,
            pack,
            corners,
            knobs: None,
            seed: 0,
            routes: FIRST_ROUTES,
            steps: StepLevels::FIRST,
            pad_path: PadPath::NONE,
            controllers: ControllerMap::default(),
            tuning: Tuning::default(),
            prime: None,
            frozen: Vec::new(),
            unknown: Map::new(),
        }
    }

    /// Reads a document; latents beyond ±3 σ are brought back to the limit.
    ///
    /// # Errors
    /// [`StateError`] for a text that is too long, damaged, of a newer version or out of range.
    pub fn parse(text: &str) -> Result<Self, StateError> {
        let mut document: Self = parse_versioned(text)?;
        document.check()?;
        Ok(document)
    }

    /// Writes the document on one line. Values that JSON cannot hold are left out or set to 0.
    #[must_use]
    pub fn to_json(&self) -> String {
        to_text(&self.finite(), false)
    }

    /// A copy that JSON can hold: JSON has neither NaN nor infinity.
    fn finite(&self) -> Self {
        let mut document = self.clone();
        document.version = STATE_VERSION;
        document.params.retain(|_, value| value.is_finite());
        let latents = document.sounds_mut().flat_map(|(_, sound)| &mut sound.latent);
        latents.filter(|z| !z.is_finite()).for_each(|z| *z = 0.0);
        for (_, sound) in document.sounds_mut() {
            sound.cut.take_if(|cut| !cut.is_finite());
        }
        document.prime.take_if(|prime| !prime.length_ms.is_finite());
        document
    }

    /// Corners and knobs, each with its name for messages.
    fn sounds_mut(&mut self) -> impl Iterator<Item = (&'static str, &mut SoundState)> {
        let corners = ["corner A", "corner B", "corner C", "corner D"].into_iter().zip(&mut self.corners);
        corners.chain(self.knobs.as_mut().map(|sound| ("the knobs", sound)))
    }

    fn check(&mut self) -> Result<(), StateError> {
        if let Some((id, _)) = self.params.iter().find(|(_, value)| !value.is_finite()) {
            return Err(StateError::NotFinite(format!("the parameter {id:?}")));
        }
        for (place, sound) in self.sounds_mut() {
            if sound.latent.iter().any(|z| !z.is_finite()) {
                return Err(StateError::NotFinite(format!("the latent point of {place}")));
            }
            sound.latent.iter_mut().for_each(|z| *z = z.clamp(-LATENT_LIMIT, LATENT_LIMIT));
            sound.audio.as_ref().map_or(Ok(()), FrozenZone::check)?;
            sound.endless.as_ref().map_or(Ok(()), EndlessLoop::check)?;
            if sound.cut.as_ref().is_some_and(|cut| !cut.is_finite()) {
                return Err(StateError::NotFinite(format!("the region or key of {place}")));
            }
            sound.cut.iter_mut().for_each(Cut::limit);
        }
        self.prime.as_mut().map_or(Ok(()), Prime::check)?;
        if self.frozen.len() > MAX_FROZEN_ZONES {
            let zones = self.frozen.len();
            return Err(StateError::Damaged(format!("{zones} frozen sounds, at most {MAX_FROZEN_ZONES} are possible")));
        }
        self.frozen.iter().try_for_each(FrozenZone::check)
    }
}

/// Reads `text` as `T` once its version is known to be one that is understood.
fn parse_versioned<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, StateError> {
    /// The one field that every version has.
    #[derive(Deserialize)]
    struct Version {
        version: u64,
    }
    if text.trim_matches(|c: char| c.is_whitespace() || c == '\0').is_empty() {
        return Err(StateError::Empty);
    }
    if text.len() > MAX_STATE_BYTES {
        return Err(StateError::TooLong(text.len()));
    }
    let Version { version } = serde_json::from_str(text).map_err(json_problem)?;
    if version > u64::from(STATE_VERSION) {
        return Err(StateError::Newer(version));
    }
    if version == 0 {
        return Err(StateError::Damaged("there is no state version 0".to_owned()));
    }
    serde_json::from_str(text).map_err(json_problem)
}

fn json_problem(error: serde_json::Error) -> StateError {
    if error.is_eof() { StateError::Truncated } else { StateError::Damaged(error.to_string()) }
}

fn to_text<T: Serialize>(value: &T, pretty: bool) -> String {
    let text = if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    text.expect("maps with string keys and numbers always have a JSON form")
}

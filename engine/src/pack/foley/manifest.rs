//! The manifest of a pack of kind `foley`, and its checks. Plain data, any thread.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::validate::{
    check_classes, check_length, check_shape, check_texts, check_vocoder, ensure, fields, version,
};
use super::super::{FileEntry, PackError, PackKind, VocoderInfo};
use super::FOLEY_FILES;
use crate::spectral::SpectralShape;

/// Channels and codes are a multiple of this, the number of values that the network works on at once.
const STEP: usize = 32;
const MAX_WIDTH: usize = 1024;
const MAX_BLOCKS: usize = 64;
const MAX_CODES: usize = 4096;
const MAX_LEVELS: usize = 16;
const MAX_LATENT: usize = 1024;
const MAX_FRAMES_OF_POSITION: usize = 64;

/// Description of a pack of kind `foley`: its `manifest.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FoleyManifest {
    /// Version of the format; see [`super::super::FORMAT_VERSION`].
    pub format_version: u32,
    /// [`PackKind::Foley`].
    pub kind: PackKind,
    /// Stable identifier.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// The analysis that the networks were trained on, and the length of a clip; its fields lie beside the others.
    #[serde(flatten)]
    pub shape: SpectralShape,
    /// Names of the classes whose weights a clip has, one to seven.
    pub classes: Vec<String>,
    /// Sizes of the networks.
    pub network: FoleyNetwork,
    /// How the vocoder wants its frames.
    pub vocoder: VocoderInfo,
    /// MIDI key that the vocoder is given.
    pub vocoder_key: u8,
    /// Rounds of Griffin-Lim after the vocoder.
    pub griffin_lim_iterations: usize,
    /// Factor on the spread of the codes' distribution that sounds best, [0.1, 2].
    pub temperature: f32,
    /// Part of the probability from which codes are drawn, the likeliest first, [0.5, 1].
    pub keep: f32,
    /// How far the scores of a code move from those of no class to those of the class, [0, 10]; 1 is the class itself.
    pub guidance: f32,
    /// Part of the decoder's `spread` that is drawn, [0, 2]. Without it the decoder gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<f32>,
    /// The other files by name.
    pub files: BTreeMap<String, FileEntry>,
    /// Licence of the weights, an SPDX expression.
    pub licence: String,
    /// Every source of the training sounds with its licence.
    pub provenance: Vec<String>,
}

/// Sizes of the prior and of what it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoleyNetwork {
    /// Channels, a multiple of 32, of which each head of attention has 32.
    pub width: usize,
    /// Blocks of attention and feed-forward layers.
    pub blocks: usize,
    /// Codes of a position, from the lowest bands to the highest.
    pub levels: usize,
    /// Codes to choose from, a multiple of 32.
    pub codes: usize,
    /// Values of a code.
    pub latent: usize,
    /// Frames of a position.
    pub frames_of_position: usize,
}

impl FoleyManifest {
    /// Parses and checks `manifest.json`.
    ///
    /// # Errors
    /// [`PackError`] with the first thing that is wrong.
    pub(in super::super) fn parse(json: &[u8]) -> Result<Self, PackError> {
        let fields: Map<String, Value> = fields(json)?;
        version(&fields)?;
        let kind = PackKind::named(fields.get("kind").and_then(Value::as_str).unwrap_or(PackKind::Latent.name()))?;
        if kind != PackKind::Foley {
            return Err(PackError::NotFoley { kind: kind.name() });
        }
        let damaged = |error: serde_json::Error| PackError::Manifest(error.to_string());
        let manifest: Self = serde_json::from_value(Value::Object(fields)).map_err(damaged)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Positions of a clip.
    pub fn positions(&self) -> usize {
        self.shape.frame_count / self.network.frames_of_position
    }

    /// Steps of the prior for a clip of so many positions: the last level is that many steps late.
    pub fn steps(&self, positions: usize) -> usize {
        positions + self.network.levels - 1
    }

    /// Length of a clip in seconds.
    pub fn seconds(&self) -> f32 {
        self.shape.sound_samples() as f32 / self.shape.sample_rate_hz as f32
    }

    /// Number of lowest bins whose phases the vocoder predicts.
    pub fn phase_bins(&self) -> usize {
        self.vocoder.phase_bins.unwrap_or(self.shape.bins())
    }

    fn check(&self) -> Result<(), PackError> {
        check_texts(&self.id, &self.name, &self.licence)?;
        check_shape(&self.shape)?;
        check_length(&self.shape, 1)?;
        check_vocoder(&self.shape, self.vocoder)?;
        check_classes(&self.classes, 1)?;
        self.network.check()?;
        let (frames, of_position) = (self.shape.frame_count, self.network.frames_of_position);
        let whole = frames.is_multiple_of(of_position);
        ensure(whole, "frame_count", frames, &format!("a multiple of {of_position}, network.frames_of_position"))?;
        ensure(self.vocoder_key <= 127, "vocoder_key", self.vocoder_key, "0 to 127")?;
        let iterations = self.griffin_lim_iterations;
        ensure(iterations <= 200, "griffin_lim_iterations", iterations, "0 to 200")?;
        ensure((0.1..=2.0).contains(&self.temperature), "temperature", self.temperature, "0.1 to 2")?;
        ensure((0.5..=1.0).contains(&self.keep), "keep", self.keep, "0.5 to 1")?;
        ensure((0.0..=10.0).contains(&self.guidance), "guidance", self.guidance, "0 to 10")?;
        let spread = self.spread.unwrap_or(0.0);
        ensure((0.0..=2.0).contains(&spread), "spread", spread, "0 to 2")?;
        let known = FOLEY_FILES.join(", ");
        let mut names = self.files.keys();
        names.try_for_each(|name| ensure(FOLEY_FILES.contains(&name.as_str()), "files", name, &format!("only {known}")))
    }
}

impl FoleyNetwork {
    fn check(&self) -> Result<(), PackError> {
        let in_steps = |size: usize, most: usize| (STEP..=most).contains(&size) && size.is_multiple_of(STEP);
        ensure(in_steps(self.width, MAX_WIDTH), "network.width", self.width, "a multiple of 32 up to 1024")?;
        ensure(self.blocks <= MAX_BLOCKS, "network.blocks", self.blocks, "at most 64")?;
        ensure((1..=MAX_LEVELS).contains(&self.levels), "network.levels", self.levels, "1 to 16")?;
        ensure(in_steps(self.codes, MAX_CODES), "network.codes", self.codes, "a multiple of 32 up to 4096")?;
        ensure((1..=MAX_LATENT).contains(&self.latent), "network.latent", self.latent, "1 to 1024")?;
        let frames = self.frames_of_position;
        ensure((1..=MAX_FRAMES_OF_POSITION).contains(&frames), "network.frames_of_position", frames, "1 to 64")
    }
}

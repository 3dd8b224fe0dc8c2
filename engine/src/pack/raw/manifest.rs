//! The manifest of a pack of kind `raw`, and its checks. Plain data, any thread.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::validate::{check_classes, check_texts, ensure, fields, version};
use super::super::{FileEntry, PackError, PackKind, WEIGHTS_FILE};
use super::quantisation::Quantisation;

/// Channels of a level are a multiple of this, the number of values that the recurrence works on at once.
const WIDTH_STEP: usize = 32;
const MAX_WIDTH: usize = 1024;
const MAX_BLOCKS: usize = 64;
const MAX_STATES: usize = 256;
/// A frame of a course of levels has a whole number of steps of the lowest level.
const FRAME_STEP: usize = 16;
/// Sums of what was heard, if a network is told any; `decode::raw::SUMS`.
const SUMS: usize = 3;
const MAX_ENVELOPES: usize = 10_000;
/// Longest sound of training, in seconds.
const MAX_SECONDS: usize = 60;

/// Description of a pack of kind `raw`: its `manifest.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RawManifest {
    /// Version of the format; see [`super::super::FORMAT_VERSION`].
    pub format_version: u32,
    /// [`PackKind::Raw`].
    pub kind: PackKind,
    /// Stable identifier.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Rate of the samples that the network gives, in hertz.
    pub sample_rate_hz: u32,
    /// Length of the sounds that it was trained on, in samples.
    pub length_samples: usize,
    /// How samples are given and heard.
    pub quantisation: Quantisation,
    /// Sizes of the network.
    pub network: RawNetwork,
    /// Courses of the level of training sounds, which the network is told; none for a network that hears its samples alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelopes: Option<RawEnvelopes>,
    /// Number of sums of the samples heard so far that the network is told; 0 for a network that is told none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sums: usize,
    /// Names of the classes whose weights a sound has, at most seven; none for a network without classes.
    pub classes: Vec<String>,
    /// Factor on the spread of the samples' distribution that sounds best, [0.1, 2].
    pub temperature: f32,
    /// Part of the probability from which samples are drawn, the likeliest first, [0.5, 1].
    pub keep: f32,
    /// The other files by name.
    pub files: BTreeMap<String, FileEntry>,
    /// Licence of the weights, an SPDX expression.
    pub licence: String,
    /// Every source of the training sounds with its licence.
    pub provenance: Vec<String>,
}

/// Sizes of the courses of levels of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawEnvelopes {
    /// Samples of a frame, a multiple of 16.
    pub frame_samples: usize,
    /// Number of courses.
    pub count: usize,
}

impl RawEnvelopes {
    /// Frames of a sound of so many samples.
    pub fn frames(self, length_samples: usize) -> usize {
        length_samples.div_ceil(self.frame_samples)
    }

    fn check(self, length_samples: usize) -> Result<(), PackError> {
        let frame = self.frame_samples;
        let fits = (FRAME_STEP..=length_samples).contains(&frame) && frame.is_multiple_of(FRAME_STEP);
        ensure(fits, "envelopes.frame_samples", frame, "a multiple of 16 up to length_samples")?;
        ensure((1..=MAX_ENVELOPES).contains(&self.count), "envelopes.count", self.count, "1 to 10000")
    }
}

/// Sizes of a network of three levels, of which each lower one runs once in four steps of the one above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawNetwork {
    /// Channels of each level, multiples of 32.
    pub widths: [usize; 3],
    /// Pairs of a state-space block and a feed-forward block of each level.
    pub blocks: [usize; 3],
    /// State-space layers in all.
    pub layers: usize,
    /// Complex states of each channel of a state-space layer; each stands for itself and its conjugate.
    pub states: usize,
}

impl RawNetwork {
    /// A network of these sizes.
    pub fn new(widths: [usize; 3], blocks: [usize; 3], states: usize) -> Self {
        Self { widths, blocks, layers: blocks.iter().sum(), states }
    }
}

impl RawManifest {
    /// Parses and checks `manifest.json`.
    ///
    /// # Errors
    /// [`PackError`] with the first thing that is wrong.
    pub(in super::super) fn parse(json: &[u8]) -> Result<Self, PackError> {
        let fields: Map<String, Value> = fields(json)?;
        version(&fields)?;
        let kind = PackKind::named(fields.get("kind").and_then(Value::as_str).unwrap_or(PackKind::Latent.name()))?;
        if kind != PackKind::Raw {
            return Err(PackError::NotRaw { kind: kind.name() });
        }
        let damaged = |error: serde_json::Error| PackError::Manifest(error.to_string());
        let manifest: Self = serde_json::from_value(Value::Object(fields)).map_err(damaged)?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), PackError> {
        check_texts(&self.id, &self.name, &self.licence)?;
        let rate_hz = self.sample_rate_hz;
        ensure((4_000..=96_000).contains(&rate_hz), "sample_rate_hz", rate_hz, "4000 to 96000")?;
        let longest = rate_hz as usize * MAX_SECONDS;
        let length_fits = (16..=longest).contains(&self.length_samples);
        ensure(length_fits, "length_samples", self.length_samples, "16 samples to 60 s")?;
        self.network.check()?;
        self.envelopes.map_or(Ok(()), |envelopes| envelopes.check(self.length_samples))?;
        self.check_sums()?;
        check_classes(&self.classes, 0)?;
        ensure((0.1..=2.0).contains(&self.temperature), "temperature", self.temperature, "0.1 to 2")?;
        ensure((0.5..=1.0).contains(&self.keep), "keep", self.keep, "0.5 to 1")?;
        let mut names = self.files.keys();
        names.try_for_each(|name| ensure(name == WEIGHTS_FILE, "files", name, &format!("only {WEIGHTS_FILE}")))
    }
}

impl RawManifest {
    fn check_sums(&self) -> Result<(), PackError> {
        ensure([0, SUMS].contains(&self.sums), "sums", self.sums, "0 or 3")?;
        let is_softmax = self.quantisation != Quantisation::Mixture;
        ensure(is_softmax || self.sums == 0, "sums", self.sums, "0 with the quantisation mixture")
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl RawNetwork {
    /// # Errors
    /// [`PackError::Value`] for a size that is out of its range.
    pub(super) fn check(&self) -> Result<(), PackError> {
        for width in self.widths {
            let fits = (WIDTH_STEP..=MAX_WIDTH).contains(&width) && width.is_multiple_of(WIDTH_STEP);
            ensure(fits, "network.widths", width, "multiples of 32 up to 1024")?;
        }
        for blocks in self.blocks {
            ensure(blocks <= MAX_BLOCKS, "network.blocks", blocks, "at most 64")?;
        }
        let sum: usize = self.blocks.iter().sum();
        ensure(self.layers == sum, "network.layers", self.layers, &format!("{sum}, the sum of network.blocks"))?;
        ensure((1..=MAX_STATES).contains(&self.states), "network.states", self.states, "1 to 256")
    }
}

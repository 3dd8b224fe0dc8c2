//! The manifest's fields. Plain data; [`super::validate`] checks it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{PackError, PackKind};
use crate::spectral::SpectralShape;
use crate::units::Latent;

/// Description of a pack: `manifest.json` of the newest format version, to which older ones are converted when read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the file that the manifest was read from; see [`super::FORMAT_VERSION`].
    pub format_version: u32,
    /// How the pack makes sounds.
    pub kind: PackKind,
    /// Stable identifier, e.g. `heptode-factory`.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// The analysis that the model was trained on; its fields lie beside the others.
    #[serde(flatten)]
    pub shape: SpectralShape,
    /// The seven controls, in knob order.
    pub controls: Vec<Control>,
    /// MIDI keys at which the decoder is asked, rising; a played key takes the nearest.
    pub root_keys: Vec<u8>,
    /// How the vocoder wants its frames; of no meaning in a pack without one.
    #[serde(default, skip_serializing_if = "VocoderInfo::is_none")]
    pub vocoder: VocoderInfo,
    /// Rounds of Griffin-Lim, held to the frames: after the vocoder ([`crate::spectral::GriffinLim`]), or of the search for the sound of
    /// constant-Q levels ([`crate::spectral::constant_q::PhaseRetrieval`]).
    pub griffin_lim_iterations: usize,
    /// Sounds with a name.
    pub sounds: Vec<NamedSound>,
    /// The other files by name.
    pub files: BTreeMap<String, FileEntry>,
    /// Licence of the weights, an SPDX expression.
    pub licence: String,
    /// Every source of the training sounds with its licence.
    pub provenance: Vec<String>,
}

/// One of the seven values that determine a sound: a latent coordinate in σ, or the weight of a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// What the knob is called in the editor.
    pub name: String,
    /// Lowest value.
    pub low: f32,
    /// Highest value.
    pub high: f32,
    /// Rank correlation over random points between the control and the property that it is named after, [−1, 1]. None when it is
    /// named after no property.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank_correlation: Option<f32>,
}

/// How the vocoder graph is run over a sound of any length.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct VocoderInfo {
    /// Frames of one run.
    pub chunk_frames: usize,
    /// Frames on each side that an output frame can depend on.
    pub context_frames: usize,
    /// Number of lowest bins whose phases are predicted; those above get random ones. None when all are predicted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase_bins: Option<usize>,
}

impl VocoderInfo {
    /// Whether there is no vocoder.
    fn is_none(&self) -> bool {
        self.chunk_frames == 0
    }
}

/// A sound with a name: a point of the latent space.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NamedSound {
    /// Unique name.
    pub name: String,
    /// Category for lists.
    pub category: String,
    /// Where it lies, in σ units.
    pub latent: Latent,
    /// The key at which it sounds most like itself.
    pub key: u8,
}

/// Size and hash of a file of the pack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FileEntry {
    /// SHA-256, hex.
    pub sha256: String,
    /// Length in bytes.
    pub bytes: u64,
}

impl Manifest {
    /// Index into `root_keys` of the root nearest to a key; the lower one where two are as near.
    pub fn nearest_root(&self, key: f32) -> usize {
        let distance = |root: &u8| (f32::from(*root) - key).abs();
        let nearest = self.root_keys.iter().enumerate().min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)));
        nearest.map_or(0, |(index, _)| index)
    }

    /// Number of lowest bins whose phases the vocoder predicts.
    pub fn phase_bins(&self) -> usize {
        self.vocoder.phase_bins.unwrap_or(self.shape.bins())
    }

    /// The sound of this name; case does not matter.
    ///
    /// # Errors
    /// [`PackError::UnknownSound`] with the nearest name.
    pub fn sound(&self, name: &str) -> Result<&NamedSound, PackError> {
        find_sound(&self.sounds, name)
    }

    /// The categories in the order of their first sound.
    pub fn categories(&self) -> Vec<&str> {
        categories(&self.sounds)
    }
}

impl Control {
    /// Whether it does anything: a pack with fewer classes than controls leaves the others without a range.
    pub fn is_used(&self) -> bool {
        self.low < self.high
    }
}

/// The sound of this name; case does not matter.
pub(super) fn find_sound<'a>(sounds: &'a [NamedSound], name: &str) -> Result<&'a NamedSound, PackError> {
    let wanted = name.to_lowercase();
    if let Some(found) = sounds.iter().find(|sound| sound.name.to_lowercase() == wanted) {
        return Ok(found);
    }
    let closeness = |sound: &NamedSound| strsim::sorensen_dice(&sound.name.to_lowercase(), &wanted);
    let nearest = sounds.iter().max_by(|a, b| closeness(a).total_cmp(&closeness(b)));
    Err(PackError::UnknownSound { name: name.into(), suggestion: nearest.map(|sound| sound.name.clone()) })
}

/// The categories of sounds, in the order of their first one.
pub(super) fn categories(sounds: &[NamedSound]) -> Vec<&str> {
    let mut seen: Vec<&str> = Vec::new();
    for sound in sounds {
        if !seen.contains(&sound.category.as_str()) {
            seen.push(&sound.category);
        }
    }
    seen
}

//! A corpus: a folder of equal-length one-shots (16-bit WAV) and a manifest that says what each one is.
//!
//! Made once from a sound font, a procedural generator, folders of recordings or all of them, then read by training and by evaluation.

pub mod augment;
pub mod category;
pub mod class_folders;
pub mod classes;
mod first_event;
pub mod folder;
mod groups;
mod kits;
pub mod mix;
pub mod plain_name;
pub mod procedural;
mod recording_id;
pub mod soundfont;
pub mod sources;
pub mod walk;
pub mod writer;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use engine::pack::hex_sha256;
use serde::{Deserialize, Serialize};

pub use writer::CorpusWriter;
#[cfg(test)]
pub use writer::Description;

use crate::statistics::evenly;

/// Version of the manifest's layout.
const FORMAT_VERSION: u32 = 1;
/// Name of the manifest inside a corpus folder.
const MANIFEST_NAME: &str = "corpus.json";

/// Fade at the end of a sound that is cut, in samples: 23 ms, below which a cut in a decay is heard as a click.
const CUT_FADE: usize = 1024;

/// Label that names the class of a clip.
pub const CLASS_LABEL: &str = "class";

/// Velocity of a recording whose name has none.
const DEFAULT_VELOCITY: u8 = 100;

fn default_velocity() -> u8 {
    DEFAULT_VELOCITY
}

/// Which part of a corpus a sound belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// Seen by training.
    Train,
    /// Never seen by training; shares no recording with a sound that is.
    HeldOut,
}

/// One sound of a corpus.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Item {
    /// File name inside the corpus folder.
    pub file: String,
    /// Name that people read.
    pub name: String,
    /// Category, e.g. `Piano`.
    pub category: String,
    /// What is played: the items of one instrument differ only in key and velocity.
    pub instrument: String,
    /// Connected component of shared recordings; a group is never divided between splits.
    pub group: String,
    /// Training or held out.
    pub split: Split,
    /// MIDI key that sounds.
    pub key: u8,
    /// MIDI velocity of the stroke, 1 to 127.
    #[serde(default = "default_velocity")]
    pub velocity: u8,
    /// Where the sound comes from.
    pub source: String,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// What else is known of it, by name: of a footstep its floor, shoe, action, gait and weight in kilograms.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// The manifest of a corpus folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Layout version.
    pub format_version: u32,
    /// Sample rate of every file.
    pub sample_rate_hz: u32,
    /// Samples of every file.
    pub samples: usize,
    /// Sound fonts and folders that were read, with their licences where known.
    pub sources: Vec<String>,
    /// Sounds that were left out, each with the reason.
    pub dropped: Vec<String>,
    /// The sounds.
    pub items: Vec<Item>,
}

/// A corpus folder that has been opened; its samples stay on disk.
#[derive(Clone, Debug)]
pub struct Corpus {
    folder: PathBuf,
    /// Length that sounds are cut to, in samples.
    length: usize,
    /// What the folder holds.
    pub manifest: Manifest,
    /// SHA-256 of the manifest, hex: names this corpus in runs and reports.
    pub id: String,
}

impl Corpus {
    /// Opens a folder written by [`CorpusWriter`].
    ///
    /// # Errors
    /// The folder holds no corpus manifest, or one that is damaged or of another format version.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(MANIFEST_NAME);
        let bytes = fs::read(&path).with_context(|| {
            format!(
                "{} holds no corpus ({MANIFEST_NAME} cannot be read); make one with `trainer corpus`",
                folder.display()
            )
        })?;
        let manifest: Manifest =
            serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display()))?;
        ensure!(
            manifest.format_version == FORMAT_VERSION,
            "{} has version {}, this program reads version {FORMAT_VERSION}",
            path.display(),
            manifest.format_version
        );
        ensure!(!manifest.items.is_empty(), "the corpus {} is empty", folder.display());
        Ok(Self { folder: folder.to_owned(), length: manifest.samples, manifest, id: hex_sha256(&bytes) })
    }

    /// The same corpus with sounds of at most `samples` samples each: what is longer is cut, with a fade of 23 ms.
    pub fn cut_to(self, samples: usize) -> Self {
        Self { length: self.length.min(samples), ..self }
    }

    /// Length of its sounds in samples.
    pub fn sound_samples(&self) -> usize {
        self.length
    }

    /// The samples of an item, full scale ±1, cut as [`Self::cut_to`] says.
    ///
    /// # Errors
    /// The file is missing, is not the one that the manifest names, or is no WAV file of the corpus's length.
    pub fn samples(&self, item: &Item) -> Result<Vec<f32>> {
        let path = self.folder.join(&item.file);
        let bytes = fs::read(&path).with_context(|| format!("cannot read {} of the corpus", path.display()))?;
        ensure!(
            hex_sha256(&bytes) == item.sha256,
            "{} is not the file that the corpus was made with; make the corpus again",
            path.display()
        );
        let mut reader =
            hound::WavReader::new(bytes.as_slice()).with_context(|| format!("{} is no WAV file", path.display()))?;
        let mut samples: Vec<f32> = reader
            .samples::<i16>()
            .map(|sample| sample.map(|value| f32::from(value) / 32_767.0))
            .collect::<Result<_, _>>()
            .with_context(|| format!("{} is damaged", path.display()))?;
        if samples.len() != self.manifest.samples {
            bail!("{} holds {} samples instead of {}", path.display(), samples.len(), self.manifest.samples);
        }
        cut(&mut samples, self.length);
        Ok(samples)
    }

    /// The items of a split, in manifest order.
    pub fn split(&self, split: Split) -> Vec<&Item> {
        self.manifest.items.iter().filter(|item| item.split == split).collect()
    }

    /// All items of a split, or an even choice of at most `limit`; 0 means all. Whatever measures a split chooses here, so that
    /// figures of one limit are of the same sounds.
    pub fn choice(&self, split: Split, limit: usize) -> Vec<&Item> {
        let all = self.split(split);
        if limit == 0 { all } else { evenly(&all, limit) }
    }

    /// Items per split and category, for people.
    pub fn summary(&self) -> String {
        let mut counts = std::collections::BTreeMap::<&str, [usize; 2]>::new();
        for item in &self.manifest.items {
            counts.entry(&item.category).or_default()[usize::from(item.split == Split::HeldOut)] += 1;
        }
        let total = |split| self.split(split).len();
        let mut text = format!(
            "{} sounds: {} to train on, {} held out; {} left out\n",
            self.manifest.items.len(),
            total(Split::Train),
            total(Split::HeldOut),
            self.manifest.dropped.len()
        );
        for (category, [train, held_out]) in counts {
            text += &format!("  {category:<14} {train:>4} train {held_out:>4} held out\n");
        }
        text
    }
}

/// Ends a sound after `length` samples, faded if it is longer.
fn cut(samples: &mut Vec<f32>, length: usize) {
    if samples.len() <= length {
        return;
    }
    samples.truncate(length);
    let fade = samples.iter_mut().rev().take(CUT_FADE).enumerate();
    fade.for_each(|(from_end, sample)| *sample *= from_end as f32 / CUT_FADE as f32);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_sound_ends_in_silence_and_a_short_one_stays() {
        let (mut long, mut short) = (vec![1.0; 5000], vec![1.0; 3000]);
        cut(&mut long, 4000);
        cut(&mut short, 4000);
        assert_eq!((long.len(), long[4000 - CUT_FADE - 1], long[3999]), (4000, 1.0, 0.0));
        assert_eq!(short, [1.0; 3000]);
    }

    #[test]
    fn a_manifest_without_velocities_opens() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let manifest = r#"{"format_version":1,"sample_rate_hz":44100,"samples":88064,"sources":[],"dropped":[],"items":[
            {"file":"00000.wav","name":"A","category":"Piano","instrument":"a","group":"g000","split":"train","key":60,
             "source":"s","sha256":""}]}"#;
        fs::write(folder.path().join(MANIFEST_NAME), manifest).expect("a manifest can be written");
        let corpus = Corpus::open(folder.path()).expect("an old corpus opens");
        assert_eq!(corpus.manifest.items[0].velocity, DEFAULT_VELOCITY);
    }
}

//! Collects prepared sounds, splits them and writes the corpus folder.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use engine::pack::hex_sha256;
use engine::sample::{Recording, one_shot};
use engine::spectral::SpectralShape;

use super::first_event::end_after_first;
use super::groups::{Sound, assign_splits};
use super::{FORMAT_VERSION, Item, MANIFEST_NAME, Manifest, Split};
use crate::files::write_atomically;

/// What is known of a sound before it is split off.
#[derive(Clone, Debug)]
pub struct Description {
    /// Name that people read.
    pub name: String,
    /// Category.
    pub category: String,
    /// Instrument id.
    pub instrument: String,
    /// Key that sounds.
    pub key: u8,
    /// MIDI velocity of the stroke.
    pub velocity: u8,
    /// Where it comes from.
    pub source: String,
    /// Ids of the recordings it is made of.
    pub recordings: Vec<u64>,
}

/// Writes a corpus folder.
#[derive(Debug)]
pub struct CorpusWriter {
    folder: PathBuf,
    shape: SpectralShape,
    sources: Vec<String>,
    dropped: Vec<String>,
    items: Vec<(Item, Vec<u64>)>,
    /// Whether sounds end after their first event.
    first_event_only: bool,
    /// Recordings that the items are made of.
    recordings: HashSet<u64>,
}

impl CorpusWriter {
    /// Starts a corpus in `folder`, which is made with the first sound if it is missing. A folder that holds a finished corpus is refused:
    /// runs and packs refer to it.
    ///
    /// # Errors
    /// The folder holds a corpus already.
    pub fn new(folder: &Path) -> Result<Self> {
        Self::with_frames(folder, SpectralShape::DEFAULT.frame_count)
    }

    /// As [`Self::new`], of sounds that are `frame_count` frames long.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_frames(folder: &Path, frame_count: usize) -> Result<Self> {
        ensure!(
            !folder.join(MANIFEST_NAME).exists(),
            "{} holds a corpus already; choose another --out or remove it",
            folder.display()
        );
        let shape = SpectralShape { frame_count, ..SpectralShape::DEFAULT };
        Ok(Self {
            folder: folder.to_owned(),
            shape,
            sources: Vec::new(),
            dropped: Vec::new(),
            items: Vec::new(),
            first_event_only: false,
            recordings: HashSet::new(),
        })
    }

    /// Ends every sound after its first event, but for categories whose sound is a repetition.
    pub fn keep_first_events(&mut self) {
        self.first_event_only = true;
    }

    /// Samples of every sound.
    pub fn length(&self) -> usize {
        self.shape.sound_samples()
    }

    /// Sample rate of every sound.
    pub fn sample_rate_hz(&self) -> u32 {
        self.shape.sample_rate_hz
    }

    /// Whether a sound of this recording was added.
    pub fn holds(&self, recording: u64) -> bool {
        self.recordings.contains(&recording)
    }

    /// Notes where sounds come from.
    pub fn add_source(&mut self, source: String) {
        self.sources.push(source);
    }

    /// Notes a sound that cannot be used.
    pub fn drop_sound(&mut self, name: &str, reason: &str) {
        self.dropped.push(format!("{name}: {reason}"));
    }

    /// Prepares and stores a sound; returns whether it was usable.
    ///
    /// # Errors
    /// The sound cannot be resampled, or the folder or its file cannot be written.
    pub fn add(&mut self, description: Description, recording: Recording) -> Result<bool> {
        self.add_labelled(description, BTreeMap::new(), recording)
    }

    /// As [`Self::add`], with labels for the manifest.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn add_labelled(
        &mut self,
        description: Description,
        labels: BTreeMap<String, String>,
        recording: Recording,
    ) -> Result<bool> {
        let mut prepared = match one_shot(recording, self.sample_rate_hz(), self.length()) {
            Ok(prepared) => prepared.samples,
            Err(error) => {
                self.drop_sound(&format!("{} (key {})", description.name, description.key), &error.to_string());
                return Ok(false);
            }
        };
        if self.first_event_only {
            end_after_first(&mut prepared, f64::from(self.sample_rate_hz()), &description.category);
        }
        if self.items.is_empty() {
            let folder = self.folder.display();
            fs::create_dir_all(&self.folder).with_context(|| format!("cannot make the folder {folder}"))?;
        }
        let file = format!("{:05}.wav", self.items.len());
        let bytes = encode_wav(&prepared, self.sample_rate_hz())?;
        write_atomically(&self.folder.join(&file), &bytes)?;
        let Description { name, category, instrument, key, velocity, source, recordings } = description;
        let item = Item {
            file,
            name,
            category,
            instrument,
            group: String::new(),
            split: Split::Train,
            key,
            velocity,
            source,
            sha256: hex_sha256(&bytes),
            labels,
        };
        self.recordings.extend(&recordings);
        self.items.push((item, recordings));
        Ok(true)
    }

    /// Splits the sounds and writes the manifest.
    ///
    /// # Errors
    /// There is no sound, the split leaves none to train on, or the manifest cannot be written.
    pub fn finish(mut self, held_out: f64, seed: u64) -> Result<()> {
        ensure!(!self.items.is_empty(), "no usable sound was found ({} left out)", self.dropped.len());
        let sounds: Vec<Sound> = self
            .items
            .iter()
            .map(|(item, recordings)| Sound { instrument: &item.instrument, category: &item.category, recordings })
            .collect();
        let assigned = assign_splits(&sounds, held_out, seed);
        for ((item, _), (group, split)) in self.items.iter_mut().zip(assigned) {
            item.group = group;
            item.split = split;
        }
        let manifest = Manifest {
            format_version: FORMAT_VERSION,
            sample_rate_hz: self.shape.sample_rate_hz,
            samples: self.shape.sound_samples(),
            sources: self.sources,
            dropped: self.dropped,
            items: self.items.into_iter().map(|(item, _)| item).collect(),
        };
        write_atomically(&self.folder.join(MANIFEST_NAME), &serde_json::to_vec_pretty(&manifest)?)
    }
}

/// A mono sound as the bytes of a 16-bit WAV file.
///
/// # Errors
/// The encoder refuses the samples.
pub fn encode_wav(samples: &[f32], rate_hz: u32) -> Result<Vec<u8>> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: rate_hz,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec)?;
    for sample in samples {
        writer.write_sample((sample * 32_767.0).round() as i16)?;
    }
    writer.finalize()?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_left_out_and_counted() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut writer = CorpusWriter::new(folder.path()).expect("a corpus can be started");
        let description = Description {
            name: "Nothing".to_owned(),
            category: "Other".to_owned(),
            instrument: "nothing".to_owned(),
            key: 60,
            velocity: 100,
            source: "test".to_owned(),
            recordings: vec![1],
        };
        let silence = Recording::new(vec![0.0; 1000], 44_100);
        assert!(!writer.add(description, silence).expect("silence is no failure"));
        assert_eq!(writer.dropped.len(), 1);
        assert!(writer.finish(0.1, 1).expect_err("nothing is left").to_string().contains("no usable sound"));
    }
}

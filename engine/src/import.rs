//! Import: finds the latent point of an audio file.
//!
//! Worker threads only: reading, rate conversion and the encoder take up to a second.

mod pitch;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::Path;

use crate::decode::Pipeline;
use crate::decode::graph::GraphError;
use crate::pack::NamedSound;
use crate::residual::ZoneResidual;
use crate::sample::{self, Recording, SampleError};
use crate::units::Latent;

/// The key that a sound without a pitch is taken to be at: middle C.
pub const UNPITCHED_KEY: f32 = 60.0;
/// Number of nearest sounds that are reported and vote on the category: few enough to be near in a pack of hundreds.
const NEAREST: usize = 5;
/// Smallest distance in σ that a vote is weighted with: at the point of a sound its weight stays finite.
const NEAR_SIGMA: f32 = 0.1;

/// An imported sound with its latent point.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The file's name without its ending.
    pub name: String,
    /// The latent point that the decoder gives it best at, each coordinate in `[-3, 3]` σ.
    pub latent: Latent,
    /// Where in its file the one-shot begins, in seconds.
    pub start_s: f64,
    /// The MIDI key it is at: the given one, else that of the pitch found in it, else 60.
    pub key: f32,
    /// The key of the detected pitch, if its clarity suffices.
    pub found_key: Option<f32>,
    /// Clarity of its pitch, 0 (noise) to 1 (exactly periodic); 0.85 suffices to use it.
    pub key_confidence: f32,
    /// The category that most of the nearest sounds have, the nearest with more weight; empty if the pack has no sounds.
    pub category: String,
    /// The nearest sounds of the pack with their distance in σ, nearest first.
    pub nearest: Vec<(String, f32)>,
    /// Remarks in plain words.
    pub notes: Vec<String>,
    /// The one-shot that was encoded: mono, at the model's rate and length, peak 1.
    pub samples: Vec<f32>,
}

/// What the user has chosen for a file; what is `None` is detected.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Choice {
    /// Its MIDI key, 0 to 127.
    pub key: Option<f32>,
    /// Where the sound begins, in seconds from the start of the file; its onset is then not looked for.
    pub region_s: Option<f64>,
}

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read, or there is no sound in it.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// The encoder failed.
    #[error("cannot find the latent point of the sound: {0}")]
    Encode(#[from] GraphError),
    /// A key outside the MIDI range.
    #[error("key {0} is outside 0 to 127")]
    Key(f32),
}

/// Reads `path`, cuts a one-shot out of it and encodes it.
///
/// # Errors
/// [`ImportError`] when the file cannot be read, holds no sound, or a graph fails, and for a key outside 0 to 127.
pub fn import(path: &Path, pipeline: &mut Pipeline, choice: Choice) -> Result<Imported, ImportError> {
    check_key(choice.key)?;
    let shape = pipeline.model().shape();
    let (rate_hz, length) = (shape.sample_rate_hz, shape.frame_count * shape.hop_samples);
    let sound = match choice.region_s {
        Some(start_s) => sample::region(sample::read_from(path, start_s)?, rate_hz, length)?,
        None => sample::one_shot(sample::read(path)?, rate_hz, length)?,
    };
    let name = path.file_stem().map_or_else(|| "imported".to_owned(), |stem| stem.to_string_lossy().into_owned());
    encode(name, sound, pipeline, choice.key)
}

/// The fractional MIDI key of the pitch of a mono one-shot, if its clarity suffices.
pub fn clear_key(samples: &[f32], rate_hz: u32) -> Option<f32> {
    pitch::find(samples, rate_hz).filter(pitch::Pitch::is_clear).map(|pitch| pitch.key)
}

/// Encodes a one-shot that was imported before, at the model's rate and length, with its key chosen or detected again.
///
/// # Errors
/// [`ImportError`] for a key outside 0 to 127 and when a graph fails.
pub fn import_again(
    name: String,
    one_shot: Recording,
    pipeline: &mut Pipeline,
    key: Option<f32>,
) -> Result<Imported, ImportError> {
    check_key(key)?;
    encode(name, one_shot, pipeline, key)
}

fn check_key(key: Option<f32>) -> Result<(), ImportError> {
    key.filter(|key| !(0.0..=127.0).contains(key)).map_or(Ok(()), |key| Err(ImportError::Key(key)))
}

/// Finds the key of a one-shot, unless it is given, and its point.
fn encode(name: String, sound: Recording, pipeline: &mut Pipeline, key: Option<f32>) -> Result<Imported, ImportError> {
    let Recording { samples, sample_rate_hz, start_s, mut notes, .. } = sound;
    let found = pitch::find(&samples, sample_rate_hz);
    let found_key = found.filter(|pitch| pitch.is_clear()).map(|pitch| pitch.key);
    let key = key.or(found_key).unwrap_or_else(|| {
        notes.push("no clear pitch in it: taken as key 60".to_owned());
        UNPITCHED_KEY
    });
    let key_confidence = found.map_or(0.0, |pitch| pitch.confidence);
    let latent = pipeline.place(&samples, key)?;
    let (nearest, category) = neighbours(&latent, &pipeline.model().manifest().sounds);
    Ok(Imported { name, latent, start_s, key, found_key, key_confidence, category, nearest, notes, samples })
}

/// The residual of a recording in the key zone that it belongs to: with it, the point reproduces the recording at its own key.
///
/// # Errors
/// [`ImportError::Sample`] when it lies so far from the zone's root that nothing is left of it there; [`ImportError::Encode`] when the
/// decoder fails.
pub fn zone_residual(
    samples: &[f32],
    latent: &Latent,
    key: f32,
    pipeline: &mut Pipeline,
) -> Result<ZoneResidual, ImportError> {
    let manifest = pipeline.model().manifest();
    let root_key = manifest.root_keys.get(manifest.nearest_root(key)).copied().unwrap_or(60);
    let at_root = at_root(samples, key, root_key, pipeline.model().shape().sample_rate_hz)?;
    let residual = pipeline.residual(&at_root, latent, f32::from(root_key))?;
    Ok(ZoneResidual { root_key, residual })
}

/// A recording at `key` as a voice would play it at `root_key`, of the same length.
///
/// # Errors
/// [`ImportError::Sample`] when nothing is left of it.
pub fn at_root(samples: &[f32], key: f32, root_key: u8, rate_hz: u32) -> Result<Vec<f32>, ImportError> {
    let ratio = f64::from((f32::from(root_key) - key) / 12.0).exp2();
    let played_hz = (f64::from(rate_hz) * ratio).round() as u32;
    let moved = sample::resample(samples, played_hz, rate_hz)?;
    Ok(sample::region(Recording::new(moved, rate_hz), rate_hz, samples.len())?.samples)
}

/// The sounds nearest to `latent` with their distances in σ, and the category that they vote for.
#[must_use]
pub fn neighbours(latent: &Latent, sounds: &[NamedSound]) -> (Vec<(String, f32)>, String) {
    let mut by_distance: Vec<(f32, &NamedSound)> =
        sounds.iter().map(|sound| (distance(latent, &sound.latent), sound)).collect();
    by_distance.sort_by(|a, b| a.0.total_cmp(&b.0));
    by_distance.truncate(NEAREST);
    let mut votes: BTreeMap<&str, f32> = BTreeMap::new();
    for (distance, sound) in &by_distance {
        *votes.entry(&sound.category).or_default() += 1.0 / distance.max(NEAR_SIGMA);
    }
    let winner = votes.into_iter().max_by(|a, b| a.1.partial_cmp(&b.1).unwrap_or(Ordering::Equal));
    let category = winner.map_or_else(String::new, |(category, _)| category.to_owned());
    (by_distance.into_iter().map(|(distance, sound)| (sound.name.clone(), distance)).collect(), category)
}

fn distance(a: &Latent, b: &Latent) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
}

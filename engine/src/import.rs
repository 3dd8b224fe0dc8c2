//! Import: finds the latent point of an audio file.
//!
//! Worker threads only: reading, rate conversion and the encoder take up to a second.

mod key;
mod note_name;
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
pub use key::{KeyOrigin, Keyed, UNPITCHED_KEY, named_key};
use key::{contradiction, told};
use pitch::Pitch;

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
    /// The MIDI key it is at, with fractions of a key.
    pub key: f32,
    /// Who says so.
    pub key_origin: KeyOrigin,
    /// The key that its file or its name tells.
    pub told: Option<Keyed>,
    /// The key of the pitch that is heard, if the confidence in it suffices.
    pub found_key: Option<f32>,
    /// Confidence in what is heard, 0 to 1: how exactly the sound repeats, less where its partials disagree; 0.6 suffices.
    pub key_confidence: f32,
    /// The category that most of the nearest sounds have, the nearest with more weight; empty if the pack has no sounds.
    pub category: String,
    /// The nearest sounds of the pack with their distance in σ, nearest first.
    pub nearest: Vec<(String, f32)>,
    /// Remarks in plain words.
    pub notes: Vec<String>,
    /// How much of its file was read; `None` for a sound that does not come from a file.
    pub read: Option<Extent>,
    /// The one-shot that was encoded: mono, at the model's rate and length, peak 1.
    pub samples: Vec<f32>,
}

/// The part of a file that was read: all of it, unless it is longer than [`sample::LOOK_S`] from its first sound on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Sample frames from the start of the file to where reading ended.
    pub samples: u64,
    /// The file's sample rate in Hz.
    pub sample_rate_hz: u32,
}

impl Extent {
    fn of(recording: &Recording) -> Self {
        let before = (recording.start_s * f64::from(recording.sample_rate_hz)).round() as u64;
        Self { samples: before + recording.samples.len() as u64, sample_rate_hz: recording.sample_rate_hz }
    }
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
    let recording = match choice.region_s {
        Some(start_s) => sample::read_from(path, start_s)?,
        None => sample::read(path)?,
    };
    // A whole file may be a single cycle; a region of one is a piece of a sound.
    let is_whole = choice.region_s.is_none();
    let cycle = is_whole.then(|| pitch::of_cycle(&recording.samples, recording.sample_rate_hz)).flatten();
    let read = Extent::of(&recording);
    let cut = if is_whole { sample::one_shot } else { sample::region };
    let sound = cut(recording, rate_hz, length)?;
    let name = path.file_stem().map_or_else(|| "imported".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let heard = cycle.or_else(|| pitch::find(&sound.samples, rate_hz));
    Ok(Imported { read: Some(read), ..encode(name, sound, pipeline, choice.key, heard)? })
}

/// The fractional MIDI key of the pitch of a mono one-shot, if the confidence in it suffices.
pub fn clear_key(samples: &[f32], rate_hz: u32) -> Option<f32> {
    pitch::find(samples, rate_hz).filter(Pitch::is_clear).map(|pitch| pitch.key)
}

/// The fractional MIDI key of the pitch of a mono one-shot and the confidence in it, 0 to 1; `None` for silence.
pub fn heard_key(samples: &[f32], rate_hz: u32) -> Option<(f32, f32)> {
    pitch::find(samples, rate_hz).map(|pitch| (pitch.key, pitch.confidence))
}

/// Encodes a one-shot that was imported before, at the model's rate and length, with its key chosen or found again: in its
/// [`Recording::root_key`], its name or its sound.
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
    let heard = pitch::find(&one_shot.samples, one_shot.sample_rate_hz);
    encode(name, one_shot, pipeline, key, heard)
}

fn check_key(key: Option<f32>) -> Result<(), ImportError> {
    key.filter(|key| !(0.0..=127.0).contains(key)).map_or(Ok(()), |key| Err(ImportError::Key(key)))
}

/// Finds the key of a one-shot, unless it is given, and its point.
fn encode(
    name: String,
    sound: Recording,
    pipeline: &mut Pipeline,
    given: Option<f32>,
    heard: Option<Pitch>,
) -> Result<Imported, ImportError> {
    let Recording { samples, start_s, root_key, mut notes, .. } = sound;
    let told = told(root_key, &name, heard);
    let found_key = heard.filter(Pitch::is_clear).map(|pitch| pitch.key);
    let Keyed { key, origin } = match (given, told, found_key) {
        (Some(key), _, _) => Keyed { key, origin: KeyOrigin::Given },
        (None, Some(told), _) => {
            notes.extend(contradiction(told, heard));
            told
        }
        (None, None, Some(key)) => Keyed { key, origin: KeyOrigin::Heard },
        (None, None, None) => {
            notes.push("no clear pitch in it: taken as key 60".to_owned());
            Keyed { key: UNPITCHED_KEY, origin: KeyOrigin::None }
        }
    };
    let latent = pipeline.place(&samples, key)?;
    let (nearest, category) = neighbours(&latent, &pipeline.model().manifest().sounds);
    Ok(Imported {
        name,
        latent,
        start_s,
        key,
        key_origin: origin,
        told,
        found_key,
        key_confidence: heard.map_or(0.0, |pitch| pitch.confidence),
        category,
        nearest,
        notes,
        read: None,
        samples,
    })
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

//! Pitched sounds as they are played: the instrument itself, offline, zones and transposition included.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use anyhow::Result;
use engine::audio::{Event, EventKind, NoteAddress, Synth};
use engine::decode::Model;
use engine::decode::assets::AssetTable;
use engine::instrument::{self, Instance, Pool};
use engine::measure::pitch_offset_cents;
use engine::pack::NamedSound;
use engine::params::Controls;
use engine::units::key_to_hz;
use serde::Serialize;

use super::instrument::between;
use super::measured_sound::MeasuredSound;
use super::named_point::NamedPoint;
use super::parallel::parallel_map;
use crate::corpus::category::is_pitched;
use crate::statistics::{interval, median, quantile, share_within};

/// Keys that are played.
pub const KEYS: RangeInclusive<u8> = 24..=96;
/// Semitones between keys that are played; with 3, every offset from a root occurs.
const KEY_STEP: usize = 3;
/// The rate of the packs: other rates are a matter of the engine's tests.
const RATE_HZ: f32 = 44_100.0;
/// Length of a note and what its attack takes, which is not measured, in seconds.
const NOTE_S: f32 = 1.3;
const ATTACK_S: f32 = 0.1;

/// Pitch errors at one key, in cents from equal temperament.
#[derive(Clone, Debug, Serialize)]
pub struct KeyRow {
    /// MIDI key; `None` is all keys together.
    pub key: Option<u8>,
    /// Sounds that were measured.
    pub sounds: usize,
    /// Sounds in which no partial lay within ±60 cents of where it should.
    pub without_pitch: usize,
    /// Median magnitude.
    pub median_cents: f64,
    /// 95th percentile of the magnitude.
    pub percentile_95_cents: f64,
    /// Part within 5 cents.
    pub within_5_cents: f64,
    /// Its 95 % interval over sounds.
    pub within_5_cents_interval: [f64; 2],
    /// Part within 10 cents.
    pub within_10_cents: f64,
}

/// One note that was measured: the sound, its key, how far off it is.
#[derive(Clone, Debug)]
pub struct Note {
    /// Sounds of one group are not independent.
    pub group: String,
    /// MIDI key.
    pub key: u8,
    /// Offset in cents; `None` when there is no pitch.
    pub cents: Option<f64>,
}

/// Plays up to `limit` named pitched sounds, each at every key.
///
/// # Errors
/// The instrument cannot be made.
pub fn play(model: &Arc<Model>, limit: usize) -> Result<Vec<Note>> {
    let pitched: Vec<&NamedSound> = model.sounds().iter().filter(|sound| is_pitched(&sound.category)).collect();
    let step = pitched.len().div_ceil(limit.max(1)).max(1);
    let chosen: Vec<&NamedSound> = pitched.into_iter().step_by(step).take(limit).collect();
    let notes = parallel_map("played keys", model, &chosen, |_, sound| at_keys(model, sound, KEY_STEP))?;
    Ok(notes.into_iter().flatten().collect())
}

/// Plays one named sound with what its recordings add, at every `key_step`-th of the [`KEYS`].
///
/// # Errors
/// The instrument cannot be made.
pub fn at_keys(model: &Arc<Model>, sound: &NamedSound, key_step: usize) -> Result<Vec<Note>> {
    let table = Arc::<AssetTable>::default();
    let place = NamedPoint { name: sound.name.clone(), latent: sound.latent };
    let controls = between(model, &table, &place, &place, 0.0);
    let (mut synth, _instance): (Synth, Instance) = instrument::create(&Pool::global()?, Arc::clone(model), table);
    synth.set_sample_rate(RATE_HZ);
    synth.set_offline(true);
    Ok(KEYS.step_by(key_step).map(|key| note(&mut synth, &place.name, &controls, key)).collect())
}

fn note(synth: &mut Synth, name: &str, controls: &Controls, key: u8) -> Note {
    synth.reset();
    let event = Event { offset: 0, kind: EventKind::NoteOn { note: NoteAddress::key(0, key), velocity: 0.8 } };
    let (mut out, mut right) = (vec![0.0; (NOTE_S * RATE_HZ) as usize], vec![0.0; (NOTE_S * RATE_HZ) as usize]);
    synth.render(&[event], controls, &mut out, &mut right);
    let steady = &out[(ATTACK_S * RATE_HZ) as usize..];
    let cents = pitch_offset_cents(steady, f64::from(RATE_HZ), key_to_hz(f64::from(key)));
    Note { group: name.to_owned(), key, cents }
}

/// The notes that `pick` finds in results of one path.
pub fn notes_of(results: &[MeasuredSound], path: &str, pick: impl Fn(&MeasuredSound) -> Option<f64>) -> Vec<Note> {
    let pitched = results.iter().filter(|result| result.path == path && is_pitched(&result.category));
    let note = |result: &MeasuredSound| Note { group: result.group.clone(), key: result.key, cents: pick(result) };
    pitched.map(note).collect()
}

/// Rows per key, rising, then one for all keys.
pub fn table(notes: &[Note]) -> Vec<KeyRow> {
    let mut by_key = BTreeMap::<u8, Vec<&Note>>::new();
    for note in notes {
        by_key.entry(note.key).or_default().push(note);
    }
    let mut rows: Vec<KeyRow> = by_key.iter().map(|(key, notes)| row(Some(*key), notes)).collect();
    if !notes.is_empty() {
        rows.push(row(None, &notes.iter().collect::<Vec<_>>()));
    }
    rows
}

fn row(key: Option<u8>, notes: &[&Note]) -> KeyRow {
    // A note without a pitch counts as infinitely far off.
    let error = |note: &Note| note.cents.map_or(f64::INFINITY, f64::abs);
    let errors: Vec<f64> = notes.iter().map(|note| error(note)).collect();
    let found: Vec<f64> = errors.iter().copied().filter(|cents| cents.is_finite()).collect();
    let grouped: Vec<(&str, f64)> = notes.iter().map(|note| (note.group.as_str(), error(note))).collect();
    KeyRow {
        key,
        sounds: notes.len(),
        without_pitch: notes.len() - found.len(),
        median_cents: median(&found),
        percentile_95_cents: quantile(&found, 0.95),
        within_5_cents: share_within(&errors, 5.0),
        within_5_cents_interval: interval(&grouped, &|errors| share_within(errors, 5.0)),
        within_10_cents: share_within(&errors, 10.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_without_pitch_counts_as_wrong() {
        let note = |key, cents| Note { group: format!("{key}"), key, cents };
        let rows = table(&[note(60, Some(-2.0)), note(60, Some(7.0)), note(60, None), note(72, Some(1.0))]);
        assert_eq!(rows.iter().map(|row| row.key).collect::<Vec<_>>(), [Some(60), Some(72), None]);
        assert_eq!((rows[0].sounds, rows[0].without_pitch), (3, 1));
        assert!((rows[0].within_5_cents - 1.0 / 3.0).abs() < 1e-9);
        assert!((rows[0].within_10_cents - 2.0 / 3.0).abs() < 1e-9);
        assert!((rows[2].within_5_cents - 0.5).abs() < 1e-9);
    }
}

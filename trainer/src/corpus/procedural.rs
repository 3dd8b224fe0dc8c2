//! A seeded generator of one-shots: synthesizers, drums and foley, each on a published model.
//!
//! An instrument is a parameter set that a family draws; its sounds are notes of different key and velocity. Every sound
//! depends on the seed and its own number alone, never on how many others are made.

mod additive;
mod clap;
mod dog;
mod envelope;
mod filter;
mod fm;
pub mod footsteps;
mod grains;
mod gunshot;
mod hat;
mod instrument;
mod kick;
mod mix;
mod modal;
mod modes;
mod motor;
mod note;
mod pad;
mod rain;
mod rng;
pub mod scenes;
mod snare;
mod sneeze;
mod string;
mod subtractive;
mod tract;
mod typing;
mod voice;
mod wave;
mod wavetable;

use std::collections::HashMap;

use anyhow::Result;
use engine::sample::Recording;

use super::writer::{CorpusWriter, Description};
use envelope::rise;
use instrument::Instrument;
pub use mix::{high_passed, low_passed};
use note::Note;
use rng::SoundRng;

/// How the generator is called among a corpus's sources.
pub const SOURCE: &str = "procedural generator";
/// Rate of every procedural sound.
const SAMPLE_RATE_HZ: f64 = 44_100.0;
/// Nothing is longer than this, just below the length of a corpus sound, so that nothing is cut off after its end's fade.
const LONGEST_S: f64 = 1.996;
/// Fade at the end of a sound that still rings.
const END_FADE_S: f64 = 0.03;
/// Content below this is offset, not sound.
const OFFSET_HZ: f64 = 12.0;
/// Random streams that belong to one instrument: one for its parameters, one for each note.
const STREAMS_PER_INSTRUMENT: u64 = 64;
/// Marks the ids of procedural recordings, which must differ from those of sound fonts and files.
const RECORDING_MARK: u64 = 1 << 41;

/// Draws the parameters of an instrument, of the style whose turn it is.
type Family = fn(&mut SoundRng, usize) -> Instrument;

/// The families, in the order in which instruments are drawn. Wide families come more than once.
const FAMILIES: [Family; 26] = [
    subtractive::draw,
    footsteps::draw,
    fm::draw,
    kick::draw,
    string::draw,
    rain::draw,
    modal::draw,
    snare::draw,
    gunshot::draw,
    additive::draw,
    typing::draw,
    voice::draw,
    hat::draw,
    motor::draw,
    wavetable::draw,
    dog::draw,
    pad::draw,
    clap::draw,
    sneeze::draw,
    subtractive::draw,
    footsteps::draw,
    fm::draw,
    string::draw,
    modal::draw,
    wavetable::draw,
    voice::draw,
];

/// Adds `count` sounds to the corpus.
///
/// # Errors
/// The corpus cannot be written.
pub fn generate(count: usize, seed: u64, writer: &mut CorpusWriter, progress: &dyn Fn(&str)) -> Result<()> {
    writer.add_source(format!("{SOURCE}, {count} sounds of seed {seed}"));
    let mut numbers = HashMap::<String, usize>::new();
    let mut made = 0;
    for index in 0.. {
        let instrument = draw(seed, index);
        let number = numbers.entry(instrument.label.clone()).or_default();
        *number += 1;
        let name = format!("{} {number}", instrument.label);
        progress(&name);
        for (position, note) in instrument.notes.iter().enumerate() {
            if made == count {
                return Ok(());
            }
            writer.add(describe(&instrument, &name, *note, index, seed), record(&instrument, seed, index, position))?;
            made += 1;
        }
    }
    Ok(())
}

fn describe(instrument: &Instrument, name: &str, note: Note, index: u64, seed: u64) -> Description {
    Description {
        name: name.to_owned(),
        category: instrument.category.to_owned(),
        instrument: name.to_owned(),
        key: note.key,
        velocity: note.velocity,
        source: format!("procedural, seed {seed}, instrument {index}"),
        recordings: vec![RECORDING_MARK + index],
    }
}

fn draw(seed: u64, index: u64) -> Instrument {
    let (round, place) = (index as usize / FAMILIES.len(), index as usize % FAMILIES.len());
    // Families that come twice in a round take different styles.
    FAMILIES[place](&mut SoundRng::new(seed, index * STREAMS_PER_INSTRUMENT), round + place)
}

/// One note of an instrument, without offset and with a quiet end.
fn record(instrument: &Instrument, seed: u64, index: u64, position: usize) -> Recording {
    let mut rng = SoundRng::new(seed, index * STREAMS_PER_INSTRUMENT + 1 + position as u64);
    let raw = (instrument.play)(instrument.notes[position], &mut rng);
    let samples = finished(&raw).into_iter().map(|sample| sample as f32).collect();
    Recording::new(samples, SAMPLE_RATE_HZ as u32)
}

fn finished(raw: &[f64]) -> Vec<f64> {
    let raw = &raw[..raw.len().min(samples_of(LONGEST_S))];
    let length_s = raw.len() as f64 / SAMPLE_RATE_HZ;
    let fade = |n: usize| rise(length_s - n as f64 / SAMPLE_RATE_HZ, END_FADE_S);
    without_offset(raw).iter().enumerate().map(|(n, sample)| sample * fade(n)).collect()
}

/// Takes out what is too low to be heard.
pub fn without_offset(samples: &[f64]) -> Vec<f64> {
    mix::high_passed(samples, OFFSET_HZ)
}

fn samples_of(seconds: f64) -> usize {
    (seconds * SAMPLE_RATE_HZ).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::category::is_drum;
    use crate::corpus::{Corpus, Split};
    use engine::measure::pitch_offset_cents;
    use engine::sample::one_shot;

    const SEED: u64 = 3;
    const ROUND: u64 = FAMILIES.len() as u64;
    const CORPUS_SAMPLES: usize = 88_064;
    const PITCH_TOLERANCE_CENTS: f64 = 5.0;

    fn prepared(index: u64, position: usize) -> Vec<f32> {
        let recording = record(&draw(SEED, index), SEED, index, position);
        one_shot(recording, SAMPLE_RATE_HZ as u32, CORPUS_SAMPLES).expect("a sound that can be heard").samples
    }

    #[test]
    fn every_family_is_finite_starts_at_once_and_ends_quietly() {
        for index in 0..ROUND {
            let instrument = draw(SEED, index);
            let sound = prepared(index, index as usize % instrument.notes.len());
            let label = &instrument.label;
            assert!(sound.iter().all(|sample| sample.is_finite()), "{label}");
            assert_eq!(sound.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs())), 1.0, "{label}");
            let mean = sound.iter().sum::<f32>() / sound.len() as f32;
            assert!(mean.abs() < 1e-3, "{label}: offset {mean}");
            let onset = sound.iter().position(|sample| sample.abs() > 0.01).unwrap_or(sound.len());
            assert!(onset <= 50, "{label}: onset at {onset}");
            let end = sound[sound.len() - 20..].iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
            assert!(end < 0.01, "{label}: ends at {end}");
        }
    }

    #[test]
    fn pitched_families_sound_at_their_key() {
        for index in (0..ROUND).chain(2 * ROUND..2 * ROUND + 9) {
            let instrument = draw(SEED, index);
            if is_drum(instrument.category) {
                continue;
            }
            for position in [index as usize % 2, 2 + index as usize % 2] {
                let note = instrument.notes[position];
                let sound = record(&instrument, SEED, index, position).samples;
                let cents = pitch_offset_cents(&sound, SAMPLE_RATE_HZ, note.frequency_hz()).expect("a pitch");
                assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "{} key {}: {cents} cents", instrument.label, note.key);
            }
        }
    }

    #[test]
    fn velocity_changes_more_than_the_level() {
        let instrument = draw(SEED, 0);
        let hard = instrument.notes[0];
        let soft = instrument.notes.iter().position(|note| note.velocity < hard.velocity).expect("a soft note");
        let twin =
            instrument.notes.iter().position(|note| note.key == instrument.notes[soft].key).expect("its hard twin");
        // The same random stream for both, so that nothing but the stroke can differ.
        let play = |position: usize| {
            let samples = (instrument.play)(instrument.notes[position], &mut SoundRng::new(SEED, 1));
            let peak = samples.iter().fold(0.0f64, |peak, sample| peak.max(sample.abs()));
            samples.into_iter().map(move |sample| sample / peak)
        };
        let difference: f64 = play(soft).zip(play(twin)).map(|(a, b)| (a - b).powi(2)).sum();
        let power: f64 = play(twin).map(|sample| sample.powi(2)).sum();
        assert!(difference > 0.01 * power, "{difference} of {power}");
    }

    #[test]
    fn the_same_seed_makes_the_same_corpus_and_no_group_is_divided() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let make = |name: &str, seed: u64| {
            let path = folder.path().join(name);
            let mut writer = CorpusWriter::new(&path).expect("a corpus can be started");
            generate(70, seed, &mut writer, &|_| ()).expect("sounds can be made");
            writer.finish(0.3, 1).expect("a corpus can be finished");
            Corpus::open(&path).expect("the corpus opens")
        };
        let (first, again, other) = (make("first", 1), make("again", 1), make("other", 2));
        assert_eq!(first.id, again.id);
        assert_ne!(first.id, other.id);
        let members = |split| first.split(split).into_iter().map(|item| (&item.group, &item.instrument));
        let held_out: Vec<_> = members(Split::HeldOut).collect();
        assert!(!held_out.is_empty());
        let divided = |(group, instrument)| held_out.iter().any(|(g, i)| *g == group || *i == instrument);
        assert!(!members(Split::Train).any(divided));
    }
}

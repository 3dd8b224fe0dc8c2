//! A seeded generator of one-shots: synthesizers, drums and foley, each on a published model.
//!
//! An instrument is a parameter set that a family draws; its sounds are notes of different key and velocity. Every sound
//! depends on the seed and its own number alone, never on how many others are made.

mod additive;
mod clap;
mod dice;
mod dog;
mod envelope;
mod filter;
mod fm;
mod footsteps;
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
use dice::Dice;
use envelope::rise;
use filter::{FLAT_Q, Svf};
use instrument::Instrument;
use note::Note;

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

/// Draws the parameters of an instrument.
type Family = fn(&mut Dice) -> Instrument;

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
pub fn generate(count: usize, seed: u64, writer: &mut CorpusWriter, progress: &dyn Fn(&str)) -> Result<()> {
    writer.add_source(format!("procedural generator, {count} sounds of seed {seed}"));
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
    let family = FAMILIES[(index % FAMILIES.len() as u64) as usize];
    family(&mut Dice::new(seed, index * STREAMS_PER_INSTRUMENT))
}

/// One note of an instrument, without offset and with a quiet end.
fn record(instrument: &Instrument, seed: u64, index: u64, position: usize) -> Recording {
    let mut dice = Dice::new(seed, index * STREAMS_PER_INSTRUMENT + 1 + position as u64);
    let raw = (instrument.play)(instrument.notes[position], &mut dice);
    let samples = finished(&raw).into_iter().map(|sample| sample as f32).collect();
    Recording { samples, sample_rate_hz: SAMPLE_RATE_HZ as u32, notes: Vec::new() }
}

fn finished(raw: &[f64]) -> Vec<f64> {
    let raw = &raw[..raw.len().min(samples_of(LONGEST_S))];
    let mut offset = Svf::default();
    let length_s = raw.len() as f64 / SAMPLE_RATE_HZ;
    let fade = |n: usize| rise(length_s - n as f64 / SAMPLE_RATE_HZ, END_FADE_S);
    raw.iter().enumerate().map(|(n, sample)| offset.high(*sample, OFFSET_HZ, FLAT_Q) * fade(n)).collect()
}

fn samples_of(seconds: f64) -> usize {
    (seconds * SAMPLE_RATE_HZ).round() as usize
}

//! A corpus of labelled footsteps: walkers, each in every action. Floors and shoes are taken in turn, so that all are as frequent.

use std::collections::BTreeMap;

use anyhow::Result;
use engine::sample::Recording;

use super::super::rng::SoundRng;
use super::super::{SAMPLE_RATE_HZ, SOURCE, finished, samples_of};
use super::floor::FLOORS;
use super::force::{ACTIONS, Action};
use super::shoe::SHOES;
use super::walker::Walker;
use crate::corpus::writer::{CorpusWriter, Description};

/// Length of the clips of the footstep model, in seconds: what lies beyond is faded out.
const CLIP_S: f64 = 1.67;
/// Random streams of a walker: one for himself, the others for his actions.
const STREAMS: u64 = 16;
/// Marks the ids of these recordings.
const RECORDING_MARK: u64 = 1 << 42;
const KEY: u8 = 60;

/// One clip and its labels.
pub struct Clip {
    /// Samples at the procedural rate, finished.
    pub samples: Vec<f64>,
    pub labels: BTreeMap<String, String>,
    name: String,
    velocity: u8,
}

/// Adds `count` clips to the corpus.
///
/// # Errors
/// The corpus cannot be written.
pub fn generate(count: usize, seed: u64, writer: &mut CorpusWriter, progress: &dyn Fn(&str)) -> Result<()> {
    writer.add_source(format!("{SOURCE}, {count} footsteps of seed {seed}"));
    for number in 0..count {
        let (index, place) = (number / ACTIONS.len(), number % ACTIONS.len());
        let clip = make(seed, index, place);
        progress(&clip.name);
        let instrument = format!("Footsteps of walker {}", index + 1);
        let description = Description {
            name: clip.name,
            category: "Footsteps".to_owned(),
            instrument,
            key: KEY,
            velocity: clip.velocity,
            source: format!("procedural footsteps, seed {seed}, walker {index}, action {place}"),
            recordings: vec![RECORDING_MARK + index as u64],
        };
        let samples = clip.samples.into_iter().map(|sample| sample as f32).collect();
        writer.add_labelled(description, clip.labels, Recording::new(samples, SAMPLE_RATE_HZ as u32))?;
    }
    Ok(())
}

/// Action `place` of walker `index`.
fn make(seed: u64, index: usize, place: usize) -> Clip {
    let (floor, shoe) = (&FLOORS[index % FLOORS.len()], &SHOES[index / FLOORS.len() % SHOES.len()]);
    let streams = RECORDING_MARK + index as u64 * STREAMS;
    let walker = Walker::draw(floor, shoe, &mut SoundRng::new(seed, streams));
    let (action, named): (Action, &str) = ACTIONS[place];
    let mut rng = SoundRng::new(seed, streams + 1 + place as u64);
    let strength = rng.between(0.45, 1.0);
    let mut raw = walker.play(action, strength, 1.0, &mut rng);
    raw.truncate(samples_of(CLIP_S));
    let pace = if walker.pace < 0.93 {
        "quick"
    } else if walker.pace > 1.07 {
        "slow"
    } else {
        "even"
    };
    let labels = [
        ("floor", floor.label.to_owned()),
        ("shoe", shoe.label.to_owned()),
        ("action", named.to_owned()),
        ("gait", pace.to_owned()),
        ("weight_kg", format!("{:.0}", walker.mass_kg)),
    ];
    Clip {
        samples: finished(&raw),
        labels: labels.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        name: format!("{} {named}, {} {}", capital(floor.label), shoe.label, index / FLOORS.len() + 1),
        velocity: (127.0 * strength) as u8,
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::spectral::{FrameAnalysis, SpectralShape};

    const SEED: u64 = 5;
    /// Least distance of the mean spectra of two floors, in dB, mean over bands: that of two halves of one floor's clips is below it.
    const APART_DB: f32 = 1.0;

    fn level(samples: &[f64]) -> f64 {
        samples.iter().fold(0.0, |peak: f64, sample| peak.max(sample.abs()))
    }

    #[test]
    fn clips_are_seeded_labelled_sound_and_end_within_the_clip() {
        for index in 0..20 {
            for place in 0..ACTIONS.len() {
                let clip = make(SEED, index, place);
                let name = &clip.name;
                assert_eq!(clip.samples, make(SEED, index, place).samples, "{name}");
                assert_ne!(clip.samples, make(SEED + 1, index, place).samples, "{name}");
                assert!(clip.samples.iter().all(|sample| sample.is_finite()), "{name}");
                assert!(clip.samples.len() <= samples_of(CLIP_S) && level(&clip.samples) > 0.01, "{name}");
                let mean = clip.samples.iter().sum::<f64>() / clip.samples.len() as f64;
                assert!(mean.abs() < 2e-3 * level(&clip.samples), "{name}: offset {mean}");
                let end = level(&clip.samples[clip.samples.len() - 20..]);
                assert!(end < 0.01 * level(&clip.samples), "{name} ends at {end}");
                let labels = ["floor", "shoe", "action", "gait", "weight_kg"];
                assert!(labels.iter().all(|label| clip.labels.contains_key(*label)), "{name}");
            }
        }
    }

    #[test]
    fn floors_differ_in_their_spectra() {
        let shape = SpectralShape::DEFAULT;
        let mut analysis = FrameAnalysis::new(&shape);
        let mut spectrum = |floor: usize, walkers: [usize; 4]| -> Vec<f32> {
            let mut sum = vec![0.0; shape.mel_bands];
            for round in walkers {
                let clip = make(SEED, floor + round * FLOORS.len(), 0);
                let mut samples: Vec<f32> = clip.samples.iter().map(|sample| *sample as f32).collect();
                engine::sample::normalise_loudness(&mut samples, shape.sample_rate_hz);
                let frames = analysis.frames(&samples);
                for (band, sum) in sum.iter_mut().enumerate() {
                    let power = frames.band(band).iter().map(|value| 10f32.powf(shape.denormalise_db(*value) / 10.0));
                    *sum += power.sum::<f32>();
                }
            }
            sum.into_iter().map(|power| 10.0 * power.max(1e-12).log10()).collect()
        };
        let spectra: Vec<Vec<f32>> = (0..FLOORS.len()).map(|floor| spectrum(floor, [0, 1, 2, 3])).collect();
        let distance = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>() / a.len() as f32;
        for (first, a) in spectra.iter().enumerate() {
            for (second, b) in spectra.iter().enumerate().skip(first + 1) {
                let apart = distance(a, b);
                assert!(apart > APART_DB, "{} and {}: {apart} dB", FLOORS[first].label, FLOORS[second].label);
            }
        }
    }
}

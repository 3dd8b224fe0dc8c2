//! How well imports hear keys and onsets: `cargo run --release -p engine --example hear_keys -- FONT.sf2`.
//!
//! Plays the melodic programs of a General MIDI sound font (Debian: `fluid-soundfont-gm`) at keys 24 to 108, and bells made of partials and of
//! frequency modulation. Prints how many keys are within 30 cents, how many of the wrong ones are believed, and how many onsets lie within
//! 20 ms when a second of noise is in front. Programs whose sound is not at the key of the note are listed in [`ELSEWHERE`].

#![expect(clippy::disallowed_macros, reason = "a program of its own: it prints what it measured")]

use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use engine::import::heard_key;
use engine::sample::{Recording, one_shot, start_s};
use engine::units::{db_to_gain, key_to_hz};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rustysynth::{SoundFont, Synthesizer, SynthesizerSettings};

const RATE_HZ: u32 = 44_100;
const LENGTH: usize = 88_064;
/// Confidence from which on a key is used.
const BELIEVED: f32 = 0.6;
/// Largest error of a key, in semitones.
const TOLERANCE: f32 = 0.3;
/// Programs without one key: organs with a sixteen-foot stop, harmonics, timpani, an orchestra's chord, and two in fifths.
const ELSEWHERE: [u8; 8] = [16, 17, 18, 31, 47, 55, 86, 97];
/// Programs that are bells: glockenspiel and tubular bells.
const BELLS: [u8; 2] = [9, 14];
const MELODIC: u8 = 112;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("give the path of a sound font")?;
    let font = Arc::new(SoundFont::new(&mut BufReader::new(File::open(path)?))?);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let (mut tones, mut font_bells, mut onsets) = (Count::default(), Count::default(), Count::default());
    for program in (0..MELODIC).filter(|program| !ELSEWHERE.contains(program)) {
        for key in (24..=108_u8).step_by(3) {
            let samples = play(&font, program, key)?;
            if samples.iter().all(|sample| sample.abs() < 1e-3) {
                continue;
            }
            let count = if BELLS.contains(&program) { &mut font_bells } else { &mut tones };
            count.key(&samples, f32::from(key))?;
            onsets.onset(&samples, &mut rng)?;
        }
    }
    tones.print("tones of the font");
    font_bells.print("bells of the font");
    onsets.print("onsets in noise of -70 to -40 dB");
    for (name, make) in
        [("bells of partials", church_bell as fn(f64, &mut ChaCha8Rng) -> Vec<f32>), ("bells of modulation", modulated)]
    {
        let mut bells = Count::default();
        for _ in 0..200 {
            let key = between(&mut rng, 48.0, 88.0);
            bells.key(&make(key, &mut rng), key as f32)?;
        }
        bells.print(name);
    }
    Ok(())
}

/// How many of how many are right, and how many of the wrong ones are believed.
#[derive(Default)]
struct Count {
    all: usize,
    right: usize,
    believed: usize,
}

impl Count {
    fn key(&mut self, samples: &[f32], key: f32) -> Result<(), Box<dyn Error>> {
        let shot = one_shot(Recording::new(samples.to_vec(), RATE_HZ), RATE_HZ, LENGTH)?;
        let (heard, confidence) = heard_key(&shot.samples, RATE_HZ).unwrap_or((0.0, 0.0));
        let is_right = (heard - key).abs() < TOLERANCE;
        self.all += 1;
        self.right += usize::from(is_right);
        self.believed += usize::from(!is_right && confidence >= BELIEVED);
        Ok(())
    }

    fn onset(&mut self, samples: &[f32], rng: &mut ChaCha8Rng) -> Result<(), Box<dyn Error>> {
        let clean_s = start_s(&Recording::new(samples.to_vec(), RATE_HZ))?;
        let gain = db_to_gain(between(rng, -70.0, -40.0) as f32) * 3.0_f32.sqrt();
        let silence = vec![0.0; RATE_HZ as usize];
        let noisy = silence.iter().chain(samples).map(|sample| sample + gain * between(rng, -1.0, 1.0) as f32);
        let found_s = start_s(&Recording::new(noisy.collect(), RATE_HZ))? - 1.0;
        self.all += 1;
        self.right += usize::from((found_s - clean_s).abs() < 0.02);
        Ok(())
    }

    fn print(&self, name: &str) {
        let percent = |count: usize| 100.0 * count as f64 / self.all.max(1) as f64;
        println!(
            "{name}: {:.2} % of {} right, {:.2} % wrong and believed",
            percent(self.right),
            self.all,
            percent(self.believed)
        );
    }
}

/// A held note, mono, of peak 0.8.
fn play(font: &Arc<SoundFont>, program: u8, key: u8) -> Result<Vec<f32>, Box<dyn Error>> {
    const PROGRAM_CHANGE: i32 = 0xC0;
    let mut settings = SynthesizerSettings::new(RATE_HZ as i32);
    settings.enable_reverb_and_chorus = false;
    let mut synthesizer = Synthesizer::new(font, &settings)?;
    synthesizer.process_midi_message(0, PROGRAM_CHANGE, i32::from(program), 0);
    synthesizer.note_on(0, i32::from(key), 100);
    let (mut left, mut right) = (vec![0.0; LENGTH], vec![0.0; LENGTH]);
    synthesizer.render(&mut left, &mut right);
    let samples: Vec<f32> = left.iter().zip(&right).map(|(left, right)| 0.5 * (left + right)).collect();
    let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    Ok(if peak < 1e-3 { samples } else { samples.iter().map(|sample| 0.8 * sample / peak).collect() })
}

/// Partials of a church bell, each level and decay at random.
fn church_bell(key: f64, rng: &mut ChaCha8Rng) -> Vec<f32> {
    const PARTIALS: [(f64, f64, f64); 10] = [
        (0.5, -6.0, 0.6),
        (1.0, -3.0, 1.2),
        (1.2, -3.0, 1.5),
        (1.5, -12.0, 2.0),
        (2.0, 0.0, 2.5),
        (2.5, -12.0, 4.0),
        (2.67, -14.0, 4.0),
        (3.0, -5.0, 5.0),
        (4.0, -8.0, 7.0),
        (5.33, -12.0, 9.0),
    ];
    let partials = PARTIALS.map(|(place, level_db, decay)| {
        let level_db = level_db + between(rng, -5.0, 5.0);
        (place * key_to_hz(key), f64::from(db_to_gain(level_db as f32)), decay * between(rng, 0.7, 1.3))
    });
    let sound = |time_s: f64| {
        let partial = |(hz, level, decay): &(f64, f64, f64)| {
            level * (-decay * time_s).exp() * (std::f64::consts::TAU * hz * time_s).sin()
        };
        0.1 * partials.iter().map(partial).sum::<f64>() as f32
    };
    (0..LENGTH).map(|n| sound(n as f64 / f64::from(RATE_HZ))).collect()
}

/// Frequency modulation whose index falls.
fn modulated(key: f64, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let ratios = [1.4, 3.5, 1.41, 2.76, 2.4, 0.7, 3.13];
    let ratio = ratios[rng.next_u32() as usize % ratios.len()];
    let (index, decay, fall) = (between(rng, 0.5, 6.0), between(rng, 1.0, 3.0), between(rng, 1.0, 6.0));
    let sound = |time_s: f64| {
        let phase = std::f64::consts::TAU * key_to_hz(key) * time_s;
        (0.7 * (-decay * time_s).exp() * (phase + index * (-fall * time_s).exp() * (ratio * phase).sin()).sin()) as f32
    };
    (0..LENGTH).map(|n| sound(n as f64 / f64::from(RATE_HZ))).collect()
}

fn between(rng: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * f64::from(rng.next_u32()) / f64::from(u32::MAX)
}

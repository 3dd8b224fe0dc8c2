//! One side of `cargo xtask bench`: what 32 sounding voices cost the audio thread.
//!
//! Prints one line about the synthesizer. Each line on standard input asks for a second of 32 notes; the answer is one line of JSON,
//! a list with one entry.

#![expect(clippy::disallowed_methods, reason = "a program of its own: it waits for the worker")]

use std::error::Error;
use std::io::{BufRead, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::audio::{Event, EventKind, NoteAddress, Synth};
use engine::decode::{Model, Pool};
use engine::instrument;
use engine::pack::Pack;
use engine::params::Controls;
use serde_json::json;

const SAMPLE_RATE_HZ: f32 = 48_000.0;
const BLOCK_SAMPLES: usize = 256;
/// Neighbouring keys, so that several voices share a zone, as in a chord.
const KEYS: std::ops::Range<u8> = 44..76;
const VELOCITY: f32 = 0.8;
/// Well inside the two seconds of a sound, so that every voice sounds throughout.
const LENGTH_S: f32 = 1.0;
/// Rounds that also fetch every zone that the keys need.
const FIRST_ROUNDS: usize = 5;
/// Time for the worker after a round.
const PAUSE: Duration = Duration::from_millis(50);

fn main() -> Result<(), Box<dyn Error>> {
    let pool = Pool::new(1)?;
    let (mut synth, _instance) = instrument::create(&pool, Arc::new(Model::load(&Pack::factory()?)?), Arc::default());
    synth.set_sample_rate(SAMPLE_RATE_HZ);
    (0..FIRST_ROUNDS).for_each(|_| {
        percent_of_a_core(&mut synth);
    });
    let mut out = std::io::stdout().lock();
    let about = json!({ "name": "Heptode", "voices": KEYS.len(), "sample_rate_hz": SAMPLE_RATE_HZ });
    writeln!(out, "{about}")?;
    for line in std::io::stdin().lock().lines() {
        line?;
        writeln!(out, "{}", json!([{ "percent": percent_of_a_core(&mut synth) }]))?;
        out.flush()?;
    }
    Ok(())
}

/// Plays all keys for a second and gives the time that rendering took, in percent of that second.
fn percent_of_a_core(synth: &mut Synth) -> f64 {
    let controls = Controls::default();
    let (mut left, mut right) = ([0.0_f32; BLOCK_SAMPLES], [0.0_f32; BLOCK_SAMPLES]);
    for key in KEYS {
        let kind = EventKind::NoteOn { note: NoteAddress::key(0, key), velocity: VELOCITY };
        synth.render(&[Event { offset: 0, kind }], &controls, &mut [], &mut []);
    }
    let blocks = (LENGTH_S * SAMPLE_RATE_HZ) as usize / BLOCK_SAMPLES;
    let started = Instant::now();
    for _ in 0..blocks {
        synth.render(&[], &controls, &mut left, &mut right);
        std::hint::black_box((&left, &right));
    }
    let time_s = started.elapsed().as_secs_f64();
    let silence = EventKind::Choke { notes: NoteAddress::ALL };
    synth.render(&[Event { offset: 0, kind: silence }], &controls, &mut left, &mut right);
    std::thread::sleep(PAUSE);
    100.0 * time_s * f64::from(SAMPLE_RATE_HZ) / (blocks * BLOCK_SAMPLES) as f64
}

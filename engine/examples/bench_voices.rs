//! One side of `cargo xtask bench`: what 32 sounding voices cost the audio thread. With the argument `full` each is filtered, two LFOs and
//! eight routes move it, and all four effects are on.
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
use engine::params::{Controls, ModDestination, ModSource, Route};
use serde_json::json;

const SAMPLE_RATE_HZ: f32 = 48_000.0;
const BLOCK_SAMPLES: usize = 256;
/// Of the full instrument: what its goal names.
const SMALL_BLOCK_SAMPLES: usize = 64;
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
    let is_full = std::env::args().nth(1).as_deref() == Some("full");
    let controls = if is_full { full() } else { Controls::default() };
    let block_samples = if is_full { SMALL_BLOCK_SAMPLES } else { BLOCK_SAMPLES };
    let pool = Pool::new(1)?;
    let (mut synth, _instance) = instrument::create(&pool, Arc::new(Model::load(&Pack::factory()?)?), Arc::default());
    synth.set_sample_rate(SAMPLE_RATE_HZ);
    (0..FIRST_ROUNDS).for_each(|_| {
        percent_of_a_core(&mut synth, &controls, block_samples);
    });
    let mut out = std::io::stdout().lock();
    let about = json!({ "name": "Heptode", "voices": KEYS.len(), "sample_rate_hz": SAMPLE_RATE_HZ });
    writeln!(out, "{about}")?;
    for line in std::io::stdin().lock().lines() {
        line?;
        writeln!(out, "{}", json!([{ "percent": percent_of_a_core(&mut synth, &controls, block_samples) }]))?;
        out.flush()?;
    }
    Ok(())
}

/// A low pass of 24 dB per octave, two LFOs, eight routes to the voices, drive, ensemble, delay and reverb.
fn full() -> Controls {
    let mut controls = Controls::default();
    (controls.filter.kind, controls.filter.cutoff_key, controls.filter.resonance) = (2.0, 90.0, 0.3);
    (controls.filter.drive_db, controls.filter.envelope_semitones) = (6.0, 24.0);
    let routes = [
        (ModSource::Lfo1, ModDestination::Pitch),
        (ModSource::Lfo2, ModDestination::Cutoff),
        (ModSource::Lfo1, ModDestination::Pan),
        (ModSource::Lfo2, ModDestination::Gain),
        (ModSource::Velocity, ModDestination::Cutoff),
        (ModSource::Envelope2, ModDestination::Resonance),
        (ModSource::Key, ModDestination::Pan),
        (ModSource::Random, ModDestination::Pitch),
    ];
    for (index, (source, destination)) in routes.into_iter().enumerate() {
        controls.routes[index] = Route { source, via: ModSource::None, destination };
        controls.motion.amounts[index] = 0.05;
    }
    (controls.space.drive, controls.space.ensemble) = (0.3, 0.5);
    (controls.space.delay, controls.space.reverb) = (0.3, 0.3);
    controls
}

/// Plays all keys for a second and gives the time that rendering took, in percent of that second.
fn percent_of_a_core(synth: &mut Synth, controls: &Controls, block_samples: usize) -> f64 {
    let (mut left, mut right) = ([0.0_f32; BLOCK_SAMPLES], [0.0_f32; BLOCK_SAMPLES]);
    let (left, right) = (&mut left[..block_samples], &mut right[..block_samples]);
    for key in KEYS {
        let kind = EventKind::NoteOn { note: NoteAddress::key(0, key), velocity: VELOCITY };
        synth.render(&[Event { offset: 0, kind }], controls, &mut [], &mut []);
    }
    let blocks = (LENGTH_S * SAMPLE_RATE_HZ) as usize / block_samples;
    let started = Instant::now();
    for _ in 0..blocks {
        synth.render(&[], controls, left, right);
        std::hint::black_box((&*left, &*right));
    }
    let time_s = started.elapsed().as_secs_f64();
    let silence = EventKind::Choke { notes: NoteAddress::ALL };
    synth.render(&[Event { offset: 0, kind: silence }], controls, left, right);
    std::thread::sleep(PAUSE);
    100.0 * time_s * f64::from(SAMPLE_RATE_HZ) / (blocks * block_samples) as f64
}

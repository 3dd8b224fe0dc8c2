//! One side of `cargo xtask bench`: what 32 sounding voices cost the audio thread. One line of JSON on standard output.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a program of its own: it waits for the worker and prints what it measured"
)]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::audio::{Controls, Event, EventKind};
use engine::decode::{Model, Pool};
use engine::instrument;
use engine::pack::Pack;
use serde_json::json;

const SAMPLE_RATE_HZ: f32 = 48_000.0;
const BLOCK_SAMPLES: usize = 256;
const VOICES: u8 = 32;
/// Well inside the two seconds of a sound, so that every voice sounds throughout.
const LENGTH_S: f32 = 1.0;
const REPEATS: usize = 30;

fn main() -> Result<(), Box<dyn Error>> {
    let pool = Pool::new(1)?;
    let (mut synth, _instance) = instrument::create(&pool, Arc::new(Model::load(&Pack::factory()?)?));
    synth.set_sample_rate(SAMPLE_RATE_HZ);
    let controls = Controls::default();
    let mut out = [0.0_f32; BLOCK_SAMPLES];
    let blocks = (LENGTH_S * SAMPLE_RATE_HZ) as usize / BLOCK_SAMPLES;
    let mut times = Vec::with_capacity(REPEATS);
    // The first rounds also fetch every zone that the keys need; they are played but not counted.
    for round in 0..REPEATS + 5 {
        for key in 0..VOICES {
            let kind = EventKind::NoteOn { key: 44 + key, velocity: 0.8, channel: 0 };
            synth.render(&[Event { offset: 0, kind }], &controls, &mut []);
        }
        let started = Instant::now();
        for _ in 0..blocks {
            synth.render(&[], &controls, &mut out);
            std::hint::black_box(&out);
        }
        if round >= 5 {
            times.push(started.elapsed().as_secs_f64());
        }
        synth.render(&[Event { offset: 0, kind: EventKind::AllSoundOff }], &controls, &mut out);
        std::thread::sleep(Duration::from_millis(50));
    }
    times.sort_by(f64::total_cmp);
    let percent = 100.0 * times[times.len() / 2] / (blocks * BLOCK_SAMPLES) as f64 * f64::from(SAMPLE_RATE_HZ);
    println!("{}", json!({ "voices": VOICES, "sample_rate_hz": SAMPLE_RATE_HZ, "percent_of_a_core": percent }));
    Ok(())
}

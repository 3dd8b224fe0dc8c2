//! Time in which a pack of kind `raw` makes its sounds, against the time that they last: one thread, no pool. One line of JSON on standard
//! output.
//!
//! A round is short beside a scheduler's time slice, so that the fastest one is without the other programs of a busy machine.
//!
//! usage: bench_raw PACK

#![expect(clippy::disallowed_macros, reason = "a program of its own: it prints what it measured")]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use engine::decode::raw::{Generator, RawModel, Wish};
use engine::pack::AnyPack;
use serde_json::json;

/// Sounds of one second, and the rounds of each.
const SOUNDS: u64 = 6;
const ROUNDS: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: bench_raw PACK")?;
    let pack = AnyPack::open(Path::new(&path))?.into_raw()?;
    let manifest = pack.manifest();
    let started = Instant::now();
    let model = Arc::new(RawModel::load(&pack)?);
    let load_ms = started.elapsed().as_secs_f64() * 1e3;
    let mut block = vec![0.0; manifest.sample_rate_hz as usize / ROUNDS];
    let mut microseconds = Vec::new();
    for seed in 0..SOUNDS {
        let wish = Wish {
            class_weights: vec![1.0; manifest.classes.len()],
            temperature: manifest.temperature,
            keep: manifest.keep,
            seed,
            prime: Vec::new(),
            with_prime: true,
        };
        let mut sound = Generator::new(Arc::clone(&model), &wish)?;
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            sound.fill(&mut block);
            std::hint::black_box(&block);
            microseconds.push(begun.elapsed().as_secs_f64() * 1e6 / block.len() as f64);
        }
    }
    microseconds.sort_by(f64::total_cmp);
    let at = |part: usize| microseconds[microseconds.len() * part / 100];
    let times = |microseconds: f64| 1e6 / (f64::from(manifest.sample_rate_hz) * microseconds);
    println!(
        "{}",
        json!({
            "load_ms": load_ms, "sample_us": { "least": at(0), "tenth": at(10), "median": at(50) },
            "times_real_time": { "fastest": times(at(0)), "tenth": times(at(10)), "median": times(at(50)) },
        })
    );
    Ok(())
}

//! Time in which a pack of kind `raw` makes its sounds, against the time that they last, and whether a sample takes as long late in a sound as
//! early: one thread, no pool. One line of JSON on standard output.
//!
//! A round is short beside a scheduler's time slice, so that the fastest one is without the other programs of a busy machine.
//!
//! usage: bench_raw [NAME|PACK], a built-in pack's name, `raw` if none is given, or a file or folder

#![expect(clippy::disallowed_macros, reason = "a program of its own: it prints what it measured")]

use std::error::Error;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use engine::decode::raw::{Generator, RawModel, Wish};
use engine::pack::{AnyPack, PackError};
use serde_json::json;

/// Sounds, their length in seconds, and the rounds of a second.
const SOUNDS: u64 = 6;
const SECONDS: usize = 10;
const ROUNDS: usize = 100;

/// The built-in pack of this name, else the pack of this file or folder.
fn open(word: &OsStr) -> Result<AnyPack, PackError> {
    let shipped = word.to_str().map_or(Ok(None), AnyPack::shipped)?;
    shipped.map_or_else(|| AnyPack::open(Path::new(word)), Ok)
}

/// The time below which this part of the rounds took, in percent.
fn at(microseconds: &mut [f64], part: usize) -> f64 {
    microseconds.sort_by(f64::total_cmp);
    microseconds[microseconds.len() * part / 100]
}

fn main() -> Result<(), Box<dyn Error>> {
    let pack = open(&std::env::args_os().nth(1).unwrap_or_else(|| "raw".into()))?.into_raw()?;
    let manifest = pack.manifest();
    let started = Instant::now();
    let model = Arc::new(RawModel::load(&pack)?);
    let load_ms = started.elapsed().as_secs_f64() * 1e3;
    let mut block = vec![0.0; manifest.sample_rate_hz as usize / ROUNDS];
    let mut seconds = vec![Vec::new(); SECONDS];
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
        for microseconds in &mut seconds {
            for _ in 0..ROUNDS {
                let begun = Instant::now();
                sound.fill(&mut block);
                std::hint::black_box(&block);
                microseconds.push(begun.elapsed().as_secs_f64() * 1e6 / block.len() as f64);
            }
        }
    }
    let last_over_first = at(&mut seconds[SECONDS - 1], 10) / at(&mut seconds[0], 10);
    let mut all = seconds.concat();
    let [least, tenth, median] = [0, 10, 50].map(|part| at(&mut all, part));
    let times = |microseconds: f64| 1e6 / (f64::from(manifest.sample_rate_hz) * microseconds);
    println!(
        "{}",
        json!({
            "load_ms": load_ms, "sample_us": { "least": least, "tenth": tenth, "median": median },
            "times_real_time": { "fastest": times(least), "tenth": times(tenth), "median": times(median) },
            "last_second_over_first": last_over_first,
        })
    );
    Ok(())
}

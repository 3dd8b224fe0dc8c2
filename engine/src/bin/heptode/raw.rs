//! `heptode raw`: a sound made sample by sample. Main thread.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use engine::decode::end_fade::{END_FADE_SAMPLES, end_gain};
use engine::decode::raw::{Generator, PrimeRoom, RawModel, Wish};
use engine::pack::RawManifest;
use engine::sample::read_from;
use engine::state::Prime;
use serde_json::json;

use crate::args::RawArgs;
use crate::class::class_weights;
use crate::failure::Failure;
use crate::output::{noted, path_text};
use crate::studio::open_pack;
use crate::watch::Watch;

/// Samples of a block.
const BLOCK: usize = 512;

pub(crate) fn run(args: &RawArgs) -> Result<(), Failure> {
    let inputs: Vec<&Path> = args.prime.as_deref().into_iter().chain([args.pack.as_path()]).collect();
    args.out.check(&inputs, 0)?;
    let pack = open_pack(&args.pack)?.into_raw()?;
    let manifest = pack.manifest();
    let rate_hz = manifest.sample_rate_hz;
    args.out.check(&inputs, rate_hz)?;
    let length = match args.seconds {
        Some(seconds) => (f64::from(seconds) * f64::from(rate_hz)).round() as usize,
        None => manifest.length_samples,
    };
    args.out.check_length(length as u64, 1, rate_hz)?;
    let class_weights = class_weights(args.class.as_deref(), &args.weights, &manifest.classes)?;
    let (prime, mut notes) = match &args.prime {
        Some(file) => prime(file, args.prime_ms, manifest)?,
        None => (Vec::new(), Vec::new()),
    };
    if length > manifest.length_samples {
        let trained_s = manifest.length_samples as f64 / f64::from(rate_hz);
        notes.push(format!("the network was trained on sounds of {trained_s:.2} s; this one is longer"));
    }
    let wish = Wish {
        class_weights,
        temperature: args.temperature.unwrap_or(manifest.temperature),
        keep: args.keep.unwrap_or(manifest.keep),
        seed: args.seed,
        prime,
        with_prime: !args.after_prime,
    };
    let generator = Generator::new(Arc::new(RawModel::load(&pack)?), &wish)?;
    let started = Instant::now();
    let (peak, written) = write(args, generator, length, rate_hz)?;
    let took_s = started.elapsed().as_secs_f64();
    notes.extend(written);
    let seconds = length as f64 / f64::from(rate_hz);
    let text = format!(
        "{}: {seconds:.3} s at {rate_hz} Hz, peak {peak:.3}, seed {}, {:.1} times faster than it sounds\n{}",
        args.out.text(),
        args.seed,
        seconds / took_s,
        noted(&notes)
    );
    let json = json!({
        "command": "raw", "pack": { "id": manifest.id, "hash": pack.hash() }, "out": args.out.text(), "seed": args.seed,
        "classes": manifest.classes, "class_weights": wish.class_weights, "temperature": wish.temperature, "keep": wish.keep,
        "prime": args.prime.as_deref().map(path_text), "prime_samples": wish.prime.len(), "with_prime": wish.with_prime,
        "rate_hz": rate_hz, "channels": 1, "samples": length, "end_fade_samples": END_FADE_SAMPLES, "peak": peak, "milliseconds": took_s * 1000.0, "notes": notes,
    });
    args.out.report(args.json, &text, &json)
}

/// Writes the sound block by block, faded out at its end as the instrument plays it; returns its peak and remarks.
fn write(args: &RawArgs, mut generator: Generator, length: usize, rate_hz: u32) -> Result<(f32, Vec<String>), Failure> {
    let mut watch = Watch::new(length as u64, "making, in samples");
    let (mut done, mut peak) = (0, 0.0_f32);
    let written = args.out.write_blocks(1, rate_hz, |block| {
        watch.look(done as u64)?;
        block.resize(BLOCK.min(length - done), 0.0);
        generator.fill(block);
        block.iter_mut().enumerate().for_each(|(place, sample)| *sample *= end_gain(length - done - place));
        peak = block.iter().fold(peak, |peak, sample| peak.max(sample.abs()));
        done += block.len();
        Ok(!block.is_empty())
    });
    watch.end();
    Ok((peak, written?))
}

/// The beginning of a recording at the pack's rate, and remarks.
fn prime(file: &Path, prime_ms: f32, manifest: &RawManifest) -> Result<(Vec<f32>, Vec<String>), Failure> {
    let room = PrimeRoom::of_raw(manifest);
    room.count(prime_ms).map_err(|error| Failure::usage(format!("--prime-ms: {error}")))?;
    let recording = read_from(file, 0.0)?;
    let (rate_hz, found_hz) = (manifest.sample_rate_hz, recording.sample_rate_hz);
    let mut notes = recording.notes;
    if found_hz != rate_hz {
        notes.push(format!("{}: from {found_hz} to {rate_hz} Hz", path_text(file)));
    }
    let prime =
        Prime::of_recording(path_text(file), &recording.samples, found_hz, prime_ms).map_err(Failure::failed)?;
    Ok((room.samples(&prime).map_err(Failure::failed)?, notes))
}

//! One side of `cargo xtask bench`: decodes when told to and reports where the time went. One thread.
//!
//! usage: bench_decode GRAPH_FOLDER [PACK]
//!
//! Writes the pack's graphs into the folder for the other side, then prints one line about the pack. Each line on standard
//! input asks for five decodes of different sounds; the answer is one line of JSON with each part's milliseconds.

use std::error::Error;
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::decode::{Model, Pipeline, Shaping};
use engine::import::{Choice, import, zone_residual};
use engine::pack::{GRAPHS, Pack};
use engine::sample::write_wav;
use serde_json::json;

const DECODES: usize = 5;
const KEY: f32 = 60.0;
/// Sounds that are imported, spread over the list.
const IMPORTS: usize = 9;
const IMPORTED_KEY: f32 = 57.0;
const IMPORTED_RATE_HZ: u32 = 48_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = arguments.next().ok_or("usage: bench_decode GRAPH_FOLDER [PACK]")?;
    let pack = match arguments.next() {
        Some(path) => Pack::open(Path::new(&path))?,
        None => Pack::factory()?,
    };
    for name in GRAPHS {
        std::fs::write(Path::new(&folder).join(name), pack.graph(name))?;
    }
    let manifest = pack.manifest();
    let (frames, vocoder) = (manifest.shape.frame_count, manifest.vocoder);
    let vocoder_runs = match frames.checked_sub(vocoder.chunk_frames) {
        None | Some(0) => 1,
        Some(rest) => 1 + (rest + vocoder.context_frames).div_ceil(vocoder.chunk_frames - 2 * vocoder.context_frames),
    };
    let mut pipeline = Pipeline::new(Arc::new(Model::load(&pack)?))?;
    let mut out = std::io::stdout().lock();
    let about = json!({
        "pack": manifest.name, "frames": frames, "mel_bands": manifest.shape.mel_bands, "vocoder_frames": vocoder.chunk_frames,
        "vocoder_runs": vocoder_runs, "griffin_lim_iterations": manifest.griffin_lim_iterations,
        "import_ms": import_ms(&mut pipeline, Path::new(&folder))?,
        "audio_s": (frames * manifest.shape.hop_samples) as f64 / f64::from(manifest.shape.sample_rate_hz),
    });
    writeln!(out, "{about}")?;
    // Sounds lie by category; each round takes from all of them.
    let stride = (manifest.sounds.len() / DECODES).max(1) + 1;
    let mut sounds = manifest.sounds.iter().cycle().step_by(stride);
    for line in std::io::stdin().lock().lines() {
        line?;
        let decodes = sounds
            .by_ref()
            .take(DECODES)
            .map(|sound| decode(&mut pipeline, &sound.latent))
            .collect::<Result<Vec<_>, _>>()?;
        writeln!(out, "{}", json!(decodes))?;
        out.flush()?;
    }
    Ok(())
}

/// Median time of a whole import: a WAV file at another rate, its onset, its pitch, its point, and what that leaves out in the key zone
/// of a sound that lies between two roots.
fn import_ms(pipeline: &mut Pipeline, folder: &Path) -> Result<f64, Box<dyn Error>> {
    let file = folder.join("import.wav");
    let sounds = pipeline.model().sounds().to_vec();
    let mut times = Vec::new();
    for sound in sounds.iter().step_by((sounds.len() / IMPORTS).max(1)) {
        let samples = pipeline.decode(&sound.latent, IMPORTED_KEY, &Shaping::default())?;
        write_wav(&file, &samples, 1, IMPORTED_RATE_HZ)?;
        let started = Instant::now();
        let imported = import(&file, pipeline, Choice::default())?;
        std::hint::black_box(zone_residual(&imported.samples, &imported.latent, IMPORTED_KEY, pipeline)?);
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times.get(times.len() / 2).copied().unwrap_or_default())
}

fn decode(pipeline: &mut Pipeline, latent: &engine::Latent) -> Result<serde_json::Value, Box<dyn Error>> {
    let started = Instant::now();
    let samples = pipeline.decode(latent, KEY, &Shaping::default())?;
    let total = started.elapsed();
    std::hint::black_box(samples);
    let parts = pipeline.timings();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    Ok(json!({
        "total": milliseconds(total),
        "decoder": milliseconds(parts.decoder),
        "vocoder": milliseconds(parts.vocoder),
        "bins": milliseconds(parts.bins),
        "griffin_lim": milliseconds(parts.griffin_lim),
        "synthesis": milliseconds(parts.synthesis),
    }))
}

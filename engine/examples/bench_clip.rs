//! Time from a request to the clip of a pack of kind `foley`, to its first sound, and the longest step on the way, which other sounds may have to
//! wait for. One thread, no pool. One line of JSON on standard output.
//!
//! usage: bench_clip [NAME|PACK], a built-in pack's name, `foley` if none is given, or a file or folder

#![expect(clippy::disallowed_macros, reason = "a program of its own: it prints what it measured")]

use std::error::Error;
use std::ffi::OsStr;
use std::path::Path;
use std::time::Instant;

use engine::decode::assets::Assets;
use engine::decode::load::load;
use engine::decode::source::{Focus, Progress, Sink, SoundShape, SourceError, Version};
use engine::link::{SoundSpec, SourceId};
use engine::pack::{AnyPack, PackError};
use serde_json::json;

/// Clips whose times are thrown away: the first ones touch cold memory.
const WARM_UP: usize = 3;
const CLIPS: usize = 42;
/// A note at its beginning, of which 93 ms are needed.
const FOCUS: Focus = Focus { first_sample: 0, end_sample: 4_096, wants_draft: true };

/// Takes blocks and keeps the time of the first that is no silence.
#[derive(Default)]
struct Heard(Option<Instant>);

impl Sink for Heard {
    fn begin(&mut self, _version: Version, _shape: SoundShape) -> Result<(), SourceError> {
        Ok(())
    }

    fn block(&mut self, _index: usize, _channel: usize, samples: &[f32]) -> Result<(), SourceError> {
        let is_heard = std::hint::black_box(samples).iter().any(|sample| *sample != 0.0);
        self.0 = self.0.or(is_heard.then(Instant::now));
        Ok(())
    }
}

/// The built-in pack of this name, else the pack of this file or folder.
fn open(word: &OsStr) -> Result<AnyPack, PackError> {
    let shipped = word.to_str().map_or(Ok(None), AnyPack::shipped)?;
    shipped.map_or_else(|| AnyPack::open(Path::new(word)), Ok)
}

fn main() -> Result<(), Box<dyn Error>> {
    let pack = open(&std::env::args_os().nth(1).unwrap_or_else(|| "foley".into()))?;
    let started = Instant::now();
    let source = load(&pack)?.source();
    let load_ms = started.elapsed().as_secs_f64() * 1e3;
    let (mut clips, mut firsts, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    for (count, sound) in pack.info().sounds.iter().cycle().take(WARM_UP + CLIPS).enumerate() {
        let spec = SoundSpec { seed: count as u64, ..SoundSpec::new(SourceId(0), sound.latent, 60.0) };
        let (begun, mut longest) = (Instant::now(), 0.0_f64);
        let mut heard = Heard::default();
        let mut job = source.begin(&spec, Assets::default())?;
        loop {
            let step = Instant::now();
            let progress = job.advance(&FOCUS, &mut heard)?;
            longest = longest.max(step.elapsed().as_secs_f64() * 1e3);
            if progress == Progress::Done {
                break;
            }
        }
        if count >= WARM_UP {
            clips.push(begun.elapsed().as_secs_f64() * 1e3);
            firsts.extend(heard.0.map(|first| (first - begun).as_secs_f64() * 1e3));
            steps.push(longest);
        }
    }
    let median = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        (values[values.len() / 2], values[values.len() * 19 / 20])
    };
    let [(clip_ms, clip_ms_95), (first_ms, first_ms_95), (step_ms, step_ms_95)] =
        [&mut clips, &mut firsts, &mut steps].map(median);
    println!(
        "{}",
        json!({
            "load_ms": load_ms, "clip_ms": clip_ms, "clip_ms_95": clip_ms_95, "fastest_ms": clips[0],
            "first_sound_ms": first_ms, "first_sound_ms_95": first_ms_95, "clips": clips.len(),
            "longest_step_ms": step_ms, "longest_step_ms_95": step_ms_95,
        })
    );
    Ok(())
}

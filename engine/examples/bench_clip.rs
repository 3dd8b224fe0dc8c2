//! Time from a request to the clip of a pack of kind `foley`, and the longest step on the way, which other sounds may have to wait for. One
//! thread, no pool. One line of JSON on standard output.
//!
//! usage: bench_clip PACK

#![expect(clippy::disallowed_macros, reason = "a program of its own: it prints what it measured")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use engine::decode::assets::Assets;
use engine::decode::load::load;
use engine::decode::source::{Focus, Progress, Sink, SoundShape, SourceError, Version};
use engine::link::{SoundSpec, SourceId};
use engine::pack::AnyPack;
use serde_json::json;

/// Clips whose times are thrown away: the first ones touch cold memory.
const WARM_UP: usize = 3;
const CLIPS: usize = 42;

/// Takes blocks and forgets them.
struct Nowhere;

impl Sink for Nowhere {
    fn begin(&mut self, _version: Version, _shape: SoundShape) -> Result<(), SourceError> {
        Ok(())
    }

    fn block(&mut self, _index: usize, _channel: usize, samples: &[f32]) -> Result<(), SourceError> {
        std::hint::black_box(samples);
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: bench_clip PACK")?;
    let pack = AnyPack::open(Path::new(&path))?;
    let started = Instant::now();
    let source = load(&pack)?.source();
    let load_ms = started.elapsed().as_secs_f64() * 1e3;
    let (mut clips, mut steps) = (Vec::new(), Vec::new());
    for (count, sound) in pack.info().sounds.iter().cycle().take(WARM_UP + CLIPS).enumerate() {
        let spec = SoundSpec { seed: count as u64, ..SoundSpec::new(SourceId(0), sound.latent, 60.0) };
        let (begun, mut longest) = (Instant::now(), 0.0_f64);
        let mut job = source.begin(&spec, Assets::default())?;
        loop {
            let step = Instant::now();
            let progress = job.advance(&Focus::default(), &mut Nowhere)?;
            longest = longest.max(step.elapsed().as_secs_f64() * 1e3);
            if progress == Progress::Done {
                break;
            }
        }
        if count >= WARM_UP {
            clips.push(begun.elapsed().as_secs_f64() * 1e3);
            steps.push(longest);
        }
    }
    let median = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        (values[values.len() / 2], values[values.len() * 19 / 20])
    };
    let ((clip_ms, clip_ms_95), (step_ms, step_ms_95)) = (median(&mut clips), median(&mut steps));
    println!(
        "{}",
        json!({
            "load_ms": load_ms, "clip_ms": clip_ms, "clip_ms_95": clip_ms_95, "fastest_ms": clips[0],
            "longest_step_ms": step_ms, "longest_step_ms_95": step_ms_95,
        })
    );
    Ok(())
}

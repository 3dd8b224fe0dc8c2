//! One part of `cargo xtask bench`: the time from the start of a decode to the first block of its sound, and to its last. One thread,
//! no pool. One line of JSON on standard output.
//!
//! usage: bench_first_region [PACK]

#![expect(clippy::disallowed_macros, reason = "a program of its own: it prints what it measured")]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use engine::decode::Model;
use engine::decode::assets::Assets;
use engine::decode::latent::LatentSource;
use engine::decode::source::{Focus, Progress, Sink, SoundShape, Source, SourceError, Version};
use engine::link::{SoundSpec, SourceId};
use engine::pack::Pack;
use serde_json::json;

/// Decodes whose times are thrown away: the first ones touch cold memory.
const WARM_UP: usize = 10;
const DECODES: usize = 100;
/// Places of the sounding cursor, as parts of a sound of 88 064 samples: its start, and later ones as in a sweep over held notes.
const CURSORS: [usize; 4] = [0, 8_000, 22_000, 50_000];
const KEY: f32 = 60.0;
/// What a voice at its root key needs to move over, in samples.
const REGION_SAMPLES: usize = 4096;

/// Notes when blocks come.
struct Clock {
    started: Instant,
    first_ms: Option<f64>,
    last_ms: f64,
}

impl Sink for Clock {
    fn begin(&mut self, _version: Version, _shape: SoundShape) -> Result<(), SourceError> {
        Ok(())
    }

    fn block(&mut self, _index: usize, _channel: usize, samples: &[f32]) -> Result<(), SourceError> {
        std::hint::black_box(samples);
        self.last_ms = self.started.elapsed().as_secs_f64() * 1e3;
        self.first_ms.get_or_insert(self.last_ms);
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let pack = match std::env::args_os().nth(1) {
        Some(path) => Pack::open(Path::new(&path))?,
        None => Pack::factory()?,
    };
    let model = Arc::new(Model::load(&pack)?);
    let source = LatentSource::new(model);
    let sounds = &pack.manifest().sounds;
    let stride = (sounds.len() / DECODES).max(1) + 1;
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for (count, sound) in sounds.iter().cycle().step_by(stride).take(WARM_UP + DECODES).enumerate() {
        let spec = SoundSpec::new(SourceId(0), sound.latent, KEY);
        let first_sample = CURSORS[count % CURSORS.len()];
        let focus = Focus { first_sample, end_sample: first_sample + REGION_SAMPLES, wants_draft: true };
        let mut clock = Clock { started: Instant::now(), first_ms: None, last_ms: 0.0 };
        let mut job = source.begin(&spec, Assets::default())?;
        while job.advance(&focus, &mut clock)? != Progress::Done {}
        if count >= WARM_UP {
            first.push(clock.first_ms.ok_or("a sound has no blocks")?);
            last.push(clock.last_ms);
        }
    }
    println!("{}", json!({ "first_ms": first, "whole_ms": last }));
    Ok(())
}

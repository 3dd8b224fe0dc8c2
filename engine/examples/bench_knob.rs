//! One part of `cargo xtask bench`: the time from the change of a knob to the first block of the new sound at the output, with eight
//! voices in three zones, blocks of 64 frames at 48 kHz rendered when they are due. One line of JSON on standard output.
//!
//! usage: bench_knob [MOVES]
//!
//! The factory pack decodes as in the plug-in, but its samples are replaced by a constant that tells which point they belong to: a
//! new sound is there when the output leaves its level.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a program of its own: it waits for the time of its blocks and prints what it measured"
)]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::audio::{Event, EventKind, NoteAddress, Synth};
use engine::decode::assets::Assets;
use engine::decode::latent::LatentSource;
use engine::decode::source::{Focus, Job, Progress, Sink, SoundShape, Source, SourceError, SourceProperties, Version};
use engine::decode::{Model, Pool};
use engine::instrument;
use engine::link::SoundSpec;
use engine::pack::Pack;
use engine::params::Controls;
use serde_json::json;

const SAMPLE_RATE_HZ: f32 = 48_000.0;
const BLOCK_SAMPLES: usize = 64;
const MOVES: usize = 10_000;
/// Voices in each of the three zones.
const VOICES: [u8; 3] = [3, 3, 2];
const VELOCITY: f32 = 0.8;
/// Level of a point whose first latent is 0; where it is 1, twice that. Eight voices stay far below full scale.
const LEVEL: f32 = 0.02;
/// Part of the level by which an output differs that is another sound's.
const TOLERANCE: f32 = 0.01;
/// Notes are played anew before their sound of 2 s ends.
const HELD: Duration = Duration::from_millis(1_500);
/// Silence between notes: 20 ms.
const SILENT_BLOCKS: usize = 15;
/// Time until every zone of new notes is there: 150 ms.
const SETTLE_BLOCKS: usize = 113;
/// Longest wait for a sound.
const PATIENCE: Duration = Duration::from_secs(5);

/// The latent source with its samples replaced.
struct Marked(LatentSource);

impl Source for Marked {
    fn roots(&self) -> &[u8] {
        self.0.roots()
    }

    fn properties(&self) -> SourceProperties {
        self.0.properties()
    }

    fn begin(&self, spec: &SoundSpec, assets: Assets) -> Result<Box<dyn Job>, SourceError> {
        Ok(Box::new(MarkedJob { level: LEVEL * (1.0 + spec.controls[0]), job: self.0.begin(spec, assets)? }))
    }
}

struct MarkedJob {
    level: f32,
    job: Box<dyn Job>,
}

impl Job for MarkedJob {
    fn advance(&mut self, focus: &Focus, sink: &mut dyn Sink) -> Result<Progress, SourceError> {
        self.job.advance(focus, &mut Marking { level: self.level, sink })
    }
}

struct Marking<'a> {
    level: f32,
    sink: &'a mut dyn Sink,
}

impl Sink for Marking<'_> {
    fn begin(&mut self, version: Version, shape: SoundShape) -> Result<(), SourceError> {
        self.sink.begin(version, shape)
    }

    fn block(&mut self, index: usize, channel: usize, samples: &[f32]) -> Result<(), SourceError> {
        self.sink.block(index, channel, &vec![self.level; samples.len()])
    }
}

/// A synth whose blocks are rendered when they are due.
struct Stage {
    synth: Synth,
    controls: Controls,
    keys: Vec<u8>,
    due: Instant,
    out: [f32; BLOCK_SAMPLES],
    right: [f32; BLOCK_SAMPLES],
}

impl Stage {
    /// Waits for the next block's time and renders it.
    fn block(&mut self) {
        self.due += block_time();
        std::thread::sleep(self.due.saturating_duration_since(Instant::now()));
        self.synth.render(&[], &self.controls, &mut self.out, &mut self.right);
    }

    fn event(&mut self, kind: EventKind) {
        self.synth.render(&[Event { offset: 0, kind }], &self.controls, &mut [], &mut []);
    }

    /// Ends all notes and plays them again; gives the output that a first latent of 0 has.
    fn play(&mut self) -> Result<f32, &'static str> {
        self.event(EventKind::Choke { notes: NoteAddress::ALL });
        (0..SILENT_BLOCKS).for_each(|_| self.block());
        for key in self.keys.clone() {
            self.event(EventKind::NoteOn { note: NoteAddress::key(0, key), velocity: VELOCITY });
        }
        (0..SETTLE_BLOCKS).for_each(|_| self.block());
        let unit = self.out[0] / (1.0 + self.first_latent());
        if self.is_at(unit) { Ok(unit) } else { Err("the notes do not sound evenly: nothing can be measured") }
    }

    fn first_latent(&self) -> f32 {
        self.controls.point()[0]
    }

    /// Whether the whole block is at the level of the present point.
    fn is_at(&self, unit: f32) -> bool {
        let level = unit * (1.0 + self.first_latent());
        level != 0.0 && self.out.iter().all(|sample| (sample - level).abs() <= TOLERANCE * level.abs())
    }

    /// Turns the knob at `phase` of the way to the next block; gives the milliseconds to the end of the first block with a new sound.
    fn turn(&mut self, unit: f32, phase: f32) -> Result<f64, &'static str> {
        let turned = self.due + block_time().mul_f32(phase);
        let before = unit * (1.0 + self.first_latent());
        self.controls.knobs[0] = 1.0 - self.controls.knobs[0];
        loop {
            self.block();
            let now = Instant::now();
            if self.out.iter().any(|sample| (sample - before).abs() > TOLERANCE * before.abs()) {
                return Ok(now.saturating_duration_since(turned).as_secs_f64() * 1e3);
            }
            if now.saturating_duration_since(turned) > PATIENCE {
                return Err("a new sound never came");
            }
        }
    }

    /// Renders until every voice plays the present point.
    fn arrive(&mut self, unit: f32) -> Result<(), &'static str> {
        let started = Instant::now();
        while !self.is_at(unit) {
            if started.elapsed() > PATIENCE {
                return Err("a new sound never came to all zones");
            }
            self.block();
        }
        Ok(())
    }
}

fn block_time() -> Duration {
    Duration::from_secs_f32(BLOCK_SAMPLES as f32 / SAMPLE_RATE_HZ)
}

fn main() -> Result<(), Box<dyn Error>> {
    let moves = std::env::args().nth(1).map_or(Ok(MOVES), |word| word.parse())?;
    let model = Arc::new(Model::load(&Pack::factory()?)?);
    let source = Marked(LatentSource::new(model));
    let roots = source.roots();
    let middle = roots.len().checked_sub(VOICES.len()).ok_or("the factory pack has too few zones")? / 2;
    let keys = VOICES.iter().zip(&roots[middle..]).flat_map(|(voices, root)| *root..root + voices).collect();
    let (mut synth, _instance) = instrument::create_with_source(&Pool::global()?, Arc::new(source), Arc::default());
    synth.set_sample_rate(SAMPLE_RATE_HZ);
    let mut stage = Stage {
        synth,
        controls: Controls::default(),
        keys,
        due: Instant::now(),
        out: [0.0; BLOCK_SAMPLES],
        right: [0.0; BLOCK_SAMPLES],
    };
    let mut times_ms = Vec::with_capacity(moves);
    while times_ms.len() < moves {
        let unit = stage.play()?;
        let played = Instant::now();
        while played.elapsed() < HELD && times_ms.len() < moves {
            // The golden ratio's multiples are spread evenly over every phase of a block.
            let phase = (times_ms.len() as f32 * 0.618_034).fract();
            times_ms.push(stage.turn(unit, phase)?);
            stage.arrive(unit)?;
        }
    }
    let voices = stage.keys.len();
    println!(
        "{}",
        json!({ "times_ms": times_ms, "voices": voices, "zones": VOICES.len(), "block_samples": BLOCK_SAMPLES })
    );
    Ok(())
}

//! Measures how many new sounds a second each of eight held notes gets whose first latent an LFO of its own moves, with blocks of 64 frames
//! at 48 kHz rendered when they are due. One line of JSON on standard output.
//!
//! A route from the key to the tilt gives each note another tilt, by which its sounds are told apart.
//!
//! usage: bench_notes [SECONDS]
//!
//! The sounds last for 2 s; what is counted beyond that is too low.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::disallowed_types,
    reason = "a program of its own: it waits for the time of its blocks and prints what it measured"
)]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use engine::audio::{Event, EventKind, NoteAddress};
use engine::decode::assets::Assets;
use engine::decode::latent::LatentSource;
use engine::decode::source::{Focus, Job, Progress, Sink, SoundShape, Source, SourceError, SourceProperties, Version};
use engine::decode::{Model, Pool};
use engine::instrument;
use engine::link::SoundSpec;
use engine::pack::Pack;
use engine::params::{Controls, Hold, ModDestination, ModSource, Route, Routes};
use serde_json::json;

const SAMPLE_RATE_HZ: f32 = 48_000.0;
const BLOCK_SAMPLES: usize = 64;
const NOTES: u8 = 8;
/// Key of the lowest note; the others are those above it.
const FIRST_KEY: u8 = 57;
const SECONDS: u32 = 1;
/// Time in which the notes get their first sounds.
const SETTLE: Duration = Duration::from_millis(500);

/// Drafts and whole sounds given so far, by the tilt of their note in thousandths of a dB per octave.
type Counts = Arc<Mutex<BTreeMap<i32, [u32; 2]>>>;

/// The latent source, with its drafts and sounds counted.
struct Counted(LatentSource, Counts);

impl Source for Counted {
    fn roots(&self) -> &[u8] {
        self.0.roots()
    }

    fn properties(&self) -> SourceProperties {
        self.0.properties()
    }

    fn begin(&self, spec: &SoundSpec, assets: Assets) -> Result<Box<dyn Job>, SourceError> {
        let (job, counts) = (self.0.begin(spec, assets)?, Arc::clone(&self.1));
        Ok(Box::new(CountedJob { note: (spec.shaping.tilt_db_per_octave * 1e3) as i32, job, counts }))
    }
}

struct CountedJob {
    note: i32,
    job: Box<dyn Job>,
    counts: Counts,
}

impl Job for CountedJob {
    fn advance(&mut self, focus: &Focus, sink: &mut dyn Sink) -> Result<Progress, SourceError> {
        self.job.advance(focus, &mut Counting { note: self.note, counts: &self.counts, sink })
    }
}

struct Counting<'a> {
    note: i32,
    counts: &'a Counts,
    sink: &'a mut dyn Sink,
}

impl Sink for Counting<'_> {
    fn begin(&mut self, version: Version, shape: SoundShape) -> Result<(), SourceError> {
        if let Ok(mut counts) = self.counts.lock() {
            counts.entry(self.note).or_default()[usize::from(version == Version::Whole)] += 1;
        }
        self.sink.begin(version, shape)
    }

    fn block(&mut self, index: usize, channel: usize, samples: &[f32]) -> Result<(), SourceError> {
        self.sink.block(index, channel, samples)
    }
}

fn controls() -> Controls {
    let mut controls = Controls { routes: Routes::default(), hold: Hold::Sustained.value(), ..Controls::default() };
    controls.routes[0] = Route { source: ModSource::Lfo1, via: ModSource::None, destination: ModDestination::Latent1 };
    controls.routes[1] = Route { source: ModSource::Key, via: ModSource::None, destination: ModDestination::Tilt };
    controls.motion.amounts = [0.0; 16];
    (controls.motion.amounts[0], controls.motion.amounts[1]) = (0.5, 1.0);
    let lfo = &mut controls.motion.lfos[0];
    (lfo.shape, lfo.rate_octaves, lfo.mode) = (0.0, 0.0, 1.0);
    controls
}

fn main() -> Result<(), Box<dyn Error>> {
    let seconds = std::env::args().nth(1).map_or(Ok(SECONDS), |word| word.parse())?;
    let model = Arc::new(Model::load(&Pack::factory()?)?);
    let counts = Counts::default();
    let source = Counted(LatentSource::new(model), Arc::clone(&counts));
    let (mut synth, instance) = instrument::create_with_source(&Pool::global()?, Arc::new(source), Arc::default());
    synth.set_sample_rate(SAMPLE_RATE_HZ);
    let controls = controls();
    let (mut left, mut right) = ([0.0; BLOCK_SAMPLES], [0.0; BLOCK_SAMPLES]);
    let note = |key| EventKind::NoteOn { note: NoteAddress::key(0, key), velocity: 0.8 };
    let keys = FIRST_KEY..FIRST_KEY + NOTES;
    let events: Vec<Event> = keys.map(|key| Event { offset: 0, kind: note(key) }).collect();
    synth.render(&events, &controls, &mut left, &mut right);
    let started = Instant::now();
    let (mut due, mut is_settled) = (started, false);
    let length = SETTLE + Duration::from_secs(u64::from(seconds));
    while started.elapsed() < length {
        due += Duration::from_secs_f32(BLOCK_SAMPLES as f32 / SAMPLE_RATE_HZ);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        synth.render(&[], &controls, &mut left, &mut right);
        if !is_settled && started.elapsed() >= SETTLE {
            is_settled = true;
            counts.lock().map_err(|_| "a worker has panicked")?.clear();
        }
    }
    let counted = counts.lock().map_err(|_| "a worker has panicked")?.clone();
    let rate = |count: u32| f64::from(count) / f64::from(seconds);
    println!(
        "{}",
        json!({
            "notes": counted.len(),
            "drafts_per_s": counted.values().map(|[drafts, _]| rate(*drafts)).collect::<Vec<_>>(),
            "sounds_per_s": counted.values().map(|[_, sounds]| rate(*sounds)).collect::<Vec<_>>(),
            "late": instance.status().late_count,
        })
    );
    Ok(())
}

//! Laws of the beginning of a clip that a waiting note gets before its last code: it comes soon, it is like what the clip begins with, and it changes no
//! sample of the clip.

use std::sync::Arc;

use engine::audio::{Event, Synth};
use engine::decode::Pool;
use engine::decode::assets::Assets;
use engine::decode::load::load;
use engine::decode::source::{Focus, Progress, Sink, SoundShape, Source, SourceError, Version};
use engine::instrument::create_with_source;
use engine::link::{BLOCK_SAMPLES, SoundSpec, SourceId};
use engine::pack::{AnyPack, class_weights};
use engine::params::Controls;
use support::script::{on, point};
use support::wait::wait_until;

/// A note at its beginning, of which 93 ms are needed.
const WAITING: Focus = Focus { first_sample: 0, end_sample: 2 * BLOCK_SAMPLES, wants_draft: true };
const CLASSES: usize = 7;

fn source() -> Arc<dyn Source> {
    let pack = AnyPack::shipped("foley").expect("its own files").expect("it is built in");
    load(&pack).expect("its own graphs").source()
}

/// Of one class alone.
fn spec(class: usize, seed: u64) -> SoundSpec {
    let mut controls = [-3.0; CLASSES];
    controls[class] = 3.0;
    assert_eq!(class_weights(&controls, CLASSES).iter().filter(|weight| **weight > 0.0).count(), 1);
    SoundSpec { seed, ..SoundSpec::new(SourceId(0), controls, 60.0) }
}

/// What a job gives, in the order of its steps.
#[derive(Default)]
struct Given {
    draft: Vec<f32>,
    whole: Vec<f32>,
    is_whole: bool,
    /// Blocks of the draft after each step.
    drafted: Vec<usize>,
}

impl Sink for Given {
    fn begin(&mut self, version: Version, shape: SoundShape) -> Result<(), SourceError> {
        assert_eq!(shape.channels, 1);
        assert!(!self.is_whole, "nothing comes after the clip itself");
        assert!(version == Version::Whole || self.draft.is_empty(), "one draft");
        self.is_whole = version == Version::Whole;
        Ok(())
    }

    fn block(&mut self, index: usize, _channel: usize, samples: &[f32]) -> Result<(), SourceError> {
        let made = if self.is_whole { &mut self.whole } else { &mut self.draft };
        assert_eq!(index * BLOCK_SAMPLES, made.len(), "in order, and each once");
        made.extend_from_slice(samples);
        Ok(())
    }
}

fn given(source: &dyn Source, spec: &SoundSpec, focus: &Focus) -> Given {
    let mut job = source.begin(spec, Assets::default()).expect("a job");
    let (mut given, mut last) = (Given::default(), 0.0);
    while let Progress::Going(part) = job.advance(focus, &mut given).expect("it plays") {
        assert!(part >= last && part < 1.0, "progress from {last} to {part}");
        last = part;
        given.drafted.push(given.draft.len() / BLOCK_SAMPLES);
    }
    given
}

#[test]
fn a_waiting_note_gets_what_the_clip_begins_with() {
    /// Energy of the difference between a beginning and the same part of the clip, at one level, below that of the part, in dB. Seen are -61 to -33.
    const DIFFERENCE_DB: f32 = -20.0;
    /// Least and longest beginning of a clip of four seconds.
    const BLOCKS: (usize, usize) = (4, 22);
    for class in 0..CLASSES {
        let spec = spec(class, 40 + class as u64);
        let Given { draft, whole, drafted, .. } = given(&*source(), &spec, &WAITING);
        let first = drafted.iter().copied().find(|blocks| *blocks > 0).expect("a beginning");
        let last = draft.len() / BLOCK_SAMPLES;
        assert!(BLOCKS.0 <= first && first < last && last >= BLOCKS.1, "class {class}: {first}, then {last} blocks");
        let part = &whole[..draft.len()];
        let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        let gain = (product(&draft, part) / product(part, part)) as f32;
        let difference: Vec<f32> = draft.iter().zip(part).map(|(draft, part)| draft / gain - part).collect();
        let difference_db = 10.0 * (product(&difference, &difference) / product(part, part)).log10() as f32;
        assert!(difference_db < DIFFERENCE_DB, "class {class}: {difference_db} dB at a gain of {gain}");
    }
}

#[test]
fn the_clip_is_the_same_with_a_beginning_and_without() {
    let spec = spec(1, 7);
    let without = given(&*source(), &spec, &Focus::default());
    assert!(without.draft.is_empty(), "nobody waits");
    let later = Focus { first_sample: 3 * BLOCK_SAMPLES, end_sample: 5 * BLOCK_SAMPLES, wants_draft: true };
    assert!(given(&*source(), &spec, &later).draft.is_empty(), "the beginning is over");
    assert!(given(&*source(), &spec, &WAITING).whole == without.whole);
}

/// Complete clips when the first note of a new instance begins to sound.
fn clips_at_first_sound(pool: &Arc<Pool>, seed: u64) -> u64 {
    const BLOCK: usize = 64;
    let (mut synth, instance) = create_with_source(pool, source(), Arc::default());
    synth.set_sample_rate(44_100.0);
    let controls = Controls { seed, knobs: spec(6, 0).controls, ..point(1.0) };
    let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
    let mut render = |synth: &mut Synth, events: &[Event]| {
        synth.render(events, &controls, &mut left, &mut right);
        left.iter().any(|sample| *sample != 0.0)
    };
    render(&mut synth, &[Event { offset: 0, kind: on(60, 1.0) }]);
    let mut clips = 0;
    wait_until("the note sounds", || {
        clips = instance.status().decodes;
        render(&mut synth, &[])
    });
    clips
}

#[test]
fn a_note_sounds_before_its_clip_is_whole() {
    /// A busy machine may hold up the thread that renders for longer than the rest of a clip takes.
    const ATTEMPTS: u64 = 20;
    let pool = Pool::new(1).expect("threads");
    assert!(
        (0..ATTEMPTS).any(|seed| clips_at_first_sound(&pool, seed) == 0),
        "every clip was whole before its note sounded"
    );
}

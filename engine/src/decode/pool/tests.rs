//! Laws of the order in which a worker does the tasks of an instance. The test itself is the worker: there are no threads.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::PoolClient;
use crate::decode::assets::Assets;
use crate::decode::source::{
    Focus, Job, Pace, Progress, Sink, SoundShape, Source, SourceError, SourceProperties, Version, give_whole,
};
use crate::decode::sustain::Search;
use crate::link::{
    AudioEnd, BLOCK_SAMPLES, Delivery, GENERATION_STEP, Part, Request, RequestBoard, SLOTS, SoundSpec, SourceId,
    SourceInfo, SourceSet, StretchMap, SustainMap, link,
};

const RATE_HZ: f32 = 44_100.0;
const LENGTH: usize = 88_064;
const BLOCKS: usize = LENGTH / BLOCK_SAMPLES;
const OLD: SourceId = SourceId(0);
const NEW: SourceId = SourceId(1);
/// Longest wait for what a law says.
const PATIENCE: Duration = Duration::from_secs(10);

/// Steady tones of a pitch of their own, that of the first latent.
struct Tones {
    hz: f32,
}

impl Tones {
    fn samples(&self, first: f32) -> Vec<f32> {
        let hz = self.hz * (1.0 + first);
        (0..LENGTH).map(|n| 0.3 * (std::f32::consts::TAU * hz * n as f32 / RATE_HZ).sin()).collect()
    }
}

impl Source for Tones {
    fn roots(&self) -> &[u8] {
        &[60]
    }

    fn properties(&self) -> SourceProperties {
        SourceProperties {
            sample_rate_hz: RATE_HZ,
            channels: 1,
            longest_samples: LENGTH,
            is_shaped: false,
            pace: Pace::Interactive,
        }
    }

    fn begin(&self, spec: &SoundSpec, _assets: Assets) -> Result<Box<dyn Job>, SourceError> {
        Ok(Box::new(Tone { samples: self.samples(spec.controls[0]), has_draft: false }))
    }
}

/// Gives a draft in its first step, and the sound in its second.
struct Tone {
    samples: Vec<f32>,
    has_draft: bool,
}

impl Job for Tone {
    fn advance(&mut self, _focus: &Focus, sink: &mut dyn Sink) -> Result<Progress, SourceError> {
        if std::mem::replace(&mut self.has_draft, true) {
            give_whole(&self.samples, StretchMap::NONE, 0, sink)?;
            return Ok(Progress::Done);
        }
        let shape = SoundShape { length_samples: LENGTH, channels: 1, stretch: StretchMap::NONE, known_loop: None };
        sink.begin(Version::Draft, shape)?;
        sink.block(0, 0, &self.samples[..BLOCK_SAMPLES])?;
        Ok(Progress::Going(0.5))
    }
}

/// What has arrived at the audio side.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a few thousand of them, in a test")]
enum Got {
    /// A draft or a whole sound begins.
    Begin(u64),
    Block(u64),
    End(u64, SustainMap),
}

/// An instance whose audio side and worker are the test.
struct Instance {
    audio: AudioEnd,
    client: Arc<PoolClient>,
    board: RequestBoard,
    generation: u64,
    turn: u64,
}

impl Instance {
    fn new() -> Self {
        let (audio, worker, _main) = link(SourceSet::of(SourceInfo::new(OLD, &[60])));
        let sources: [(SourceId, Arc<dyn Source>); 2] =
            [(OLD, Arc::new(Tones { hz: 220.0 })), (NEW, Arc::new(Tones { hz: 331.0 }))];
        let client = PoolClient::new(worker, sources, Arc::default());
        Self { audio, client, board: [None; SLOTS], generation: 0, turn: 0 }
    }

    /// Requests a sound for voices that play; gives its generation.
    fn request(&mut self, slot: usize, source: SourceId, first: f32) -> u64 {
        self.generation += GENERATION_STEP;
        let mut controls = [0.0; 7];
        controls[0] = first;
        self.board[slot] = Some(Request {
            generation: self.generation,
            spec: SoundSpec::new(source, controls, 60.0),
            urgency: 0,
            cursor_sample: 0,
            region_end_sample: BLOCK_SAMPLES as u32,
            wants_draft: true,
            main: slot == 0,
        });
        self.audio.publish(&self.board);
        self.generation
    }

    /// One turn of the worker.
    fn serve(&mut self) -> Vec<Got> {
        self.client.poll();
        self.turn += 1;
        self.client.serve(self.turn);
        let mut got = Vec::new();
        while let Some(Delivery { generation, part, .. }) = self.audio.pop() {
            got.push(match part {
                Part::Begin(_) => Got::Begin(generation),
                Part::Block { block, .. } => {
                    assert!(self.audio.give_back(block).is_none(), "there is room for every block");
                    Got::Block(generation)
                }
                Part::End(map) => Got::End(generation, map),
                Part::Failed => panic!("the source does not fail"),
            });
        }
        got
    }

    /// Turns of the worker until what has arrived since is enough.
    fn serve_until(&mut self, what: &str, is_enough: impl Fn(&[Got]) -> bool) -> Vec<Got> {
        let (started, mut got) = (Instant::now(), Vec::new());
        while !is_enough(&got) {
            assert!(started.elapsed() < PATIENCE, "{what}: {} messages", got.len());
            got.extend(self.serve());
        }
        got
    }

    /// Turns of the worker until the whole sound of `generation` lacks only its end.
    fn serve_to_the_search(&mut self, generation: u64) {
        let got = self.serve_until("every block of a sound", |got| {
            got.iter().filter(|got| **got == Got::Block(generation)).count() == BLOCKS
        });
        assert!(!got.iter().any(|got| matches!(got, Got::End(..))), "the search comes after the blocks");
    }
}

/// What an uninterrupted search finds.
fn searched(source: &Tones, first: f32) -> SustainMap {
    let mut search = Search::new(&source.samples(first), 1, RATE_HZ);
    let map = std::iter::repeat_with(|| search.step()).flatten().next().expect("a search ends");
    assert!(map.is_steady() && map.exits().len() > 3, "{map:?}");
    map
}

fn end_of(generation: u64) -> impl Fn(&[Got]) -> bool {
    move |got| got.iter().any(|got| matches!(got, Got::End(of, _) if *of == generation))
}

fn draft_of(generation: u64) -> impl Fn(&[Got]) -> bool {
    move |got| got.contains(&Got::Begin(generation - 1))
}

#[test]
fn a_region_comes_before_the_search_and_changes_nothing_that_is_found() {
    let mut instance = Instance::new();
    let first = instance.request(0, OLD, 0.0);
    instance.serve_to_the_search(first);
    let other = instance.request(1, OLD, 0.5);
    let got = instance.serve();
    assert!(draft_of(other)(&got) && !end_of(first)(&got), "{got:?}");
    let got = instance.serve_until("the search goes on", end_of(first));
    assert!(got.contains(&Got::End(first, searched(&Tones { hz: 220.0 }, 0.0))));
    let got = instance.serve_until("the other search too", end_of(other));
    assert!(got.contains(&Got::End(other, searched(&Tones { hz: 220.0 }, 0.5))));
}

#[test]
fn a_newer_request_ends_a_search_with_what_is_known() {
    let mut instance = Instance::new();
    let first = instance.request(0, OLD, 0.0);
    instance.serve_until("the first sound", end_of(first));
    let second = instance.request(0, OLD, 0.3);
    instance.serve_to_the_search(second);
    let third = instance.request(0, OLD, 0.6);
    let got = instance.serve();
    assert!(got.contains(&Got::End(second, searched(&Tones { hz: 220.0 }, 0.0))), "{got:?}");
    assert!(draft_of(third)(&got), "{got:?}");
    let got = instance.serve_until("the newest sound", end_of(third));
    assert!(got.contains(&Got::End(third, searched(&Tones { hz: 220.0 }, 0.6))));
}

#[test]
fn the_first_sound_of_a_source_is_searched_although_a_newer_request_waits() {
    let mut instance = Instance::new();
    for (source, tones) in [(OLD, Tones { hz: 220.0 }), (NEW, Tones { hz: 331.0 })] {
        let first = instance.request(0, source, 0.0);
        instance.serve_until("a draft", draft_of(first));
        let second = instance.request(0, source, 0.3);
        let got = instance.serve_until("the newer draft", draft_of(second));
        assert!(got.contains(&Got::End(first, searched(&tones, 0.0))), "{source:?}: {got:?}");
        instance.serve_until("the newer sound", end_of(second));
    }
}

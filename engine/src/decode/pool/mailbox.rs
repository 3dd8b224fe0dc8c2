//! What the main thread and the worker tell each other of one instance. MAIN THREAD and WORKER THREADS, never the audio thread.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::view::SoundView;
use crate::decode::assets::AssetTable;
use crate::decode::source::{Pace, Source};
use crate::link::{SLOTS, SoundSpec, SourceId};

/// How soon something is to be done; the smaller, the sooner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Urgency {
    /// Slow jobs come after all others.
    pub(super) lane: Pace,
    /// Urgency of the request.
    pub(super) request: u32,
    /// The rest of a sound whose region round the voices is given comes after every such region.
    pub(super) is_rest: bool,
}

/// What a poll of an instance has found.
#[derive(Clone, Copy, Debug)]
pub struct Polled {
    /// Urgency of the most urgent thing to do.
    pub(super) urgency: Option<Urgency>,
    /// Whether the instance plays, moves or waits for something.
    pub(super) busy: bool,
}

/// The sources of an instance by name.
pub(super) type Sources = BTreeMap<SourceId, Arc<dyn Source>>;

/// No progress to show.
const NO_PROGRESS: u32 = u32::MAX;
/// Steps of the progress of a slow job.
const PROGRESS_STEPS: f32 = 1000.0;

/// The boxes of one instance.
pub(super) struct Mailbox {
    pub(super) detached: AtomicBool,
    pub(super) preview: Mutex<Option<SoundSpec>>,
    /// Immutable and replaced as a whole; whoever takes a source out keeps it as long as it needs it.
    pub(super) sources: Mutex<Arc<Sources>>,
    pub(super) assets: Arc<AssetTable>,
    pub(super) view: Mutex<Option<Arc<SoundView>>>,
    /// The last complete sound of each slot, of a source that is still there.
    pub(super) sounds: Mutex<[Option<Arc<SoundView>>; SLOTS]>,
    failure: Mutex<Option<String>>,
    decode_us: AtomicU32,
    decodes: AtomicU64,
    progress: AtomicU32,
}

impl Mailbox {
    pub(super) fn new(sources: Sources, assets: Arc<AssetTable>) -> Self {
        Self {
            detached: AtomicBool::new(false),
            preview: Mutex::default(),
            sources: Mutex::new(Arc::new(sources)),
            assets,
            view: Mutex::default(),
            sounds: Mutex::default(),
            failure: Mutex::default(),
            decode_us: AtomicU32::new(0),
            decodes: AtomicU64::new(0),
            progress: AtomicU32::new(NO_PROGRESS),
        }
    }

    /// One of the sources; none that has gone.
    pub(super) fn source(&self, id: SourceId) -> Option<Arc<dyn Source>> {
        self.sources.lock().get(&id).cloned()
    }

    /// Whether nobody listens any more.
    pub(super) fn is_detached(&self) -> bool {
        self.detached.load(Ordering::Acquire)
    }

    /// A sound is complete; `took` is the time that its job worked.
    pub(super) fn succeeded(&self, took: Duration) {
        *self.failure.lock() = None;
        self.decode_us.store(u32::try_from(took.as_micros()).unwrap_or(u32::MAX), Ordering::Relaxed);
        self.decodes.fetch_add(1, Ordering::Relaxed);
    }

    /// A job gave no sound.
    pub(super) fn failed(&self, why: String) {
        *self.failure.lock() = Some(why);
    }

    /// How far a slow job is, [0, 1]; `None` when none is under way.
    pub(super) fn set_progress(&self, part: Option<f32>) {
        let steps = part.map_or(NO_PROGRESS, |part| (part.clamp(0.0, 1.0) * PROGRESS_STEPS) as u32);
        self.progress.store(steps, Ordering::Relaxed);
    }

    pub(super) fn progress(&self) -> Option<f32> {
        let steps = self.progress.load(Ordering::Relaxed);
        (steps != NO_PROGRESS).then_some(steps as f32 / PROGRESS_STEPS)
    }

    pub(super) fn failure(&self) -> Option<String> {
        self.failure.lock().clone()
    }

    pub(super) fn decode_ms(&self) -> f32 {
        self.decode_us.load(Ordering::Relaxed) as f32 / 1000.0
    }

    pub(super) fn decodes(&self) -> u64 {
        self.decodes.load(Ordering::Relaxed)
    }
}

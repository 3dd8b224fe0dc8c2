//! State of one instance that the main thread and the workers share. MAIN THREAD and WORKER THREADS, never the audio thread.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::view::SoundView;
use crate::decode::assets::AssetTable;
use crate::decode::source::{Pace, Source};
use crate::link::{SLOTS, SoundSpec, SourceId};

/// Urgency of a task; smaller is more urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Urgency {
    /// Slow jobs come after all others.
    pub(super) lane: Pace,
    /// Urgency of the request.
    pub(super) request: u32,
    /// Whether the job has delivered the region that voices need: the rest of a sound comes after all such regions.
    pub(super) is_rest: bool,
}

/// Result of a poll of an instance.
#[derive(Clone, Copy, Debug)]
pub struct Polled {
    /// Urgency of the most urgent task; `None` if there is none.
    pub(super) urgency: Option<Urgency>,
    /// Whether the instance plays, changes or waits for something.
    pub(super) busy: bool,
}

/// The sources of an instance by id.
pub(super) type Sources = BTreeMap<SourceId, Arc<dyn Source>>;

/// Stored progress while no slow job is under way.
const NO_PROGRESS: u32 = u32::MAX;
/// Resolution of the stored progress of a slow job.
const PROGRESS_STEPS: f32 = 1000.0;

/// Shared state of one instance. Each lock is held for a copy or an assignment only.
pub(super) struct Mailbox {
    pub(super) detached: AtomicBool,
    pub(super) preview: Mutex<Option<SoundSpec>>,
    /// Immutable and replaced as a whole; a source that has been cloned out lives as long as its user needs it.
    pub(super) sources: Mutex<Arc<Sources>>,
    pub(super) assets: Arc<AssetTable>,
    pub(super) view: Mutex<Option<Arc<SoundView>>>,
    /// The last complete sound of each slot, unless its source has been removed.
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

    /// The source `id`; `None` if it has been removed.
    pub(super) fn source(&self, id: SourceId) -> Option<Arc<dyn Source>> {
        self.sources.lock().get(&id).cloned()
    }

    /// Keeps the complete sound of a slot, unless its source has been removed meanwhile.
    pub(super) fn keep(&self, slot: usize, view: Arc<SoundView>) {
        let mut sounds = self.sounds.lock();
        if self.source(view.spec.source).is_some()
            && let Some(place) = sounds.get_mut(slot)
        {
            *place = Some(view);
        }
    }

    /// Whether the instance has been removed from the pool.
    pub(super) fn is_detached(&self) -> bool {
        self.detached.load(Ordering::Acquire)
    }

    /// Counts a complete sound; `took` is the time that its job has worked.
    pub(super) fn succeeded(&self, took: Duration) {
        *self.failure.lock() = None;
        self.decode_us.store(u32::try_from(took.as_micros()).unwrap_or(u32::MAX), Ordering::Relaxed);
        self.decodes.fetch_add(1, Ordering::Relaxed);
    }

    /// Stores the reason of a failed job.
    pub(super) fn failed(&self, why: String) {
        *self.failure.lock() = Some(why);
    }

    /// Sets the progress of the slow job, [0, 1]; `None` if none is under way.
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

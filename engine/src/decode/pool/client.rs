//! One instance as a client of the pool. WORKER THREADS and MAIN THREAD, never the audio thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::mailbox::{Mailbox, Polled, Sources};
use super::view::SoundView;
use super::worker_instance::WorkerInstance;
use crate::decode::assets::AssetTable;
use crate::decode::source::Source;
use crate::link::{SoundSpec, SourceId, Telemetry, WorkerEnd};

/// The worker's part of an instance, behind a lock that is only ever tried, and its mailbox.
pub struct PoolClient {
    instance: Mutex<WorkerInstance>,
    mailbox: Mailbox,
    last_turn: AtomicU64,
    telemetry: Arc<Telemetry>,
    /// Number of changes of the mailbox by the main thread.
    mail_count: AtomicU64,
    /// [`Self::news`] when the instance was last found idle; [`NOT_IDLE`] before.
    idle_since: AtomicU64,
    /// Number of calls of the synth when the instance was last found idle.
    idle_renders: AtomicU64,
    /// Number of polls while idle.
    idle_polls: AtomicU64,
    /// Calls of the synth at the last look.
    seen_renders: AtomicU64,
}

/// A value that [`PoolClient::news`] never has.
const NOT_IDLE: u64 = u64::MAX;
/// Every such number of polls an idle instance is polled in full, to collect blocks that were returned late.
const CLOSE_LOOK_EVERY: u64 = 64;

impl PoolClient {
    /// An instance that is not served yet.
    pub fn new(
        end: WorkerEnd,
        sources: impl IntoIterator<Item = (SourceId, Arc<dyn Source>)>,
        assets: Arc<AssetTable>,
    ) -> Arc<Self> {
        let telemetry = end.telemetry().clone();
        Arc::new(Self {
            instance: Mutex::new(WorkerInstance::new(end)),
            mailbox: Mailbox::new(sources.into_iter().collect(), assets),
            last_turn: AtomicU64::new(0),
            telemetry,
            mail_count: AtomicU64::new(0),
            idle_since: AtomicU64::new(NOT_IDLE),
            idle_renders: AtomicU64::new(0),
            idle_polls: AtomicU64::new(0),
            seen_renders: AtomicU64::new(0),
        })
    }

    /// Sends waiting messages, and returns what there is to do. Never waits: an instance that a worker serves counts as busy.
    pub(super) fn poll(&self) -> Polled {
        // Read before the poll, so that what changes during it is seen by the next one.
        let (news, renders) = (self.news(), self.telemetry.renders.load(Ordering::Relaxed));
        let still_idle = !self.plays_since(renders) && self.idle_since.load(Ordering::Relaxed) == news;
        if still_idle && !self.idle_polls.fetch_add(1, Ordering::Relaxed).is_multiple_of(CLOSE_LOOK_EVERY) {
            return Polled { urgency: None, busy: false };
        }
        let Some(mut instance) = self.instance.try_lock() else { return Polled { urgency: None, busy: true } };
        let polled = instance.poll(&self.mailbox);
        if !polled.busy {
            self.idle_renders.store(renders, Ordering::Relaxed);
            self.idle_since.store(news, Ordering::Relaxed);
        }
        polled
    }

    /// Whether the host has rendered since the last look.
    pub(super) fn has_rendered(&self) -> bool {
        let renders = self.telemetry.renders.load(Ordering::Relaxed);
        self.seen_renders.swap(renders, Ordering::Relaxed) != renders
    }

    /// Whether there are voices, and the host has rendered since the instance was found idle. Voices of a host that does not process do
    /// not count.
    fn plays_since(&self, renders: u64) -> bool {
        let sounds = self.telemetry.playing_voices.load(Ordering::Relaxed) > 0;
        sounds && renders != self.idle_renders.load(Ordering::Relaxed)
    }

    /// Number of published boards and mailbox changes.
    fn news(&self) -> u64 {
        self.telemetry.published.load(Ordering::Acquire) + self.mail_count.load(Ordering::Acquire)
    }

    /// Does the most urgent task, unless another worker serves the instance.
    pub(super) fn serve(&self, turn: u64) {
        if let Some(mut instance) = self.instance.try_lock() {
            // The turn is kept while a job is put aside, so that among equals it is continued before another is begun.
            if instance.serve(&self.mailbox) {
                self.last_turn.store(turn, Ordering::Relaxed);
            }
        }
    }

    /// Turn of the pool in which the instance was last served.
    pub(super) fn last_turn(&self) -> u64 {
        self.last_turn.load(Ordering::Relaxed)
    }

    /// Makes a running job stop after its step, and drops those that were put aside.
    pub(super) fn detach(&self) {
        self.mailbox.detached.store(true, Ordering::Release);
        // If a worker holds the lock, it sees the flag after its step.
        if let Some(mut instance) = self.instance.try_lock() {
            instance.drop_jobs();
        }
    }

    /// Replaces the sources. Removed ones are dropped on the caller's thread, outside any lock, or by the job that still uses them.
    pub fn set_sources(&self, sources: impl IntoIterator<Item = (SourceId, Arc<dyn Source>)>) {
        let sources: Arc<Sources> = Arc::new(sources.into_iter().collect());
        let old = std::mem::replace(&mut *self.mailbox.sources.lock(), Arc::clone(&sources));
        drop(old);
        for place in self.mailbox.sounds.lock().iter_mut() {
            place.take_if(|sound| !sources.contains_key(&sound.spec.source));
        }
        self.mail_count.fetch_add(1, Ordering::Release);
    }

    /// The current sources.
    pub fn sources(&self) -> Vec<(SourceId, Arc<dyn Source>)> {
        self.mailbox.sources.lock().iter().map(|(id, source)| (*id, Arc::clone(source))).collect()
    }

    /// Requests a sound to be shown and not played. A newer preview replaces an older one.
    pub fn preview(&self, spec: SoundSpec) {
        *self.mailbox.preview.lock() = Some(spec);
        self.mail_count.fetch_add(1, Ordering::Release);
    }

    /// The last complete sound of the main zone.
    pub fn view(&self) -> Option<Arc<SoundView>> {
        self.mailbox.view.lock().clone()
    }

    /// The last complete sound of every slot.
    pub fn sounds(&self) -> Vec<Arc<SoundView>> {
        self.mailbox.sounds.lock().iter().flatten().cloned().collect()
    }

    /// Reason of the last failed job; `None` once a later one has succeeded.
    pub fn failure(&self) -> Option<String> {
        self.mailbox.failure()
    }

    /// Duration of the work on the last complete sound, in milliseconds; 0 before the first.
    pub fn decode_ms(&self) -> f32 {
        self.mailbox.decode_ms()
    }

    /// Number of complete sounds since the instance was made.
    pub fn decodes(&self) -> u64 {
        self.mailbox.decodes()
    }

    /// Progress of the slow job under way, [0, 1]; `None` if there is none.
    pub fn progress(&self) -> Option<f32> {
        self.mailbox.progress()
    }

    /// Number of messages that the audio thread has not taken yet; `None` while a worker serves the instance.
    pub fn waiting_messages(&self) -> Option<usize> {
        self.instance.try_lock().map(|instance| instance.waiting_messages())
    }

    /// Number of blocks that exist now; `None` while a worker serves the instance.
    pub fn existing_blocks(&self) -> Option<usize> {
        self.instance.try_lock().map(|instance| instance.existing_blocks())
    }
}

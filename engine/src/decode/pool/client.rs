//! One instance as the pool sees it, and as its main thread reaches it. WORKER THREADS and MAIN THREAD, never the audio thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::mailbox::{Mailbox, Polled, Sources};
use super::view::SoundView;
use super::worker_instance::WorkerInstance;
use crate::decode::assets::AssetTable;
use crate::decode::source::Source;
use crate::link::{SoundSpec, SourceId, Telemetry, WorkerEnd};

/// The worker's part of an instance, and the mailbox beside it.
pub struct PoolClient {
    instance: Mutex<WorkerInstance>,
    mailbox: Mailbox,
    last_turn: AtomicU64,
    telemetry: Arc<Telemetry>,
    /// Mail put into the boxes so far.
    mail_count: AtomicU64,
    /// [`Self::news`] when the instance was last found idle; [`NOT_IDLE`] before.
    idle_since: AtomicU64,
    /// Calls of the synth when the instance was last found idle.
    idle_renders: AtomicU64,
    /// Polls since then.
    idle_polls: AtomicU64,
}

/// No count of news.
const NOT_IDLE: u64 = u64::MAX;
/// An idle instance is looked at closely every so many polls, to collect blocks that came back late.
const CLOSE_LOOK_EVERY: u64 = 64;

impl PoolClient {
    /// An instance that nobody serves yet.
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
        })
    }

    /// Moves messages, and says what there is to do. Never waits: an instance in a worker's hands is busy.
    pub(super) fn poll(&self) -> Polled {
        // Counted before the look, so that what comes during it is seen by the next one.
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

    /// Whether voices sound, and the host has rendered since the instance was found idle. Voices of a host that does not process wait.
    fn plays_since(&self, renders: u64) -> bool {
        let sounds = self.telemetry.playing_voices.load(Ordering::Relaxed) > 0;
        sounds && renders != self.idle_renders.load(Ordering::Relaxed)
    }

    /// Boards and mail so far.
    fn news(&self) -> u64 {
        self.telemetry.published.load(Ordering::Acquire) + self.mail_count.load(Ordering::Acquire)
    }

    /// Does the most urgent thing there is to do.
    pub(super) fn serve(&self, turn: u64) {
        if let Some(mut instance) = self.instance.try_lock() {
            // Among equals a job that was put aside goes on before another is begun.
            if instance.serve(&self.mailbox) {
                self.last_turn.store(turn, Ordering::Relaxed);
            }
        }
    }

    /// When the instance was last served, in turns of the pool.
    pub(super) fn last_turn(&self) -> u64 {
        self.last_turn.load(Ordering::Relaxed)
    }

    /// Tells a job under way that nobody listens any more, and drops those that were put aside.
    pub(super) fn detach(&self) {
        self.mailbox.detached.store(true, Ordering::Release);
        // A worker that holds the instance drops them itself: it finds it detached after its step.
        if let Some(mut instance) = self.instance.try_lock() {
            instance.drop_jobs();
        }
    }

    /// Replaces the sources. Those that have gone are dropped here, on the caller's thread, or by the job that still uses them.
    pub fn set_sources(&self, sources: impl IntoIterator<Item = (SourceId, Arc<dyn Source>)>) {
        let sources: Arc<Sources> = Arc::new(sources.into_iter().collect());
        for place in self.mailbox.sounds.lock().iter_mut() {
            place.take_if(|sound| !sources.contains_key(&sound.spec.source));
        }
        let old = std::mem::replace(&mut *self.mailbox.sources.lock(), sources);
        drop(old);
        self.mail_count.fetch_add(1, Ordering::Release);
    }

    /// The sources now.
    pub fn sources(&self) -> Vec<(SourceId, Arc<dyn Source>)> {
        self.mailbox.sources.lock().iter().map(|(id, source)| (*id, Arc::clone(source))).collect()
    }

    /// Asks for a sound that is shown and not played. The newest wins.
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

    /// Why the last job gave no sound.
    pub fn failure(&self) -> Option<String> {
        self.mailbox.failure()
    }

    /// How long the last complete sound took to make, in milliseconds.
    pub fn decode_ms(&self) -> f32 {
        self.mailbox.decode_ms()
    }

    /// Complete sounds since the instance was made.
    pub fn decodes(&self) -> u64 {
        self.mailbox.decodes()
    }

    /// How far the slow job under way is, [0, 1]; `None` when there is none.
    pub fn progress(&self) -> Option<f32> {
        self.mailbox.progress()
    }

    /// Messages on their way to the audio thread; `None` while a worker is busy with the instance.
    pub fn waiting_messages(&self) -> Option<usize> {
        self.instance.try_lock().map(|instance| instance.waiting_messages())
    }

    /// Blocks that exist now; `None` while a worker is busy with the instance.
    pub fn existing_blocks(&self) -> Option<usize> {
        self.instance.try_lock().map(|instance| instance.existing_blocks())
    }
}

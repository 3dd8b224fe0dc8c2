//! One instance as the pool sees it, and as its main thread reaches it. WORKER THREADS and MAIN THREAD, never the audio thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::half::{Half, SoundView};
use crate::decode::source::Source;
use crate::link::{SLOTS, SoundSpec, Telemetry, WorkerEnd};

/// What a poll of an instance has found.
#[derive(Clone, Copy, Debug)]
pub struct Polled {
    /// Urgency of the most urgent thing to do.
    pub urgency: Option<u32>,
    /// Whether the instance plays, moves or waits for something.
    pub busy: bool,
}

/// The worker's half of an instance, and the mailboxes around it.
pub struct Served {
    half: Mutex<Half>,
    mail: Mail,
    last_turn: AtomicU64,
    telemetry: Arc<Telemetry>,
    /// Mail put into the boxes so far.
    mail_count: AtomicU64,
    /// [`Self::news`] when the instance was last found idle; [`NOT_IDLE`] before.
    idle_since: AtomicU64,
    /// Polls since then.
    idle_polls: AtomicU64,
}

/// No count of news.
const NOT_IDLE: u64 = u64::MAX;
/// An idle instance is looked at closely every so many polls, to collect blocks that came back late.
const CLOSE_LOOK_EVERY: u64 = 64;

/// What the main thread and the worker tell each other.
#[derive(Default)]
pub(super) struct Mail {
    pub(super) detached: AtomicBool,
    pub(super) preview: Mutex<Option<SoundSpec>>,
    pub(super) new_source: Mutex<Option<Box<dyn Source>>>,
    pub(super) view: Mutex<Option<Arc<SoundView>>>,
    /// The last complete sound of each slot, from the present source.
    pub(super) sounds: Mutex<[Option<Arc<SoundView>>; SLOTS]>,
    pub(super) failure: Mutex<Option<String>>,
    pub(super) decode_us: AtomicU32,
    pub(super) decodes: AtomicU64,
}

impl Served {
    /// An instance that nobody serves yet.
    pub fn new(end: WorkerEnd, source: Box<dyn Source>) -> Arc<Served> {
        let telemetry = end.telemetry().clone();
        Arc::new(Served {
            half: Mutex::new(Half::new(end, source)),
            mail: Mail::default(),
            last_turn: AtomicU64::new(0),
            telemetry,
            mail_count: AtomicU64::new(0),
            idle_since: AtomicU64::new(NOT_IDLE),
            idle_polls: AtomicU64::new(0),
        })
    }

    /// Moves mail and messages, and says what there is to do. Never waits: an instance in a worker's hands is busy.
    pub(super) fn poll(&self) -> Polled {
        // Counted before the look, so that what comes during it is seen by the next one.
        let news = self.news();
        let voices = self.telemetry.playing_voices.load(Ordering::Relaxed);
        let still_idle = voices == 0 && self.idle_since.load(Ordering::Relaxed) == news;
        if still_idle && !self.idle_polls.fetch_add(1, Ordering::Relaxed).is_multiple_of(CLOSE_LOOK_EVERY) {
            return Polled { urgency: None, busy: false };
        }
        let Some(mut half) = self.half.try_lock() else { return Polled { urgency: None, busy: true } };
        let polled = half.poll(&self.mail);
        if !polled.busy {
            self.idle_since.store(news, Ordering::Relaxed);
        }
        polled
    }

    /// Boards and mail so far.
    fn news(&self) -> u64 {
        self.telemetry.published.load(Ordering::Acquire) + self.mail_count.load(Ordering::Acquire)
    }

    /// Does the most urgent thing there is to do.
    pub(super) fn serve(&self, turn: u64) {
        if let Some(mut half) = self.half.try_lock() {
            self.last_turn.store(turn, Ordering::Relaxed);
            half.serve(&self.mail);
        }
    }

    /// When the instance was last served, in turns of the pool.
    pub(super) fn last_turn(&self) -> u64 {
        self.last_turn.load(Ordering::Relaxed)
    }

    /// Tells a render under way that nobody listens any more.
    pub(super) fn detach(&self) {
        self.mail.detached.store(true, Ordering::Release);
    }

    /// Replaces the source at the worker's next turn.
    pub fn set_source(&self, source: Box<dyn Source>) {
        *self.mail.new_source.lock() = Some(source);
        self.mail_count.fetch_add(1, Ordering::Release);
    }

    /// Asks for a sound that is shown and not played. The newest wins.
    pub fn preview(&self, spec: SoundSpec) {
        *self.mail.preview.lock() = Some(spec);
        self.mail_count.fetch_add(1, Ordering::Release);
    }

    /// The last complete sound of the main zone.
    pub fn view(&self) -> Option<Arc<SoundView>> {
        self.mail.view.lock().clone()
    }

    /// The last complete sound of every slot; none while a new source waits for its first turn.
    pub fn sounds(&self) -> Vec<Arc<SoundView>> {
        if self.mail.new_source.lock().is_some() {
            return Vec::new();
        }
        self.mail.sounds.lock().iter().flatten().cloned().collect()
    }

    /// Why the last render gave no sound.
    pub fn failure(&self) -> Option<String> {
        self.mail.failure.lock().clone()
    }

    /// How long the last complete render took, in milliseconds.
    pub fn decode_ms(&self) -> f32 {
        self.mail.decode_us.load(Ordering::Relaxed) as f32 / 1000.0
    }

    /// Complete renders since the instance was made.
    pub fn decodes(&self) -> u64 {
        self.mail.decodes.load(Ordering::Relaxed)
    }

    /// Messages on their way to the audio thread; `None` while a worker is busy with the instance.
    pub fn waiting_messages(&self) -> Option<usize> {
        self.half.try_lock().map(|half| half.waiting_messages())
    }

    /// Blocks that exist now; `None` while a worker is busy with the instance.
    pub fn existing_blocks(&self) -> Option<usize> {
        self.half.try_lock().map(|half| half.existing_blocks())
    }
}

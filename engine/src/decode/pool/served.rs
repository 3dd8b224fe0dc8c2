//! One instance as the pool sees it, and as its main thread reaches it. WORKER THREADS and MAIN THREAD, never the audio thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::half::{Half, SoundView};
use crate::decode::source::Source;
use crate::link::{SoundSpec, WorkerEnd};

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
}

/// What the main thread and the worker tell each other.
#[derive(Default)]
pub(super) struct Mail {
    pub(super) detached: AtomicBool,
    pub(super) preview: Mutex<Option<SoundSpec>>,
    pub(super) new_source: Mutex<Option<Box<dyn Source>>>,
    pub(super) view: Mutex<Option<Arc<SoundView>>>,
    pub(super) failure: Mutex<Option<String>>,
    pub(super) decode_us: AtomicU32,
    pub(super) decodes: AtomicU64,
}

impl Served {
    /// An instance that nobody serves yet.
    pub fn new(end: WorkerEnd, source: Box<dyn Source>) -> Arc<Served> {
        Arc::new(Served {
            half: Mutex::new(Half::new(end, source)),
            mail: Mail::default(),
            last_turn: AtomicU64::new(0),
        })
    }

    /// Moves mail and messages, and says what there is to do. Never waits: an instance in a worker's hands is busy.
    pub(super) fn poll(&self) -> Polled {
        match self.half.try_lock() {
            Some(mut half) => half.poll(&self.mail),
            None => Polled { urgency: None, busy: true },
        }
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
    }

    /// Asks for a sound that is shown and not played. The newest wins.
    pub fn preview(&self, spec: SoundSpec) {
        *self.mail.preview.lock() = Some(spec);
    }

    /// The last complete sound of the main zone.
    pub fn view(&self) -> Option<Arc<SoundView>> {
        self.mail.view.lock().clone()
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

    /// Blocks that exist now; `None` while a worker is busy with the instance.
    pub fn existing_blocks(&self) -> Option<usize> {
        self.half.try_lock().map(|half| half.existing_blocks())
    }
}

//! Jobs that take longer than a frame, and the thread that runs them: one per instance, joined when the instance is dropped,
//! since a host may unload the library right after. [`JobThread::send`] and [`JobThread::wake`] take no lock; nothing here
//! is for the audio thread, since a job is allocated.

mod preset;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{JoinHandle, Thread};

use crossbeam_queue::SegQueue;
use engine::import::Choice;
use engine::instrument::SoundView;
use engine::state::SoundState;
use parking_lot::Mutex;

pub use preset::PresetJob;

use crate::library::PackEntry;
use crate::reimport::RegionChange;
use crate::revision::Revision;
use crate::takes::TakeSeries;
use crate::target::Target;

/// One piece of work.
pub enum Job {
    /// Load the model if that has not happened.
    Load,
    /// Bring an audio file in.
    Import {
        /// The file.
        path: PathBuf,
        /// Where its point goes.
        target: Target,
        /// Revision of the project in which it was asked for.
        revision: Revision,
    },
    /// Look at what an imported sound was cut out of.
    Survey {
        /// The sound.
        sound: Arc<SoundState>,
        /// Comes back with the answer.
        ticket: u64,
    },
    /// Cut an imported sound anew.
    ChangeRegion(Box<RegionChange>),
    /// Give an imported sound its point in the loaded pack.
    Encode {
        /// The sound, with its recording.
        sound: Arc<SoundState>,
        /// Where it stands.
        target: Target,
        /// Revision of the project in which it was asked for.
        revision: Revision,
    },
    /// Write a sound to a WAV file.
    Export {
        /// The file.
        path: PathBuf,
        /// The sound.
        sound: Arc<SoundView>,
    },
    /// Write the next take of a series to a WAV file.
    ExportTake(Box<TakeSeries>),
    /// Do something with a preset.
    Preset(PresetJob),
    /// Find the system's fonts, for characters that the window's own fonts lack.
    FindFonts,
    /// List a folder.
    List(PathBuf),
    /// List the packs that can be loaded.
    ListPacks,
    /// Play another pack.
    ChangePack(PackEntry),
    /// Copy a pack into the library and play it.
    AddPack(PathBuf),
    /// Take a scale or a keyboard map.
    Tune(PathBuf),
    /// Let the sounds go on from the beginning of an audio file.
    Prime(PathBuf),
}

impl Job {
    /// Where the imported sound stands that it gives another point.
    pub fn target(&self) -> Option<Target> {
        match self {
            Self::ChangeRegion(change) => Some(change.target),
            Self::Encode { target, .. } => Some(*target),
            _ => None,
        }
    }

    /// What the user says of that sound.
    pub fn choice(&self) -> Option<Choice> {
        if let Self::ChangeRegion(change) = self { Some(change.choice) } else { None }
    }
}

#[derive(Default)]
struct Shared {
    waiting: SegQueue<Job>,
    is_closing: AtomicBool,
}

/// The instance's end of its job thread.
#[derive(Default)]
pub struct JobThread {
    shared: Arc<Shared>,
    thread: OnceLock<Thread>,
    running: Mutex<Option<JoinHandle<()>>>,
}

impl JobThread {
    /// Starts the thread unless it runs; `false` if the system gives none. `turn` gets a job, or none where the thread was only
    /// woken, and ends the thread by `false`.
    pub fn start(&self, turn: impl FnMut(Option<Job>) -> bool + Send + 'static) -> bool {
        let mut running = self.running.lock();
        if running.is_none() {
            let shared = Arc::clone(&self.shared);
            let spawned = std::thread::Builder::new().name("heptode-jobs".to_owned());
            let Ok(handle) = spawned.spawn(move || run_all(&shared, turn)) else { return false };
            self.thread.get_or_init(|| handle.thread().clone());
            *running = Some(handle);
        }
        true
    }

    /// Puts a job in line.
    pub fn send(&self, job: Job) {
        self.shared.waiting.push(job);
        self.wake();
    }

    /// Makes the thread take a turn, if it runs. Takes no lock and does not wait.
    pub fn wake(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}

impl Drop for JobThread {
    fn drop(&mut self) {
        let Some(handle) = self.running.get_mut().take() else { return };
        self.shared.is_closing.store(true, Ordering::Release);
        handle.thread().unpark();
        // The thread itself drops the session when the instance went during a job; it cannot wait for itself.
        if handle.thread().id() != std::thread::current().id() {
            let _ended = handle.join();
        }
    }
}

fn run_all(shared: &Shared, mut turn: impl FnMut(Option<Job>) -> bool) {
    loop {
        let job = shared.waiting.pop();
        let is_idle = job.is_none();
        if shared.is_closing.load(Ordering::Acquire) || !turn(job) {
            return;
        }
        if is_idle {
            std::thread::park();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_is_woken_takes_a_turn_and_is_joined() {
        let (turns, seen) = std::sync::mpsc::channel();
        let jobs = JobThread::default();
        jobs.send(Job::ListPacks);
        assert!(jobs.start(move |job| turns.send(job.is_some()).is_ok()));
        let limit = std::time::Duration::from_secs(10);
        assert_eq!((seen.recv_timeout(limit), seen.recv_timeout(limit)), (Ok(true), Ok(false)));
        jobs.wake();
        assert_eq!(seen.recv_timeout(limit), Ok(false));
        drop(jobs);
        assert!(seen.recv().is_err(), "the thread is gone");
    }
}

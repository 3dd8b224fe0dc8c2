//! Endless sounds in the making: the recording that is looked at, the loop that is made of it, and the threads that do both. Main thread
//! and threads of its own, so that neither jobs nor decodes wait; never the audio thread.
//!
//! One sound at a time. A thread holds what is shared here and no session: an instance that goes cancels the work and joins the threads,
//! since a host may unload the library right after.

use std::sync::Arc;
use std::thread::JoinHandle;

use engine::endless::Material;
use engine::state::SoundState;
use parking_lot::Mutex;

use crate::revision::Revision;
use crate::target::Target;

/// An imported sound of which an endless one is wanted.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The sound.
    pub sound: Arc<SoundState>,
    /// Where it stands.
    pub target: Target,
    /// Revision of the project in which it was asked for.
    pub revision: Revision,
}

/// How far the work is.
#[derive(Debug, Clone, Default)]
pub enum Stage {
    /// There is none.
    #[default]
    Nothing,
    /// The recording is read and judged.
    Reading(Asked),
    /// The user may choose a length.
    Ready(Asked, Arc<Material>),
    /// The loop is made; the part that is done, 0 to 1.
    Making(Asked, f64),
}

/// The work of one instance.
#[derive(Default)]
pub struct EndlessWork {
    board: Arc<Board>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What the threads share with the instance.
#[derive(Default)]
pub struct Board(Mutex<(u64, Stage)>);

impl Board {
    /// Takes a step of the work of a ticket; `false` if that was cancelled.
    pub fn step(&self, ticket: u64, stage: Stage) -> bool {
        let mut newest = self.0.lock();
        let is_wanted = newest.0 == ticket;
        if is_wanted {
            newest.1 = stage;
        }
        is_wanted
    }
}

impl EndlessWork {
    /// How far the work is.
    pub fn stage(&self) -> Stage {
        self.board.0.lock().1.clone()
    }

    /// What the threads share with the instance.
    pub fn board(&self) -> Arc<Board> {
        Arc::clone(&self.board)
    }

    /// Goes on to another stage if `plan` finds it fitting; the ticket of the work from there on. Earlier work is cancelled.
    pub fn begin(&self, plan: impl FnOnce(&Stage) -> Option<Stage>) -> Option<u64> {
        let mut newest = self.board.0.lock();
        let stage = plan(&newest.1)?;
        *newest = (newest.0 + 1, stage);
        Some(newest.0)
    }

    /// Does work on a thread of its own; `false` if the system gives none.
    pub fn run(&self, work: impl FnOnce() + Send + 'static) -> bool {
        let mut threads = self.threads.lock();
        threads.retain(|thread| !thread.is_finished());
        let spawned = std::thread::Builder::new().name("heptode-endless".to_owned()).spawn(work);
        spawned.map(|thread| threads.push(thread)).is_ok()
    }
}

impl Drop for EndlessWork {
    fn drop(&mut self) {
        self.begin(|_| Some(Stage::Nothing));
        let own = std::thread::current().id();
        // A thread that lays its result down may be the last to hold the session, and cannot wait for itself.
        for thread in self.threads.get_mut().drain(..).filter(|thread| thread.thread().id() != own) {
            let _ended = thread.join();
        }
    }
}

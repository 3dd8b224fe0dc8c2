//! What the user's interrupt (Ctrl-C) does: it ends the program at once with one line, or, once work has begun that leaves something behind,
//! is seen by that work. The handler runs on a thread of its own; everything else is main thread.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the command line has no audio thread and no host; its handler waits and ends it"
)]

use std::process::exit;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::failure::Failure;
use crate::output::complain;

const INTERRUPTED: &str = "interrupted: nothing was written";

/// What an interrupt meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    /// Reading and computing: nothing has to be cleaned up.
    Harmless,
    /// Work that looks at [`check`] and cleans up.
    Watched,
    /// The same after an interrupt.
    Interrupted,
}

static WORK: Mutex<Work> = Mutex::new(Work::Harmless);

fn work() -> MutexGuard<'static, Work> {
    WORK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Installs the handler, once for the process.
pub(crate) fn handle() {
    // Without a handler the system ends the program, without a line.
    let _ = ctrlc::set_handler(|| {
        // Held while the program ends, so that no work begins meanwhile.
        let mut work = work();
        if *work == Work::Harmless {
            complain(INTERRUPTED);
            exit(1);
        }
        *work = Work::Interrupted;
    });
}

/// From here on the caller looks at [`check`].
pub(crate) fn watch() {
    let mut work = work();
    if *work == Work::Harmless {
        *work = Work::Watched;
    }
}

/// Fails when the user has interrupted the work.
pub(crate) fn check() -> Result<(), Failure> {
    if *work() == Work::Interrupted { Err(Failure::failed(INTERRUPTED)) } else { Ok(()) }
}

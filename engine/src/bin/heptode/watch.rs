//! Shows how far long work is, and sees when the user interrupts it. Main thread.

use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use crate::failure::Failure;
use crate::interrupt;
use crate::output::progress;

/// Longer work shows a bar.
const QUIET: Duration = Duration::from_secs(2);

/// A bar for work that is looked at again and again.
pub(crate) struct Watch {
    begun: Instant,
    length: u64,
    what: &'static str,
    bar: Option<ProgressBar>,
}

impl Watch {
    /// For work of `length` steps, which `what` names with their unit.
    pub(crate) fn new(length: u64, what: &'static str) -> Self {
        interrupt::watch();
        Self { begun: Instant::now(), length, what, bar: None }
    }

    /// Tells the position; an error when the user has interrupted the work.
    pub(crate) fn look(&mut self, position: u64) -> Result<(), Failure> {
        interrupt::check()?;
        if self.bar.is_none() && self.begun.elapsed() > QUIET {
            self.bar = Some(progress(usize::try_from(self.length).unwrap_or(usize::MAX), self.what));
        }
        self.bar.iter().for_each(|bar| bar.set_position(position));
        Ok(())
    }

    /// Clears the bar.
    pub(crate) fn end(&self) {
        self.bar.iter().for_each(ProgressBar::finish_and_clear);
    }
}

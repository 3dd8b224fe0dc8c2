//! Waiting for what another thread does.

use std::time::{Duration, Instant};

/// How long anything may take: a busy machine without optimisation decodes hundreds of times slower than a quiet one.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Polls until `done`; panics after [`PATIENCE`].
pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < PATIENCE, "waited {} s: {what}", PATIENCE.as_secs());
        std::thread::sleep(Duration::from_millis(1));
    }
}

//! How many threads the work takes: what `--threads` says, or one for each core. Set once at the start; read on any thread.

use std::sync::OnceLock;

static LIMIT: OnceLock<usize> = OnceLock::new();

/// Sets the number of threads, torch's among them; 0 stands for all cores. Only the first call counts.
pub fn limit(threads: u32) {
    if threads > 0 {
        let _ = LIMIT.set(threads as usize);
    }
    tch::set_num_threads(count() as i32);
}

/// The number of threads, at least 1.
pub fn count() -> usize {
    LIMIT.get().copied().unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

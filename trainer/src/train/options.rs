//! Options of `trainer train`. Plain data.

use std::path::PathBuf;
use std::time::Duration;

use tch::Device;

use super::budget::Budget;

/// How often things happen.
#[derive(Clone, Copy, Debug)]
pub struct Intervals {
    /// Between checkpoints.
    pub checkpoint: Duration,
    /// Between evaluations.
    pub evaluation: Duration,
    /// Steps between log lines.
    pub log_steps: u64,
}

/// Options of `trainer train`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Corpus folder.
    pub corpus: PathBuf,
    /// Run folder.
    pub run: PathBuf,
    /// Seed.
    pub seed: u64,
    /// End of the first stage.
    pub vae: Budget,
    /// End of the second stage.
    pub vocoder: Budget,
    /// Factor on the learning rate: below 1 for a start from weights that are good already.
    pub rate: f64,
    /// Pack to start from.
    pub from_pack: Option<PathBuf>,
    /// Whether a corpus without held-out sounds will do.
    pub without_held_out: bool,
    /// Where to compute.
    pub device: Device,
    /// How often things happen.
    pub intervals: Intervals,
}

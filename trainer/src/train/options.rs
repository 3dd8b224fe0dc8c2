//! Options of `trainer train`. Plain data.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tch::Device;

use super::budget::Budget;
use crate::loss::frames::Silence;

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

/// What the first stage minimises besides its usual losses, and where silence begins for it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LossOptions {
    /// Weight of returns and cut ends at random points of the space; 0 leaves them out.
    pub ending_weight: f64,
    /// Weight of tails that rise, at the same points; 0 leaves them out.
    pub steady_weight: f64,
    /// What both a sound and its remake have below this level is no error, in dB.
    pub silence_db: f32,
    /// Weight of frames without sound against those with.
    pub silent_weight: f64,
}

impl Default for LossOptions {
    /// The losses that the shipped packs were trained with. Frames end at −90 dB; below −84 dB no remake of them is audible.
    fn default() -> Self {
        Self { ending_weight: 0.0, steady_weight: 0.0, silence_db: -84.0, silent_weight: 0.15 }
    }
}

impl LossOptions {
    /// Where silence begins and how much it counts.
    pub fn silence(&self) -> Silence {
        Silence { below_db: self.silence_db, weight: self.silent_weight }
    }
}

/// What the loop of a stage needs to know.
#[derive(Clone, Copy, Debug)]
pub struct StageOptions<'a> {
    /// Run folder.
    pub run: &'a Path,
    /// Seed.
    pub seed: u64,
    /// Factor on the learning rate.
    pub rate: f64,
    /// How often things happen.
    pub intervals: Intervals,
}

impl Options {
    /// The part of them that every stage shares.
    pub fn of_stage(&self) -> StageOptions<'_> {
        StageOptions { run: &self.run, seed: self.seed, rate: self.rate, intervals: self.intervals }
    }
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
    pub decoder: Budget,
    /// End of the third stage.
    pub vocoder: Budget,
    /// Factor on the learning rate: below 1 for a start from weights that are good already.
    pub rate: f64,
    /// Additional losses of the first stage, and where silence begins for the first two.
    pub losses: LossOptions,
    /// Pack to start from.
    pub from_pack: Option<PathBuf>,
    /// Whether a corpus without held-out sounds will do.
    pub without_held_out: bool,
    /// Where to compute.
    pub device: Device,
    /// How often things happen.
    pub intervals: Intervals,
}

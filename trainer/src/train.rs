//! Training: two stages, each a loop of steps that may be killed at any moment and goes on where its last checkpoint is.
//!
//! Every random choice of a step is drawn from a generator seeded by (seed, stage, step), so a resumed run makes exactly the
//! steps that an uninterrupted one makes. Only a schedule in minutes depends on the machine's speed.

mod average;
mod budget;
pub mod checkpoint;
mod knobs;
pub mod optimiser;
pub mod progress;
mod run;
mod space;
mod stage;
mod straight;
mod vae_stage;
mod vocoder_stage;

pub use budget::Budget;
pub use checkpoint::load_finished;
pub use run::{Options, RunConfig, train};
pub use stage::{Intervals, mix};
pub use vae_stage::LEAST_SPREAD;

//! Training: three stages, each a loop of steps that may be killed at any moment and goes on where its last checkpoint is.
//!
//! Every random choice of a step is drawn from a generator seeded by (seed, stage, step), so a resumed run makes exactly the
//! steps that an uninterrupted one makes. Only a schedule in minutes depends on the machine's speed.

mod axis_loss;
mod best;
mod budget;
pub mod checkpoint;
mod decoder_stage;
pub mod ending_loss;
mod interpolation_loss;
pub mod latent_space_loss;
pub mod optimiser;
mod options;
pub mod progress;
mod run;
mod second_events;
mod stage;
mod vae_stage;
mod vocoder_stage;
mod weight_average;

pub use best::load_trained;
pub use budget::Budget;
pub use checkpoint::load_finished;
pub use options::{Intervals, LossOptions, Options, StageOptions};
pub use run::{RunConfig, run_stage, train};
pub use stage::{Figures, Stage, mix};
pub use vae_stage::LEAST_SPREAD;

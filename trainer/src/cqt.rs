//! The footstep model: a VAE over 144 × 144 constant-Q levels with seven latents, `trainer train --model cqt-vae`.
//!
//! Its data, its training and its export. The transform and the search for a sound are the engine's.

mod axes;
mod config;
mod data;
mod export;
mod graphs;
mod model;
mod named;
mod run;
mod stage;
mod trained;

pub use config::is_run;
pub use export::{ExportOptions, export};
pub use model::{Activation, Upsampling};
pub use run::{Length, TrainOptions, train};

//! Foley by class, `trainer train --model foley`: clips of up to seven classes as codes of cells of log-mel frames, and a prior that gives codes.
//!
//! The first stage is a VQ-VAE (van den Oord, Vinyals and Kavukcuoglu 2017) with a head that tells the class; the second
//! a causal transformer over the codes in time order, conditioned on the class. The engine draws from the second and decodes by the first.

mod config;
mod data;
mod delay;
mod export;
mod graphs;
mod prior;
mod prior_stage;
pub mod quantiser;
mod reconstruct;
mod run;
mod vqvae;
mod vqvae_stage;
mod weights;

pub use config::{Size, is_run};
pub use export::{ExportOptions, export};
pub use reconstruct::{ReconstructOptions, reconstruct};
pub use run::{TrainOptions, train};

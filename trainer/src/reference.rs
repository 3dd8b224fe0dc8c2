//! The reference models: those of the report that Heptode is based on, by name, trained and measured beside ours; their ways to
//! make sounds, which work on any of them and on a model pack; and its tools.
//!
//! One thread drives; torch has its own for the arithmetic. Nothing here is part of the instrument.

mod checkpoint_writer;
mod classify;
pub mod cli;
mod codec;
mod config;
mod conv_ae;
mod data;
mod deep_ae;
mod diverse;
mod early_stopping;
mod fit;
mod frame_ae;
mod generate;
pub mod griffin_lim;
mod history;
mod interpolation;
mod latent_sweep;
mod layers;
mod look;
mod measure;
mod model;
mod model_name;
mod network;
mod plots;
mod prose;
mod raw_ae;
mod row;
mod run;
mod score;
mod search;
mod settings;
mod sizes;
mod stage;
mod table;
pub mod transform;
mod vae;
mod vq_vae;

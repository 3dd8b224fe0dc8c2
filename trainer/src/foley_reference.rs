//! The models of a report on foley sounds (Pillay and others 2023, DCASE task 7) by name, `trainer foley-reference`: VQ-VAEs over mel frames or
//! over frames beside a pretrained encoder's rows.
//!
//! One thread drives; torch has its own for the arithmetic. Nothing here is part of the instrument.

mod attention;
mod class_maps;
mod cli;
mod codes;
mod config;
mod data;
mod discriminators;
mod encoder;
mod gated;
mod generate;
mod generator;
mod geometry;
mod layers;
mod masks;
mod mel;
mod pixelsnail;
mod prior_stage;
mod run;
mod sampling;
mod schedule;
mod stepwise;
mod vocoder_stage;
mod vocoding;
mod vqvae;
mod vqvae_stage;

pub use cli::{Command, dispatch};

//! The arguments of `heptode blend`. Main thread.

use std::ffi::OsString;

use clap::Args;

use super::values::{destination, number};
use super::{Common, OUT_HELP, Playing};
use crate::destination::Destination;

#[derive(Debug, Args)]
pub(crate) struct BlendArgs {
    /// Sounds of the pack and audio files, at least one
    #[arg(value_name = "NAME|FILE", required = true)]
    pub(crate) sounds: Vec<OsString>,
    /// How much of each, in their order, 0 to 1000; equal parts if none are given
    #[arg(long, value_name = "W1,W2,…", value_delimiter = ',', value_parser = number(0.0..=1000.0))]
    pub(crate) weights: Vec<f32>,
    #[arg(long, value_name = "FILE|-", help = OUT_HELP, value_parser = destination())]
    pub(crate) out: Destination,
    #[command(flatten)]
    pub(crate) playing: Playing,
    #[command(flatten)]
    pub(crate) common: Common,
}

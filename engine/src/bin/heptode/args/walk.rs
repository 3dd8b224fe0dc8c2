//! The arguments of `heptode walk`. Main thread.

use clap::Args;

use super::values::{destination, number, rate};
use super::{Common, OUT_HELP};
use crate::destination::Destination;

#[derive(Debug, Args)]
pub(crate) struct WalkArgs {
    /// What is walked on, such as gravel, wood or snow
    #[arg(long)]
    pub(crate) floor: String,
    /// Steps a second, 0.2 to 6; from 2.4 on sounds of running are taken, where the pack has them
    #[arg(long, default_value_t = 1.8, value_parser = number(0.2..=6.0))]
    pub(crate) pace: f32,
    /// Length of the file in seconds, 0.1 to 600
    #[arg(long, default_value_t = 10.0, value_parser = number(0.1..=600.0))]
    pub(crate) seconds: f32,
    /// The same seed gives the same walk
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    #[arg(long, value_name = "FILE|-", help = OUT_HELP, value_parser = destination())]
    pub(crate) out: Destination,
    /// Sample rate of the file in Hz, 4000 to 768000
    #[arg(long, value_name = "HZ", default_value_t = 44_100, value_parser = rate())]
    pub(crate) rate: u32,
    #[command(flatten)]
    pub(crate) common: Common,
}

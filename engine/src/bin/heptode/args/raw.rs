//! The arguments of `heptode raw`. Main thread.

use std::path::PathBuf;

use clap::Args;

use super::OUT_HELP;
use super::values::{destination, number};
use crate::destination::Destination;

#[derive(Debug, Args)]
pub(crate) struct RawArgs {
    /// Pack of kind raw: the name of a shipped one, or its file or folder
    #[arg(long, value_name = "NAME|FILE", default_value = "raw")]
    pub(crate) pack: PathBuf,
    /// A class of the pack by its name or the beginning of it; without this and --weights, no class
    #[arg(long, value_name = "NAME", conflicts_with = "weights")]
    pub(crate) class: Option<String>,
    /// How much of each class, in the pack's order, 0 to 1000; they are divided by their sum
    #[arg(long, value_name = "W1,W2,…", value_delimiter = ',', value_parser = number(0.0..=1000.0))]
    pub(crate) weights: Vec<f32>,
    /// Length of the file in seconds, 0.01 to 600; the length that the network was trained on if not given. The last 256 samples fade out
    #[arg(long, value_parser = number(0.01..=600.0))]
    pub(crate) seconds: Option<f32>,
    /// The same seed gives the same sound
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Audio file that the sound goes on from
    #[arg(long, value_name = "IN")]
    pub(crate) prime: Option<PathBuf>,
    /// How much of the beginning of that file is used, in milliseconds, above 0 and at most the length that the network was trained on
    #[arg(long, value_name = "MS", default_value_t = 20.0, requires = "prime", value_parser = number(0.0..=60_000.0))]
    pub(crate) prime_ms: f32,
    /// Begin the file after the samples of that recording, not with them
    #[arg(long, requires = "prime")]
    pub(crate) after_prime: bool,
    /// Factor on the spread of each sample, 0.1 to 2; the pack's own if not given
    #[arg(long, value_parser = number(0.1..=2.0))]
    pub(crate) temperature: Option<f32>,
    /// Part of the probability from which samples are drawn, the likeliest first, 0.5 to 1; the pack's own if not given
    #[arg(long, value_parser = number(0.5..=1.0))]
    pub(crate) keep: Option<f32>,
    #[arg(long, value_name = "FILE|-", help = OUT_HELP, value_parser = destination())]
    pub(crate) out: Destination,
    /// Write the result to standard output as one JSON object, or to standard error if the sound goes to standard output
    #[arg(long)]
    pub(crate) json: bool,
}

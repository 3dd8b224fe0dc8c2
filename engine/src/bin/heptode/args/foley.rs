//! The arguments of `heptode foley`. Main thread.

use std::path::PathBuf;

use clap::Args;

use super::values::{folder, number};

#[derive(Debug, Args)]
pub(crate) struct FoleyArgs {
    /// Pack of kind foley: the name of a shipped one, or its file or folder
    #[arg(long, value_name = "NAME|FILE", default_value = "foley")]
    pub(crate) pack: PathBuf,
    /// A class of the pack by its name or the beginning of it
    #[arg(long, value_name = "NAME", conflicts_with = "weights", required_unless_present = "weights")]
    pub(crate) class: Option<String>,
    /// How much of each class, in the pack's order, 0 to 1000; they are divided by their sum
    #[arg(long, value_name = "W1,W2,…", value_delimiter = ',', allow_hyphen_values = true, value_parser = number(0.0..=1000.0))]
    pub(crate) weights: Vec<f32>,
    /// Number of clips, 1 to 10000
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) count: u32,
    /// Seed of the first clip; each further one has the next number. The same seed gives the same clip
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Length of the clips in seconds, from 0.05 to that of the clips that the pack was trained on, which is the default. The last 256
    /// samples fade out
    #[arg(long, allow_hyphen_values = true, value_parser = number(0.05..=600.0))]
    pub(crate) seconds: Option<f32>,
    /// Factor on the spread of each code's distribution, 0.1 to 2; the pack's own if not given
    #[arg(long, allow_hyphen_values = true, value_parser = number(0.1..=2.0))]
    pub(crate) temperature: Option<f32>,
    /// Part of the probability from which codes are drawn, the likeliest first, 0.5 to 1; the pack's own if not given
    #[arg(long, allow_hyphen_values = true, value_parser = number(0.5..=1.0))]
    pub(crate) keep: Option<f32>,
    /// How closely a clip keeps to its classes, 0 to 10: 1 as they were learnt, above 1 beyond that; the pack's own if not given
    #[arg(long, allow_hyphen_values = true, value_parser = number(0.0..=10.0))]
    pub(crate) guidance: Option<f32>,
    /// Folder to write 01.wav, 02.wav, … into (mono, 32-bit float); created if it is missing, and files of these names are replaced
    #[arg(long, value_name = "DIR", value_parser = folder())]
    pub(crate) out: PathBuf,
    /// Write the result to standard output as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

//! The arguments of the commands that continue recordings. Main thread.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::OUT_HELP;
use super::values::{destination, seconds, whole};
use crate::destination::Destination;

/// A recording and what is to be made of it.
#[derive(Debug, Args)]
pub(crate) struct Continued {
    /// Audio file of 1 to 8 channels, at least 0.25 s long: WAV, AIFF, AU, CAF, FLAC, MP3, Ogg Vorbis, AAC or M4A
    #[arg(value_name = "IN")]
    pub(crate) file: PathBuf,
    #[arg(long, value_name = "FILE|-", help = OUT_HELP, value_parser = destination())]
    pub(crate) out: Destination,
    /// Length of the result in seconds, 0.01 to 86400
    #[arg(long, allow_hyphen_values = true, value_parser = seconds())]
    pub(crate) seconds: f64,
    /// The same seed gives the same result
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Make the end join the beginning, for playing in a loop
    #[arg(long = "loop")]
    pub(crate) looped: bool,
    /// Write the result to standard output as one JSON object, or to standard error if the sound goes to standard output
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TextureArgs {
    #[command(flatten)]
    pub(crate) continued: Continued,
    /// How the texture is made
    #[arg(long, value_enum, default_value_t = Method::Pieces)]
    pub(crate) method: Method,
    /// Filters of each layer of the method `document`, 1 to 128
    #[arg(long, default_value_t = 32, value_parser = whole(1..=128))]
    pub(crate) filters: usize,
    /// Most steps of the method `document`, 1 to 100000
    #[arg(long, default_value_t = 1000, value_parser = whole(1..=100_000))]
    pub(crate) steps: usize,
}

/// How a texture is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Method {
    /// From short pieces of the recording
    Pieces,
    /// By random convolutions over the complex spectrogram, from noise: slow, for comparison; one or two channels, up to 20 s
    Document,
}

#[derive(Debug, Args)]
pub(crate) struct ExtendArgs {
    #[command(flatten)]
    pub(crate) continued: Continued,
}

//! The arguments of `heptode cqt`. Main thread.

use std::path::PathBuf;

use clap::Args;

use super::OUT_HELP;
use super::values::{destination, number, whole};
use crate::destination::Destination;

#[derive(Debug, Args)]
pub(crate) struct CqtArgs {
    /// Audio file: WAV, AIFF, AU, CAF, FLAC, MP3, Ogg Vorbis, AAC or M4A; of a long one the first 20 s after the onset are used, in mono
    #[arg(value_name = "IN")]
    pub(crate) file: PathBuf,
    #[arg(long, value_name = "FILE|-", help = OUT_HELP, value_parser = destination())]
    pub(crate) out: Destination,
    /// Bands to an octave, 1 to 96
    #[arg(long, default_value_t = 16, value_parser = whole(1..=96))]
    pub(crate) bins_per_octave: usize,
    /// Octaves from the lowest band on, 1 to 20; what lies beyond is kept in two further bands
    #[arg(long, default_value_t = 9, value_parser = whole(1..=20))]
    pub(crate) octaves: usize,
    /// Lowest band in Hz
    #[arg(long, value_name = "HZ", default_value_t = 32.703_197, value_parser = number(1.0..=20_000.0))]
    pub(crate) low: f32,
    /// Least distance in Hz from a band's centre to the ends of its window, 0 to 1000: low bands then tell times better and pitches worse
    /// (variable Q). Without it 0, or 80 with --magnitude-only
    #[arg(long, value_name = "HZ", value_parser = number(0.0..=1000.0))]
    pub(crate) least_width: Option<f32>,
    /// Keep the magnitudes alone, and search the phases
    #[arg(long)]
    pub(crate) magnitude_only: bool,
    /// Coefficients for each that is needed, when magnitudes alone are kept, 1 to 16
    #[arg(long, default_value_t = 1, value_parser = whole(1..=16), requires = "magnitude_only")]
    pub(crate) oversampling: usize,
    /// Steps of the search for phases, 0 to 10000
    #[arg(long, default_value_t = 16, value_parser = whole(0..=10_000), requires = "magnitude_only")]
    pub(crate) iterations: usize,
    /// Seed of the phases that noise above 1.5 kHz begins with; the search takes those below from the magnitudes
    #[arg(long, default_value_t = 0, requires = "magnitude_only")]
    pub(crate) seed: u64,
    /// A picture of the magnitudes to write, as PNG
    #[arg(long, value_name = "FILE")]
    pub(crate) picture: Option<PathBuf>,
    /// Write the result to standard output as one JSON object, or to standard error if the sound goes to standard output
    #[arg(long)]
    pub(crate) json: bool,
}

//! The words that `trainer reference …` understands. Main thread.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::reference::model::ITERATIONS;
use crate::reference::search::Method;

/// A command of the reference row.
#[derive(Subcommand)]
pub enum Command {
    /// List the models with their parameters and compression.
    Models,
    /// Train a model; the same command goes on after an interruption, and with a larger budget.
    Train(TrainArgs),
    /// Sounds with all latents at 0 but one.
    Probe(ProbeArgs),
    /// Sounds of random latents.
    Random(RandomArgs),
    /// Sounds around a sound, at several amounts of noise.
    Around(AroundArgs),
    /// Sounds on the straight line between two sounds.
    Between(BetweenArgs),
    /// An outside file in the model's style: repeated draws of the encoder.
    Transfer(TransferArgs),
    /// Measure a model or a pack on both splits of a corpus, as a row of the table.
    Measure(MeasureArgs),
    /// Write the table from measured rows.
    Table(TableArgs),
    /// Search hyper-parameters; the same command goes on after an interruption.
    Search(SearchArgs),
    /// How well the category of a sound can be predicted from its latents.
    Classify(LookArgs),
    /// Draw latents and spectrogram pairs.
    Plot(PlotArgs),
    /// List the most diverse sounds of the training split.
    Diverse(DiverseArgs),
    /// Write the features of a split as raw 32-bit floats, for other programs.
    Features(FeaturesArgs),
}

/// Options of a training.
#[derive(Args)]
pub struct TrainArgs {
    /// Model by name; `trainer reference models` lists them.
    #[arg(long)]
    pub model: String,
    /// Corpus folder.
    #[arg(long, default_value = "data/corpus")]
    pub corpus: PathBuf,
    /// Run folder; the default is `data/reference/` and the model's name.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Time for all stages.
    #[arg(long, default_value_t = 30.0)]
    pub minutes: f64,
    /// Part of the time that the outer auto-encoder gets.
    #[arg(long, default_value_t = 0.6)]
    pub outer_share: f64,
    /// Most epochs of each stage.
    #[arg(long, default_value_t = 1_000_000, hide_default_value = true)]
    pub epochs: u64,
    /// Seed of every random choice.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Take the finished outer auto-encoder of this run folder.
    #[arg(long)]
    pub outer_from: Option<PathBuf>,
    /// Learn from this many sounds, evenly spread; 0 means all.
    #[arg(long, default_value_t = 0)]
    pub limit: usize,
    /// Train the outer auto-encoder and stop.
    #[arg(long)]
    pub outer_only: bool,
    /// Seconds between checkpoints.
    #[arg(long, default_value_t = 120.0)]
    pub checkpoint_seconds: f64,
    /// Sounds of one batch of the outer stage, instead of the model's own.
    #[arg(long)]
    pub batch: Option<i64>,
    /// Learning rate of both stages, instead of the model's own.
    #[arg(long)]
    pub rate: Option<f64>,
    /// Layers between code and latents, sized by interpolation.
    #[arg(long)]
    pub depth: Option<usize>,
    /// Power of that interpolation.
    #[arg(long, default_value_t = 0.4, requires = "depth")]
    pub ratio: f64,
}

/// Something that encodes and decodes.
#[derive(Args)]
pub struct CodecArgs {
    /// Run folder of a reference model.
    #[arg(long, conflicts_with = "pack", required_unless_present = "pack")]
    pub run: Option<PathBuf>,
    /// Model pack: a folder or a file.
    #[arg(long)]
    pub pack: Option<PathBuf>,
    /// Iterations of fast Griffin-Lim after a spectrogram model.
    #[arg(long, default_value_t = ITERATIONS)]
    pub iterations: usize,
}

/// Where sounds go.
#[derive(Args)]
pub struct OutputArgs {
    /// Folder for the WAV files.
    #[arg(long)]
    pub out: PathBuf,
    /// MIDI key of the sounds that a pack makes; without it, that of the sound they start from, else 60.
    #[arg(long)]
    pub key: Option<f32>,
}

/// Arguments of `probe`.
#[derive(Args)]
pub struct ProbeArgs {
    #[command(flatten)]
    pub codec: CodecArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Values that each axis takes.
    #[arg(long, value_delimiter = ',', default_values_t = [-2.0, -1.0, 1.0, 2.0], allow_hyphen_values = true)]
    pub values: Vec<f32>,
    /// Most axes, from the first.
    #[arg(long, default_value_t = 16)]
    pub axes: usize,
}

/// Arguments of `random`.
#[derive(Args)]
pub struct RandomArgs {
    #[command(flatten)]
    pub codec: CodecArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Sounds.
    #[arg(long, default_value_t = 8)]
    pub count: usize,
    /// Seed.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Arguments of `around`.
#[derive(Args)]
pub struct AroundArgs {
    /// Audio file.
    pub sound: PathBuf,
    #[command(flatten)]
    pub codec: CodecArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Deviations of the noise.
    #[arg(long, value_delimiter = ',', default_values_t = [0.1, 0.3, 1.0])]
    pub amounts: Vec<f32>,
    /// Sounds for each amount.
    #[arg(long, default_value_t = 4)]
    pub count: usize,
    /// Seed.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Arguments of `between`.
#[derive(Args)]
pub struct BetweenArgs {
    /// Audio file to begin at.
    pub from: PathBuf,
    /// Audio file to end at.
    pub to: PathBuf,
    #[command(flatten)]
    pub codec: CodecArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Sounds, both ends included.
    #[arg(long, default_value_t = 9)]
    pub steps: usize,
}

/// Arguments of `transfer`.
#[derive(Args)]
pub struct TransferArgs {
    /// Audio file.
    pub sound: PathBuf,
    #[command(flatten)]
    pub codec: CodecArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Draws.
    #[arg(long, default_value_t = 8)]
    pub count: usize,
    /// Deviation of the draws where the encoder has no distribution of its own, as in a pack.
    #[arg(long, default_value_t = 0.3)]
    pub spread: f32,
    /// Seed.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Arguments of `measure`.
#[derive(Args)]
pub struct MeasureArgs {
    #[command(flatten)]
    pub codec: CodecArgs,
    /// Corpus folder.
    #[arg(long, default_value = "data/corpus")]
    pub corpus: PathBuf,
    /// Most sounds of each split, evenly spread; 0 means all.
    #[arg(long, default_value_t = 0)]
    pub limit: usize,
    /// Straight lines between training sounds to measure; 0 for none.
    #[arg(long, default_value_t = 40)]
    pub lines: usize,
    /// Training sounds from which every knob is turned in steps of 1 %; 0 for none.
    #[arg(long, default_value_t = 2)]
    pub knob_sounds: usize,
    /// Random latent vectors that are compared with the training sounds; 0 for none.
    #[arg(long, default_value_t = 100)]
    pub random: usize,
    /// Sounds of each split that ViSQOL scores, where Python has it.
    #[arg(long, default_value_t = 0)]
    pub visqol: usize,
    /// Python that may have the package visqol-python.
    #[arg(long, default_value = "python3")]
    pub python: PathBuf,
    /// Row file to write.
    #[arg(long)]
    pub out: PathBuf,
    /// Time that a pack was trained for, in minutes; a run knows its own.
    #[arg(long)]
    pub training_minutes: Option<f64>,
}

/// Arguments of `table`.
#[derive(Args)]
pub struct TableArgs {
    /// Measured rows, in the order of the table.
    #[arg(required = true)]
    pub rows: Vec<PathBuf>,
    /// Page to write.
    #[arg(long)]
    pub out: PathBuf,
    /// Day, as YYYY-MM-DD.
    #[arg(long)]
    pub date: String,
    /// Processor, cores and system.
    #[arg(long)]
    pub machine: String,
    /// Time for all trainings, in minutes.
    #[arg(long)]
    pub minutes: f64,
    /// What else a reader has to know of how the rows came to be.
    #[arg(long)]
    pub remark: Option<String>,
}

/// Arguments of `search`.
#[derive(Args)]
pub struct SearchArgs {
    /// Model by name.
    #[arg(long)]
    pub model: String,
    /// Hyper-parameter and range: NAME=int:4..6, real:0.2..0.8[:STEPS], log:1e-5..1e-2[:STEPS] or cat:4,8,16. Repeatable.
    #[arg(long = "param")]
    pub params: Vec<String>,
    /// How points are chosen.
    #[arg(long, value_enum, default_value = "grid")]
    pub method: Method,
    /// Corpus folder.
    #[arg(long, default_value = "data/corpus")]
    pub corpus: PathBuf,
    /// Folder of the search.
    #[arg(long)]
    pub out: PathBuf,
    /// Search the inner network, on codes of the finished outer one of this run folder.
    #[arg(long)]
    pub outer_from: Option<PathBuf>,
    /// Most trials.
    #[arg(long, default_value_t = 20)]
    pub trials: usize,
    /// Epochs of a trial.
    #[arg(long, default_value_t = 10)]
    pub epochs: u64,
    /// Learn from this many of the most diverse sounds; 0 means all.
    #[arg(long, default_value_t = 0)]
    pub diverse: usize,
    /// Seed of every random choice.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// A model or pack, and a corpus.
#[derive(Args)]
pub struct LookArgs {
    #[command(flatten)]
    pub codec: CodecArgs,
    /// Corpus folder.
    #[arg(long, default_value = "data/corpus")]
    pub corpus: PathBuf,
    /// Most sounds of each split, evenly spread; 0 means all.
    #[arg(long, default_value_t = 0)]
    pub limit: usize,
}

/// Arguments of `plot`.
#[derive(Args)]
pub struct PlotArgs {
    #[command(flatten)]
    pub look: LookArgs,
    /// Folder for the pictures.
    #[arg(long)]
    pub out: PathBuf,
    /// Categories to colour; the default is the most frequent ones.
    #[arg(long, value_delimiter = ',')]
    pub categories: Vec<String>,
    /// Spectrogram pairs of each split.
    #[arg(long, default_value_t = 4)]
    pub pairs: usize,
}

/// Arguments of `diverse`.
#[derive(Args)]
pub struct DiverseArgs {
    /// Corpus folder.
    #[arg(long, default_value = "data/corpus")]
    pub corpus: PathBuf,
    /// Sounds to choose.
    #[arg(long, default_value_t = 100)]
    pub count: usize,
    /// Compare by the latents of this run instead of by features.
    #[arg(long, conflicts_with = "pack")]
    pub run: Option<PathBuf>,
    /// Compare by the latents of this pack instead of by features.
    #[arg(long)]
    pub pack: Option<PathBuf>,
}

/// Arguments of `features`.
#[derive(Args)]
pub struct FeaturesArgs {
    /// Corpus folder.
    #[arg(long, default_value = "data/corpus")]
    pub corpus: PathBuf,
    /// Most sounds, evenly spread; 0 means all.
    #[arg(long, default_value_t = 0)]
    pub limit: usize,
    /// File to write: `[sound][1025][83]`, little-endian.
    #[arg(long)]
    pub out: PathBuf,
}

//! `trainer reference …`: the commands of the reference row.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use clap::{Args, Subcommand};

use super::codec::{PackCodec, SoundCodec};
use super::generate::{self, Output, read_sound};
use super::measure;
use super::model::{ITERATIONS, Reference};
use super::name::ModelName;
use super::run::{self, Config};
use super::table::{self, About};

/// A command of the reference row.
#[derive(Subcommand)]
pub enum Command {
    /// List the models with their parameters and compression.
    Models,
    /// Train a model; the same command goes on after an interruption.
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
}

/// What a training is asked to do.
#[derive(Args)]
pub struct TrainArgs {
    /// Model by name; `trainer reference models` lists them.
    #[arg(long)]
    model: String,
    /// Corpus folder.
    #[arg(long, default_value = "data/corpus")]
    corpus: PathBuf,
    /// Run folder; the default is `data/reference/` and the model's name.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Time for all stages.
    #[arg(long, default_value_t = 30.0)]
    minutes: f64,
    /// Part of the time that the outer auto-encoder gets.
    #[arg(long, default_value_t = 0.6)]
    outer_share: f64,
    /// Most epochs of each stage.
    #[arg(long, default_value_t = 1_000_000, hide_default_value = true)]
    epochs: u64,
    /// Seed of every random choice.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Take the finished outer auto-encoder of this run folder.
    #[arg(long)]
    outer_from: Option<PathBuf>,
    /// Seconds between checkpoints.
    #[arg(long, default_value_t = 120.0)]
    checkpoint_seconds: f64,
    /// Sounds of one batch of the outer stage, instead of the model's own.
    #[arg(long)]
    batch: Option<i64>,
    /// Learning rate of both stages, instead of the model's own.
    #[arg(long)]
    rate: Option<f64>,
    /// Layers between code and latents, sized by interpolation.
    #[arg(long)]
    depth: Option<usize>,
    /// Power of that interpolation.
    #[arg(long, default_value_t = 0.4, requires = "depth")]
    ratio: f64,
}

/// Something that encodes and decodes.
#[derive(Args)]
pub struct CodecArgs {
    /// Run folder of a reference model.
    #[arg(long, conflicts_with = "pack", required_unless_present = "pack")]
    run: Option<PathBuf>,
    /// Model pack: a folder or a file.
    #[arg(long)]
    pack: Option<PathBuf>,
    /// Iterations of fast Griffin-Lim after a spectrogram model.
    #[arg(long, default_value_t = ITERATIONS)]
    iterations: usize,
}

/// Where sounds go.
#[derive(Args)]
pub struct OutputArgs {
    /// Folder for the WAV files.
    #[arg(long)]
    out: PathBuf,
    /// MIDI key, for a pack.
    #[arg(long, default_value_t = 60.0)]
    key: f32,
}

/// Arguments of `probe`.
#[derive(Args)]
pub struct ProbeArgs {
    #[command(flatten)]
    codec: CodecArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Values that each axis takes.
    #[arg(long, value_delimiter = ',', default_values_t = [-2.0, -1.0, 1.0, 2.0], allow_hyphen_values = true)]
    values: Vec<f32>,
    /// Most axes, from the first.
    #[arg(long, default_value_t = 16)]
    axes: usize,
}

/// Arguments of `random`.
#[derive(Args)]
pub struct RandomArgs {
    #[command(flatten)]
    codec: CodecArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Sounds.
    #[arg(long, default_value_t = 8)]
    count: usize,
    /// Seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Arguments of `around`.
#[derive(Args)]
pub struct AroundArgs {
    /// Audio file.
    sound: PathBuf,
    #[command(flatten)]
    codec: CodecArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Deviations of the noise.
    #[arg(long, value_delimiter = ',', default_values_t = [0.1, 0.3, 1.0])]
    amounts: Vec<f32>,
    /// Sounds for each amount.
    #[arg(long, default_value_t = 4)]
    count: usize,
    /// Seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Arguments of `between`.
#[derive(Args)]
pub struct BetweenArgs {
    /// Audio file to begin at.
    from: PathBuf,
    /// Audio file to end at.
    to: PathBuf,
    #[command(flatten)]
    codec: CodecArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Sounds, both ends included.
    #[arg(long, default_value_t = 9)]
    steps: usize,
}

/// Arguments of `transfer`.
#[derive(Args)]
pub struct TransferArgs {
    /// Audio file.
    sound: PathBuf,
    #[command(flatten)]
    codec: CodecArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Draws.
    #[arg(long, default_value_t = 8)]
    count: usize,
    /// Deviation of the draws where the encoder has no distribution of its own, as in a pack.
    #[arg(long, default_value_t = 0.3)]
    spread: f32,
    /// Seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Arguments of `measure`.
#[derive(Args)]
pub struct MeasureArgs {
    #[command(flatten)]
    codec: CodecArgs,
    /// Corpus folder.
    #[arg(long, default_value = "data/corpus")]
    corpus: PathBuf,
    /// Most sounds of each split, evenly spread; 0 means all.
    #[arg(long, default_value_t = 0)]
    limit: usize,
    /// Row file to write.
    #[arg(long)]
    out: PathBuf,
    /// Time that a pack was trained for, in minutes; a run knows its own.
    #[arg(long)]
    training_minutes: Option<f64>,
}

/// Arguments of `table`.
#[derive(Args)]
pub struct TableArgs {
    /// Measured rows, in the order of the table.
    #[arg(required = true)]
    rows: Vec<PathBuf>,
    /// Page to write.
    #[arg(long)]
    out: PathBuf,
    /// Day, as YYYY-MM-DD.
    #[arg(long)]
    date: String,
    /// Processor, cores and system.
    #[arg(long)]
    machine: String,
    /// Time for all trainings, in minutes.
    #[arg(long)]
    minutes: f64,
}

/// Runs a command.
pub fn dispatch(command: Command) -> Result<()> {
    match command {
        Command::Models => list_models(),
        Command::Train(args) => train(args),
        Command::Probe(args) => {
            generate::probe(args.codec.open()?.as_mut(), args.axes, &args.values, &args.output.into())
        }
        Command::Random(args) => {
            generate::random(args.codec.open()?.as_mut(), args.count, args.seed, &args.output.into())
        }
        Command::Around(args) => {
            let sound = read_sound(&args.sound)?;
            let mut codec = args.codec.open()?;
            generate::around(codec.as_mut(), &sound, &args.amounts, args.count, args.seed, &args.output.into())
        }
        Command::Between(args) => {
            let (from, to) = (read_sound(&args.from)?, read_sound(&args.to)?);
            generate::between(args.codec.open()?.as_mut(), &from, &to, args.steps, &args.output.into())
        }
        Command::Transfer(args) => {
            let sound = read_sound(&args.sound)?;
            let mut codec = args.codec.open()?;
            generate::transfer(codec.as_mut(), &sound, args.count, args.spread, args.seed, &args.output.into())
        }
        Command::Measure(args) => measure(&args),
        Command::Table(args) => {
            let about = About { date: args.date, machine: args.machine, minutes: args.minutes };
            table::write_page(&args.rows, &about, &args.out)
        }
    }
}

impl From<OutputArgs> for Output {
    fn from(args: OutputArgs) -> Self {
        Self { folder: args.out, key: args.key }
    }
}

impl CodecArgs {
    fn open(&self) -> Result<Box<dyn SoundCodec>> {
        match (&self.run, &self.pack) {
            (Some(run), None) => Ok(Box::new(self.open_run(run)?)),
            (None, Some(pack)) => Ok(Box::new(PackCodec::open(pack)?)),
            _ => bail!("give either --run or --pack"),
        }
    }

    fn open_run(&self, run: &Path) -> Result<Reference> {
        let (mut model, _) = Reference::open(run)?;
        model.iterations = self.iterations;
        Ok(model)
    }
}

fn measure(args: &MeasureArgs) -> Result<()> {
    let options = measure::Options {
        corpus: &args.corpus,
        limit: args.limit,
        iterations: args.codec.iterations,
        out: &args.out,
        training_s: args.training_minutes.map(|minutes| minutes * 60.0),
    };
    match (&args.codec.run, &args.codec.pack) {
        (Some(run), _) => measure::measure_run(run, &options).map(|_| ()),
        (None, Some(pack)) => measure::measure_pack(pack, &options).map(|_| ()),
        (None, None) => bail!("give either --run or --pack"),
    }
}

fn list_models() -> Result<()> {
    for model in ModelName::ALL {
        let config = Config { model, settings: model.settings(), seed: 1, corpus_id: String::new() };
        println!("{:<10} {}", model.as_str(), Reference::new(&config).describe());
    }
    Ok(())
}

fn train(args: TrainArgs) -> Result<()> {
    let model = ModelName::parse(&args.model)?;
    ensure!(args.minutes.is_finite() && args.minutes > 0.0, "--minutes must be above 0");
    ensure!((0.01..=0.99).contains(&args.outer_share), "--outer-share must lie between 0.01 and 0.99");
    ensure!(args.epochs > 0, "--epochs must be above 0");
    let mut settings = model.settings();
    settings.outer.batch = args.batch.unwrap_or(settings.outer.batch);
    if let Some(rate) = args.rate {
        (settings.outer.rate, settings.inner.rate) = (rate, rate);
    }
    if let Some(depth) = args.depth {
        let config = Config { model, settings: settings.clone(), seed: 1, corpus_id: String::new() };
        settings.interpolate_hidden(Reference::new(&config).outer.code_len(), depth, args.ratio)?;
    }
    run::train(&run::Options {
        model,
        settings,
        corpus: args.corpus,
        run: args.out.unwrap_or_else(|| Path::new("data/reference").join(model.as_str())),
        seed: args.seed,
        seconds: args.minutes * 60.0,
        outer_share: args.outer_share,
        epochs: args.epochs,
        checkpoint: Duration::try_from_secs_f64(args.checkpoint_seconds.max(0.0)).unwrap_or(Duration::MAX),
        outer_from: args.outer_from,
    })
}

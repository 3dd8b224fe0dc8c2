//! `trainer foley-reference …`: the commands of these models. Main thread.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::{Args, Subcommand};

use super::config::{Size, Variant};
use super::generate::{self, VocoderName};
use super::run::{self, Length, StageName, TrainOptions};
use super::sampling::Loop;
use crate::device::DeviceChoice;
use crate::train::Intervals;

/// Time for each stage of a size that is not published, in minutes, where none is given.
const MINUTES: f64 = 60.0;

/// A command of these models.
#[derive(Subcommand)]
pub enum Command {
    /// Train on a corpus of clips; the same command goes on after an interruption.
    Train(TrainArgs),
    /// Make clips of each class: OUT/CLASS/0001.wav and so on.
    Generate(GenerateArgs),
}

/// Options of clips.
#[derive(Args)]
pub struct GenerateArgs {
    /// Run folder whose VQ-VAE and prior are trained.
    #[arg(long, default_value = "data/foley-reference")]
    run: PathBuf,
    /// Folder to write.
    #[arg(long)]
    out: PathBuf,
    /// Classes; all of the run if none is given.
    #[arg(long, value_delimiter = ',')]
    classes: Vec<String>,
    /// Clips of each class, 1 to 9999.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=9999))]
    count: u64,
    /// Seed: the same one gives the same clips.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How codes are drawn; both give the same ones.
    #[arg(long = "loop", value_enum, default_value = "cached")]
    how: Loop,
    /// What makes samples of frames.
    #[arg(long, value_enum, default_value = "hifi-gan")]
    vocoder: VocoderName,
    /// Where to compute.
    #[arg(long, value_enum, default_value = "auto")]
    device: DeviceChoice,
}

/// Options of a training.
#[derive(Args)]
pub struct TrainArgs {
    /// Which VQ-VAE, and which frames.
    #[arg(long, value_enum, default_value = "baseline")]
    variant: Variant,
    /// Size of all networks.
    #[arg(long, value_enum, default_value = "small")]
    size: Size,
    /// Corpus folder.
    #[arg(long, default_value = "data/foley")]
    corpus: PathBuf,
    /// Run folder: checkpoints and log.
    #[arg(long, default_value = "data/foley-reference")]
    out: PathBuf,
    /// Stages to train; each needs those before it.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["vqvae", "prior", "vocoder"])]
    stages: Vec<StageName>,
    /// Time for each stage; 60 if none is given, but the published number of epochs at the published size.
    #[arg(long)]
    minutes: Option<f64>,
    /// Steps of each stage, instead of time.
    #[arg(long, conflicts_with = "minutes")]
    steps: Option<u64>,
    /// File of a pretrained encoder, ONNX or TorchScript, for the variants combined and combined-unconditioned: 1 x 96000 samples at 24 kHz to 1 x 1023 x 300.
    #[arg(long)]
    encoder: Option<PathBuf>,
    /// Factor on the learning rates.
    #[arg(long, default_value_t = 1.0)]
    rate: f64,
    /// Seed of every random choice.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What names the class of a sound: `category`, or a label of the corpus; without it the label `class`, or the category.
    #[arg(long)]
    class_label: Option<String>,
    /// The classes, at most seven; sounds of others are left out.
    #[arg(long, value_delimiter = ',', requires = "class_label")]
    classes: Vec<String>,
    /// Train although no sound is held out.
    #[arg(long)]
    without_held_out: bool,
    /// Where to compute; on CUDA, products are of 16-bit numbers.
    #[arg(long, value_enum, default_value = "auto")]
    device: DeviceChoice,
    /// Seconds between checkpoints.
    #[arg(long, default_value_t = 90.0)]
    checkpoint_seconds: f64,
    /// Seconds between figures on held-out sounds.
    #[arg(long, default_value_t = 300.0)]
    evaluation_seconds: f64,
    /// Steps between log lines.
    #[arg(long, default_value_t = 20)]
    log_steps: u64,
}

/// Runs a command.
///
/// # Errors
/// Bad arguments, or whatever stops the command, as one line.
pub fn dispatch(command: Command) -> Result<()> {
    match command {
        Command::Train(args) => run::train(&options(args)?),
        Command::Generate(args) => generate::generate(&generate::Options {
            run: args.run,
            out: args.out,
            classes: args.classes,
            count: args.count,
            seed: args.seed,
            how: args.how,
            vocoder: args.vocoder,
            device: args.device.device()?,
        }),
    }
}

fn options(args: TrainArgs) -> Result<TrainOptions> {
    ensure!(args.rate > 0.0 && args.rate <= 4.0, "--rate must lie above 0 and not above 4");
    ensure!(args.steps != Some(0), "--steps must be above 0");
    ensure!(args.minutes.is_none_or(|minutes| minutes.is_finite() && minutes > 0.0), "--minutes must be above 0");
    let length = match (args.steps, args.minutes) {
        (Some(steps), _) => Length::Steps(steps),
        (None, Some(minutes)) => Length::Seconds(minutes * 60.0),
        (None, None) if args.size == Size::Published => Length::Published,
        (None, None) => Length::Seconds(MINUTES * 60.0),
    };
    let interval = |seconds: f64| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX);
    let mut stages = args.stages;
    stages.sort();
    stages.dedup();
    Ok(TrainOptions {
        corpus: args.corpus,
        run: args.out,
        variant: args.variant,
        size: args.size,
        stages,
        length,
        seed: args.seed,
        rate: args.rate,
        encoder: args.encoder,
        class_label: args.class_label,
        classes: args.classes,
        without_held_out: args.without_held_out,
        device: args.device.device()?,
        intervals: Intervals {
            checkpoint: interval(args.checkpoint_seconds),
            evaluation: interval(args.evaluation_seconds),
            log_steps: args.log_steps.max(1),
        },
    })
}

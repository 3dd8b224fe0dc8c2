//! Trains Heptode's models: makes corpora, trains, exports model packs and measures them.
//!
//! The only crate that sees libtorch. One thread drives; torch has its own for the arithmetic.

mod corpus;
mod corpus_command;
mod cqt;
mod cqt_command;
mod descriptors;
mod device;
mod eval;
mod export;
mod export_command;
mod features;
mod files;
mod foley;
mod foley_command;
mod foley_reference;
mod level_matched_istft;
mod loss;
mod model;
mod onnx;
mod parity;
mod reconstruct_command;
mod reference;
mod sashimi;
mod sashimi_command;
mod sets;
mod sets_command;
mod signal;
mod start;
mod statistics;
mod threads;
mod train;
mod trained_model;
mod useful_command;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::{Args, Parser, Subcommand, ValueEnum};

use corpus::Split;
use device::DeviceChoice;
use train::{Budget, Intervals, LossOptions};

/// Time for both stages of the default model, in minutes.
const LATENT_MINUTES: f64 = 120.0;
#[derive(Parser)]
#[command(name = "trainer", version, about = "Trains Heptode's models and writes model packs")]
struct Cli {
    /// Threads; 0 means all cores.
    #[arg(long, global = true, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1024))]
    threads: u32,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a corpus from a sound font, procedural sounds, a folder of recordings, or any of them together.
    Corpus(corpus_command::CorpusArgs),
    /// Train on a corpus; the same command goes on after an interruption.
    Train(Box<TrainArgs>),
    /// Write a model pack from a run.
    Export(export_command::ExportArgs),
    /// Measure a model pack on a corpus.
    Eval(EvalArgs),
    /// Measure sets of sounds against a reference: distances, precision, recall, copies, classes.
    EvalSets(sets_command::SetsArgs),
    /// Tell which part of a raw pack's sounds is useful by the measure of its corpus.
    Useful(useful_command::UsefulArgs),
    /// Write held-out clips as the codes of a foley run keep them.
    Reconstruct(reconstruct_command::ReconstructArgs),
    /// Write what `trainer eval` found of a pack as its model card says it.
    Figures(FiguresArgs),
    /// The models of the report that Heptode is based on: train them, make sounds with them, measure them beside a pack.
    #[command(subcommand)]
    Reference(reference::cli::Command),
    /// The models of a report on foley sounds: train them, and make clips of each class with them.
    #[command(subcommand)]
    FoleyReference(foley_reference::Command),
}

/// The models that `trainer train` knows.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModelChoice {
    /// The default: a VAE over log-mel frames, and a vocoder.
    Latent,
    /// Footsteps: a VAE over 144 x 144 constant-Q levels, whose sounds are searched for.
    CqtVae,
    /// Raw audio, sample by sample: a state-space network.
    Sashimi,
    /// Clips of up to seven classes: a VQ-VAE over log-mel frames, and a prior that gives its codes.
    Foley,
}

#[derive(Args)]
struct TrainArgs {
    /// What to train.
    #[arg(long, value_enum, default_value = "latent")]
    model: ModelChoice,
    /// Corpus folder.
    #[arg(long, default_value = "data/corpus")]
    corpus: PathBuf,
    /// Run folder: checkpoints and log.
    #[arg(long, default_value = "data/run")]
    out: PathBuf,
    /// Time for the whole training; 120 for the default model if none is given.
    #[arg(long)]
    minutes: Option<f64>,
    #[command(flatten)]
    cqt: cqt_command::CqtArgs,
    #[command(flatten)]
    sashimi: sashimi_command::SashimiArgs,
    #[command(flatten)]
    foley: foley_command::FoleyArgs,
    /// Part of the time that the auto-encoder gets; 0 with --from-pack leaves it as it is.
    #[arg(long, default_value_t = 0.5)]
    vae_share: f64,
    /// Part of the time in which the decoder alone unlearns what rises again after quiet where no sound does; the vocoder gets the
    /// rest, and 0 leaves it out. Of foley the prior gets what the auto-encoder leaves.
    #[arg(long, default_value_t = 0.1)]
    decoder_share: f64,
    /// Factor on the learning rate; below 1 when training starts from a good pack.
    #[arg(long, default_value_t = 1.0)]
    rate: f64,
    /// Steps of the first stage, instead of time.
    #[arg(long, requires = "vocoder_steps")]
    vae_steps: Option<u64>,
    /// Steps of the decoder alone, where the others have steps; 0 leaves it out.
    #[arg(long, requires = "vae_steps", default_value_t = 0)]
    decoder_steps: u64,
    /// Steps of the vocoder, instead of time.
    #[arg(long, requires = "vae_steps")]
    vocoder_steps: Option<u64>,
    /// Weight of a loss of sounds that come back after silence or end abruptly, at random points; 0 leaves it out.
    #[arg(long, default_value_t = 0.0)]
    ending_weight: f64,
    /// Weight of a loss of tails that rise, at the same points; 0 leaves it out.
    #[arg(long, default_value_t = 0.0)]
    steady_weight: f64,
    /// Level in dB below which a remake may differ from its sound, -90 to -40.
    #[arg(long, default_value_t = -84.0, allow_negative_numbers = true)]
    silence_db: f32,
    /// Weight of frames without sound against those with, 0 to 1.
    #[arg(long, default_value_t = 0.15)]
    silent_weight: f64,
    /// Seed of every random choice.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Model pack to start from.
    #[arg(long)]
    from_pack: Option<PathBuf>,
    /// Train although no sound is held out: then nothing shows over-fitting.
    #[arg(long)]
    without_held_out: bool,
    /// Where to compute.
    #[arg(long, value_enum, default_value = "auto")]
    device: DeviceChoice,
    /// Seconds between checkpoints.
    #[arg(long, default_value_t = 90.0)]
    checkpoint_seconds: f64,
    /// Seconds between figures on held-out sounds.
    #[arg(long, default_value_t = 120.0)]
    evaluation_seconds: f64,
    /// Steps between log lines.
    #[arg(long, default_value_t = 20)]
    log_steps: u64,
}

#[derive(Args)]
struct FiguresArgs {
    /// Pack: a folder or a file.
    #[arg(long, default_value = "models/factory")]
    pack: PathBuf,
    /// `report.json` of `trainer eval` for this pack.
    #[arg(long)]
    report: PathBuf,
    /// Markdown file to write.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Args)]
struct EvalArgs {
    /// Pack: a folder or a file.
    #[arg(long, default_value = "models/factory")]
    pack: PathBuf,
    /// Corpus to measure on.
    #[arg(long, default_value = "data/corpus")]
    corpus: PathBuf,
    /// Folder for the report.
    #[arg(long, default_value = "data/eval")]
    out: PathBuf,
    /// Most sounds of each split, evenly spread; 0 means all.
    #[arg(long, default_value_t = 0)]
    limit: usize,
    /// Rounds of Griffin-Lim, instead of the pack's own.
    #[arg(long)]
    iterations: Option<usize>,
    /// Split to measure; both if none is given.
    #[arg(long, value_enum)]
    split: Option<Split>,
    /// Run folder that the pack came from: adds loss curves and the divergence of each latent.
    #[arg(long)]
    run: Option<PathBuf>,
    /// Random straight lines between sounds, 33 steps each.
    #[arg(long, default_value_t = 200)]
    lines: usize,
    /// Sounds from which every knob is turned in steps of 1 %.
    #[arg(long, default_value_t = 4)]
    knob_sounds: usize,
    /// Random points that are compared with the training sounds.
    #[arg(long, default_value_t = 200)]
    random: usize,
    /// Named pitched sounds that are played at keys 24 to 96.
    #[arg(long, default_value_t = 1000)]
    played: usize,
    /// Sounds that are damaged on purpose, to see which figures notice.
    #[arg(long, default_value_t = 6)]
    ladder: usize,
    /// Sounds of each split that ViSQOL scores, where Python has it.
    #[arg(long, default_value_t = 0)]
    visqol: usize,
    /// Python that may have the package visqol-python.
    #[arg(long, default_value = "python3")]
    python: PathBuf,
}

fn main() -> ExitCode {
    if let Err(error) = start::start_with_settings().and_then(|()| run(Cli::parse())) {
        // Torch adds a trace of its own calls, which is of no use to a user.
        let error = format!("{error:#}");
        eprintln!("trainer: {}", error.lines().next().unwrap_or_default());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn run(cli: Cli) -> Result<()> {
    threads::limit(cli.threads);
    match cli.command {
        Command::Corpus(args) => corpus_command::make(&args),
        Command::Train(args) => train(*args),
        Command::Reference(command) => reference::cli::dispatch(command),
        Command::FoleyReference(command) => foley_reference::dispatch(command),
        Command::Eval(args) => eval::evaluate(&eval::Options {
            pack: args.pack,
            corpus: args.corpus,
            out: args.out,
            limit: args.limit,
            iterations: args.iterations,
            run: args.run,
            split: args.split,
            python: args.python,
            amounts: eval::Amounts {
                lines: args.lines,
                knob_sounds: args.knob_sounds,
                random: args.random,
                played: args.played,
                ladder: args.ladder,
                visqol: args.visqol,
            },
        }),
        Command::EvalSets(args) => args.run(threads::count()),
        Command::Reconstruct(args) => args.run(),
        Command::Useful(args) => sashimi::useful(&args.options()?),
        Command::Figures(args) => export::figures::write(&args.pack, &args.report, &args.out),
        Command::Export(args) => export_command::export(args),
    }
}

fn train(args: TrainArgs) -> Result<()> {
    let minutes = args.minutes.unwrap_or(LATENT_MINUTES);
    ensure!(minutes.is_finite() && minutes > 0.0, "--minutes must be above 0");
    shares_of(&args)?;
    ensure!(args.rate > 0.0 && args.rate <= 4.0, "--rate must lie above 0 and not above 4");
    ensure!(args.model == ModelChoice::Foley || args.foley.is_empty(), "--sounds and --pack are for the model foley");
    ensure!(args.ending_weight >= 0.0 && args.steady_weight >= 0.0, "weights of losses must not be negative");
    ensure!((-90.0..=-40.0).contains(&args.silence_db), "--silence-db must lie between -90 and -40");
    ensure!((0.0..=1.0).contains(&args.silent_weight), "--silent-weight must lie between 0 and 1");
    let seconds = minutes * 60.0;
    let device = args.device.device()?;
    let intervals = intervals_of(&args);
    if args.model != ModelChoice::Latent {
        ensure!(args.from_pack.is_none(), "--from-pack is for the default model");
        let shared = cqt_command::Shared {
            corpus: args.corpus,
            run: args.out,
            seed: args.seed,
            minutes: args.minutes,
            rate: args.rate,
            without_held_out: args.without_held_out,
            device,
            intervals,
        };
        return match args.model {
            ModelChoice::Sashimi => sashimi::train(&args.sashimi.options(shared, args.cqt.steps())?),
            ModelChoice::Foley => {
                let classes = args.sashimi.classes();
                let start_from = args.sashimi.start_from();
                args.foley.train(&args.foley.options(shared, args.cqt.steps(), args.vae_share, classes, start_from)?)
            }
            _ => cqt::train(&args.cqt.options(shared)?),
        };
    }
    let [vae, decoder, vocoder] = budgets(&args, seconds);
    train::train(&train::Options {
        corpus: args.corpus,
        run: args.out,
        seed: args.seed,
        vae,
        decoder,
        vocoder,
        rate: args.rate,
        losses: LossOptions {
            ending_weight: args.ending_weight,
            steady_weight: args.steady_weight,
            silence_db: args.silence_db,
            silent_weight: args.silent_weight,
        },
        from_pack: args.from_pack,
        without_held_out: args.without_held_out,
        device,
        intervals,
    })
}

/// Checks how the time is shared out.
fn shares_of(args: &TrainArgs) -> Result<()> {
    let least = if args.from_pack.is_some() { 0.0 } else { 0.01 };
    ensure!((least..=0.99).contains(&args.vae_share), "--vae-share must lie between {least} and 0.99");
    ensure!((0.0..=1.0).contains(&args.decoder_share), "--decoder-share must lie between 0 and 1");
    let is_of_foley = args.model == ModelChoice::Foley;
    ensure!(
        is_of_foley || args.vae_share + args.decoder_share <= 1.0,
        "--vae-share and --decoder-share are more than 1 together"
    );
    Ok(())
}

/// The ends of the three stages of the default model: steps where steps are given, else its shares of `seconds`.
fn budgets(args: &TrainArgs, seconds: f64) -> [Budget; 3] {
    match args.vae_steps.zip(args.vocoder_steps) {
        Some((vae, vocoder)) => [vae, args.decoder_steps, vocoder].map(Budget::Steps),
        None => [args.vae_share, args.decoder_share, 1.0 - args.vae_share - args.decoder_share]
            .map(|share| Budget::Seconds(seconds * share)),
    }
}

fn intervals_of(args: &TrainArgs) -> Intervals {
    let positive = |seconds: f64| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX);
    Intervals {
        checkpoint: positive(args.checkpoint_seconds),
        evaluation: positive(args.evaluation_seconds),
        log_steps: args.log_steps.max(1),
    }
}

//! A run folder of a reference model: what it holds, and its two stages in order. The outer auto-encoder is trained first and
//! then frozen; the corpus is encoded once, and the inner network learns from the codes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::checkpoint_writer::CheckpointWriter;
use super::config::Config;
use super::data::Set;
use super::fit::{Task, fit};
use super::history::{End, Limits};
use super::model::Reference;
use super::model_name::ModelName;
use super::settings::Settings;
use super::stage::{INNER, OUTER, load_stage, read_history};
use crate::corpus::{Corpus, Split};
use crate::files::write_atomically;
use crate::train::checkpoint;

/// Options of a training.
#[derive(Clone, Debug)]
pub struct Options {
    /// The model.
    pub model: ModelName,
    /// Its sizes and hyper-parameters.
    pub settings: Settings,
    /// Corpus folder.
    pub corpus: PathBuf,
    /// Run folder.
    pub run: PathBuf,
    /// Seed of every random choice.
    pub seed: u64,
    /// Time for both stages, in seconds.
    pub seconds: f64,
    /// Part of the time that the first stage gets, where there are two.
    pub outer_share: f64,
    /// Most epochs of each stage.
    pub epochs: u64,
    /// Between checkpoints.
    pub checkpoint: Duration,
    /// Run whose finished outer auto-encoder is taken instead of training one.
    pub outer_from: Option<PathBuf>,
    /// Sounds of the training split that are trained on, evenly spread; 0 means all.
    pub limit: usize,
    /// Whether the first stage is all that is wanted now.
    pub outer_only: bool,
}

/// Trains a model, from wherever the run folder stands.
///
/// # Errors
/// The settings make no network, corpus or run folder cannot be used, training fails, or a file cannot be written.
pub fn train(options: &Options) -> Result<()> {
    options.settings.check()?;
    let corpus = Corpus::open(&options.corpus)?;
    super::data::check_shape(&corpus)?;
    let (model, seed) = (options.model, options.seed);
    let config =
        Config { model, settings: options.settings.clone(), seed, corpus_id: corpus.id.clone(), limit: options.limit };
    config.claim(&options.run)?;
    let mut reference = Reference::new(&config);
    eprintln!("{}: {}", model.as_str(), reference.describe());
    let train = Set::load(&corpus, &corpus.choice(Split::Train, options.limit), model)?;
    let held_out = corpus.split(Split::HeldOut);
    let test = if held_out.is_empty() { None } else { Some(Set::load(&corpus, &held_out, model)?) };

    let share = if reference.inner.is_some() && !options.outer_only { options.outer_share } else { 1.0 };
    let share = if options.outer_from.is_some() { 0.0 } else { share };
    adopt_outer(options, &config)?;
    let outer = Task {
        stage: OUTER,
        network: reference.outer.as_ref(),
        store: &reference.outer_store,
        train: &train,
        test: test.as_ref(),
        fit: &options.settings.outer,
        seed,
    };
    run_stage(&outer, options, options.seconds * share)?;
    reference.outer_store.freeze();
    let Some(inner) = reference.inner.as_ref().filter(|_| !options.outer_only) else { return Ok(()) };
    let codes = Set::encoded(&train, reference.outer.as_ref());
    let test_codes = test.as_ref().map(|set| Set::encoded(set, reference.outer.as_ref()));
    drop((train, test));
    let inner = Task {
        stage: INNER,
        network: inner.as_ref(),
        store: &reference.inner_store,
        train: &codes,
        test: test_codes.as_ref(),
        fit: &options.settings.inner,
        seed,
    };
    run_stage(&inner, options, options.seconds * (1.0 - share))
}

fn run_stage(task: &Task, options: &Options, seconds: f64) -> Result<()> {
    let run = &options.run;
    let limits = Limits { seconds, epochs: options.epochs, checkpoint: options.checkpoint };
    if checkpoint::is_finished(run, task.stage) && !goes_on(run, task.stage, &limits)? {
        eprintln!("{}: already finished", task.stage);
        return load_stage(run, task.stage, task.store).map(|_| ());
    }
    let mut writer = CheckpointWriter::new(run, task.stage);
    let history = fit(task, limits, Some(&mut writer), &mut |_| false)?;
    eprintln!(
        "{}: {} epochs in {:.0} s, ended by {}",
        task.stage,
        history.epochs.len(),
        history.elapsed_s,
        reason(history.end)
    );
    Ok(())
}

/// Whether a finished stage was ended by its budget, which now is larger, and nothing has been built upon it.
fn goes_on(run: &Path, stage: &str, limits: &Limits) -> Result<bool> {
    let history = read_history(run, stage)?;
    let is_built_upon = stage == OUTER && checkpoint::is_begun(run, INNER)?;
    Ok(history.end.leaves_more(&history, limits) && checkpoint::has_any(run, stage)? && !is_built_upon)
}

fn reason(end: End) -> &'static str {
    match end {
        End::Time => "time",
        End::Epochs => "the number of epochs",
        End::Stalled => "a loss that stalled",
        End::CutOff => "a better run",
        End::Diverged => "a loss that is not finite",
    }
}

/// Copies the finished outer auto-encoder of another run into this one.
fn adopt_outer(options: &Options, config: &Config) -> Result<()> {
    let Some(from) = &options.outer_from else { return Ok(()) };
    if checkpoint::is_finished(&options.run, OUTER) {
        return Ok(());
    }
    let other = Config::read(from)?;
    ensure!(
        other.model.shares_outer(config.model) && other.settings.conv == config.settings.conv,
        "the outer auto-encoder of {} is not that of {}",
        other.model.as_str(),
        config.model.as_str()
    );
    ensure!(other.corpus_id == config.corpus_id, "{} was trained on another corpus", from.display());
    ensure!(checkpoint::is_finished(from, OUTER), "the outer stage of {} is not finished", from.display());
    for name in [format!("{OUTER}.json"), format!("{OUTER}.safetensors")] {
        let (source, place) = (from.join(&name), options.run.join(&name));
        let bytes = fs::read(&source).with_context(|| format!("cannot read {}", source.display()))?;
        write_atomically(&place, &bytes)?;
    }
    Ok(())
}

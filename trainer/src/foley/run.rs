//! A training run of this model: its folder and its two stages.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tch::Device;
use tch::nn::VarStore;

use super::config::{CONFIG_NAME, MODEL, RunConfig, Size};
use super::data::ClipData;
use super::prior_stage::{self, CodeData, PriorStage};
use super::vqvae_stage::{self, VqVaeStage};
use crate::corpus::procedural::scenes::FRAMES;
use crate::corpus::{Corpus, CorpusWriter, Split, class_folders, classes};
use crate::files::write_atomically;
use crate::train::{Budget, Intervals, StageOptions, load_finished, load_trained, run_stage};

/// Part of the recordings of `--sounds` that is held out.
const HELD_OUT: f64 = 0.12;
/// Folder in a run folder that holds the corpus of `--sounds`.
const CORPUS_FOLDER: &str = "corpus";

/// Options of `trainer train --model foley`.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    pub corpus: PathBuf,
    /// Folder with a folder of recordings for each class, in place of a corpus.
    pub sounds: Option<PathBuf>,
    pub run: PathBuf,
    pub seed: u64,
    /// Ends of the first and the second stage.
    pub budgets: [Budget; 2],
    /// Factor on the learning rate.
    pub rate: f64,
    pub size: Size,
    /// A run of this size and these classes whose weights both stages begin with.
    pub start_from: Option<PathBuf>,
    /// Label that names the class of a sound; if none is given, `class` where a sound of the corpus has it, else the category.
    pub class_label: Option<String>,
    /// The classes, at most seven; all of the corpus if none is given.
    pub classes: Vec<String>,
    pub without_held_out: bool,
    pub device: Device,
    pub intervals: Intervals,
}

/// Trains, from wherever the run folder stands.
///
/// # Errors
/// Corpus or run folder cannot be used or do not belong together, the loss is not finite, or a file cannot be written.
pub fn train(options: &TrainOptions) -> Result<()> {
    let corpus = corpus(options)?;
    let (train, held_out) = (corpus.split(Split::Train), corpus.split(Split::HeldOut));
    ensure!(!train.is_empty(), "the corpus has no training sound; make it again with a lower --held-out");
    ensure!(
        !held_out.is_empty() || options.without_held_out,
        "the corpus has no held-out sound; make it again with a higher --held-out or more sounds, or train with \
         --without-held-out"
    );
    let label = options.class_label.clone().unwrap_or_else(|| classes::usual_label(&corpus).to_owned());
    let config = RunConfig {
        model: MODEL.to_owned(),
        seed: options.seed,
        corpus_id: corpus.id.clone(),
        vqvae: options.budgets[0],
        prior: options.budgets[1],
        rate: options.rate,
        network: options.size.network(),
        start_from: options.start_from.as_ref().map(|run| run.display().to_string()),
        classes: classes::chosen(&corpus, &label, &options.classes)?,
        class_label: label,
    };
    options.start_from.as_ref().map_or(Ok(()), |run| fits(run, &config))?;
    begin(&options.run, &config)?;
    print!("{}", corpus.summary());
    println!("reading the clips of {}", config.classes.join(", "));
    let train = ClipData::load(&corpus, &train, &config)?;
    let held_out = if held_out.is_empty() { None } else { Some(ClipData::load(&corpus, &held_out, &config)?) };
    stages(options, &config, &train, held_out.as_ref())
}

fn stages(options: &TrainOptions, config: &RunConfig, train: &ClipData, held_out: Option<&ClipData>) -> Result<()> {
    let how = StageOptions { run: &options.run, seed: options.seed, rate: options.rate, intervals: options.intervals };
    tch::manual_seed(options.seed as i64);
    let store = VarStore::new(options.device);
    let vqvae = VqVaeStage::new(&store, train, held_out, config);
    if let Some(run) = &options.start_from {
        load_finished(run, vqvae_stage::STAGE, &store)?;
    }
    run_stage(&vqvae, &store, &how, config.vqvae)?;
    let codes = |data: &ClipData| CodeData::new(vqvae.codes(data), &data.classes, config.classes.len());
    let (train, held_out) = (codes(train), held_out.map(codes));
    tch::manual_seed(options.seed as i64);
    let store = VarStore::new(options.device);
    let prior = PriorStage::new(&store, &train, held_out.as_ref(), config);
    if let Some(run) = &options.start_from {
        load_trained(run, prior_stage::STAGE, false, &store)?;
    }
    run_stage(&prior, &store, &how, config.prior)
}

/// An error unless a run has the sizes and the classes of `config`, in their order.
fn fits(run: &Path, config: &RunConfig) -> Result<()> {
    let other = RunConfig::read(run)?;
    ensure!(
        other.network == config.network && other.classes == config.classes,
        "{} was trained with another size or other classes ({})",
        run.display(),
        other.classes.join(", ")
    );
    Ok(())
}

/// The corpus of a run: the one in its folder if it was made there, else the one that is given.
pub fn corpus_of(run: &Path, given: &Path) -> PathBuf {
    let own = run.join(CORPUS_FOLDER);
    if Corpus::open(&own).is_ok() { own } else { given.to_owned() }
}

/// The corpus that is trained on, made of the folders of `--sounds` when the run begins.
fn corpus(options: &TrainOptions) -> Result<Corpus> {
    let Some(sounds) = &options.sounds else { return Corpus::open(&options.corpus) };
    let place = options.run.join(CORPUS_FOLDER);
    if let Ok(made) = Corpus::open(&place) {
        return Ok(made);
    }
    let mut writer = CorpusWriter::with_frames(&place, FRAMES)?;
    class_folders::read(sounds, &mut writer, &|_| ())?;
    writer.finish(HELD_OUT, options.seed)?;
    Corpus::open(&place)
}

/// Makes the run folder; an error if it holds another run.
fn begin(run: &Path, config: &RunConfig) -> Result<()> {
    if !run.join(CONFIG_NAME).exists() {
        fs::create_dir_all(run).with_context(|| format!("cannot make the run folder {}", run.display()))?;
        return write_atomically(&run.join(CONFIG_NAME), &serde_json::to_vec_pretty(config)?);
    }
    let stored = config.as_stored()?;
    ensure!(
        RunConfig::read(run).is_ok_and(|read| read == RunConfig { rate: read.rate, ..stored }),
        "{} was begun with another model, corpus, seed, size or budget; give another --out or the same settings",
        run.display()
    );
    Ok(())
}

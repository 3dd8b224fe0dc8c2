//! A training run of this model: its folder and its one stage.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use engine::pack::{Quantisation, RawNetwork};
use tch::Device;
use tch::nn::VarStore;

use super::config::{CONFIG_NAME, MODEL, RunConfig};
use super::data::SoundData;
use super::model::Sashimi;
use super::stage::{STAGE, SashimiStage};
use crate::corpus::{Corpus, Split, classes};
use crate::files::write_atomically;
use crate::train::{Budget, Intervals, StageOptions, load_trained, run_stage};

/// Sounds have a whole number of steps of the lowest level.
const LENGTH_STEP: usize = 16;

/// Options of `trainer train --model sashimi`.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    pub corpus: PathBuf,
    pub run: PathBuf,
    pub seed: u64,
    pub budget: Budget,
    /// Factor on the learning rate.
    pub rate: f64,
    pub batch: usize,
    pub sample_rate_hz: u32,
    /// Length of every sound.
    pub seconds: f64,
    pub quantisation: Quantisation,
    pub network: RawNetwork,
    pub dropout: f64,
    /// Spread of the noise on the samples that are heard, in steps of 256 levels.
    pub noise: f64,
    /// Spread of the slow sines on the samples that are heard, part of full scale.
    pub drift: f64,
    /// Samples of the frames whose levels the network is told; 0 for none.
    pub envelope_frame: usize,
    /// Whether the network is told the sums of what it has heard.
    pub sums: bool,
    /// A run of this model whose weights this one begins with.
    pub start_from: Option<PathBuf>,
    /// Label that names the class of a sound; no classes without it.
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
    let corpus = Corpus::open(&options.corpus)?;
    let (train, held_out) = (corpus.split(Split::Train), corpus.split(Split::HeldOut));
    let place = options.corpus.display();
    ensure!(!train.is_empty(), "the corpus {place} has no training sound; make it again with a lower --held-out");
    ensure!(
        !held_out.is_empty() || options.without_held_out,
        "the corpus {place} has no held-out sound; make it again with a higher --held-out or more sounds, or train with \
         --without-held-out"
    );
    let samples = (options.seconds * f64::from(options.sample_rate_hz)) as usize;
    let config = RunConfig {
        model: MODEL.to_owned(),
        seed: options.seed,
        corpus_id: corpus.id.clone(),
        budget: options.budget,
        rate: options.rate,
        batch: options.batch,
        sample_rate_hz: options.sample_rate_hz,
        length_samples: samples.next_multiple_of(LENGTH_STEP),
        quantisation: options.quantisation,
        network: options.network,
        dropout: options.dropout,
        noise: options.noise,
        drift: options.drift,
        envelope_frame: options.envelope_frame,
        sums: options.sums,
        start_from: options.start_from.as_ref().map(|run| run.display().to_string()),
        class_label: options.class_label.clone().unwrap_or_default(),
        classes: match &options.class_label {
            Some(label) => classes::chosen(&corpus, label, &options.classes)?,
            None => Vec::new(),
        },
    };
    let is_begun = is_begun(&options.run, &config)?;
    print!("{}", corpus.summary());
    let train = SoundData::load(&corpus, &train, &config)?;
    let held_out = if held_out.is_empty() { None } else { Some(SoundData::load(&corpus, &held_out, &config)?) };
    let classes = if config.classes.is_empty() { "no classes".to_owned() } else { config.classes.join(", ") };
    println!("{} sounds to train on, of {classes}", train.len());
    tch::manual_seed(options.seed as i64);
    let store = VarStore::new(options.device);
    let stage = SashimiStage::new(&store, &train, held_out.as_ref(), &config);
    options.start_from.as_ref().map_or(Ok(()), |run| start_from(run, &store))?;
    if !is_begun {
        begin(&options.run, &config)?;
    }
    let how = StageOptions { run: &options.run, seed: options.seed, rate: options.rate, intervals: options.intervals };
    run_stage(&stage, &store, &how, config.budget)
}

/// Takes over the best weights of another run, or its last ones; what only this network has stays as it is.
fn start_from(run: &Path, store: &VarStore) -> Result<()> {
    let other = VarStore::new(store.device());
    let _network = Sashimi::new(&other.root(), &RunConfig::read(run)?);
    load_trained(run, STAGE, false, &other)?;
    let known = other.variables();
    for (name, mut own) in store.variables() {
        let Some(weights) = known.get(&name) else { continue };
        ensure!(weights.size() == own.size(), "{} was trained with another size or other classes", run.display());
        tch::no_grad(|| own.copy_(weights));
    }
    Ok(())
}

/// Whether the run folder holds this very run; an error if it holds another one.
fn is_begun(run: &Path, config: &RunConfig) -> Result<bool> {
    if !run.join(CONFIG_NAME).exists() {
        return Ok(false);
    }
    let stored = config.as_stored()?;
    ensure!(
        RunConfig::read(run).is_ok_and(|read| read == RunConfig { rate: read.rate, ..stored }),
        "{} was begun with another model, corpus, seed, size or budget; give another --out or the same settings",
        run.display()
    );
    Ok(true)
}

/// Makes the run folder.
fn begin(run: &Path, config: &RunConfig) -> Result<()> {
    fs::create_dir_all(run).with_context(|| format!("cannot make the run folder {}", run.display()))?;
    write_atomically(&run.join(CONFIG_NAME), &serde_json::to_vec_pretty(config)?)
}

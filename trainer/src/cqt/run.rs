//! A training run of the footstep model: its folder and its one stage.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tch::Device;
use tch::nn::VarStore;

use super::config::{CONFIG_NAME, MODEL, RunConfig};
use super::data::{self, CqtData};
use super::model::{Activation, Upsampling};
use super::stage::{BATCH, CqtStage};
use crate::corpus::Split;
use crate::files::write_atomically;
use crate::train::{Budget, Intervals, StageOptions, run_stage};

/// How long the training lasts.
#[derive(Clone, Copy, Debug)]
pub enum Length {
    /// In seconds.
    Seconds(f64),
    /// Times through the training sounds.
    Epochs(u64),
    /// Steps.
    Steps(u64),
}

/// Options of `trainer train --model cqt-vae`.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    pub corpus: PathBuf,
    pub run: PathBuf,
    pub seed: u64,
    pub length: Length,
    pub activation: Activation,
    pub upsampling: Upsampling,
    /// Weight of the divergence, in the loss's unit for each nat.
    pub kl_weight: f64,
    /// Weight of the laws of the whole latent space; 0 leaves them out.
    pub space_weight: f64,
    /// Factor on the learning rate.
    pub rate: f64,
    pub without_held_out: bool,
    pub device: Device,
    pub intervals: Intervals,
}

/// Trains, from wherever the run folder stands.
///
/// # Errors
/// Corpus or run folder cannot be used or do not belong together, the loss is not finite, or a file cannot be written.
pub fn train(options: &TrainOptions) -> Result<()> {
    let corpus = data::open(&options.corpus)?;
    let (train, held_out) = (corpus.split(Split::Train), corpus.split(Split::HeldOut));
    let place = options.corpus.display();
    ensure!(!train.is_empty(), "the corpus {place} has no training sound; make it again with a lower --held-out");
    ensure!(
        !held_out.is_empty() || options.without_held_out,
        "the corpus {place} has no held-out sound; make it again with a higher --held-out or more sounds, or train with \
         --without-held-out"
    );
    let budget = match options.length {
        Length::Seconds(seconds) => Budget::Seconds(seconds),
        Length::Epochs(epochs) => Budget::Steps(epochs * train.len().div_ceil(BATCH) as u64),
        Length::Steps(steps) => Budget::Steps(steps),
    };
    let config = RunConfig {
        model: MODEL.to_owned(),
        seed: options.seed,
        corpus_id: corpus.id.clone(),
        budget,
        activation: options.activation,
        upsampling: options.upsampling,
        kl_weight: options.kl_weight,
        rate: options.rate,
        space_weight: options.space_weight,
    };
    begin(&options.run, &config)?;
    print!("{}", corpus.summary());
    let train = CqtData::load(&corpus, &train)?;
    let held_out = if held_out.is_empty() { None } else { Some(CqtData::load(&corpus, &held_out)?) };
    tch::manual_seed(options.seed as i64);
    let store = VarStore::new(options.device);
    let stage = CqtStage::new(&store, &train, held_out.as_ref(), &config);
    let how = StageOptions { run: &options.run, seed: options.seed, rate: options.rate, intervals: options.intervals };
    run_stage(&stage, &store, &how, budget)
}

/// Makes the run folder; an error if it holds another run.
fn begin(run: &Path, config: &RunConfig) -> Result<()> {
    if !run.join(CONFIG_NAME).exists() {
        fs::create_dir_all(run).with_context(|| format!("cannot make the run folder {}", run.display()))?;
        return write_atomically(&run.join(CONFIG_NAME), &serde_json::to_vec_pretty(config)?);
    }
    // Text does not keep the last digit of every number.
    let stored: RunConfig = serde_json::from_slice(&serde_json::to_vec(config)?)?;
    ensure!(
        RunConfig::read(run).is_ok_and(|read| read == RunConfig { rate: read.rate, ..stored }),
        "{} was begun with another model, corpus, seed or budget; give another --out or the same settings",
        run.display()
    );
    Ok(())
}

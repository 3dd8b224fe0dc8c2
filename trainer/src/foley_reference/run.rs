//! A training run of these models: its folder and its stages.

use std::path::PathBuf;

use anyhow::{Result, anyhow, bail, ensure};
use tch::Device;
use tch::nn::VarStore;

use super::codes::CodeData;
use super::config::{RunConfig, Size, Variant};
use super::data::ClipData;
use super::encoder::Encoder;
use super::geometry::Geometry;
use super::prior_stage::PriorStage;
use super::vocoder_stage::VocoderStage;
use super::vqvae_stage::{self, VqVaeStage};
use crate::corpus::{Corpus, Item, Split, classes};
use crate::train::{Budget, Intervals, Stage, StageOptions, checkpoint, run_stage};

/// The stages, in the order in which they need each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum StageName {
    /// Frames as codes.
    Vqvae,
    /// Codes by class.
    Prior,
    /// Samples of frames.
    Vocoder,
}

/// How long each stage lasts.
#[derive(Clone, Copy, Debug)]
pub enum Length {
    Seconds(f64),
    Steps(u64),
    /// As many times through the training clips as the report's runs.
    Published,
}

impl Length {
    /// The end of a stage of that many published epochs.
    fn budget(self, epochs: u64, clips: i64, batch: usize) -> Budget {
        match self {
            Self::Seconds(seconds) => Budget::Seconds(seconds),
            Self::Steps(steps) => Budget::Steps(steps),
            Self::Published => Budget::Steps(epochs * (clips as u64).div_ceil(batch as u64)),
        }
    }
}

/// Options of `trainer foley-reference train`.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    pub corpus: PathBuf,
    pub run: PathBuf,
    pub variant: Variant,
    pub size: Size,
    pub stages: Vec<StageName>,
    pub length: Length,
    pub seed: u64,
    /// Factor on the learning rates.
    pub rate: f64,
    /// File of a pretrained encoder, for combined embeddings.
    pub encoder: Option<PathBuf>,
    pub class_label: Option<String>,
    pub classes: Vec<String>,
    pub without_held_out: bool,
    pub device: Device,
    pub intervals: Intervals,
}

/// Published epochs of the VQ-VAE, the PixelSNAIL and the vocoder.
const VQVAE_EPOCHS: u64 = 800;
const PRIOR_EPOCHS: u64 = 265;
const VOCODER_EPOCHS: u64 = 180;

/// Trains, from wherever the run folder stands.
///
/// # Errors
/// Corpus, encoder or run folder cannot be used or do not belong together, the loss is not finite, or a file cannot be written.
pub fn train(options: &TrainOptions) -> Result<()> {
    let corpus = Corpus::open(&options.corpus)?;
    let (train, held_out) = (corpus.split(Split::Train), corpus.split(Split::HeldOut));
    ensure!(!train.is_empty(), "the corpus has no training sound; make it again with a lower --held-out");
    ensure!(
        !held_out.is_empty() || options.without_held_out,
        "the corpus has no held-out sound; make it again with a higher --held-out or more sounds, or train with \
         --without-held-out"
    );
    let geometry = Geometry::new(options.variant, options.size);
    let mut encoder = open_encoder(options, &geometry)?;
    let label = options.class_label.clone().unwrap_or_else(|| classes::usual_label(&corpus).to_owned());
    let config = RunConfig {
        model: RunConfig::MODEL.to_owned(),
        variant: options.variant,
        size: options.size,
        seed: options.seed,
        corpus_id: corpus.id.clone(),
        encoder: encoder.as_ref().map(|encoder| encoder.sha256.clone()),
        classes: classes::chosen(&corpus, &label, &options.classes)?,
        class_label: label,
    };
    config.begin(&options.run)?;
    print!("{}", corpus.summary());
    println!("reading the clips of {}", config.classes.join(", "));
    let mut load = |items: &[&Item]| ClipData::load(&corpus, items, &config, &geometry, encoder.as_mut());
    let train = load(&train)?;
    let held_out = if held_out.is_empty() { None } else { Some(load(&held_out)?) };
    options.stages.iter().try_for_each(|stage| match stage {
        StageName::Vqvae => train_vqvae(options, &config, &train, held_out.as_ref()),
        StageName::Prior => train_prior(options, &config, &train, held_out.as_ref()),
        StageName::Vocoder => train_vocoder(options, &config, &train, held_out.as_ref()),
    })
}

fn open_encoder(options: &TrainOptions, geometry: &Geometry) -> Result<Option<Encoder>> {
    match (&options.encoder, geometry.encoder_rows) {
        (Some(_), 0) => Err(anyhow!("--encoder is for the variants combined and combined-unconditioned")),
        (Some(path), _) => Encoder::open(path, geometry).map(Some),
        (None, 0) => Ok(None),
        (None, _) => Err(anyhow!("combined embeddings need the file of a pretrained encoder; give --encoder")),
    }
}

fn train_vqvae(
    options: &TrainOptions,
    config: &RunConfig,
    train: &ClipData,
    held_out: Option<&ClipData>,
) -> Result<()> {
    let store = fresh(options);
    let stage = VqVaeStage::new(&store, train, held_out, config);
    let budget = options.length.budget(VQVAE_EPOCHS, train.len(), config.size.vqvae(config.variant).batch);
    work(&stage, &store, options, budget)
}

fn train_prior(
    options: &TrainOptions,
    config: &RunConfig,
    train: &ClipData,
    held_out: Option<&ClipData>,
) -> Result<()> {
    let store = VarStore::new(options.device);
    let vqvae = vqvae_stage::network(&store, config);
    if !checkpoint::load_finished(&options.run, vqvae_stage::STAGE, &store)? {
        bail!("the stage vqvae of {} is not finished; go on with it first", options.run.display());
    }
    let codes = |data: &ClipData| CodeData::new(&vqvae, data, options.device);
    let (train, held_out) = (codes(train), held_out.map(codes));
    let store = fresh(options);
    let stage = PriorStage::new(&store, &train, held_out.as_ref(), config);
    let budget = options.length.budget(PRIOR_EPOCHS, train.len(), config.size.prior(config.variant).batch);
    work(&stage, &store, options, budget)
}

fn train_vocoder(
    options: &TrainOptions,
    config: &RunConfig,
    train: &ClipData,
    held_out: Option<&ClipData>,
) -> Result<()> {
    let store = fresh(options);
    let stage = VocoderStage::new(&store, train, held_out, config);
    let budget = options.length.budget(VOCODER_EPOCHS, train.len(), config.size.vocoder().batch);
    work(&stage, &store, options, budget)
}

/// A store whose fresh weights depend on the seed alone.
fn fresh(options: &TrainOptions) -> VarStore {
    tch::manual_seed(options.seed as i64);
    VarStore::new(options.device)
}

fn work<S: Stage>(stage: &S, store: &VarStore, options: &TrainOptions, budget: Budget) -> Result<()> {
    let how = StageOptions { run: &options.run, seed: options.seed, rate: options.rate, intervals: options.intervals };
    run_stage(stage, store, &how, budget)
}

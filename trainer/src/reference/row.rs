//! One row of the table: what a model is, and what was measured of it. Kept as JSON between measuring and writing the table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::interpolation::InterpolationFigures;
use super::latent_sweep::LatentSweep;
use super::vae::Usage;
use crate::eval::random::RandomSounds;

/// Mean error of the network alone, before any inversion to sound.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NetworkError {
    /// Squared error summed over one sound in the form that the model takes, mean over the sounds.
    pub loss: f64,
    /// The same as a deviation in percent.
    pub deviation_percent: f64,
}

/// Figures of one split.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SplitFigures {
    /// Sounds that were measured.
    pub sounds: usize,
    /// Mean absolute value of every measure over the sounds.
    pub mean: BTreeMap<String, f64>,
    /// Median absolute value of every measure over the sounds.
    pub median: BTreeMap<String, f64>,
    /// Part of the sounds with a pitch that are within 5 cents of their key.
    #[serde(default)]
    pub pitch_within_5_cents: Option<f64>,
    /// ViSQOL's mean opinion score of a few of them, [1, 5], where Python had it.
    #[serde(default)]
    pub visqol: Option<f64>,
    /// Outer auto-encoder alone, for reference models.
    pub outer: Option<NetworkError>,
    /// Outer and inner network, for reference models.
    pub whole: Option<NetworkError>,
}

/// A model and its figures.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Name of the model or the pack.
    pub model: String,
    /// Arguments that measured it.
    pub command: String,
    /// Weights in all its networks.
    pub parameters: usize,
    /// Numbers of its input against numbers of its latents.
    pub compression: f64,
    /// Numbers of its latents.
    pub latents: usize,
    /// Time of training in seconds, where known.
    pub training_s: Option<f64>,
    /// Whole epochs of its stages, where known.
    pub epochs: Vec<usize>,
    /// Test loss against training loss at the end of each stage.
    pub overfit: Vec<f64>,
    /// Seed of its training.
    pub seed: Option<u64>,
    /// Corpus that it was measured on.
    pub corpus: String,
    /// Sounds of that corpus, training and held out.
    pub corpus_sounds: [usize; 2],
    /// Iterations of fast Griffin-Lim.
    pub iterations: usize,
    /// Threads of the arithmetic.
    pub threads: u32,
    /// Latents to samples, median.
    pub decode_ms: f64,
    /// Use of the latents, for models with a distribution.
    pub usage: Option<Usage>,
    /// Straight lines between sounds of the training split.
    #[serde(default, rename = "travel")]
    pub interpolation: Option<InterpolationFigures>,
    /// Knobs turned from sounds of the training split.
    #[serde(default, rename = "turning")]
    pub latent_sweep: Option<LatentSweep>,
    /// Random latent vectors beside sounds of the corpus.
    #[serde(default)]
    pub random: Option<RandomSounds>,
    /// Training split.
    pub train: SplitFigures,
    /// Held-out split, where there is one.
    pub held_out: Option<SplitFigures>,
}

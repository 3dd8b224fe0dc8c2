//! What fixes the results of a training run of this model, as its folder stores it, and the sizes that have a name.

use std::path::Path;

use anyhow::Result;
use engine::pack::{Quantisation, RawNetwork};
use serde::{Deserialize, Serialize};

use crate::files::read_configuration;
use crate::train::Budget;

/// Name of the configuration's file in a run folder.
pub const CONFIG_NAME: &str = "run.json";
/// Name of the model in a run's configuration.
pub const MODEL: &str = "sashimi";

/// Sizes by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Size {
    /// 0.04 million weights; for trying out in seconds.
    Tiny,
    /// 0.26 million weights: one core trains on 16 kHz for an hour. Most layers lie in the lowest level, where a step costs a sixteenth.
    Small,
    /// 0.7 million weights: two cores train for hours.
    Medium,
    /// 5.8 million weights, as Goel and others published it: eight layers in each level, 64 channels that double, 64 states; a graphics
    /// card trains for days.
    Published,
}

impl Size {
    /// Its network.
    pub fn network(self) -> RawNetwork {
        match self {
            Self::Tiny => RawNetwork::new([32, 32, 32], [1, 1, 1], 8),
            Self::Small => RawNetwork::new([32, 64, 96], [1, 2, 4], 16),
            Self::Medium => RawNetwork::new([64, 96, 128], [2, 2, 3], 32),
            Self::Published => RawNetwork::new([64, 128, 256], [8, 8, 8], 32),
        }
    }
}

/// What fixes a run's results. Stored in the run folder; a resumed run must have the same, the rate apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    pub(super) model: String,
    pub seed: u64,
    /// Corpus that is trained on.
    pub corpus_id: String,
    pub budget: Budget,
    /// Factor on the learning rate that the run was begun with.
    pub rate: f64,
    /// Sounds of one step.
    pub batch: usize,
    pub sample_rate_hz: u32,
    /// Length of every sound.
    pub length_samples: usize,
    pub quantisation: Quantisation,
    pub network: RawNetwork,
    /// Part of the channels that each step leaves out behind every layer.
    pub dropout: f64,
    /// Spread of the noise on the samples that the network hears while it is trained, in steps of 256 levels.
    pub noise: f64,
    /// Spread of the slow sines on the samples that the network hears while it is trained, part of full scale.
    pub drift: f64,
    /// Samples of the frames whose levels the network is told; 0 if it is told none.
    pub envelope_frame: usize,
    /// Whether the network is told the sums of what it has heard.
    #[serde(default)]
    pub sums: bool,
    /// The run whose weights this one begins with, as it was given.
    #[serde(default)]
    pub start_from: Option<String>,
    /// Label of the corpus's items that names their class; `category` is the category.
    pub class_label: String,
    /// Names of the classes; sounds of others are left out. Without any the network has no classes.
    pub classes: Vec<String>,
}

impl RunConfig {
    /// Reads the configuration of a run folder.
    ///
    /// # Errors
    /// The folder holds no configuration of this model, or a damaged one.
    pub fn read(run: &Path) -> Result<Self> {
        read_configuration(run, CONFIG_NAME)
    }

    /// What comes back of it once it is stored: text does not keep the last digit of every number.
    pub fn as_stored(&self) -> Result<Self> {
        Ok(serde_json::from_slice(&serde_json::to_vec(self)?)?)
    }
}

/// Whether a run folder holds a run of this model.
pub fn is_run(run: &Path) -> bool {
    RunConfig::read(run).is_ok_and(|config| config.model == MODEL)
}

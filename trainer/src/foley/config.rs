//! What fixes the results of a training run of this model, as its folder stores it, and the sizes that have a name.

use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::files::read_configuration;
use crate::train::Budget;

/// Name of the configuration's file in a run folder.
pub const CONFIG_NAME: &str = "run.json";
/// Name of the model in a run's configuration.
pub const MODEL: &str = "foley";

/// Sizes by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Size {
    /// For trying out in seconds.
    Tiny,
    /// 5 million weights: one core trains for two or three hours.
    Small,
    /// 21 million weights: two cores train for a day.
    Medium,
}

/// Sizes of both networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Channels of encoder and decoder at the size of the cells; planes of more bands and frames have fewer.
    pub channels: i64,
    /// Values of a cell, which are quantised together.
    pub cell: i64,
    /// Codes to choose from.
    pub codes: i64,
    /// Channels of the prior, a multiple of 32.
    pub width: i64,
    /// Blocks of the prior.
    pub blocks: i64,
}

impl Size {
    /// Its networks.
    pub fn network(self) -> Network {
        match self {
            Self::Tiny => Network { channels: 16, cell: 4, codes: 32, width: 32, blocks: 1 },
            Self::Small => Network { channels: 64, cell: 16, codes: 512, width: 192, blocks: 4 },
            Self::Medium => Network { channels: 128, cell: 32, codes: 1024, width: 320, blocks: 8 },
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
    /// End of the first stage.
    pub vqvae: Budget,
    /// End of the second stage.
    pub prior: Budget,
    /// Factor on the learning rate that the run was begun with.
    pub rate: f64,
    pub network: Network,
    /// The run whose weights this one began with.
    #[serde(default)]
    pub start_from: Option<String>,
    /// Label of the corpus's items that names their class; `category` is the category.
    pub class_label: String,
    /// Names of the classes; sounds of others are left out.
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

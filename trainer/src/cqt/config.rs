//! What fixes the results of a training run of the footstep model, as its folder stores it.

use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::model::{Activation, Upsampling};
use crate::files::read_configuration;
use crate::train::Budget;

/// Name of the configuration's file in a run folder.
pub const CONFIG_NAME: &str = "run.json";
/// Name of the model in a run's configuration.
pub const MODEL: &str = "cqt-vae";

/// What fixes a run's results. Stored in the run folder; a resumed run must have the same, the rate apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    pub(super) model: String,
    pub seed: u64,
    /// Corpus that is trained on.
    pub corpus_id: String,
    pub budget: Budget,
    pub activation: Activation,
    pub upsampling: Upsampling,
    pub kl_weight: f64,
    /// Factor on the learning rate that the run was begun with.
    pub rate: f64,
    /// Weight of the laws of the whole latent space.
    #[serde(default)]
    pub space_weight: f64,
}

impl RunConfig {
    /// Of networks that are not trained.
    #[cfg(test)]
    pub fn of_test(activation: Activation, upsampling: Upsampling) -> Self {
        Self {
            model: MODEL.to_owned(),
            seed: 1,
            corpus_id: String::new(),
            budget: Budget::Steps(1),
            activation,
            upsampling,
            kl_weight: 0.1,
            rate: 1.0,
            space_weight: 0.0,
        }
    }

    /// Reads the configuration of a run folder.
    ///
    /// # Errors
    /// The folder holds no configuration of this model, or a damaged one.
    pub fn read(run: &Path) -> Result<Self> {
        read_configuration(run, CONFIG_NAME)
    }
}

/// Whether a run folder holds a run of this model.
pub fn is_run(run: &Path) -> bool {
    RunConfig::read(run).is_ok_and(|config| config.model == MODEL)
}

//! What fixes the results of a reference model's run, kept as JSON in the run folder.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::model_name::ModelName;
use super::settings::Settings;
use crate::files::write_atomically;

const CONFIG_NAME: &str = "reference.json";
/// The configuration of another kind of run.
const OTHER_CONFIG_NAME: &str = "run.json";
/// What fixes a run's results; a resumed run must have the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// The model.
    pub model: ModelName,
    /// Its sizes and hyper-parameters.
    pub settings: Settings,
    /// Seed of every random choice.
    pub seed: u64,
    /// Corpus that is trained on.
    pub corpus_id: String,
    /// Sounds of the training split that are trained on, evenly spread; 0 means all.
    #[serde(default)]
    pub limit: usize,
}

impl Config {
    /// Reads the configuration of a run folder.
    ///
    /// # Errors
    /// The folder holds no configuration, or a damaged one.
    pub fn read(run: &Path) -> Result<Self> {
        let path = run.join(CONFIG_NAME);
        let bytes = fs::read(&path)
            .with_context(|| format!("{} holds no run of a reference model: no {CONFIG_NAME}", run.display()))?;
        serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display()))
    }

    /// Makes the run folder, or checks that it belongs to the same run.
    ///
    /// # Errors
    /// The folder holds another run, or cannot be made or written.
    pub fn claim(&self, run: &Path) -> Result<()> {
        ensure!(
            !run.join(OTHER_CONFIG_NAME).exists(),
            "{} holds a run of `trainer train`; give another --out",
            run.display()
        );
        let path = run.join(CONFIG_NAME);
        if !path.exists() {
            fs::create_dir_all(run).with_context(|| format!("cannot make the run folder {}", run.display()))?;
            return write_atomically(&path, &serde_json::to_vec_pretty(self)?);
        }
        let stored = Self::read(run)?;
        ensure!(
            stored.model == self.model,
            "{} holds a run of {}, not of {}; give another --out",
            run.display(),
            stored.model.as_str(),
            self.model.as_str()
        );
        ensure!(
            stored == *self,
            "{} was begun with another corpus, seed or settings; give another --out or the same",
            run.display()
        );
        Ok(())
    }
}

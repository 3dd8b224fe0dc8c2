//! The finished stages of a run folder: their names, weights and histories.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tch::nn::VarStore;

use super::history::History;
use crate::train::checkpoint;

/// First stage.
pub const OUTER: &str = "outer";
/// Second stage.
pub const INNER: &str = "inner";

/// The history of a finished stage.
///
/// # Errors
/// The history is missing or damaged.
pub fn read_history(run: &Path, stage: &str) -> Result<History> {
    let path = history_path(run, stage);
    let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display()))
}

/// Where the history of a stage is kept.
pub fn history_path(run: &Path, stage: &str) -> PathBuf {
    run.join(format!("{stage}.json"))
}

/// Loads the weights of a stage into `store`; its history if it is finished.
///
/// # Errors
/// The weights are missing, damaged or do not fit the network, or the history cannot be read.
pub fn load_stage(run: &Path, stage: &str, store: &VarStore) -> Result<Option<History>> {
    let finished = checkpoint::load_finished(run, stage, store);
    match finished {
        Ok(true) => read_history(run, stage).map(Some),
        Ok(false) => Ok(None),
        // Torch's own words may fill many lines.
        Err(error) => bail!("cannot use the {stage} stage of {}: {}", run.display(), first_line(&error)),
    }
}

fn first_line(error: &anyhow::Error) -> String {
    format!("{error:#}").lines().next().unwrap_or_default().to_owned()
}

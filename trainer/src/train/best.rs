//! The averaged weights of a stage that were best on held-out sounds, kept beside its checkpoints.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tch::Tensor;
use tch::nn::VarStore;

use super::checkpoint::{Tensors, adopt, load_finished};

/// Name of the tensor that holds the score.
const SCORE: &str = "score";

/// The best score so far; lower is better.
#[derive(Debug)]
pub struct Best {
    place: PathBuf,
    score: Option<f64>,
}

fn place(run: &Path, stage: &str) -> PathBuf {
    run.join(format!("{stage}-best.safetensors"))
}

/// Weights and score; `None` where there are none, or where they are damaged.
fn read(place: &Path) -> Option<(Tensors, f64)> {
    let tensors = Tensor::read_safetensors(place).ok()?;
    let (_, score) = tensors.iter().find(|(name, _)| name == SCORE)?;
    let score = score.double_value(&[0]);
    Some((tensors, score))
}

impl Best {
    /// What a run folder holds of a stage.
    pub fn open(run: &Path, stage: &str) -> Self {
        let place = place(run, stage);
        Self { score: read(&place).map(|(_, score)| score), place }
    }

    /// Keeps the averaged weights among `tensors` if `score` is lower than any before.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn offer(&mut self, score: f64, tensors: &Tensors) -> Result<()> {
        if !score.is_finite() || self.score.is_some_and(|best| best <= score) {
            return Ok(());
        }
        let averages = tensors.iter().filter(|(name, _)| name.starts_with("average."));
        let mut kept: Tensors =
            averages.map(|(name, tensor)| (name.clone(), tensor.to_device(tch::Device::Cpu))).collect();
        kept.push((SCORE.to_owned(), Tensor::from_slice(&[score])));
        let temporary = self.place.with_extension("tmp");
        let write = || -> Result<()> {
            Tensor::write_safetensors(&kept, &temporary)?;
            Ok(fs::rename(&temporary, &self.place)?)
        };
        write().with_context(|| format!("cannot write {}", self.place.display()))?;
        self.score = Some(score);
        Ok(())
    }
}

/// Loads the best averaged weights of a stage into `store` and returns their score; `None` when the run has none.
///
/// # Errors
/// They do not fit the network.
fn load_best(run: &Path, stage: &str, store: &VarStore) -> Result<Option<f64>> {
    let Some((tensors, score)) = read(&place(run, stage)) else { return Ok(None) };
    adopt(&tensors, store)?;
    Ok(Some(score))
}

/// Loads weights of a stage into `store`: the best averaged ones, or the last ones where none are kept as the best or `last` asks for them.
/// Returns the score of the best.
///
/// # Errors
/// The run holds no weights of this stage, or they do not fit the network.
pub fn load_trained(run: &Path, stage: &str, last: bool, store: &VarStore) -> Result<Option<f64>> {
    let score = if last { None } else { load_best(run, stage, store)? };
    if score.is_none() {
        load_finished(run, stage, store)?;
    }
    Ok(score)
}

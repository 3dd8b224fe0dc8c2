//! What a training leaves on disk: log, checkpoints, finished weights and history of one stage.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tch::Tensor;
use tch::nn::VarStore;

use super::early_stopping::rate_percent;
use super::history::{Epoch, History};
use super::stage::history_path;
use crate::files::write_atomically;
use crate::train::checkpoint::{self, Tensors, find};
use crate::train::optimiser::AdamW;
use crate::train::progress::{Progress, Record};

/// Weights are kept under the names that the loading of finished stages expects; they are their own average here.
const WEIGHT_PREFIX: &str = "average";
const EPOCHS_NAME: &str = "epochs";
const SUM_NAME: &str = "sum";

/// Where an interrupted training stands.
#[derive(Debug)]
pub struct Kept {
    /// Whole epochs.
    pub epochs: Vec<Epoch>,
    /// Losses of the present epoch.
    pub sum: f64,
    /// Batches done.
    pub step: u64,
    /// Time spent.
    pub elapsed_s: f64,
}

/// Files of one stage in a run folder.
#[derive(Debug)]
pub struct CheckpointWriter {
    run: PathBuf,
    stage: &'static str,
    progress: Option<Progress>,
    saved: Instant,
    weights: Tensors,
}

impl CheckpointWriter {
    /// The files of `stage` in the folder `run`.
    pub fn new(run: &Path, stage: &'static str) -> Self {
        Self { run: run.to_owned(), stage, progress: None, saved: Instant::now(), weights: Vec::new() }
    }

    /// Takes over the newest whole checkpoint, if there is one, and opens the log.
    ///
    /// # Errors
    /// A checkpoint belongs to another network, or the log cannot be opened.
    pub fn resume(&mut self, store: &VarStore, optimiser: &mut AdamW) -> Result<Option<Kept>> {
        self.weights = weights(store);
        let found = checkpoint::load_latest(&self.run, self.stage, &|warning| eprintln!("{warning}"))?;
        let kept = found.map(|(state, tensors)| {
            for (name, mut parameter) in store.variables() {
                let value = find(&tensors, &format!("{WEIGHT_PREFIX}.{name}"), &parameter)?;
                tch::no_grad(|| parameter.copy_(&value));
            }
            optimiser.restore(|name, like| find(&tensors, name, like), state.step)?;
            eprintln!("{}: resumed after {:.0} s", self.stage, state.elapsed_s);
            let (epochs, sum) = numbers(&tensors)?;
            anyhow::Ok(Kept { epochs, sum, step: state.step, elapsed_s: state.elapsed_s })
        });
        let kept = kept.transpose()?;
        self.progress = Some(Progress::open(&self.run, self.stage, kept.as_ref().map_or(0, |kept| kept.step))?);
        self.saved = Instant::now();
        Ok(kept)
    }

    /// Shows where the stage stands.
    pub fn show(&mut self, done: f64, remaining_s: f64, epochs: &[Epoch]) {
        let Some(progress) = &mut self.progress else { return };
        let figures = epochs.last().map(|epoch| figures(epoch, epochs));
        progress.show(done, remaining_s.max(0.0), figures.as_deref().unwrap_or_default());
    }

    /// Appends the last epoch to the log.
    ///
    /// # Errors
    /// The log cannot be written.
    pub fn log(&mut self, step: u64, epochs: &[Epoch]) -> Result<()> {
        let (Some(progress), Some(epoch)) = (&mut self.progress, epochs.last()) else { return Ok(()) };
        progress.log(&Record::new(self.stage, "epoch", step, epoch.elapsed_s, &figures(epoch, epochs)))
    }

    /// Whether the last checkpoint is older than `interval`.
    pub fn is_due(&self, interval: Duration) -> bool {
        self.saved.elapsed() >= interval
    }

    /// Writes a checkpoint.
    ///
    /// # Errors
    /// The checkpoint cannot be written.
    pub fn save(
        &mut self,
        store: &VarStore,
        optimiser: &AdamW,
        step: u64,
        elapsed_s: f64,
        epochs: &[Epoch],
        sum: f64,
    ) -> Result<()> {
        let mut tensors = weights(store);
        tensors.extend(optimiser.state());
        let flat: Vec<f64> =
            epochs.iter().flat_map(|epoch| [epoch.train, epoch.test, epoch.train_s, epoch.elapsed_s]).collect();
        // A file of tensors holds none without elements.
        tensors.push((SUM_NAME.to_owned(), Tensor::from_slice(&[sum])));
        if !flat.is_empty() {
            tensors.push((EPOCHS_NAME.to_owned(), Tensor::from_slice(&flat)));
        }
        checkpoint::save(&self.run, self.stage, step, elapsed_s, &tensors)?;
        self.saved = Instant::now();
        Ok(())
    }

    /// Stores history and finished weights, the weights last: they say that the stage is done.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn finish(&mut self, history: &History) -> Result<()> {
        write_atomically(&history_path(&self.run, self.stage), &serde_json::to_vec_pretty(history)?)?;
        checkpoint::save_finished(&self.run, self.stage, &self.weights)?;
        if let (Some(progress), Some(epoch)) = (&self.progress, history.epochs.last()) {
            progress.finish(&figures(epoch, &history.epochs));
        }
        Ok(())
    }
}

fn weights(store: &VarStore) -> Tensors {
    let variables = store.variables().into_iter();
    let mut named: Tensors =
        variables.map(|(name, parameter)| (format!("{WEIGHT_PREFIX}.{name}"), parameter.detach())).collect();
    named.sort_by(|a, b| a.0.cmp(&b.0));
    named
}

/// The epochs and the sum of a checkpoint.
fn numbers(tensors: &Tensors) -> Result<(Vec<Epoch>, f64)> {
    let named = |wanted: &str| tensors.iter().find(|(name, _)| name == wanted).map(|(_, tensor)| tensor);
    let list = |tensor: &Tensor| Vec::<f64>::try_from(tensor).context("a checkpoint's losses are no numbers");
    let flat = named(EPOCHS_NAME).map(list).transpose()?.unwrap_or_default();
    let sum = named(SUM_NAME).map(list).transpose()?.unwrap_or_default();
    ensure!(flat.len().is_multiple_of(4) && sum.len() == 1, "this checkpoint belongs to another kind of training");
    let epochs =
        flat.chunks_exact(4).map(|part| Epoch { train: part[0], test: part[1], train_s: part[2], elapsed_s: part[3] });
    Ok((epochs.collect(), sum[0]))
}

/// What a person sees of an epoch.
fn figures(epoch: &Epoch, epochs: &[Epoch]) -> Vec<(&'static str, f64)> {
    let losses: Vec<f64> = epochs.iter().map(|epoch| epoch.train).collect();
    vec![
        ("epoch", epochs.len() as f64),
        ("train", epoch.train),
        ("test", epoch.test),
        ("overfit", epoch.test / epoch.train),
        ("rate_percent", rate_percent(&losses)),
    ]
}

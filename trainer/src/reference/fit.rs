//! The training loop of every reference network: epochs over a set, in an order that seed and epoch decide, so that a resumed
//! training takes the very steps of an uninterrupted one.

use std::time::Instant;

use anyhow::{Result, bail, ensure};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use tch::nn::VarStore;

use super::checkpoint_writer::CheckpointWriter;
use super::data::Set;
use super::early_stopping::is_stalled;
use super::history::{End, Epoch, History, Limits};
use super::network::Network;
use super::settings::FitSettings;
use crate::train::mix;
use crate::train::optimiser::{AdamW, Settings};

/// Batches after which the length of an epoch is estimated; the first one also pays for memory.
const ESTIMATED_AFTER: u64 = 4;

/// Whether training should end after an epoch, as somebody outside sees it: gets the losses so far.
pub type Watch<'a> = dyn FnMut(&[Epoch]) -> bool + 'a;

/// What is trained, on what.
pub struct Task<'a> {
    /// Name in files and logs.
    pub stage: &'static str,
    /// The network, whose weights are in `store`.
    pub network: &'a dyn Network,
    /// Its weights.
    pub store: &'a VarStore,
    /// Sounds to learn.
    pub train: &'a Set,
    /// Sounds to watch.
    pub test: Option<&'a Set>,
    /// Batch, rate, decay.
    pub fit: &'a FitSettings,
    /// Seed of order and noise.
    pub seed: u64,
}

/// A training under way.
struct Fitting<'a> {
    task: &'a Task<'a>,
    limits: Limits,
    optimiser: AdamW,
    epochs: Vec<Epoch>,
    /// Losses of the present epoch's batches, each times its sounds.
    sum: f64,
    step: u64,
    before_s: f64,
    started: Instant,
    steps_here: u64,
}

/// Trains until a limit is reached, from where `writer` stands; without one nothing is written.
///
/// # Errors
/// The budget is too small for one epoch, the loss is not finite, or a file cannot be written.
pub fn fit(
    task: &Task,
    limits: Limits,
    mut writer: Option<&mut CheckpointWriter>,
    watch: &mut Watch,
) -> Result<History> {
    let mut fitting = Fitting::new(task, limits);
    if let Some(writer) = writer.as_deref_mut() {
        fitting.resume(writer)?;
    }
    let end = loop {
        if let Some(end) = fitting.end(watch)? {
            break end;
        }
        if !fitting.advance(writer.as_deref_mut())? {
            ensure!(writer.is_none(), "the loss is not finite; lower the learning rate or check the corpus");
            break End::Diverged;
        }
    };
    let history = History { elapsed_s: fitting.elapsed_s(), epochs: fitting.epochs.clone(), end };
    if let Some(writer) = writer {
        // A larger budget goes on from here.
        fitting.save(writer)?;
        writer.finish(&history)?;
    }
    Ok(history)
}

impl<'a> Fitting<'a> {
    fn new(task: &'a Task<'a>, limits: Limits) -> Self {
        Self {
            task,
            limits,
            optimiser: AdamW::with_settings(task.store, Settings::adam(task.fit.weight_decay)),
            epochs: Vec::new(),
            sum: 0.0,
            step: 0,
            before_s: 0.0,
            started: Instant::now(),
            steps_here: 0,
        }
    }

    fn resume(&mut self, writer: &mut CheckpointWriter) -> Result<()> {
        if let Some(kept) = writer.resume(self.task.store, &mut self.optimiser)? {
            (self.epochs, self.sum, self.step, self.before_s) = (kept.epochs, kept.sum, kept.step, kept.elapsed_s);
        }
        self.started = Instant::now();
        Ok(())
    }

    fn elapsed_s(&self) -> f64 {
        self.before_s + self.started.elapsed().as_secs_f64()
    }

    fn batches(&self) -> u64 {
        self.task.train.len().div_euclid(self.task.fit.batch).max(1) as u64
    }

    /// Part of the training that is over.
    fn progress(&self) -> f64 {
        let by_epochs = self.step as f64 / (self.batches() as f64 * self.limits.epochs as f64);
        (self.elapsed_s() / self.limits.seconds).max(by_epochs).min(1.0)
    }

    /// Whether it is over, and why.
    fn end(&self, watch: &mut Watch) -> Result<Option<End>> {
        // One look at the clock for both: a budget that ran out between two would end in time, without an epoch.
        let elapsed_s = self.elapsed_s();
        self.check_budget(elapsed_s)?;
        let fresh_epoch = self.steps_here > 0 && self.step.is_multiple_of(self.batches());
        let losses: Vec<f64> = self.epochs.iter().map(|epoch| epoch.train).collect();
        Ok(if self.epochs.len() as u64 >= self.limits.epochs {
            Some(End::Epochs)
        } else if fresh_epoch && watch(&self.epochs) {
            Some(End::CutOff)
        } else if fresh_epoch && is_stalled(&losses) {
            Some(End::Stalled)
        } else if elapsed_s >= self.limits.seconds {
            Some(End::Time)
        } else {
            None
        })
    }

    /// Ends a training that cannot see every sound once, as soon as that is known.
    fn check_budget(&self, elapsed_s: f64) -> Result<()> {
        let estimated = self.steps_here >= ESTIMATED_AFTER && self.steps_here == self.step;
        let epoch_s = match self.epochs.first() {
            Some(first) => Some(first.train_s),
            None if estimated => Some(elapsed_s / self.step as f64 * self.batches() as f64),
            None => None,
        };
        let least_s = if self.epochs.is_empty() { elapsed_s } else { 0.0 };
        if epoch_s.unwrap_or(0.0).max(least_s) <= self.limits.seconds {
            return Ok(());
        }
        let needed = epoch_s.map(|epoch_s| format!(", which takes about {epoch_s:.0} s here")).unwrap_or_default();
        bail!(
            "a budget of {:.1} s is too small for one epoch of the {} stage{needed}; give more --minutes",
            self.limits.seconds,
            self.task.stage
        )
    }

    /// One batch, and what is due at the end of an epoch. False if the loss is not finite; then nothing has changed.
    fn advance(&mut self, writer: Option<&mut CheckpointWriter>) -> Result<bool> {
        let batches = self.batches();
        let place = self.step % batches;
        let indices = self.indices(self.step / batches, place);
        tch::manual_seed(mix(self.task.seed, self.task.stage, self.step) as i64);
        let loss = self.task.network.loss(&self.task.train.batch(&indices), self.progress());
        let error = loss.error.double_value(&[]);
        if !error.is_finite() {
            return Ok(false);
        }
        self.optimiser.step(&loss.total, self.task.fit.rate)?;
        self.sum += error;
        self.step += 1;
        self.steps_here += 1;
        if self.step.is_multiple_of(batches) {
            self.close_epoch();
        }
        if let Some(writer) = writer {
            self.report(writer)?;
        }
        Ok(true)
    }

    /// The sounds of a batch. The order of an epoch is drawn anew; what does not fill a batch waits for another epoch.
    fn indices(&self, epoch: u64, place: u64) -> Vec<i64> {
        let mut order: Vec<i64> = (0..self.task.train.len()).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(mix(self.task.seed, "order", epoch)));
        let (batch, start) = (self.task.fit.batch as usize, place as usize * self.task.fit.batch as usize);
        order[start..(start + batch).min(order.len())].to_vec()
    }

    fn close_epoch(&mut self) {
        let train = self.sum / self.batches() as f64;
        let train_s = self.elapsed_s() - self.epochs.last().map_or(0.0, |epoch| epoch.elapsed_s);
        let test = self.task.test.map_or(f64::NAN, |set| set.mean_error(|batch| self.task.network.error(batch)));
        self.epochs.push(Epoch { train, test, train_s, elapsed_s: self.elapsed_s() });
        self.sum = 0.0;
    }

    fn report(&self, writer: &mut CheckpointWriter) -> Result<()> {
        let fresh = self.step.is_multiple_of(self.batches());
        writer.show(self.progress(), self.limits.seconds - self.elapsed_s(), &self.epochs);
        if fresh {
            writer.log(self.step, &self.epochs)?;
        }
        if writer.is_due(self.limits.checkpoint) {
            self.save(writer)?;
        }
        Ok(())
    }

    fn save(&self, writer: &mut CheckpointWriter) -> Result<()> {
        writer.save(self.task.store, &self.optimiser, self.step, self.elapsed_s(), &self.epochs, self.sum)
    }
}

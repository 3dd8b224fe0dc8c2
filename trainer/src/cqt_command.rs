//! `trainer train --model cqt-vae`: the options that only this model has. Main thread.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use tch::Device;

use crate::cqt::{Activation, Length, TrainOptions, Upsampling};
use crate::train::Intervals;

/// What only the model cqt-vae has.
#[derive(Args)]
pub struct CqtArgs {
    /// cqt-vae: times through the training sounds, where no --minutes are given.
    #[arg(long, default_value_t = 50, conflicts_with = "minutes")]
    epochs: u64,
    /// cqt-vae: between layers.
    #[arg(long, value_enum, default_value = "leaky-relu")]
    activation: Activation,
    /// cqt-vae: how the decoder doubles its frames.
    #[arg(long, value_enum, default_value = "nearest")]
    upsampling: Upsampling,
    /// cqt-vae: weight of the divergence of the latents, for each nat.
    #[arg(long, default_value_t = 0.1)]
    kl_weight: f64,
    /// cqt-vae: weight of the laws that every point of the latent space keeps: a sound begins at once, is heard, ends without a cut and
    /// does not return; 0 is the model of the document.
    #[arg(long, default_value_t = 100.0)]
    space_weight: f64,
    /// cqt-vae, sashimi and each stage of foley: steps, instead of epochs or time.
    #[arg(long, conflicts_with_all = ["minutes", "epochs"])]
    steps: Option<u64>,
}

/// What `trainer train` has for every model.
pub struct Shared {
    pub corpus: PathBuf,
    pub run: PathBuf,
    pub seed: u64,
    pub minutes: Option<f64>,
    pub rate: f64,
    pub without_held_out: bool,
    pub device: Device,
    pub intervals: Intervals,
}

impl CqtArgs {
    /// Steps, if they are given.
    pub fn steps(&self) -> Option<u64> {
        self.steps
    }

    /// The options of a training.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn options(&self, shared: Shared) -> Result<TrainOptions> {
        ensure!((0.0..=100.0).contains(&self.kl_weight), "--kl-weight must lie between 0 and 100");
        ensure!((0.0..=1e4).contains(&self.space_weight), "--space-weight must lie between 0 and 10000");
        ensure!(self.epochs > 0 && self.steps != Some(0), "--epochs and --steps must be above 0");
        let length = match (shared.minutes, self.steps) {
            (Some(minutes), _) => Length::Seconds(minutes * 60.0),
            (None, Some(steps)) => Length::Steps(steps),
            (None, None) => Length::Epochs(self.epochs),
        };
        Ok(TrainOptions {
            corpus: shared.corpus,
            run: shared.run,
            seed: shared.seed,
            length,
            activation: self.activation,
            upsampling: self.upsampling,
            kl_weight: self.kl_weight,
            space_weight: self.space_weight,
            rate: shared.rate,
            without_held_out: shared.without_held_out,
            device: shared.device,
            intervals: shared.intervals,
        })
    }
}

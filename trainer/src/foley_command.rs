//! `trainer train --model foley`: the options that only this model has. Main thread.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;

use crate::cqt_command::Shared;
use crate::foley::{Size, TrainOptions};
use crate::train::Budget;

/// Time for the training, in minutes, where none is given.
const MINUTES: f64 = 60.0;

/// What only the model foley has.
#[derive(Args)]
pub struct FoleyArgs {
    /// foley: size of the networks.
    #[arg(long, value_enum, default_value = "small")]
    foley_size: Size,
    /// foley: folder with one to seven folders of recordings, each a class, in place of a corpus.
    #[arg(long)]
    sounds: Option<PathBuf>,
}

impl FoleyArgs {
    /// Whether none is given that another model would leave unheard.
    pub fn is_empty(&self) -> bool {
        self.sounds.is_none()
    }

    /// The options of a training. `steps` are those of each stage, `first_share` the part of the time that the first has, and `classes` the
    /// label and the names of the classes. A run that starts from the weights of another keeps its first stage as it is.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn options(
        &self,
        shared: Shared,
        steps: Option<u64>,
        first_share: f64,
        classes: (Option<String>, Vec<String>),
        start_from: Option<PathBuf>,
    ) -> Result<TrainOptions> {
        ensure!(steps != Some(0), "--steps must be above 0");
        let seconds = shared.minutes.unwrap_or(MINUTES) * 60.0;
        let budget = |share: f64| steps.map_or(Budget::Seconds(seconds * share), Budget::Steps);
        let budgets = match start_from {
            Some(_) => [Budget::Seconds(0.0), budget(1.0)],
            None => [budget(first_share), budget(1.0 - first_share)],
        };
        Ok(TrainOptions {
            corpus: shared.corpus,
            sounds: self.sounds.clone(),
            run: shared.run,
            seed: shared.seed,
            budgets,
            start_from,
            rate: shared.rate,
            size: self.foley_size,
            class_label: classes.0,
            classes: classes.1,
            without_held_out: shared.without_held_out,
            device: shared.device,
            intervals: shared.intervals,
        })
    }
}

//! Limits, losses and end of one training stage of a reference model. Plain data, kept as JSON beside the weights.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::early_stopping::{WINDOW, moving_average, rate_percent};

/// How long a stage may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Time over all resumed runs, in seconds.
    pub seconds: f64,
    /// Most epochs.
    pub epochs: u64,
    /// Between checkpoints.
    pub checkpoint: Duration,
}

/// Losses of one whole epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Mean squared-error sum over the training split, while it was trained on.
    pub train: f64,
    /// The same of the held-out split after the epoch; NaN without one.
    #[serde(deserialize_with = "nullable")]
    pub test: f64,
    /// Time that its training took, without the look at the held-out split, in seconds.
    pub train_s: f64,
    /// Time of the stage at its end, in seconds.
    pub elapsed_s: f64,
}

/// JSON writes a number that is none as null.
fn nullable<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

/// Why a stage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// The time is over.
    Time,
    /// The epochs are done.
    Epochs,
    /// The moving average of the loss has stalled.
    Stalled,
    /// Three times worse than the best known run at the same epoch.
    CutOff,
    /// The loss became infinite or no number.
    Diverged,
}

impl End {
    /// Whether a stage that ended so, after all of `history`, has more to do within `limits`.
    pub fn leaves_more(self, history: &History, limits: &Limits) -> bool {
        let (has_time, has_epochs) = (limits.seconds > history.elapsed_s, limits.epochs > history.epochs.len() as u64);
        matches!(self, Self::Time | Self::Epochs) && has_time && has_epochs
    }
}

/// What came of a stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Whole epochs.
    pub epochs: Vec<Epoch>,
    /// Time of the stage in seconds.
    pub elapsed_s: f64,
    /// Why it ended.
    pub end: End,
}

impl History {
    /// Training losses by epoch.
    pub fn losses(&self) -> Vec<f64> {
        self.epochs.iter().map(|epoch| epoch.train).collect()
    }

    /// Moving average of the training loss at the end.
    pub fn loss(&self) -> f64 {
        moving_average(&self.losses(), WINDOW.min(3))
    }

    /// Relative change of the loss per epoch at the end, in percent.
    pub fn rate_percent(&self) -> f64 {
        rate_percent(&self.losses())
    }

    /// Test loss against training loss at the end; above 1 means over-fitting.
    pub fn overfit(&self) -> f64 {
        self.epochs.last().map_or(f64::NAN, |epoch| epoch.test / epoch.train)
    }
}

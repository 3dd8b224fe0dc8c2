//! How long a stage lasts, and the learning rate that goes with it.

use serde::{Deserialize, Serialize};

/// The end of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Budget {
    /// After this much time in the stage, over all resumed runs, in seconds.
    Seconds(f64),
    /// After this many steps.
    Steps(u64),
}

/// Share of a stage in which the learning rate rises.
const WARM_UP: f64 = 0.01;
/// Learning rate at the end, as part of the highest.
const FINAL_RATE: f64 = 0.01;

impl Budget {
    /// Part of the stage that is over; 1 or more at its end.
    pub fn progress(self, step: u64, elapsed_s: f64) -> f64 {
        match self {
            // Two looks at a clock may see the same time, and a stage of no time has no step.
            Self::Seconds(limit_s) if limit_s <= 0.0 => 1.0,
            Self::Seconds(limit_s) => elapsed_s / limit_s,
            Self::Steps(0) => 1.0,
            Self::Steps(limit) => step as f64 / limit as f64,
        }
    }

    /// Whether the stage has nothing to do.
    pub fn is_empty(self) -> bool {
        self.progress(0, 0.0) >= 1.0
    }

    /// Seconds to the end of the stage, as far as it can be estimated.
    pub fn remaining_s(self, step: u64, elapsed_s: f64) -> f64 {
        match self {
            Self::Seconds(limit_s) => (limit_s - elapsed_s).max(0.0),
            Self::Steps(limit) => limit.saturating_sub(step) as f64 * elapsed_s / step.max(1) as f64,
        }
    }
}

/// Factor on the highest learning rate: a short linear rise, then half a cosine.
pub fn learning_rate(progress: f64) -> f64 {
    let rise = (progress / WARM_UP).clamp(0.02, 1.0);
    let fall = 0.5 + 0.5 * (std::f64::consts::PI * progress.min(1.0)).cos();
    rise * (FINAL_RATE + (1.0 - FINAL_RATE) * fall)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_then_falls() {
        assert!(learning_rate(0.0) < 0.05);
        assert!(learning_rate(0.02) > 0.95);
        assert!((learning_rate(1.0) - FINAL_RATE).abs() < 1e-9);
        assert_eq!(Budget::Steps(10).progress(5, 1e9), 0.5);
        assert!(Budget::Seconds(0.0).is_empty() && Budget::Steps(0).is_empty());
        assert!(!Budget::Seconds(1.0).is_empty() && !Budget::Steps(1).is_empty());
    }
}

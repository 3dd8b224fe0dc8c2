//! The ranked table of a search.

use std::fmt::Write;

use super::study::{Study, Trial};
use crate::reference::history::End;

/// Trials from the best to the worst: those that were cut off come last.
pub fn ranked(study: &Study) -> Vec<&Trial> {
    let mut trials: Vec<&Trial> = study.trials.iter().collect();
    let key = |trial: &Trial| (has_no_hope(trial), trial.history.loss());
    trials.sort_by(|a, b| key(a).0.cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1)));
    trials
}

/// Whether a run ended before its time.
pub fn has_no_hope(trial: &Trial) -> bool {
    matches!(trial.history.end, End::CutOff | End::Diverged)
}

/// The table for people.
pub fn table(study: &Study) -> String {
    let mut text = format!(
        "{:>4}  {:>10}  {:>8}  {:>8}  {:>11}  {:>11}  {}\n",
        "rank", "loss", "rate %", "overfit", "parameters", "compression", "settings"
    );
    for (index, trial) in ranked(study).into_iter().enumerate() {
        let epochs = trial.history.epochs.len();
        let note = match trial.history.end {
            End::CutOff => format!("  (cut off after {epochs} epochs)"),
            End::Diverged => format!("  (diverged after {epochs} epochs)"),
            End::Time | End::Epochs | End::Stalled => String::new(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:>4}  {:>10.2}  {:>8.3}  {:>8.2}  {:>11}  {:>10.1}x  {}{note}",
            index + 1,
            trial.history.loss(),
            trial.history.rate_percent(),
            trial.history.overfit(),
            trial.parameters,
            trial.compression,
            study.question.space.describe(&trial.point)
        );
    }
    text
}

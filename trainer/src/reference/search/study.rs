//! The trials of a search, kept in one file that is replaced after each, so that a search can be interrupted.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::space::Space;
use crate::files::write_atomically;
use crate::reference::history::History;
use crate::reference::model_name::ModelName;

const STUDY_NAME: &str = "search.json";

/// How much worse than the worst finite loss a run counts that has none.
const DIVERGED_FACTOR: f64 = 3.0;

/// What fixes the results of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The model.
    pub model: ModelName,
    /// Whether the inner network is searched, on codes of a finished outer one.
    pub inner: bool,
    /// What is searched.
    pub space: Space,
    /// Epochs of a trial.
    pub epochs: u64,
    /// Seed of every random choice.
    pub seed: u64,
    /// Corpus.
    pub corpus_id: String,
    /// Sounds of the most diverse subset; 0 means all.
    pub diverse: usize,
}

/// One run of the search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// A value for every parameter.
    pub point: Vec<f64>,
    /// Weights.
    pub parameters: usize,
    /// Numbers of the input against numbers of the code.
    pub compression: f64,
    /// Its training.
    pub history: History,
}

/// A question and the trials so far.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Study {
    /// What is asked.
    pub question: Question,
    /// In the order in which they were run.
    pub trials: Vec<Trial>,
}

impl Study {
    /// The study of a folder, begun when there is none.
    ///
    /// # Errors
    /// When the folder holds another one, or a damaged one; nothing is changed.
    pub fn open(folder: &Path, question: Question) -> Result<Self> {
        let path = path(folder);
        if !path.exists() {
            fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
            return Ok(Self { question, trials: Vec::new() });
        }
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let study: Self = serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display()))?;
        ensure!(
            study.question == question,
            "{} holds a search of another model, space, corpus or seed; give another --out or the same settings",
            folder.display()
        );
        Ok(study)
    }

    /// Adds a trial and replaces the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, trial: Trial, folder: &Path) -> Result<()> {
        self.trials.push(trial);
        write_atomically(&path(folder), &serde_json::to_vec(self)?)
    }

    /// The loss of every trial; one that diverged counts as worse than all others.
    pub fn comparable_losses(&self) -> Vec<f64> {
        let losses: Vec<f64> = self.trials.iter().map(|trial| trial.history.loss()).collect();
        let worst = losses.iter().copied().filter(|loss| loss.is_finite()).fold(1e-12, f64::max);
        losses.into_iter().map(|loss| if loss.is_finite() { loss } else { DIVERGED_FACTOR * worst }).collect()
    }

    /// Whether a point was tried.
    pub fn knows(&self, point: &[f64]) -> bool {
        let same = |a: &f64, b: &f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
        self.trials.iter().any(|trial| trial.point.iter().zip(point).all(|(a, b)| same(a, b)))
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join(STUDY_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::history::{End, Epoch};

    fn trial(point: f64, losses: &[f64]) -> Trial {
        let epochs = losses.iter().map(|loss| Epoch { train: *loss, test: f64::NAN, train_s: 1.0, elapsed_s: 1.0 });
        let history = History { epochs: epochs.collect(), elapsed_s: 1.0, end: End::Epochs };
        Trial { point: vec![point], parameters: 1, compression: 1.0, history }
    }

    fn question() -> Question {
        Question {
            model: ModelName::StftVae,
            inner: false,
            space: Space::parse(&["layers=int:4..6".to_owned()]).expect("a space"),
            epochs: 3,
            seed: 1,
            corpus_id: "corpus".to_owned(),
            diverse: 0,
        }
    }

    #[test]
    fn a_study_is_read_again_and_belongs_to_one_question() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut study = Study::open(folder.path(), question()).expect("a study begins");
        study.add(trial(4.0, &[9.0, 3.0]), folder.path()).expect("a trial is kept");
        study.add(trial(5.0, &[]), folder.path()).expect("a diverged trial is kept");
        let again = Study::open(folder.path(), question()).expect("the same study");
        assert_eq!(again.trials.len(), 2);
        assert!(again.knows(&[4.0]) && !again.knows(&[6.0]));
        assert_eq!(again.comparable_losses(), [6.0, 18.0]);
        let other = Study::open(folder.path(), Question { epochs: 4, ..question() }).expect_err("another question");
        assert!(other.to_string().contains("another model, space"), "{other}");
    }
}

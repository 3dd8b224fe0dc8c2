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

#[cfg(test)]
mod tests {
    use tch::Device;
    use tch::nn::Init;

    use super::super::checkpoint::save_finished;
    use super::*;

    const STAGE: &str = "test";

    /// What the averages of a stage look like whose only weight has this value.
    fn averages(value: f32) -> Tensors {
        let tensor = Tensor::from_slice(&[value; 3]);
        vec![("average.weight".to_owned(), tensor.shallow_clone()), ("first.weight".to_owned(), tensor)]
    }

    /// The score and the weight that are loaded.
    fn loaded(run: &Path, last: bool) -> Result<(Option<f64>, f64)> {
        let store = VarStore::new(Device::Cpu);
        let weight = store.root().var("weight", &[3], Init::Const(0.0));
        Ok((load_trained(run, STAGE, last, &store)?, weight.double_value(&[2])))
    }

    #[test]
    fn the_lowest_score_is_kept_over_all_sittings_and_the_last_weights_are_loaded_on_demand() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let run = folder.path();
        assert!(loaded(run, false).is_err(), "nothing is trained");
        save_finished(run, STAGE, &averages(9.0))?;
        assert_eq!(loaded(run, false)?, (None, 9.0), "no weights are kept as the best");
        let mut best = Best::open(run, STAGE);
        for (score, offered, wanted) in [
            (3.0, 1.0, 1.0),
            (f64::NAN, 2.0, 1.0),
            (2.0, 3.0, 3.0),
            (2.0, 4.0, 3.0),
            (2.5, 4.0, 3.0),
            (f64::INFINITY, 4.0, 3.0),
        ] {
            best.offer(score, &averages(offered))?;
            assert_eq!(loaded(run, false)?.1, wanted, "{score}");
        }
        let mut best = Best::open(run, STAGE);
        best.offer(2.2, &averages(5.0))?;
        assert_eq!(loaded(run, false)?, (Some(2.0), 3.0), "the best of an earlier sitting stays");
        best.offer(1.5, &averages(6.0))?;
        assert_eq!(loaded(run, false)?, (Some(1.5), 6.0));
        assert_eq!(loaded(run, true)?, (None, 9.0));
        Ok(())
    }

    #[test]
    fn damaged_best_weights_are_as_none() -> Result<()> {
        let folder = tempfile::tempdir()?;
        save_finished(folder.path(), STAGE, &averages(9.0))?;
        Best::open(folder.path(), STAGE).offer(1.0, &averages(2.0))?;
        fs::write(place(folder.path(), STAGE), b"cut off")?;
        assert_eq!(loaded(folder.path(), false)?, (None, 9.0));
        Best::open(folder.path(), STAGE).offer(4.0, &averages(3.0))?;
        assert_eq!(loaded(folder.path(), false)?, (Some(4.0), 3.0));
        Ok(())
    }
}

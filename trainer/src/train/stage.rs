//! The loop that both stages share.

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, anyhow};
use engine::random;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::Tensor;
use tch::nn::VarStore;

use super::best::Best;
use super::budget::{Budget, learning_rate};
use super::checkpoint::{self, find};
use super::optimiser::AdamW;
use super::options::StageOptions;
use super::progress::{Progress, Record};
use super::weight_average::WeightAverage;

/// Named figures of a step or of an evaluation.
pub type Figures = Vec<(&'static str, f64)>;

/// What differs between the stages.
pub trait Stage {
    /// Name in files and logs.
    const NAME: &'static str;
    /// Highest learning rate.
    const RATE: f64;
    /// Factor on that rate where so much of the stage is done, 0 to 1.
    fn schedule(progress: f64) -> f64 {
        learning_rate(progress)
    }
    /// Loss of one batch, and figures to log; these are not read from the device until they are logged.
    fn loss(&self, progress: f64, rng: &mut ChaCha8Rng) -> (Tensor, Vec<(&'static str, Tensor)>);
    /// Figures on sounds that are not trained on.
    fn evaluate(&self) -> Figures;
    /// The figure whose lowest value marks the weights that are kept as the best; `None` where the last ones are meant to be used.
    fn score(_figures: &Figures) -> Option<f64> {
        None
    }
}

/// Runs a stage to its end, from its last checkpoint if there is one.
///
/// # Errors
/// A checkpoint cannot be read or written, or the loss is not finite.
pub fn run<S: Stage>(stage: &S, store: &VarStore, options: &StageOptions, budget: Budget) -> Result<()> {
    let mut optimiser = AdamW::new(store);
    let mut average = WeightAverage::new(store);
    let start = resume::<S>(options.run, &mut optimiser, &mut average)?;
    work(stage, options, budget, start, (&mut optimiser, &mut average))
        .map_err(|error| stopped(&error, options.run, S::NAME))?;
    average.adopt();
    Ok(())
}

/// All steps from `start`, which is a number of steps and the seconds that they took.
fn work<S: Stage>(
    stage: &S,
    options: &StageOptions,
    budget: Budget,
    (mut step, before_s): (u64, f64),
    (optimiser, average): (&mut AdamW, &mut WeightAverage),
) -> Result<()> {
    let (folder, seed, intervals) = (options.run, options.seed, options.intervals);
    let mut progress = Progress::open(folder, S::NAME, step)?;
    let mut best = Best::open(folder, S::NAME);
    let started = Instant::now();
    let (mut last_checkpoint, mut last_evaluation) = (Instant::now(), None::<Instant>);
    loop {
        let elapsed_s = before_s + started.elapsed().as_secs_f64();
        let done = budget.progress(step, elapsed_s);
        if done >= 1.0 {
            break;
        }
        let step_seed = mix(seed, S::NAME, step);
        tch::manual_seed(step_seed as i64);
        let (loss, figures) = stage.loss(done, &mut ChaCha8Rng::seed_from_u64(step_seed));
        optimiser.step(&loss, options.rate * S::RATE * S::schedule(done))?;
        average.update(step);
        step += 1;
        if step.is_multiple_of(intervals.log_steps) {
            let mut values = vec![("loss", loss.double_value(&[]))];
            values.extend(figures.iter().map(|(name, value)| (*name, value.double_value(&[]))));
            progress.log(&Record::new(S::NAME, "train", step, elapsed_s, &values))?;
            progress.show(done, budget.remaining_s(step, elapsed_s), &values);
        }
        if last_evaluation.is_none_or(|last| last.elapsed() >= intervals.evaluation) {
            let figures = average.with(|| tch::no_grad(|| stage.evaluate()));
            progress.log(&Record::new(S::NAME, "evaluation", step, elapsed_s, &figures))?;
            progress.show_evaluation(&figures);
            keep_best::<S>(&mut best, &figures, average)?;
            last_evaluation = Some(Instant::now());
        }
        if last_checkpoint.elapsed() >= intervals.checkpoint {
            let elapsed_s = before_s + started.elapsed().as_secs_f64();
            save(folder, S::NAME, step, elapsed_s, optimiser, average)?;
            last_checkpoint = Instant::now();
        }
    }
    let elapsed_s = before_s + started.elapsed().as_secs_f64();
    save(folder, S::NAME, step, elapsed_s, optimiser, average)?;
    let figures = average.with(|| tch::no_grad(|| stage.evaluate()));
    progress.log(&Record::new(S::NAME, "evaluation", step, elapsed_s, &figures))?;
    progress.finish(&figures);
    keep_best::<S>(&mut best, &figures, average)?;
    checkpoint::save_finished(folder, S::NAME, &average.state())
}

/// What is said of a stage that stops: why, what is kept of it, and how to go on.
fn stopped(error: &anyhow::Error, run: &Path, stage: &str) -> anyhow::Error {
    let error = format!("{error:#}");
    let why = error.lines().next().unwrap_or_default();
    let is_kept = checkpoint::has_any(run, stage).unwrap_or(false);
    let kept = if is_kept {
        "its last good checkpoint is kept, from which the same command goes on"
    } else {
        "it has no checkpoint yet, so the same command begins it again"
    };
    anyhow!("the stage {stage} of {} stopped: {why}; {kept}", run.display())
}

fn keep_best<S: Stage>(best: &mut Best, figures: &Figures, average: &WeightAverage) -> Result<()> {
    S::score(figures).map_or(Ok(()), |score| best.offer(score, &average.state()))
}

fn resume<S: Stage>(folder: &Path, optimiser: &mut AdamW, average: &mut WeightAverage) -> Result<(u64, f64)> {
    let Some((state, tensors)) = checkpoint::load_latest(folder, S::NAME, &|warning| eprintln!("{warning}"))? else {
        return Ok((0, 0.0));
    };
    optimiser.restore(|name, like| find(&tensors, name, like), state.step)?;
    average.restore(|name, like| find(&tensors, name, like))?;
    eprintln!("{}: resumed at step {} after {:.0} s", S::NAME, state.step, state.elapsed_s);
    Ok((state.step, state.elapsed_s))
}

fn save(
    folder: &Path,
    name: &str,
    step: u64,
    elapsed_s: f64,
    optimiser: &AdamW,
    average: &WeightAverage,
) -> Result<()> {
    let mut tensors = average.state();
    tensors.extend(optimiser.state());
    checkpoint::save(folder, name, step, elapsed_s, &tensors)
}

/// A seed for one step: a hash of the run's seed, the stage and the step.
pub fn mix(seed: u64, stage: &str, step: u64) -> u64 {
    let stage = stage.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    // Kept positive, since torch takes a signed seed.
    random::finalise(seed ^ stage.rotate_left(32) ^ step.wrapping_mul(random::INCREMENT)) >> 1
}

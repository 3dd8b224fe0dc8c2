//! The course of a sound's level, and its parts that are steady or decay. Plain arithmetic; WORKER THREADS.

/// Step of the level curve, in seconds.
const LEVEL_STEP_S: f32 = 0.025;
/// Steps over which the level curve is averaged: 225 ms, more than a period of vibrato or tremolo at 5 Hz.
const LEVEL_SMOOTH_STEPS: usize = 9;
/// The steady part begins where the level first comes this near to its median, in dB.
const ATTACK_BELOW_DB: f32 = 3.0;
/// It ends where the level is last this near to its median, in dB.
const END_BELOW_DB: f32 = 9.0;
/// Levels this far below the loudest do not count for the median, in dB.
const SILENT_BELOW_DB: f32 = 40.0;
/// A sound that never exceeds this level, in dB of full scale, is silent.
const SILENT_DBFS: f32 = -90.0;
/// A sound that is this far below its loudest at its end has died away there, in dB.
const DIED_BELOW_DB: f32 = 50.0;

/// A level curve in steps of [`LEVEL_STEP_S`].
pub(super) struct Levels {
    pub(super) step_samples: usize,
    db: Vec<f32>,
}

impl Levels {
    pub(super) fn new(samples: &[f32], rate_hz: f32) -> Self {
        let step_samples = ((LEVEL_STEP_S * rate_hz) as usize).max(1);
        let energies: Vec<f32> = samples.chunks(step_samples).map(|step| step.iter().map(|v| v * v).sum()).collect();
        let half = LEVEL_SMOOTH_STEPS / 2;
        let smoothed = (0..energies.len()).map(|at| {
            let near = &energies[at.saturating_sub(half)..(at + half + 1).min(energies.len())];
            let mean = near.iter().sum::<f32>() / (near.len() * step_samples) as f32;
            10.0 * mean.max(1e-12).log10()
        });
        Self { step_samples, db: smoothed.collect() }
    }

    /// Number of steps.
    pub(super) fn count(&self) -> usize {
        self.db.len()
    }

    /// The level at a sample, in dB of full scale.
    pub(super) fn at(&self, sample: usize) -> f32 {
        let last = self.db.len().saturating_sub(1);
        self.db.get((sample / self.step_samples).min(last)).copied().unwrap_or(f32::NEG_INFINITY)
    }

    /// The highest level; none of silence.
    fn loudest_db(&self) -> Option<f32> {
        Some(self.db.iter().copied().fold(f32::NEG_INFINITY, f32::max)).filter(|loudest_db| *loudest_db >= SILENT_DBFS)
    }

    /// Whether the sound has died away at a step.
    pub(super) fn has_died_at(&self, step: usize) -> bool {
        let level_db = self.db.get(step).copied().unwrap_or(f32::NEG_INFINITY);
        self.loudest_db().is_none_or(|loudest_db| level_db < loudest_db - DIED_BELOW_DB)
    }

    /// First and last step of the steady part.
    pub(super) fn steady_steps(&self) -> Option<(usize, usize)> {
        let loudest_db = self.loudest_db()?;
        let mut audible: Vec<f32> = self.db.iter().copied().filter(|db| *db > loudest_db - SILENT_BELOW_DB).collect();
        audible.sort_unstable_by(f32::total_cmp);
        let median_db = *audible.get(audible.len() / 2)?;
        let first = self.db.iter().position(|db| *db >= median_db - ATTACK_BELOW_DB)?;
        let last = self.db.iter().rposition(|db| *db >= median_db - END_BELOW_DB)?;
        (first < last).then_some((first, last))
    }

    /// The line through the levels from step `first` to `last` by least squares: its slope in dB per second, and the largest distance of a level
    /// from it in dB.
    pub(super) fn line(&self, first: usize, last: usize, rate_hz: f32) -> Line {
        let levels = self.db.get(first..=last).unwrap_or_default();
        let count = levels.len() as f32;
        let (middle, mean) = ((count - 1.0) / 2.0, levels.iter().sum::<f32>() / count);
        let away = |step: usize| step as f32 - middle;
        let product: f32 = levels.iter().enumerate().map(|(step, db)| away(step) * (db - mean)).sum();
        let square: f32 = (0..levels.len()).map(|step| away(step) * away(step)).sum();
        let slope = product / square.max(1e-9);
        let distances = levels.iter().enumerate().map(|(step, db)| (db - mean - slope * away(step)).abs());
        let farthest_db = distances.fold(0.0, f32::max);
        Line { slope_db_per_s: slope * rate_hz / self.step_samples as f32, farthest_db }
    }
}

/// A line through levels.
pub(super) struct Line {
    pub(super) slope_db_per_s: f32,
    /// Largest distance of a level from it, in dB.
    pub(super) farthest_db: f32,
}

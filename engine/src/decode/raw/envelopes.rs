//! The course of a sound's level, which the network is told: drawn from courses of training sounds. WORKER side or main thread.
//!
//! A network that hears only its own samples takes its level from them: a little too loud once, it goes on too loud. Told the level that a
//! sound has in every frame, it keeps to it.

use rand_chacha::ChaCha8Rng;

use crate::decode::draw::{pick, unit};
use crate::decode::lanes::{Row, to_rows};
use crate::pack::{PackError, RawEnvelopes, RawManifest, Weights};

/// Levels that the network has a vector for, from [`LOWEST_DB`] up; between two of them it is given both in proportion.
pub const ENVELOPE_LEVELS: usize = 16;
/// The lowest level of a frame, in dBFS.
pub const LOWEST_DB: f32 = -90.0;
/// Distance of the levels, in dB.
pub const ENVELOPE_STEP_DB: f32 = 6.0;
/// Courses among which one is drawn for a prime, those whose beginning is nearest to its own, and among which the second of two is drawn:
/// between two that are unlike, sounds are quieter than either.
const NEAREST: usize = 8;

/// The RMS level of samples in dBFS, not below [`LOWEST_DB`].
pub fn level_db(samples: &[f32]) -> f32 {
    let power = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / samples.len().max(1) as f64;
    ((10.0 * power.log10()) as f32).max(LOWEST_DB)
}

/// Courses, and what levels are to the network; immutable.
#[derive(Debug)]
pub(super) struct Envelopes {
    shape: RawEnvelopes,
    table: Vec<Vec<Row>>,
    /// Levels of the frames of each course, in dBFS.
    courses: Vec<Vec<f32>>,
    /// The class of each course; 0 of a network without classes.
    classes: Vec<usize>,
}

impl Envelopes {
    /// Those of a pack, if it has any.
    ///
    /// # Errors
    /// [`PackError::Weights`].
    pub(super) fn load(weights: &Weights, manifest: &RawManifest) -> Result<Option<Self>, PackError> {
        let Some(shape) = manifest.envelopes else { return Ok(None) };
        let width = manifest.network.widths[0];
        let frames = shape.frames(manifest.length_samples);
        let table = weights.take("envelope_table", &[ENVELOPE_LEVELS, width])?;
        let courses = weights.take("envelopes", &[shape.count, frames])?;
        let classes = weights.take("envelope_classes", &[shape.count])?;
        let known = manifest.classes.len().max(1);
        if classes.iter().any(|class| class.fract() != 0.0 || !(0.0..known as f32).contains(class)) {
            return Err(PackError::Weights(format!("envelope_classes holds others than 0 to {}", known - 1)));
        }
        Ok(Some(Self {
            shape,
            table: table.chunks_exact(width).map(to_rows).collect(),
            courses: courses.chunks_exact(frames).map(<[f32]>::to_vec).collect(),
            classes: classes.iter().map(|class| *class as usize).collect(),
        }))
    }

    /// Samples of a frame.
    pub(super) fn frame_samples(&self) -> usize {
        self.shape.frame_samples
    }

    /// A course for a sound: between two of one class that are near to each other, and to the prime if there is one, in dB.
    pub(super) fn draw(&self, shares: &[f32], prime: &[f32], random: &mut ChaCha8Rng) -> Vec<f32> {
        let class = pick(shares, unit(random));
        let is_own = |course: &usize| shares.is_empty() || self.classes[*course] == class;
        let mut chosen: Vec<usize> = (0..self.courses.len()).filter(is_own).collect();
        if chosen.is_empty() {
            chosen = (0..self.courses.len()).collect();
        }
        if !prime.is_empty() {
            let frames: Vec<f32> = prime.chunks(self.shape.frame_samples).map(level_db).collect();
            self.keep_nearest(&mut chosen, &frames);
        }
        let mut any = |chosen: &[usize]| &self.courses[chosen[(unit(random) * chosen.len() as f32) as usize]];
        let one = any(&chosen);
        self.keep_nearest(&mut chosen, one);
        let other = any(&chosen);
        let part = unit(random);
        one.iter().zip(other).map(|(one, other)| one + part * (other - one)).collect()
    }

    fn keep_nearest(&self, chosen: &mut Vec<usize>, frames: &[f32]) {
        chosen.sort_by(|one, other| self.distance(*one, frames).total_cmp(&self.distance(*other, frames)));
        chosen.truncate(NEAREST);
    }

    fn distance(&self, course: usize, frames: &[f32]) -> f32 {
        self.courses[course].iter().zip(frames).map(|(course, frame)| (course - frame).powi(2)).sum()
    }

    /// Adds what a level is to the network to `x`.
    pub(super) fn add(&self, level_db: f32, x: &mut [Row]) {
        let place = ((level_db - LOWEST_DB) / ENVELOPE_STEP_DB).clamp(0.0, (ENVELOPE_LEVELS - 1) as f32);
        let below = (place as usize).min(ENVELOPE_LEVELS - 2);
        let part = place - below as f32;
        let parts = self.table[below].as_flattened().iter().zip(self.table[below + 1].as_flattened());
        for (x, (below, above)) in x.as_flattened_mut().iter_mut().zip(parts) {
            *x += below + part * (above - below);
        }
    }
}

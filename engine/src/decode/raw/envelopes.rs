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
/// Courses among which one is drawn for a prime, those whose beginning is nearest to its own, and among which the second of two is drawn.
const NEAREST: usize = 8;

/// The RMS level of samples in dBFS, not below [`LOWEST_DB`].
pub fn level_db(samples: &[f32]) -> f32 {
    let power = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / samples.len().max(1) as f64;
    ((10.0 * power.log10()) as f32).max(LOWEST_DB)
}

/// A level whose power is `part` of the way from that of one to that of the other. In dB, a stroke that only one of them has would nearly vanish: the
/// centre of energy of 6 % of such courses was before that of 99 % of the corpus, by powers it is of 3 % (a single course: 5 %).
fn between(one_db: f32, other_db: f32, part: f32) -> f32 {
    let power = |level_db: f32| 10.0_f32.powf(level_db / 10.0);
    10.0 * ((1.0 - part) * power(one_db) + part * power(other_db)).log10()
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

    /// A course for a sound, in dBFS: between two of one class that are near to each other, the first also to the prime if there is one.
    pub(super) fn draw(&self, shares: &[f32], prime: &[f32], random: &mut ChaCha8Rng) -> Vec<f32> {
        let class = pick(shares, unit(random));
        let is_own = |course: &usize| shares.is_empty() || self.classes[*course] == class;
        let mut own: Vec<usize> = (0..self.courses.len()).filter(is_own).collect();
        if own.is_empty() {
            own = (0..self.courses.len()).collect();
        }
        let mut any = |chosen: &[usize]| &self.courses[chosen[(unit(random) * chosen.len() as f32) as usize]];
        let one = if prime.is_empty() {
            any(&own)
        } else {
            let frames: Vec<f32> = prime.chunks(self.shape.frame_samples).map(level_db).collect();
            any(&self.nearest(&own, &frames))
        };
        // Of all of the class: those that begin alike may be unlike later.
        let other = any(&self.nearest(&own, one));
        let part = unit(random);
        one.iter().zip(other).map(|(one, other)| between(*one, *other, part)).collect()
    }

    /// Those of `courses` whose beginning is nearest to `frames`.
    fn nearest(&self, courses: &[usize], frames: &[f32]) -> Vec<usize> {
        let mut nearest = courses.to_vec();
        nearest.sort_by(|one, other| self.distance(*one, frames).total_cmp(&self.distance(*other, frames)));
        nearest.truncate(NEAREST);
        nearest
    }

    fn distance(&self, course: usize, frames: &[f32]) -> f32 {
        self.courses[course].iter().zip(frames).map(|(course, frame)| (course - frame).powi(2)).sum()
    }

    /// The largest sample that a frame of a level can have: that of a frame in which all others are 0.
    pub(super) fn largest_sample(&self, level_db: f32) -> f32 {
        10.0_f32.powf(level_db / 20.0) * (self.shape.frame_samples as f32).sqrt()
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

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    const FRAMES: usize = 6;
    const COURSES: usize = 40;

    /// Courses that begin alike; half of them have a second stroke, at the end.
    fn envelopes() -> Envelopes {
        let course = |number: usize| {
            let mut course = vec![-10.0 - 0.01 * number as f32, -30.0, -40.0, -50.0, -60.0, -70.0];
            course[FRAMES - 1] = if number.is_multiple_of(2) { -12.0 } else { -70.0 };
            course
        };
        Envelopes {
            shape: RawEnvelopes { frame_samples: 16, count: COURSES },
            table: Vec::new(),
            courses: (0..COURSES).map(course).collect(),
            classes: vec![0; COURSES],
        }
    }

    #[test]
    fn a_course_between_two_has_a_power_between_theirs() {
        for (one, other) in [(-10.0, -10.0), (-10.0, -70.0), (LOWEST_DB, -3.0)] {
            assert!((between(one, other, 0.0) - one).abs() < 1e-3 && (between(one, other, 1.0) - other).abs() < 1e-3);
            let half_below_db = f32::max(one, other) - between(one, other, 0.5);
            assert!((-1e-3..3.02).contains(&half_below_db), "{one} and {other}: {half_below_db} dB below the louder");
        }
    }

    #[test]
    fn no_frame_of_a_level_has_a_larger_sample() {
        let mut frame = [0.0; 16];
        for peak in [1.0, 0.1, 1e-3] {
            frame[5] = peak;
            let largest = envelopes().largest_sample(level_db(&frame));
            assert!((largest / peak - 1.0).abs() < 1e-4, "{largest} for {peak}");
        }
    }

    #[test]
    fn after_a_prime_a_second_stroke_is_kept_or_is_not_there() {
        let envelopes = envelopes();
        let prime = [0.3; 16];
        let ends: Vec<f32> = (0..200)
            .map(|seed| envelopes.draw(&[1.0], &prime, &mut ChaCha8Rng::seed_from_u64(seed))[FRAMES - 1])
            .collect();
        // The eight that begin most alike are of both kinds; what goes with each is of its own.
        assert!(ends.iter().all(|end| (end + 12.0).abs() < 0.1 || (end + 70.0).abs() < 0.1), "{ends:?}");
        let with = ends.iter().filter(|end| **end > -20.0).count();
        assert!((50..150).contains(&with), "{with} of 200 have the stroke");
    }
}

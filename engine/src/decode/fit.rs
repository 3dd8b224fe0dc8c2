//! Finds the latent point whose decoded frames are nearest to given ones. WORKER side.
//!
//! Starts at the encoder's point and improves it by means of the decoder: Levenberg–Marquardt (Marquardt 1963) with a finite-difference
//! Jacobian, on the mean absolute difference, which iteratively reweighted least squares turns into a sum of squares.

use nalgebra::{SMatrix, SVector};

use crate::spectral::{Frames, SpectralShape};
use crate::units::{LATENT_LIMIT, Latent, MODEL_LATENTS};

use super::graph::GraphError;

type Matrix = SMatrix<f64, MODEL_LATENTS, MODEL_LATENTS>;
type Vector = SVector<f64, MODEL_LATENTS>;

/// Step in σ of the finite differences: a smaller one is dominated by the decoder's rounding errors, a larger one by its curvature.
const SLOPE_STEP: f32 = 0.04;
/// Levels below this are treated as equal to it.
const SILENCE_DB: f32 = -80.0;
/// Lower bound of the differences from which weights are computed, since these are inversely proportional to them.
const SMALLEST_DIFFERENCE_DB: f32 = 0.5;
/// Frames of the attack, about 35 ms, and their weight relative to 1. The attack is short but identifies a sound; a larger weight makes
/// it more exact at the expense of the rest.
const ONSET_FRAMES: usize = 3;
const ONSET_WEIGHT: f64 = 10.0;
/// Initial damping, and its factors after a step that lowered the error and after one that did not: Marquardt's scheme, with factors
/// closer to 1 than his 10, since only a few rounds are run.
const DAMPING: f64 = 1e-2;
const DAMPING_DOWN: f64 = 0.3;
const DAMPING_UP: f64 = 6.0;
/// Steps with one Jacobian. On 20 sounds of another sound font (TimGM6mb) and four rounds: 3.55 dB with one, 3.36 dB with four; with three rounds, which
/// take as many decodes as four of one step, 3.42 dB.
const STEPS: usize = 4;

/// Target frames, and the key at which they are to be decoded.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The frames.
    pub frames: &'a Frames,
    /// MIDI key.
    pub key: f32,
}

/// A latent point with its error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// The point, each coordinate within ±3 σ.
    pub latent: Latent,
    /// Weighted mean absolute difference in dB over the bands of all frames that are not silent, averaged over the targets.
    pub error_db: f32,
}

/// Decodes latent points to frames.
pub trait FrameDecoder {
    /// The analysis of the frames.
    fn shape(&self) -> &SpectralShape;

    /// Frames of a latent point at a MIDI key.
    ///
    /// # Errors
    /// [`GraphError`] when the decoder fails.
    fn decode_frames(&mut self, latent: &Latent, key: f32) -> Result<Frames, GraphError>;
}

/// Improves `start` in `rounds` rounds, each of seven decodes for the Jacobian and one for each of [`STEPS`] steps, for each target. The error
/// never increases; the result is deterministic.
///
/// # Errors
/// [`GraphError`] when the decoder fails.
pub fn fit(
    decoder: &mut impl FrameDecoder,
    targets: &[Target],
    start: &Latent,
    rounds: usize,
) -> Result<Fit, GraphError> {
    let scale = Scale::of(decoder.shape());
    let mut best = evaluate(decoder, targets, &start.map(inside), &scale)?;
    let mut damping = DAMPING;
    for _ in 0..rounds {
        let mut slopes = slopes(decoder, targets, &best, &scale)?;
        for _ in 0..STEPS {
            let Some(step) = Equations::at(&best, targets, &slopes, &scale).solve(damping) else { break };
            let moved: Latent = std::array::from_fn(|axis| inside(best.latent[axis] + step[axis] as f32));
            if moved == best.latent {
                break;
            }
            let tried = evaluate(decoder, targets, &moved, &scale)?;
            slopes.iter_mut().zip(&best.frames).zip(&tried.frames).for_each(|((slopes, from), to)| {
                slopes.correct((&best.latent, from), (&moved, to));
            });
            if tried.error < best.error {
                best = tried;
                damping *= DAMPING_DOWN;
            } else {
                damping *= DAMPING_UP;
            }
        }
    }
    Ok(Fit { latent: best.latent, error_db: (best.error * scale.db_per_unit) as f32 })
}

fn inside(coordinate: f32) -> f32 {
    coordinate.clamp(-LATENT_LIMIT, LATENT_LIMIT)
}

/// The constants above in the units of frames.
struct Scale {
    silence: f32,
    smallest: f64,
    db_per_unit: f64,
}

impl Scale {
    fn of(shape: &SpectralShape) -> Self {
        let db_per_unit = f64::from(-shape.floor_db / 2.0);
        Self {
            silence: shape.normalise_db(SILENCE_DB),
            smallest: f64::from(SMALLEST_DIFFERENCE_DB) / db_per_unit,
            db_per_unit,
        }
    }
}

/// A point with its decoded frames for each target, silence raised to one level.
struct Evaluated {
    latent: Latent,
    frames: Vec<Frames>,
    error: f64,
}

fn evaluate(
    decoder: &mut impl FrameDecoder,
    targets: &[Target],
    latent: &Latent,
    scale: &Scale,
) -> Result<Evaluated, GraphError> {
    let made = targets.iter().map(|target| decode(decoder, latent, target.key, scale));
    let frames = made.collect::<Result<Vec<_>, _>>()?;
    let errors = targets.iter().zip(&frames).map(|(target, made)| mean_difference(target.frames, made, scale.silence));
    let error = errors.sum::<f64>() / targets.len().max(1) as f64;
    Ok(Evaluated { latent: *latent, frames, error })
}

fn decode(decoder: &mut impl FrameDecoder, latent: &Latent, key: f32, scale: &Scale) -> Result<Frames, GraphError> {
    let mut frames = decoder.decode_frames(latent, key)?;
    frames.values.iter_mut().for_each(|level| *level = level.max(scale.silence));
    Ok(frames)
}

/// How the frames of one target change with each coordinate, per σ.
struct Slopes([Vec<f32>; MODEL_LATENTS]);

/// The slopes of every target by finite differences.
fn slopes(
    decoder: &mut impl FrameDecoder,
    targets: &[Target],
    at: &Evaluated,
    scale: &Scale,
) -> Result<Vec<Slopes>, GraphError> {
    let of_target = |(target, made): (&Target, &Frames)| {
        let mut slopes = [const { Vec::new() }; MODEL_LATENTS];
        for (axis, slope) in slopes.iter_mut().enumerate() {
            let mut point = at.latent;
            // Towards 0, so that the step stays within the latent space.
            point[axis] += if point[axis] > 0.0 { -SLOPE_STEP } else { SLOPE_STEP };
            let per_sigma = 1.0 / (point[axis] - at.latent[axis]);
            let moved = decode(decoder, &point, target.key, scale)?;
            *slope = moved.values.iter().zip(&made.values).map(|(moved, made)| (moved - made) * per_sigma).collect();
        }
        Ok(Slopes(slopes))
    };
    targets.iter().zip(&at.frames).map(of_target).collect()
}

impl Slopes {
    /// Corrects the slopes by what a step has changed, as little as possible (Broyden 1965).
    fn correct(&mut self, (from, before): (&Latent, &Frames), (to, after): (&Latent, &Frames)) {
        let step: [f32; MODEL_LATENTS] = std::array::from_fn(|axis| to[axis] - from[axis]);
        let square: f32 = step.iter().map(|part| part * part).sum();
        let parts = step.map(|part| part / square.max(f32::MIN_POSITIVE));
        for (place, (before, after)) in before.values.iter().zip(&after.values).enumerate() {
            let foretold: f32 = self.0.iter().zip(&step).map(|(slope, part)| slope[place] * part).sum();
            let missing = after - before - foretold;
            self.0.iter_mut().zip(&parts).for_each(|(slope, part)| slope[place] += missing * part);
        }
    }
}

/// Weight of a frame.
fn weight_of(frame: usize) -> f64 {
    if frame < ONSET_FRAMES { ONSET_WEIGHT } else { 1.0 }
}

/// Weighted mean absolute difference over all bands of the frames in which `wanted` is not silent.
fn mean_difference(wanted: &Frames, made: &Frames, silence: f32) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for frame in sounding(wanted, silence) {
        weights += weight_of(frame) * wanted.bands as f64;
        sum += weight_of(frame)
            * (0..wanted.bands).map(|band| difference(wanted, made, band, frame, silence).abs()).sum::<f64>();
    }
    sum / f64::max(weights, 1.0)
}

/// Indices of the frames with a band above silence.
fn sounding(frames: &Frames, silence: f32) -> impl Iterator<Item = usize> {
    (0..frames.frames).filter(move |frame| (0..frames.bands).any(|band| frames.band(band)[*frame] > silence))
}

fn difference(wanted: &Frames, made: &Frames, band: usize, frame: usize, silence: f32) -> f64 {
    f64::from(made.band(band)[frame].max(silence)) - f64::from(wanted.band(band)[frame].max(silence))
}

/// The normal equations of one step.
#[derive(Default)]
struct Equations {
    /// Only the lower triangle is filled.
    matrix: Matrix,
    right: Vector,
}

impl Equations {
    fn at(at: &Evaluated, targets: &[Target], slopes: &[Slopes], scale: &Scale) -> Self {
        let mut equations = Self::default();
        for ((target, made), slopes) in targets.iter().zip(&at.frames).zip(slopes) {
            equations.add(target.frames, made, slopes, scale);
        }
        equations
    }

    fn add(&mut self, wanted: &Frames, made: &Frames, slopes: &Slopes, scale: &Scale) {
        for frame in sounding(wanted, scale.silence) {
            for band in 0..wanted.bands {
                let off = difference(wanted, made, band, frame, scale.silence);
                let weight = weight_of(frame) / off.abs().max(scale.smallest);
                let place = band * wanted.frames + frame;
                let slopes = slopes.0.each_ref().map(|slope| f64::from(slope[place]));
                for (row, slope) in slopes.iter().enumerate() {
                    self.right[row] -= weight * slope * off;
                    for (column, other) in slopes.iter().enumerate().take(row + 1) {
                        self.matrix[(row, column)] += weight * slope * other;
                    }
                }
            }
        }
    }

    /// The damped step by Cholesky decomposition; `None` if the matrix is singular, as when the frames do not depend on the point.
    fn solve(&self, damping: f64) -> Option<Vector> {
        let mut damped = self.matrix;
        damped.set_diagonal(&(self.matrix.diagonal() * (1.0 + damping)));
        damped.cholesky().map(|cholesky| cholesky.solve(&self.right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_equations_are_solved_and_a_singular_matrix_is_refused() {
        let mut equations = Equations::default();
        let slopes: Vec<[f64; MODEL_LATENTS]> =
            (0..20).map(|n| std::array::from_fn(|axis| ((n * 7 + axis * 13) % 11) as f64 - 5.0)).collect();
        let answer: [f64; MODEL_LATENTS] = std::array::from_fn(|axis| axis as f64 * 0.3 - 1.0);
        for slopes in &slopes {
            let value: f64 = slopes.iter().zip(&answer).map(|(a, b)| a * b).sum();
            for row in 0..MODEL_LATENTS {
                equations.right[row] += slopes[row] * value;
                for column in 0..=row {
                    equations.matrix[(row, column)] += slopes[row] * slopes[column];
                }
            }
        }
        let found = equations.solve(0.0).expect("regular");
        assert!(found.iter().zip(&answer).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
        assert_eq!(Equations::default().solve(1.0), None);
    }
}

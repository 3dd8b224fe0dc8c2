//! Latents of any model swept through the range that sounds use, judged as `trainer eval` judges the knobs of a pack.

use anyhow::{Result, ensure};
use engine::spectral::{FrameAnalysis, SpectralShape};
use engine::units::MODEL_LATENTS;
use serde::{Deserialize, Serialize};

use super::codec::SoundCodec;
use crate::corpus::{Corpus, Item};
use crate::eval::knobs::{STEPS, position};
use crate::eval::parallel::bar;
use crate::eval::sound_features::SoundFeatures;
use crate::statistics::{evenly, mean, median, quantile};

/// Sounds from which the range of each latent is taken.
const RANGE_SOUNDS: usize = 40;

/// How smoothly a model's latents turn. Jumps are those of [`SoundFeatures::jump_db`], per percent of the range: ±3 deviations of the
/// latent over sounds of the training split, within what the model takes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LatentSweep {
    /// Latents that were turned: of more than seven those that vary most.
    pub knobs: usize,
    /// Sounds that they were turned from.
    pub sounds: usize,
    /// Median jump, in dB.
    pub median_db: f64,
    /// 95th percentile of the jumps.
    pub percentile_95_db: f64,
    /// Largest jump.
    pub largest_db: f64,
}

/// Range of one latent.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Knob {
    latent: usize,
    centre: f64,
    deviation: f64,
}

/// Turns the latents from `count` of the `sounds`, each at the key of the sound.
///
/// # Errors
/// There are fewer than two sounds, or encoding or decoding fails.
pub fn measure(codec: &mut dyn SoundCodec, corpus: &Corpus, sounds: &[&Item], count: usize) -> Result<LatentSweep> {
    ensure!(sounds.len() >= 2, "the range of a knob needs at least two sounds");
    let mut point = |item: &Item| codec.encode(&corpus.samples(item)?, f32::from(item.key));
    let heard = evenly(sounds, RANGE_SOUNDS);
    let knobs = widest(&heard.iter().map(|item| point(item)).collect::<Result<Vec<_>>>()?);
    let starts = evenly(sounds, count);
    let points = starts.iter().map(|item| point(item)).collect::<Result<Vec<_>>>()?;
    let bar = bar("knobs", knobs.len() * starts.len());
    let mut jumps = Vec::new();
    for (item, point) in starts.iter().zip(&points) {
        for knob in &knobs {
            jumps.extend(sweep(codec, point, knob, f32::from(item.key))?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(LatentSweep {
        knobs: knobs.len(),
        sounds: starts.len(),
        median_db: median(&jumps),
        percentile_95_db: quantile(&jumps, 0.95),
        largest_db: quantile(&jumps, 1.0),
    })
}

/// The latents that vary most over the points, at most as many as a pack has.
fn widest(points: &[Vec<f32>]) -> Vec<Knob> {
    let of = |latent: usize| {
        let values: Vec<f64> = points.iter().map(|point| f64::from(point[latent])).collect();
        let centre = mean(&values);
        let deviation = mean(&values.iter().map(|value| (value - centre).powi(2)).collect::<Vec<_>>()).sqrt();
        Knob { latent, centre, deviation }
    };
    let mut knobs: Vec<Knob> = (0..points.first().map_or(0, Vec::len)).map(of).collect();
    knobs.sort_by(|a, b| b.deviation.total_cmp(&a.deviation));
    knobs.truncate(MODEL_LATENTS);
    knobs
}

fn sweep(codec: &mut dyn SoundCodec, point: &[f32], knob: &Knob, key: f32) -> Result<Vec<f64>> {
    let shape = SpectralShape::DEFAULT;
    let (mut analysis, mut point) = (FrameAnalysis::new(&shape), point.to_vec());
    let (mut jumps, mut before) = (Vec::with_capacity(STEPS), None::<SoundFeatures>);
    let limit = codec.limit().map_or(f64::INFINITY, f64::from);
    let end = |step: usize| (knob.centre + f64::from(position(step)) * knob.deviation).clamp(-limit, limit);
    let (low, high) = (end(0), end(STEPS));
    for step in 0..=STEPS {
        point[knob.latent] = (low + (high - low) * step as f64 / STEPS as f64) as f32;
        let heard = SoundFeatures::new(&mut analysis, &shape, &codec.decode(&point, key)?);
        jumps.extend(before.map(|before| before.jump_db(&heard)));
        before = Some(heard);
    }
    Ok(jumps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_knobs_are_the_latents_that_vary_most() {
        // The ninth latent varies most, the first not at all.
        let points: Vec<Vec<f32>> =
            [-1.0f32, 1.0].map(|side| (0..9).map(|latent| 5.0 + side * latent as f32).collect()).into();
        let knobs = widest(&points);
        assert_eq!(knobs.iter().map(|knob| knob.latent).collect::<Vec<_>>(), [8, 7, 6, 5, 4, 3, 2]);
        assert_eq!(knobs[0], Knob { latent: 8, centre: 5.0, deviation: 8.0 });
        assert!(widest(&[]).is_empty());
    }
}

//! How well each knob moves the property that it is named after: measured on samples at several keys, where the manifest's own figure
//! is of the decoder's frames at one key.

use std::sync::Arc;

use anyhow::Result;
use engine::Latent;
use engine::decode::{Model, Shaping};
use engine::units::{LATENT_LIMIT, MODEL_LATENTS};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::Serialize;
use tch::Tensor;

use super::parallel::{Tools, parallel_map};
use crate::descriptors::{self, MEANINGS, NAMES};
use crate::statistics::{mean, rank_correlation};

const SEED: u64 = 5;
/// Octaves around middle C that are listened to.
const KEYS: [u8; 3] = [48, 60, 72];

/// A knob with the name of a property, and whether it turns it.
#[derive(Clone, Debug, Serialize)]
pub struct AxisCorrelation {
    /// Name of the knob and of the property.
    pub name: &'static str,
    /// What the property is.
    pub meaning: &'static str,
    /// Rank correlation of the knob and the property of the samples over random points, at each of the keys.
    pub by_key: Vec<f64>,
    /// Their mean.
    pub correlation: f64,
    /// Keys, as in `by_key`.
    pub keys: [u8; 3],
    /// Random points at each key.
    pub points: usize,
}

/// Decodes `count` seeded random points, drawn from the unit normal distribution within ±3, at each key and asks every knob that has
/// the name of a property for it.
///
/// # Errors
/// Decoding fails.
pub fn measure(model: &Arc<Model>, count: usize) -> Result<Vec<AxisCorrelation>> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut coordinate = || {
        let value: f32 = StandardNormal.sample(&mut rng);
        value.clamp(-LATENT_LIMIT, LATENT_LIMIT)
    };
    let points: Vec<Latent> = (0..count).map(|_| std::array::from_fn(|_| coordinate())).collect();
    let mut heard = Vec::new();
    for key in KEYS {
        heard.push(parallel_map("knobs' names", model, &points, |tools: &mut Tools, point| {
            properties(tools, point, key)
        })?);
    }
    let knobs = model.manifest().controls.iter().enumerate().take(MODEL_LATENTS);
    let named = knobs.filter_map(|(axis, knob)| Some((axis, NAMES.iter().position(|name| *name == knob.name)?)));
    let follow = |(axis, property): (usize, usize)| {
        let turned: Vec<f64> = points.iter().map(|point| f64::from(point[axis])).collect();
        let at_key = |heard: &Vec<Vec<f32>>| {
            rank_correlation(&turned, &heard.iter().map(|all| f64::from(all[property])).collect::<Vec<_>>())
        };
        let by_key: Vec<f64> = heard.iter().map(at_key).collect();
        let correlation = mean(&by_key);
        AxisCorrelation {
            name: NAMES[property],
            meaning: MEANINGS[property],
            by_key,
            correlation,
            keys: KEYS,
            points: count,
        }
    };
    Ok(if count < 2 { Vec::new() } else { named.map(follow).collect() })
}

/// The properties of the sound at a point.
fn properties(tools: &mut Tools, point: &Latent, key: u8) -> Result<Vec<f32>> {
    let samples = tools.pipeline.decode(point, f32::from(key), &Shaping::default())?;
    let frames = tools.analysis.frames(&samples);
    let shape = [1, frames.bands as i64, frames.frames as i64];
    let properties = descriptors::measure(&Tensor::from_slice(&frames.values).view(shape));
    Ok(Vec::<f32>::try_from(properties.contiguous().view(-1))?)
}

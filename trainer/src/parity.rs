//! The exported graphs against torch: both get the same inputs through the engine's own loader, and a difference stops the
//! export. A few outputs are kept so that other programs can check the pack without torch.
//!
//! The vocoder is compared by the complex bins that its outputs stand for, full scale being 1. Its phase heads alone are no
//! measure: where there is hardly any sound a phase is nearly undetermined, and there torch itself differs from a computation
//! in double precision by more than any useful bound. And where both parts of a loud bin's phase cross zero rounding decides: one bin
//! in ten thousand may differ by more.

use std::fmt;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use engine::decode::graph::{Graph, Port};
use engine::decode::{Model, Pipeline};
use engine::pack::Pack;
use engine::spectral::{Frames, SpectralShape};
use engine::units::Latent;
use serde::Serialize;
use tch::{Device, Tensor};

use crate::features::normalise_key;
use crate::loss::vocoder::phasor;
use crate::model::vae::{BANDS, FRAMES, LATENTS};
use crate::signal::PhaseTables;
use crate::trained_model::TrainedModel;

/// Largest difference allowed, against the larger of 1 and the output's largest value.
const TOLERANCE: f64 = 1e-4;
/// Part of the bins that keeps to it.
const KEPT: f64 = 0.9999;
/// Every how-many-th value of an output is stored.
const FRAMES_STRIDE: usize = 61;
const BINS_STRIDE: usize = 499;

/// Outputs of torch for one point.
#[derive(Debug, Serialize)]
pub struct StoredPoint {
    /// Input of the decoder, in σ units.
    pub latent: Vec<f32>,
    /// MIDI key.
    pub key: f32,
    /// Output of the decoder, thinned out.
    pub frames: Vec<f32>,
    /// Output of the encoder for the decoder's frames.
    pub encoded: Vec<f32>,
    /// Real parts of the bins that the vocoder's outputs for the decoder's frames stand for, against full scale,
    /// `[frame][bin]`, thinned out.
    pub bins_real: Vec<f32>,
    /// Imaginary parts of the same.
    pub bins_imaginary: Vec<f32>,
}

/// What `parity.json` holds.
#[derive(Debug, Serialize)]
pub struct Stored {
    /// Hash of the pack that the values belong to.
    pub pack: String,
    /// Every how-many-th value is stored: frames, bins.
    pub strides: [usize; 2],
    /// The points.
    pub points: Vec<StoredPoint>,
}

/// The result of a check that passed.
#[derive(Debug)]
pub struct Parity {
    /// Largest difference of encoder and decoder, and of [`KEPT`] of the vocoder's bins.
    pub largest: [f64; 3],
    /// What other programs can check.
    pub stored: Stored,
}

impl fmt::Display for Parity {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let [encoder, decoder, vocoder] = self.largest;
        write!(
            out,
            "largest difference from torch: encoder {encoder:.1e}, decoder {decoder:.1e}, vocoder (all but one bin in 10 000) {vocoder:.1e}"
        )
    }
}

/// Compares a pack with the models that it was written from, at named sounds and keys from low to high.
pub fn check(pack: &Pack, bundle: &TrainedModel) -> Result<Parity> {
    let model = Arc::new(Model::load(pack).context("the exported pack cannot be loaded")?);
    let mut checker = Checker {
        encoder: load_encoder(pack)?,
        pipeline: Pipeline::new(model)?,
        tables: PhaseTables::new(&SpectralShape::DEFAULT, Device::Cpu),
        bundle,
        largest: [0.0; 3],
    };
    let sounds = &pack.manifest().sounds;
    let mut points = Vec::new();
    for (number, key) in [36, 60, 84].into_iter().enumerate() {
        let point = checker.compare(&sounds[number * (sounds.len() - 1) / 2].latent, key)?;
        if number < 2 {
            points.push(point);
        }
    }
    let stored = Stored { pack: pack.hash().to_owned(), strides: [FRAMES_STRIDE, BINS_STRIDE], points };
    let parity = Parity { largest: checker.largest, stored };
    ensure!(
        parity.largest.iter().all(|difference| *difference <= TOLERANCE),
        "the exported graphs do not compute what was trained ({parity}; allowed is {TOLERANCE:.0e})"
    );
    Ok(parity)
}

fn load_encoder(pack: &Pack) -> Result<Graph> {
    let frames = Port::new("frames", &[1, BANDS as usize, FRAMES as usize]);
    let latent = Port::new("latent", &[1, LATENTS as usize]);
    let inputs = vec![frames, Port::new("key", &[1, 1])];
    Ok(Graph::load("encoder.onnx", pack.graph("encoder.onnx"), inputs, vec![latent])?)
}

struct Checker<'a> {
    encoder: Graph,
    pipeline: Pipeline,
    tables: PhaseTables,
    bundle: &'a TrainedModel,
    /// Largest difference so far of encoder, decoder and vocoder.
    largest: [f64; 3],
}

impl Checker<'_> {
    fn compare(&mut self, latent: &Latent, key: u8) -> Result<StoredPoint> {
        let key_number = f32::from(key);
        let key_input = [normalise_key(key_number)];
        let key_tensor = Tensor::from_slice(&key_input).unsqueeze(0);
        let guard = tch::no_grad_guard();
        let frames_tensor = self.bundle.decoder.decode(&Tensor::from_slice(latent).unsqueeze(0), &key_tensor);
        let frames = flat(&frames_tensor)?;
        let encoded = flat(&self.bundle.encoder.forward(&frames_tensor, &key_tensor).0)?;
        let (real, imaginary) = self.bins(&frames_tensor, &key_tensor, key)?;
        drop(guard);

        let made = self.pipeline.decode_frames(latent, key_number)?;
        self.note(1, difference(&made.values, &frames));
        let made = self.encoder.runner()?.run(&[&frames, &key_input])?;
        self.note(0, difference(made.get(0), &encoded));
        let same = Frames { bands: BANDS as usize, frames: FRAMES as usize, values: frames.clone() };
        let made = self.pipeline.bins(&same, key_number)?;
        let full_scale = SpectralShape::DEFAULT.full_scale();
        let made_real: Vec<f32> = made.values.iter().map(|bin| bin.re / full_scale).collect();
        let made_imaginary: Vec<f32> = made.values.iter().map(|bin| bin.im / full_scale).collect();
        self.note(2, kept_difference(&made_real, &real).max(kept_difference(&made_imaginary, &imaginary)));

        let thin = |values: &[f32], stride| values.iter().step_by(stride).copied().collect();
        Ok(StoredPoint {
            latent: latent.to_vec(),
            key: key_number,
            frames: thin(&frames, FRAMES_STRIDE),
            encoded,
            bins_real: thin(&real, BINS_STRIDE),
            bins_imaginary: thin(&imaginary, BINS_STRIDE),
        })
    }

    fn note(&mut self, graph: usize, difference: f64) {
        self.largest[graph] = self.largest[graph].max(difference);
    }

    /// Complex bins against full scale by torch, `[frame][bin]`.
    fn bins(&self, frames: &Tensor, key_input: &Tensor, key: u8) -> Result<(Vec<f32>, Vec<f32>)> {
        let output = self.bundle.vocoder.forward(frames, key_input);
        let (reference, noise) = self.tables.crops(&[key], &[0], FRAMES);
        let (real, imaginary) = phasor(&output.phase, &reference, &noise);
        let magnitude = output.log_magnitude.exp();
        let rows = |part: Tensor| flat(&(part * &magnitude).transpose(1, 2));
        Ok((rows(real)?, rows(imaginary)?))
    }
}

fn flat(tensor: &Tensor) -> Result<Vec<f32>> {
    Ok(Vec::<f32>::try_from(tensor.contiguous().view(-1))?)
}

/// Largest difference; infinite where the lengths differ or a value is no number.
fn difference(made: &[f32], wanted: &[f32]) -> f64 {
    differences(made, wanted).last().copied().unwrap_or(f64::INFINITY)
}

/// Largest difference of the [`KEPT`] nearest.
fn kept_difference(made: &[f32], wanted: &[f32]) -> f64 {
    let sorted = differences(made, wanted);
    let beyond = (sorted.len() as f64 * (1.0 - KEPT)).round() as usize;
    sorted.iter().rev().nth(beyond).copied().unwrap_or(f64::INFINITY)
}

/// Magnitudes of the differences, rising, against the larger of 1 and the largest value; none where they cannot be compared.
fn differences(made: &[f32], wanted: &[f32]) -> Vec<f64> {
    let scale = wanted.iter().fold(1.0_f32, |largest, value| largest.max(value.abs()));
    let mut all: Vec<f64> = made.iter().zip(wanted).map(|(a, b)| f64::from((a - b).abs() / scale)).collect();
    if made.len() != wanted.len() || all.iter().any(|difference| !difference.is_finite()) {
        return Vec::new();
    }
    all.sort_by(f64::total_cmp);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bin_in_ten_thousand_may_differ_and_no_more() {
        let wanted = vec![0.5_f32; 20_000];
        let mut made = wanted.clone();
        made[..2].fill(0.7);
        assert!(difference(&made, &wanted) > 0.1 && kept_difference(&made, &wanted) < 1e-9);
        made[2] = 0.7;
        assert!(kept_difference(&made, &wanted) > 0.1);
        made[5] = f32::NAN;
        assert!(difference(&made, &wanted).is_infinite() && kept_difference(&made, &wanted).is_infinite());
        assert!(difference(&made[1..], &wanted).is_infinite());
    }
}

//! The exported graphs against torch: both get the same inputs through the engine's own loader, every value of every output is
//! compared, and a difference stops the export. A part of the outputs is stored so that other programs can check the pack without torch.
//!
//! The vocoder is compared by its log magnitudes and by the complex bins that its outputs stand for, full scale being 1. The outputs of its phase heads are no
//! useful measure: where a bin holds hardly any sound its phase is nearly undetermined, and there torch itself differs from a
//! computation in double precision by more than any useful bound. Where both parts of a loud bin's phase cross zero rounding decides
//! the sign, so one bin in ten thousand may differ by more.

mod stored;

use std::fmt;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use engine::decode::graph::{Graph, Port};
use engine::decode::{Model, Pipeline, pipeline};
use engine::pack::Pack;
use engine::spectral::{Frames, SpectralShape};
use engine::units::Latent;
use tch::{Device, Tensor};

use crate::loss::vocoder::phasor;
use crate::model::vae::{BANDS, FRAMES, LATENTS};
use crate::model::vocoder::{PHASE_BINS, VocoderOutput};
use crate::signal::PhaseTables;
use crate::trained_model::TrainedModel;
use stored::{Outputs, Stored};

/// Largest difference allowed, against the larger of 1 and the output's largest value. The factory pack's graphs differ from torch by
/// 3e-6 at most, those of untrained networks by 2e-5 (sums of 32-bit numbers in another order); the rest is room for other processors.
const TOLERANCE: f64 = 1e-4;
/// Part of the bins that keeps to it. Of the factory pack's 176 300 bins at each of five keys none is beyond it; the part is room
/// for bins whose phase turns over by rounding on another processor. Such a bin differs by up to twice its own magnitude, for which
/// no bound below full scale would do, so there is none; 18 bins of a sound are too few to be heard. A wrong weight moves the log
/// magnitudes too, all of which must keep to the tolerance.
const KEPT: f64 = 0.9999;
/// MIDI keys at which points are compared, from low to high; root keys of the packs and their neighbours.
const KEYS: [u8; 5] = [24, 36, 60, 84, 96];

/// The result of a check that passed.
#[derive(Debug)]
pub struct Parity {
    /// Largest difference of encoder, decoder and vocoder: of the vocoder that of the log magnitudes and of [`KEPT`] of the bins.
    pub largest: [f64; 3],
    /// What other programs can check.
    pub stored: Stored,
}

impl fmt::Display for Parity {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let [encoder, decoder, vocoder] = self.largest;
        write!(
            out,
            "largest difference from torch: encoder {encoder:.1e}, decoder {decoder:.1e}, vocoder (log magnitudes, and all but one complex bin in 10 000) {vocoder:.1e}"
        )
    }
}

/// Compares a pack with the networks that it was written from: at named sounds spread over the pack, at [`KEYS`].
///
/// # Errors
/// The pack cannot be loaded or run, or an output differs from torch's by more than [`TOLERANCE`].
pub fn check(pack: &Pack, torch: &TrainedModel) -> Result<Parity> {
    check_at(pack, torch, &KEYS)
}

/// Compares at the given keys, each with a sound of its own where there are as many.
fn check_at(pack: &Pack, torch: &TrainedModel, keys: &[u8]) -> Result<Parity> {
    let model = Arc::new(Model::load(pack).context("the exported pack cannot be loaded")?);
    let mut checker = Checker {
        encoder: load(pack, "encoder.onnx", frames_port(), vec![latent_port()])?,
        vocoder: load(pack, "vocoder.onnx", frames_port(), vocoder_ports())?,
        pipeline: Pipeline::new(model)?,
        tables: PhaseTables::new(&SpectralShape::DEFAULT, Device::Cpu),
        torch,
        largest: [0.0; 3],
    };
    let sounds = &pack.manifest().sounds;
    let mut stored = Stored::new(pack.hash(), [FRAMES as usize, SpectralShape::DEFAULT.bins()]);
    for (number, key) in keys.iter().enumerate() {
        let latent = &sounds[number * (sounds.len() - 1) / (keys.len() - 1).max(1)].latent;
        stored.push(latent, f32::from(*key), &checker.compare(latent, *key)?);
    }
    let parity = Parity { largest: checker.largest, stored };
    ensure!(
        parity.largest.iter().all(|difference| *difference <= TOLERANCE),
        "the exported graphs do not compute what was trained ({parity}; allowed is {TOLERANCE:.0e})"
    );
    Ok(parity)
}

fn frames_port() -> Port {
    Port::new("frames", &[1, BANDS as usize, FRAMES as usize])
}

fn latent_port() -> Port {
    Port::new("latent", &[1, LATENTS as usize])
}

fn vocoder_ports() -> Vec<Port> {
    let bins = SpectralShape::DEFAULT.bins();
    let port = |name, rows| Port::new(name, &[1, rows, FRAMES as usize]);
    vec![port("log_magnitude", bins), port("phase", 3 * PHASE_BINS as usize)]
}

/// A graph of the pack that takes `input` and the key.
fn load(pack: &Pack, name: &str, input: Port, outputs: Vec<Port>) -> Result<Graph> {
    Ok(Graph::load(name, pack.graph(name), vec![input, Port::new("key", &[1, 1])], outputs)?)
}

struct Checker<'a> {
    encoder: Graph,
    vocoder: Graph,
    pipeline: Pipeline,
    tables: PhaseTables,
    torch: &'a TrainedModel,
    /// Largest difference so far of encoder, decoder and vocoder.
    largest: [f64; 3],
}

impl Checker<'_> {
    /// Runs torch and the graphs at one point, notes the differences and returns what torch gave.
    fn compare(&mut self, latent: &Latent, key: u8) -> Result<Outputs> {
        let key_number = f32::from(key);
        let key_input = [pipeline::key_input(key_number)];
        let key_tensor = Tensor::from_slice(&key_input).unsqueeze(0);
        let guard = tch::no_grad_guard();
        let frames_tensor = self.torch.decoder.decode(&Tensor::from_slice(latent).unsqueeze(0), &key_tensor);
        let frames = flat(&frames_tensor)?;
        let encoded = flat(&self.torch.encoder.forward(&frames_tensor, &key_tensor).0)?;
        let vocoded = self.torch.vocoder.forward(&frames_tensor, &key_tensor);
        let log_magnitude = flat(&vocoded.log_magnitude)?;
        let (real, imaginary) = self.bins(&vocoded, key)?;
        drop(guard);

        let made = self.pipeline.decode_frames(latent, key_number)?;
        self.note(1, difference(&made.values, &frames));
        let made = self.encoder.runner()?.run(&[&frames, &key_input])?;
        self.note(0, difference(made.get(0), &encoded));
        let made = self.vocoder.runner()?.run(&[&frames, &key_input])?;
        self.note(2, difference(made.get(0), &log_magnitude));
        let same = Frames { bands: BANDS as usize, frames: FRAMES as usize, values: frames.clone() };
        let made = self.pipeline.bins(&same, key_number)?;
        let full_scale = SpectralShape::DEFAULT.full_scale();
        let made_real: Vec<f32> = made.values.iter().map(|bin| bin.re / full_scale).collect();
        let made_imaginary: Vec<f32> = made.values.iter().map(|bin| bin.im / full_scale).collect();
        self.note(2, kept_difference(&made_real, &real).max(kept_difference(&made_imaginary, &imaginary)));

        Ok(Outputs { frames, encoded, bins_real: real, bins_imaginary: imaginary })
    }

    fn note(&mut self, graph: usize, difference: f64) {
        self.largest[graph] = self.largest[graph].max(difference);
    }

    /// Complex bins against full scale by torch, `[frame][bin]`.
    fn bins(&self, output: &VocoderOutput, key: u8) -> Result<(Vec<f32>, Vec<f32>)> {
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
    use std::collections::BTreeMap;

    use engine::pack::{Control, FORMAT_VERSION, Manifest, NamedSound, PackKind, VocoderInfo};
    use engine::units::LATENT_LIMIT;

    use super::*;
    use crate::model::vocoder::CONTEXT_FRAMES;
    use crate::onnx::graphs;

    /// A pack of untrained networks with three sounds.
    fn pack_of(model: &TrainedModel) -> Pack {
        let axis = |number| Control {
            name: format!("Colour {number}"),
            low: -LATENT_LIMIT,
            high: LATENT_LIMIT,
            rank_correlation: None,
        };
        let sound = |place: f32| NamedSound {
            name: format!("Sound {place}"),
            category: "Bell".into(),
            latent: std::array::from_fn(|axis| place * (1.0 - 0.2 * axis as f32)),
            key: 60,
        };
        let shape = SpectralShape::DEFAULT;
        let manifest = Manifest {
            format_version: FORMAT_VERSION,
            id: "untrained".into(),
            name: "Untrained".into(),
            shape,
            kind: PackKind::Latent,
            controls: (1..=7).map(axis).collect(),
            root_keys: vec![36, 60, 84],
            vocoder: VocoderInfo {
                chunk_frames: shape.frame_count,
                context_frames: CONTEXT_FRAMES,
                phase_bins: Some(PHASE_BINS as usize),
            },
            griffin_lim_iterations: 0,
            sounds: [-1.5, 0.0, 2.0].map(sound).into(),
            files: BTreeMap::new(),
            licence: "MIT".into(),
            provenance: Vec::new(),
        };
        let files = BTreeMap::from([
            ("encoder.onnx".to_owned(), graphs::encoder(&model.encoder).expect("a graph")),
            ("decoder.onnx".to_owned(), graphs::decoder(&model.decoder).expect("a graph")),
            ("vocoder.onnx".to_owned(), graphs::vocoder(&model.vocoder).expect("a graph")),
        ]);
        Pack::assemble(manifest, files).expect("a valid pack")
    }

    /// Adds `by` to the first value of a tensor for as long as `while_moved` runs.
    fn with_moved_weight(tensor: &Tensor, by: f64, while_moved: impl FnOnce()) {
        let mut first = tensor.flatten(0, -1).get(0);
        let before = first.copy();
        tch::no_grad(|| first += by);
        while_moved();
        tch::no_grad(|| first.copy_(&before));
    }

    #[test]
    fn one_moved_weight_of_any_network_stops_the_export() {
        tch::manual_seed(3);
        let mut model = TrainedModel::untrained();
        model.halve_precision();
        let pack = pack_of(&model);
        let parity = check_at(&pack, &model, &[60]).expect("the graphs compute what torch computes");
        assert!(parity.largest.iter().all(|difference| *difference > 0.0), "{parity}: all three were compared");
        let weights = [
            ("encoder", model.encoder.mean.weight.shallow_clone()),
            ("decoder", model.decoder.output.weight.shallow_clone()),
            ("vocoder", model.vocoder.skip.weight.shallow_clone()),
        ];
        for (network, weight) in &weights {
            // Of the factory pack's weights a hundredth is found already, in encoder and decoder a thousandth. Untrained networks are less
            // decisive; half is larger than any weight that they are drawn with.
            with_moved_weight(weight, 0.5, || {
                let error = check_at(&pack, &model, &[60]).err().map(|error| error.to_string());
                let stopped = error.as_ref().is_some_and(|text| text.contains("do not compute what was trained"));
                assert!(stopped, "{network}: {error:?}");
            });
        }
        assert!(check_at(&pack, &model, &[60]).is_ok(), "the weights are as they were");
    }

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

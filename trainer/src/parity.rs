//! The exported graphs against torch: both get the same inputs through the engine's own loader, and a difference stops the
//! export. A few outputs are kept so that other programs can check the pack without torch.

use std::fmt;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use engine::decode::graph::{Graph, Port};
use engine::decode::{Model, Pipeline, Shaping};
use engine::pack::Pack;
use serde::Serialize;
use tch::Tensor;

use crate::export::Bundle;
use crate::features::normalise_key;
use crate::model::vae::{BANDS, FRAMES, LATENTS};

/// Largest difference allowed, against the larger of 1 and the output's largest value.
const TOLERANCE: f64 = 1e-4;
/// Every how-many-th value of an output is stored.
const FRAMES_STRIDE: usize = 61;
const MAGNITUDE_STRIDE: usize = 997;
const PHASE_STRIDE: usize = 2999;

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
    /// First output of the vocoder for the decoder's frames, thinned out.
    pub log_magnitude: Vec<f32>,
    /// Second output of the vocoder, thinned out.
    pub phase: Vec<f32>,
}

/// What `parity.json` holds.
#[derive(Debug, Serialize)]
pub struct Stored {
    /// Hash of the pack that the values belong to.
    pub pack: String,
    /// Every how-many-th value is stored: frames, log_magnitude, phase.
    pub strides: [usize; 3],
    /// The points.
    pub points: Vec<StoredPoint>,
}

/// The result of a check that passed.
#[derive(Debug)]
pub struct Parity {
    /// Largest difference of encoder, decoder and vocoder.
    pub largest: [f64; 3],
    /// What other programs can check.
    pub stored: Stored,
}

impl fmt::Display for Parity {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let [encoder, decoder, vocoder] = self.largest;
        write!(
            out,
            "largest difference from torch: encoder {encoder:.1e}, decoder {decoder:.1e}, vocoder {vocoder:.1e}"
        )
    }
}

/// Compares a pack with the models that it was written from.
pub fn check(pack: &Pack, bundle: &Bundle) -> Result<Parity> {
    let graphs = Graphs::load(pack)?;
    let mut largest = [0.0; 3];
    let mut points = Vec::new();
    for (number, key) in [36.0_f32, 60.0, 84.0].into_iter().enumerate() {
        let latent: Vec<f32> = (0..LATENTS).map(|axis| (axis as f32 * 1.7 + number as f32 * 2.3).sin() * 1.5).collect();
        let point = compare(&graphs, bundle, latent, key, &mut largest)?;
        if number < 2 {
            points.push(point);
        }
    }
    let strides = [FRAMES_STRIDE, MAGNITUDE_STRIDE, PHASE_STRIDE];
    let parity = Parity { largest, stored: Stored { pack: pack.hash().to_owned(), strides, points } };
    ensure!(
        largest.iter().all(|difference| *difference <= TOLERANCE),
        "the exported graphs do not compute what was trained ({parity}; allowed is {TOLERANCE:.0e})"
    );
    play(pack)?;
    Ok(parity)
}

/// Decodes one sound as the instrument does.
fn play(pack: &Pack) -> Result<()> {
    let model = Arc::new(Model::load(pack).context("the exported pack cannot be loaded")?);
    let mut pipeline = Pipeline::new(model)?;
    let samples = pipeline.decode(&pack.manifest().sounds[0].latent, 60.0, &Shaping::default())?;
    ensure!(samples.iter().all(|sample| sample.is_finite()), "the exported pack gives sound that is not finite");
    Ok(())
}

struct Graphs {
    encoder: Graph,
    decoder: Graph,
    vocoder: Graph,
}

impl Graphs {
    fn load(pack: &Pack) -> Result<Self> {
        let (bands, frames) = (BANDS as usize, FRAMES as usize);
        let bins = pack.manifest().shape().bins();
        let load = |name: &str, input: Port, outputs: Vec<Port>| {
            Graph::load(name, pack.graph(name), vec![input, Port::new("key", &[1, 1])], outputs)
        };
        let frames_port = || Port::new("frames", &[1, bands, frames]);
        let latent_port = || Port::new("latent", &[1, LATENTS as usize]);
        let vocoder_ports =
            vec![Port::new("log_magnitude", &[1, bins, frames]), Port::new("phase", &[1, 3 * bins, frames])];
        Ok(Self {
            encoder: load("encoder.onnx", frames_port(), vec![latent_port()])?,
            decoder: load("decoder.onnx", latent_port(), vec![frames_port()])?,
            vocoder: load("vocoder.onnx", frames_port(), vocoder_ports)?,
        })
    }
}

fn compare(
    graphs: &Graphs,
    bundle: &Bundle,
    latent: Vec<f32>,
    key: f32,
    largest: &mut [f64; 3],
) -> Result<StoredPoint> {
    let key_input = [normalise_key(key)];
    let key_tensor = Tensor::from_slice(&key_input).unsqueeze(0);
    let _guard = tch::no_grad_guard();
    let frames_tensor = bundle.decoder.forward(&Tensor::from_slice(&latent).unsqueeze(0), &key_tensor);
    let frames = flat(&frames_tensor)?;
    let encoded = flat(&bundle.encoder.forward(&frames_tensor, &key_tensor).0)?;
    let bins = bundle.vocoder.forward(&frames_tensor, &key_tensor);
    let (log_magnitude, phase) = (flat(&bins.log_magnitude)?, flat(&bins.phase)?);

    let made = graphs.decoder.runner()?.run(&[&latent, &key_input])?;
    largest[1] = largest[1].max(difference(made.get(0), &frames));
    let made = graphs.encoder.runner()?.run(&[&frames, &key_input])?;
    largest[0] = largest[0].max(difference(made.get(0), &encoded));
    let made = graphs.vocoder.runner()?.run(&[&frames, &key_input])?;
    let both = difference(made.get(0), &log_magnitude).max(difference(made.get(1), &phase));
    largest[2] = largest[2].max(both);

    let thin = |values: &[f32], stride| values.iter().step_by(stride).copied().collect();
    Ok(StoredPoint {
        latent,
        key,
        frames: thin(&frames, FRAMES_STRIDE),
        encoded,
        log_magnitude: thin(&log_magnitude, MAGNITUDE_STRIDE),
        phase: thin(&phase, PHASE_STRIDE),
    })
}

fn flat(tensor: &Tensor) -> Result<Vec<f32>> {
    Ok(Vec::<f32>::try_from(tensor.contiguous().view(-1))?)
}

fn difference(made: &[f32], wanted: &[f32]) -> f64 {
    if made.len() != wanted.len() {
        return f64::INFINITY;
    }
    let scale = wanted.iter().fold(1.0_f32, |largest, value| largest.max(value.abs()));
    let largest = made.iter().zip(wanted).fold(0.0_f32, |largest, (a, b)| largest.max((a - b).abs()));
    f64::from(largest / scale)
}

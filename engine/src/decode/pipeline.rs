//! latent + key → frames → shaped frames → bins → samples, and the way back to a latent. WORKER side.
//!
//! A [`Pipeline`] owns run states and scratch: one per worker thread, no locks, many allocations.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::residual::{Pair, Residual, add};
use crate::sample::normalise_loudness;
use crate::spectral::{FrameAnalysis, Frames, GriffinLim, ReferencePhasors, SpectralShape, Spectrogram, Stft};
use crate::units::Latent;

use super::bins;
use super::fit::{FrameDecoder, Target, fit};
use super::graph::{GraphError, Runner};
use super::model::Model;
use super::noisiness::{noisiness, randomise};
use super::peak::restore;
use super::shape::Shaping;

/// Where the time of the last decode went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timings {
    /// Decoder graph.
    pub decoder: Duration,
    /// Vocoder graph.
    pub vocoder: Duration,
    /// Heads to complex bins.
    pub bins: Duration,
    /// Griffin-Lim.
    pub griffin_lim: Duration,
    /// Inverse STFT.
    pub synthesis: Duration,
}

/// Everything one worker needs to decode and encode.
pub struct Pipeline {
    model: Arc<Model>,
    encoder: Runner,
    decoder: Runner,
    vocoder: Runner,
    analysis: FrameAnalysis,
    stft: Stft,
    griffin_lim: GriffinLim,
    phasors: Vec<ReferencePhasors>,
    chunk: Vec<f32>,
    timings: Timings,
}

/// Rounds of improvement of an imported sound's point: 33 decodes of the decoder.
const PLACE_ROUNDS: usize = 4;
/// Keys whose phase tables are kept; a pack has at most 16 roots, few are in use at once.
const KEPT_PHASORS: usize = 8;

impl Pipeline {
    /// A pipeline for a model.
    ///
    /// # Errors
    /// [`GraphError`] when a graph cannot be given memory.
    pub fn new(model: Arc<Model>) -> Result<Self, GraphError> {
        Ok(Self {
            encoder: model.encoder.runner()?,
            decoder: model.decoder.runner()?,
            vocoder: model.vocoder.runner()?,
            analysis: FrameAnalysis::new(model.shape()),
            stft: Stft::new(model.shape()),
            griffin_lim: GriffinLim::new(model.shape()),
            phasors: Vec::new(),
            chunk: Vec::new(),
            timings: Timings::default(),
            model,
        })
    }

    /// The model that is run.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Where the time of the last [`Pipeline::decode`] or [`Pipeline::vocode`] went.
    pub fn timings(&self) -> Timings {
        self.timings
    }

    /// Log-mel frames of a mono sound at the model's rate, brought to the level of all sounds; silence after its end.
    pub fn analyse(&mut self, samples: &[f32]) -> Frames {
        let mut even = samples.to_vec();
        normalise_loudness(&mut even, self.model.shape().sample_rate_hz);
        self.analysis.frames(&even)
    }

    /// Latent point of a mono sound at the model's rate, told to be at `key`; clamped to ±3 σ.
    ///
    /// # Errors
    /// [`GraphError`] when the encoder fails.
    pub fn encode(&mut self, samples: &[f32], key: f32) -> Result<Latent, GraphError> {
        let frames = self.analyse(samples);
        self.encode_frames(&frames, key)
    }

    fn encode_frames(&mut self, frames: &Frames, key: f32) -> Result<Latent, GraphError> {
        let outputs = self.encoder.run(&[&frames.values, &[key_input(key)]])?;
        let mut latent = Latent::default();
        for (coordinate, value) in latent.iter_mut().zip(outputs.get(0)) {
            *coordinate = value.clamp(-crate::units::LATENT_LIMIT, crate::units::LATENT_LIMIT);
        }
        Ok(latent)
    }

    /// The point that gives a sound best: the encoder's, improved by the decoder. Within 200 ms.
    ///
    /// # Errors
    /// [`GraphError`] when a graph fails.
    pub fn place(&mut self, samples: &[f32], key: f32) -> Result<Latent, GraphError> {
        let frames = self.analyse(samples);
        let start = self.encode_frames(&frames, key)?;
        Ok(fit(self, &[Target { frames: &frames, key }], &start, PLACE_ROUNDS)?.latent)
    }

    /// Frames of a latent point at a key.
    ///
    /// # Errors
    /// [`GraphError`] when the decoder fails.
    pub fn decode_frames(&mut self, latent: &Latent, key: f32) -> Result<Frames, GraphError> {
        let started = Instant::now();
        let outputs = self.decoder.run(&[latent, &[key_input(key)]])?;
        self.timings.decoder = started.elapsed();
        let shape = self.model.shape();
        Ok(Frames { bands: shape.mel_bands, frames: shape.frame_count, values: outputs.get(0).to_vec() })
    }

    /// Samples at the model's rate of frames that were made for `key`, `frames.frames · hop` of them.
    ///
    /// # Errors
    /// [`GraphError`] when the vocoder fails.
    pub fn vocode(&mut self, frames: &Frames, key: f32) -> Result<Vec<f32>, GraphError> {
        let mut spectrogram = self.bins(frames, key)?;
        let started = Instant::now();
        let noise = noisiness(frames, self.model.shape(), key);
        let phasors = self.phasors_for(key, frames.frames);
        randomise(&mut spectrogram, self.model.manifest().phase_bins(), &noise, &self.phasors[phasors]);
        self.timings.bins += started.elapsed();
        let started = Instant::now();
        let iterations = self.model.manifest().griffin_lim_iterations;
        self.griffin_lim.run(&mut self.stft, frames, &mut spectrogram, iterations);
        self.timings.griffin_lim = started.elapsed();
        let started = Instant::now();
        let mut samples = self.stft.synthesise(&spectrogram);
        restore(&mut samples, self.model.shape().sample_rate_hz);
        self.timings.synthesis = started.elapsed();
        Ok(samples)
    }

    /// The whole way: samples of a latent point at a key, shaped.
    ///
    /// # Errors
    /// [`GraphError`] when a graph fails.
    pub fn decode(&mut self, latent: &Latent, key: f32, shaping: &Shaping) -> Result<Vec<f32>, GraphError> {
        let frames = self.decode_frames(latent, key)?;
        let frames = shaping.apply(frames, self.model.shape(), key);
        self.vocode(&frames, key)
    }

    /// Samples of a latent point at a key with the whole of what it leaves out of a recording, not shaped.
    ///
    /// # Errors
    /// [`GraphError`] when a graph fails.
    pub fn decode_recorded(&mut self, latent: &Latent, key: f32, residual: &Residual) -> Result<Vec<f32>, GraphError> {
        let mut frames = self.decode_frames(latent, key)?;
        add(&mut frames, &residual.difference(), 1.0, self.model.shape());
        self.vocode(&frames, key)
    }

    /// What the point of a sound leaves out of it, for a mono sound at the model's rate that is at `key`.
    ///
    /// # Errors
    /// [`GraphError`] when the decoder fails.
    pub fn residual(&mut self, samples: &[f32], latent: &Latent, key: f32) -> Result<Residual, GraphError> {
        let (wanted, made) = (self.analyse(samples), self.decode_frames(latent, key)?);
        Ok(Residual::between(Pair { wanted: &wanted, made: &made }, self.model.shape()))
    }

    /// The vocoder's own complex bins: before frames of noise get random phases, and before any iteration.
    ///
    /// # Errors
    /// [`GraphError`] when the vocoder fails.
    pub fn bins(&mut self, frames: &Frames, key: f32) -> Result<Spectrogram, GraphError> {
        (self.timings.vocoder, self.timings.bins) = (Duration::ZERO, Duration::ZERO);
        let mut spectrogram = Spectrogram::zeros(self.model.shape().bins(), frames.frames);
        for chunk in bins::chunks(frames.frames, self.model.manifest().vocoder) {
            let started = Instant::now();
            self.load_chunk(frames, chunk.start);
            let outputs = self.vocoder.run(&[&self.chunk, &[key_input(key)]])?;
            self.timings.vocoder += started.elapsed();
            let started = Instant::now();
            let phasors = self.phasors_for(key, frames.frames);
            let heads = bins::Heads {
                log_magnitude: outputs.get(0),
                phase: outputs.get(1),
                phase_bins: self.model.manifest().phase_bins(),
            };
            bins::write(&heads, &self.phasors[phasors], &chunk, self.model.shape().full_scale(), &mut spectrogram);
            self.timings.bins += started.elapsed();
        }
        Ok(spectrogram)
    }

    /// Copies the frames of one run of the vocoder; silence past the end.
    fn load_chunk(&mut self, frames: &Frames, start: usize) {
        let width = self.model.manifest().vocoder.chunk_frames;
        self.chunk.clear();
        for band in 0..frames.bands {
            let row = frames.band(band);
            let part = &row[start.min(row.len())..(start + width).min(row.len())];
            self.chunk.extend_from_slice(part);
            self.chunk.resize((band + 1) * width, -1.0);
        }
    }

    /// Index of the phase tables for a key, made when missing.
    fn phasors_for(&mut self, key: f32, frames: usize) -> usize {
        let key = f64::from(key);
        if let Some(found) = self.phasors.iter().position(|tables| tables.serves(key, frames)) {
            return found;
        }
        if self.phasors.len() >= KEPT_PHASORS {
            self.phasors.remove(0);
        }
        self.phasors.push(ReferencePhasors::new(self.model.shape(), key, frames));
        self.phasors.len() - 1
    }
}

impl FrameDecoder for Pipeline {
    fn shape(&self) -> &SpectralShape {
        self.model.shape()
    }

    fn decode_frames(&mut self, latent: &Latent, key: f32) -> Result<Frames, GraphError> {
        Self::decode_frames(self, latent, key)
    }
}

/// A key as the graphs take it: octaves from middle C, halved.
pub fn key_input(key: f32) -> f32 {
    (key - 60.0) / 24.0
}

//! latent + key → frames → shaped frames → bins → samples, and the way back to a latent. WORKER side.
//!
//! A [`Pipeline`] owns run states and scratch: one per worker thread, no locks, many allocations.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::residual::{Pair, Residual, add};
use crate::sample::normalise_loudness;
use crate::spectral::{FrameAnalysis, Frames, GriffinLim, ReferencePhasors, SpectralShape, Spectrogram, Stft};
use crate::units::Latent;

use super::bins::{self, Chunk};
use super::fit::{FrameDecoder, Target, fit};
use super::graph::{Graph, GraphError, Outputs, Runner};
use super::model::Model;
use super::shape::Shaping;
use super::vocoding::Vocoding;

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
    /// The same over few frames; see [`super::draft`].
    draft_vocoder: Option<Runner>,
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
            draft_vocoder: model.draft_vocoder.as_ref().map(Graph::runner).transpose()?,
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
        let mut vocoding = Vocoding::new(self, frames.clone(), key, 0);
        loop {
            if let Some(samples) = vocoding.advance(self)? {
                return Ok(samples);
            }
        }
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
        self.restart_timings();
        let mut spectrogram = Spectrogram::zeros(self.model.shape().bins(), frames.frames);
        for chunk in bins::chunks(frames.frames, self.model.manifest().vocoder) {
            self.vocode_chunk(frames, key, 0, &chunk, &mut spectrogram)?;
        }
        Ok(spectrogram)
    }

    /// One run of the vocoder over a whole sound's frames, into the kept frames of `out`.
    ///
    /// # Errors
    /// [`GraphError`] when the vocoder fails.
    pub(super) fn vocode_chunk(
        &mut self,
        frames: &Frames,
        key: f32,
        noise_key: u32,
        chunk: &Chunk,
        out: &mut Spectrogram,
    ) -> Result<(), GraphError> {
        let started = Instant::now();
        self.load_chunk(frames, chunk);
        let outputs = self.vocoder.run(&[&self.chunk, &[key_input(key)]])?;
        self.timings.vocoder += started.elapsed();
        self.write_bins(&outputs, (key, noise_key), (chunk, 0), out);
        Ok(())
    }

    /// One run of the short vocoder over frames of which the first is frame `first_frame` of the sound.
    ///
    /// # Errors
    /// [`GraphError`] when the vocoder fails, or when there is none.
    pub(super) fn draft_chunk(
        &mut self,
        frames: &Frames,
        key: f32,
        noise_key: u32,
        (chunk, first_frame): (&Chunk, usize),
        out: &mut Spectrogram,
    ) -> Result<(), GraphError> {
        self.load_chunk(frames, chunk);
        let missing = || GraphError::Run { graph: "vocoder.onnx".into(), why: "it runs at one width only".into() };
        let outputs = self.draft_vocoder.as_mut().ok_or_else(missing)?.run(&[&self.chunk, &[key_input(key)]])?;
        self.write_bins(&outputs, (key, noise_key), (chunk, first_frame), out);
        Ok(())
    }

    fn write_bins(
        &mut self,
        outputs: &Outputs,
        (key, noise_key): (f32, u32),
        (chunk, first_frame): (&Chunk, usize),
        out: &mut Spectrogram,
    ) {
        let started = Instant::now();
        let phase_bins = self.model.manifest().phase_bins();
        let full_scale = self.model.shape().full_scale();
        let phasors = self.phasors(key, first_frame + out.frames(), noise_key);
        let heads = bins::Heads { log_magnitude: outputs.get(0), phase: outputs.get(1), phase_bins, first_frame };
        bins::write(&heads, phasors, chunk, full_scale, out);
        self.timings.bins += started.elapsed();
    }

    /// Whether the model's vocoder runs over few frames too.
    pub(super) fn has_draft_vocoder(&self) -> bool {
        self.draft_vocoder.is_some()
    }

    /// What turns bins into samples.
    pub(super) fn inversion(&mut self) -> (&mut GriffinLim, &mut Stft) {
        (&mut self.griffin_lim, &mut self.stft)
    }

    pub(super) fn timings_mut(&mut self) -> &mut Timings {
        &mut self.timings
    }

    /// Sets the times of the steps from the vocoder on to 0.
    pub(super) fn restart_timings(&mut self) {
        self.timings = Timings { decoder: self.timings.decoder, ..Timings::default() };
    }

    /// Copies the frames of one run of the vocoder; silence past the end.
    fn load_chunk(&mut self, frames: &Frames, chunk: &Chunk) {
        let (start, width) = (chunk.start, chunk.width);
        self.chunk.clear();
        for band in 0..frames.bands {
            let row = frames.band(band);
            let part = &row[start.min(row.len())..(start + width).min(row.len())];
            self.chunk.extend_from_slice(part);
            self.chunk.resize((band + 1) * width, -1.0);
        }
    }

    /// The phase tables for a key and a noise, made when missing.
    pub(super) fn phasors(&mut self, key: f32, frames: usize, noise_key: u32) -> &ReferencePhasors {
        let wide = f64::from(key);
        let index = match self.phasors.iter().position(|tables| tables.serves(wide, frames, noise_key)) {
            Some(found) => found,
            None => {
                if self.phasors.len() >= KEPT_PHASORS {
                    self.phasors.remove(0);
                }
                self.phasors.push(ReferencePhasors::with_noise(self.model.shape(), wide, frames, noise_key));
                self.phasors.len() - 1
            }
        };
        &self.phasors[index]
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

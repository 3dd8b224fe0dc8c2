//! Decoding (latent and key → frames → shaped frames → bins → samples) and encoding (samples → frames → latent). WORKER side.
//!
//! A [`Pipeline`] owns the run states of the graphs and scratch buffers: one for each worker thread and model, without locks. Allocates in
//! every call.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::pack::VocoderInfo;
use crate::residual::{Pair, Residual, add};
use crate::sample::normalise_loudness;
use crate::spectral::constant_q::ConstantQFrames;
use crate::spectral::{FrameAnalysis, Frames, GriffinLim, ReferencePhasors, SpectralShape, Spectrogram, Stft};
use crate::units::Latent;

use super::bins::{self, Chunk};
use super::fit::{FrameDecoder, Target, fit};
use super::graph::{Graph, GraphError, Outputs, Runner};
use super::model::{DRAFT_FRAMES, Model};
use super::shape::Shaping;

/// Durations of the steps of the last decode.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timings {
    /// Decoder graph.
    pub decoder: Duration,
    /// Vocoder graph.
    pub vocoder: Duration,
    /// Conversion of the vocoder's heads to complex bins.
    pub bins: Duration,
    /// Griffin-Lim.
    pub griffin_lim: Duration,
    /// Inverse STFT.
    pub synthesis: Duration,
}

/// What one worker needs to decode and encode with one model.
pub struct Pipeline {
    model: Arc<Model>,
    encoder: Runner,
    decoder: Runner,
    /// `None` while a sound that was put aside has it, and for a kind whose sounds are searched for.
    vocoder: Option<Runner>,
    /// The vocoder at a small width, for short sounds and drafts ([`super::draft`]); `None` as for the other.
    draft_vocoder: Option<Runner>,
    analysis: FrameAnalysis,
    stft: Stft,
    griffin_lim: GriffinLim,
    phasors: Vec<ReferencePhasors>,
    /// Constant-Q transforms of the lengths used last, newest first.
    constant_q: Vec<ConstantQFrames>,
    chunk: Vec<f32>,
    timings: Timings,
}

/// Rounds of the fit of an imported sound's point: 45 decodes. More rounds take more time (`models/EXPERIMENTS.md`).
const PLACE_ROUNDS: usize = 4;
/// Number of phase tables that are kept, one for each key and noise key in use.
const KEPT_PHASORS: usize = 8;
/// Constant-Q transforms that are kept: that of unstretched sounds, and that of one stretch.
const KEPT_TRANSFORMS: usize = 2;

impl Pipeline {
    /// A pipeline for a model.
    ///
    /// # Errors
    /// [`GraphError`] if a graph's run state cannot be made.
    pub fn new(model: Arc<Model>) -> Result<Self, GraphError> {
        Ok(Self {
            encoder: model.encoder.runner()?,
            decoder: model.decoder.runner()?,
            vocoder: model.vocoder.as_ref().map(Graph::runner).transpose()?,
            draft_vocoder: model.draft_vocoder.as_ref().map(Graph::runner).transpose()?,
            analysis: FrameAnalysis::new(model.shape()),
            stft: Stft::new(model.shape()),
            griffin_lim: GriffinLim::new(model.shape()),
            phasors: Vec::new(),
            constant_q: Vec::new(),
            chunk: Vec::new(),
            timings: Timings::default(),
            model,
        })
    }

    /// The model of the pipeline.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Durations of the steps of the last [`Pipeline::decode`] or [`Pipeline::vocode`].
    pub fn timings(&self) -> Timings {
        self.timings
    }

    /// Frames of a mono sound at the model's rate, normalised in loudness; silence after its end.
    ///
    /// # Errors
    /// [`GraphError`] if the pack's bands do not fit.
    pub fn analyse(&mut self, samples: &[f32]) -> Result<Frames, GraphError> {
        let mut normalised = samples.to_vec();
        let shape = *self.model.shape();
        normalise_loudness(&mut normalised, shape.sample_rate_hz);
        match shape.constant_q {
            Some(_) => Ok(self.constant_q(shape.frame_count)?.frames(&normalised)),
            None => Ok(self.analysis.frames(&normalised)),
        }
    }

    /// The constant-Q transform of sounds of `frames` frames, made on first use.
    ///
    /// # Errors
    /// [`GraphError`] if the pack has no constant-Q bands, or such that do not fit.
    pub(super) fn constant_q(&mut self, frames: usize) -> Result<&mut ConstantQFrames, GraphError> {
        let refuse = |why: String| GraphError::Run { graph: "the constant-Q transform".into(), why };
        match self.constant_q.iter().position(|transform| transform.frame_count() == frames) {
            Some(found) => self.constant_q[..=found].rotate_right(1),
            None => {
                let shape = self.model.shape();
                let bands = shape.constant_q.ok_or_else(|| refuse("the pack has no such bands".into()))?;
                let made = ConstantQFrames::new(shape, &bands, frames).map_err(|error| refuse(error.to_string()))?;
                self.constant_q.insert(0, made);
                self.constant_q.truncate(KEPT_TRANSFORMS);
            }
        }
        self.constant_q.first_mut().ok_or_else(|| refuse("no transform was made".into()))
    }

    /// Latent point, clamped to ±3 σ, of a mono sound at the model's rate whose MIDI key is `key`.
    ///
    /// # Errors
    /// [`GraphError`] if the encoder fails.
    pub fn encode(&mut self, samples: &[f32], key: f32) -> Result<Latent, GraphError> {
        let frames = self.analyse(samples)?;
        self.encode_frames(&frames, key)
    }

    fn encode_frames(&mut self, frames: &Frames, key: f32) -> Result<Latent, GraphError> {
        let key = [key_input(key)];
        let inputs: [&[f32]; 2] = [&frames.values, &key];
        let outputs = self.encoder.run(ports(&self.model, &inputs))?;
        let mut latent = Latent::default();
        for (coordinate, value) in latent.iter_mut().zip(outputs.get(0)) {
            *coordinate = value.clamp(-crate::units::LATENT_LIMIT, crate::units::LATENT_LIMIT);
        }
        Ok(latent)
    }

    /// The point whose decoded frames are nearest to a sound: the encoder's point, improved by [`fit`]. Takes up to 200 ms.
    ///
    /// # Errors
    /// [`GraphError`] when a graph fails.
    pub fn place(&mut self, samples: &[f32], key: f32) -> Result<Latent, GraphError> {
        let frames = self.analyse(samples)?;
        let start = self.encode_frames(&frames, key)?;
        Ok(fit(self, &[Target { frames: &frames, key }], &start, PLACE_ROUNDS)?.latent)
    }

    /// Frames of a latent point at a key.
    ///
    /// # Errors
    /// [`GraphError`] when the decoder fails.
    pub fn decode_frames(&mut self, latent: &Latent, key: f32) -> Result<Frames, GraphError> {
        let started = Instant::now();
        let key = [key_input(key)];
        let inputs: [&[f32]; 2] = [latent, &key];
        let outputs = self.decoder.run(ports(&self.model, &inputs))?;
        self.timings.decoder = started.elapsed();
        let shape = self.model.shape();
        Ok(Frames { bands: shape.mel_bands, frames: shape.frame_count, values: outputs.get(0).to_vec() })
    }

    /// Samples of a latent point at a key, shaped.
    ///
    /// # Errors
    /// [`GraphError`] when a graph fails.
    pub fn decode(&mut self, latent: &Latent, key: f32, shaping: &Shaping) -> Result<Vec<f32>, GraphError> {
        let frames = self.decode_frames(latent, key)?;
        let frames = shaping.apply(frames, self.model.shape(), key);
        self.vocode(&frames, key)
    }

    /// Samples of a latent point at a key with a recording's residual added at weight 1, not shaped.
    ///
    /// # Errors
    /// [`GraphError`] when a graph fails.
    pub fn decode_recorded(&mut self, latent: &Latent, key: f32, residual: &Residual) -> Result<Vec<f32>, GraphError> {
        let mut frames = self.decode_frames(latent, key)?;
        add(&mut frames, &residual.difference(), 1.0, self.model.shape());
        self.vocode(&frames, key)
    }

    /// The residual of a mono sound at the model's rate relative to the decoded frames of `latent` at `key`.
    ///
    /// # Errors
    /// [`GraphError`] when the decoder fails.
    pub fn residual(&mut self, samples: &[f32], latent: &Latent, key: f32) -> Result<Residual, GraphError> {
        let (wanted, made) = (self.analyse(samples)?, self.decode_frames(latent, key)?);
        Ok(Residual::between(Pair { wanted: &wanted, made: &made }, self.model.shape()))
    }

    /// The complex bins of the vocoder alone, before random phases of noise and before Griffin-Lim.
    ///
    /// # Errors
    /// [`GraphError`] when the vocoder fails.
    pub fn bins(&mut self, frames: &Frames, key: f32) -> Result<Spectrogram, GraphError> {
        self.restart_timings();
        let mut spectrogram = Spectrogram::zeros(self.model.shape().bins(), frames.frames);
        for chunk in self.chunks(frames.frames) {
            let runner = self.begin_chunk(frames, key, &chunk)?;
            self.go_on_with_chunk(runner, Duration::MAX, (key, 0, &chunk), &mut spectrogram)?;
        }
        Ok(spectrogram)
    }

    /// The runs of the vocoder over `frames` frames: at the small width if these are so few that it takes clearly less time.
    pub(super) fn chunks(&self, frames: usize) -> Vec<Chunk> {
        let whole = self.model.manifest().vocoder;
        let narrow = VocoderInfo { chunk_frames: DRAFT_FRAMES, ..whole };
        if !self.has_draft_vocoder() || 2 * narrow.context_frames >= narrow.chunk_frames {
            return bins::chunks(frames, whole);
        }
        let narrow = bins::chunks(frames, narrow);
        let is_faster = narrow.len() * DRAFT_FRAMES * 3 <= whole.chunk_frames * 2;
        if is_faster { narrow } else { bins::chunks(frames, whole) }
    }

    /// Begins a run of the vocoder over the frames of `chunk`, which [`Pipeline::chunks`] gave.
    ///
    /// # Errors
    /// [`GraphError`] if the model has no vocoder.
    pub(super) fn begin_chunk(&mut self, frames: &Frames, key: f32, chunk: &Chunk) -> Result<Runner, GraphError> {
        let started = Instant::now();
        self.load_chunk(frames, chunk);
        let mut runner = self.take_runner(chunk.width)?;
        runner.begin(&[&self.chunk, &[key_input(key)]])?;
        self.timings.vocoder += started.elapsed();
        Ok(runner)
    }

    /// Goes on with a run of the vocoder for about `time`. After the end, writes the kept frames of `out`; gives back a run that goes on.
    ///
    /// # Errors
    /// [`GraphError`] when the vocoder fails.
    pub(super) fn go_on_with_chunk(
        &mut self,
        mut runner: Runner,
        time: Duration,
        (key, noise_key, chunk): (f32, u32, &Chunk),
        out: &mut Spectrogram,
    ) -> Result<Option<Runner>, GraphError> {
        let started = Instant::now();
        let outputs = runner.go_on(time)?;
        self.timings.vocoder += started.elapsed();
        let Some(outputs) = outputs else { return Ok(Some(runner)) };
        self.write_bins(&outputs, (key, noise_key), (chunk, 0), out);
        *self.runner_of(chunk.width) = Some(runner);
        Ok(None)
    }

    /// The run state of the vocoder at a width; `None` while a sound that was put aside has it.
    fn runner_of(&mut self, width: usize) -> &mut Option<Runner> {
        if self.has_draft_vocoder() && width == DRAFT_FRAMES { &mut self.draft_vocoder } else { &mut self.vocoder }
    }

    fn take_runner(&mut self, width: usize) -> Result<Runner, GraphError> {
        if let Some(runner) = self.runner_of(width).take() {
            return Ok(runner);
        }
        let missing = || GraphError::Run { graph: "vocoder.onnx".into(), why: "the pack has none".into() };
        let narrow = self.model.draft_vocoder.as_ref().filter(|_| width == DRAFT_FRAMES);
        narrow.or(self.model.vocoder.as_ref()).ok_or_else(missing)?.runner()
    }

    /// One run of the draft vocoder over frames that begin at frame `first_frame` of the sound.
    ///
    /// # Errors
    /// [`GraphError`] if the draft vocoder fails, or if the model has none.
    pub(super) fn draft_chunk(
        &mut self,
        frames: &Frames,
        key: f32,
        noise_key: u32,
        (chunk, first_frame): (&Chunk, usize),
        out: &mut Spectrogram,
    ) -> Result<(), GraphError> {
        self.load_chunk(frames, chunk);
        let mut runner = self.take_runner(chunk.width)?;
        let outputs = runner.run(&[&self.chunk, &[key_input(key)]])?;
        *self.runner_of(chunk.width) = Some(runner);
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

    /// Whether the model has a draft vocoder.
    pub(super) fn has_draft_vocoder(&self) -> bool {
        self.model.draft_vocoder.is_some()
    }

    /// Griffin-Lim and the transforms.
    pub(super) fn inversion(&mut self) -> (&mut GriffinLim, &mut Stft) {
        (&mut self.griffin_lim, &mut self.stft)
    }

    pub(super) fn timings_mut(&mut self) -> &mut Timings {
        &mut self.timings
    }

    /// Resets the durations of all steps after the decoder.
    pub(super) fn restart_timings(&mut self) {
        self.timings = Timings { decoder: self.timings.decoder, ..Timings::default() };
    }

    /// Copies the input frames of one run of the vocoder; silence beyond the last frame.
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

    /// The phase tables for a key and a noise key, made on first use.
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

/// The inputs that the graphs of a model have of a value and the key: packs whose sounds are searched for know no key.
fn ports<'a, 'b>(model: &Model, inputs: &'a [&'b [f32]; 2]) -> &'a [&'b [f32]] {
    if model.shape().constant_q.is_some() { &inputs[..1] } else { inputs }
}

impl FrameDecoder for Pipeline {
    fn shape(&self) -> &SpectralShape {
        self.model.shape()
    }

    fn decode_frames(&mut self, latent: &Latent, key: f32) -> Result<Frames, GraphError> {
        Self::decode_frames(self, latent, key)
    }
}

/// Where the key input of the graphs is 0.
pub const MIDDLE_KEY: f32 = 60.0;
/// Keys for which the key input rises by 1.
pub const KEY_SCALE: f32 = 24.0;

/// A MIDI key as an input of the graphs: half the octaves from middle C.
pub fn key_input(key: f32) -> f32 {
    (key - MIDDLE_KEY) / KEY_SCALE
}

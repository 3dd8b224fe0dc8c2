//! Frames to samples in steps, by what a pack is: a vocoder, or the search for the sound of constant-Q levels. WORKER side.

use super::constant_q::ConstantQInversion;
use super::graph::GraphError;
use super::pipeline::Pipeline;
use super::vocoding::Vocoding;
use crate::spectral::Frames;

/// State of a sound between the steps.
pub(super) enum Inversion {
    Vocoder(Box<Vocoding>),
    ConstantQ(Box<ConstantQInversion>),
}

impl Inversion {
    /// For frames of the pipeline's model that were made for `key`; `noise_key` selects the noise.
    pub(super) fn new(pipeline: &Pipeline, frames: Frames, key: f32, noise_key: u32) -> Self {
        match pipeline.model().shape().constant_q {
            Some(_) => Self::ConstantQ(Box::new(ConstantQInversion::new(frames, noise_key))),
            None => Self::Vocoder(Box::new(Vocoding::new(pipeline, frames, key, noise_key))),
        }
    }

    /// Fraction of the steps that are done, [0, 1].
    pub(super) fn progress(&self, pipeline: &Pipeline) -> f32 {
        match self {
            Self::Vocoder(vocoding) => vocoding.progress(pipeline),
            Self::ConstantQ(search) => search.progress(pipeline),
        }
    }

    /// Does one step; returns the samples after the last one.
    ///
    /// # Errors
    /// [`GraphError`] if a graph fails.
    pub(super) fn advance(&mut self, pipeline: &mut Pipeline) -> Result<Option<Vec<f32>>, GraphError> {
        match self {
            Self::Vocoder(vocoding) => vocoding.advance(pipeline),
            Self::ConstantQ(search) => search.advance(pipeline),
        }
    }

    /// All steps.
    ///
    /// # Errors
    /// [`GraphError`] if a graph fails.
    pub(super) fn finish(mut self, pipeline: &mut Pipeline) -> Result<Vec<f32>, GraphError> {
        loop {
            if let Some(samples) = self.advance(pipeline)? {
                return Ok(samples);
            }
        }
    }
}

impl Pipeline {
    /// Samples at the model's rate of frames that were made for `key`, `frames.frames · hop` of them.
    ///
    /// # Errors
    /// [`GraphError`] when a graph fails.
    pub fn vocode(&mut self, frames: &Frames, key: f32) -> Result<Vec<f32>, GraphError> {
        Inversion::new(self, frames.clone(), key, 0).finish(self)
    }
}

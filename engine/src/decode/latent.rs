//! The latent decoder as a source: point and key in, sound out. WORKER THREADS.
//!
//! A source holds nothing but the shared model. Run states and scratch are large, so each worker thread keeps one pipeline per model
//! in use, and an idle instance costs nothing.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::graph::GraphError;
use super::residuals::Residuals;
use super::source::{Sink, Source, SourceError, give_whole};
use super::{Model, Pipeline};
use crate::link::SoundSpec;

/// Models whose pipelines a worker keeps: the factory pack and one of the user's.
const KEPT_PIPELINES: usize = 2;

thread_local! {
    /// Never dropped with the thread: a graph's state looks up thread-local storage of its own when it is dropped, which is gone
    /// by then, and a panic there ends the process. [`drop_pipelines`] frees them while the thread still runs.
    static PIPELINES: RefCell<ManuallyDrop<Vec<Pipeline>>> = const { RefCell::new(ManuallyDrop::new(Vec::new())) };
}

/// Frees this thread's pipelines; the last thing that a worker does.
pub(super) fn drop_pipelines() {
    PIPELINES.with_borrow_mut(|kept| kept.clear());
}

/// Gives the sounds of a model.
pub struct LatentSource {
    model: Arc<Model>,
    residuals: Arc<Residuals>,
}

impl LatentSource {
    /// A source of the sounds of `model`.
    pub fn new(model: Arc<Model>) -> Self {
        Self::with_residuals(model, Arc::default())
    }

    /// The same, with what recordings add.
    pub fn with_residuals(model: Arc<Model>, residuals: Arc<Residuals>) -> Self {
        Self { model, residuals }
    }
}

impl Source for LatentSource {
    fn roots(&self) -> &[u8] {
        &self.model.manifest().root_keys
    }

    fn sample_rate_hz(&self) -> f32 {
        self.model.manifest().shape.sample_rate_hz as f32
    }

    fn render(&mut self, spec: &SoundSpec, first_sample: usize, sink: &mut dyn Sink) -> Result<(), SourceError> {
        // Taken out while it runs: a panic drops it with its half-changed state.
        let mut pipeline = take_pipeline(&self.model)?;
        let result = decode(&mut pipeline, spec, &self.residuals, || sink.cancelled());
        PIPELINES.with_borrow_mut(|kept| {
            kept.insert(0, pipeline);
            kept.truncate(KEPT_PIPELINES);
        });
        if let Some(samples) = result.map_err(|error| SourceError::Failed(error.to_string()))? {
            give_whole(&samples, first_sample, sink);
        }
        Ok(())
    }
}

/// The whole sound of `spec`; `None` if it is `cancelled` half-way.
///
/// # Errors
/// [`GraphError`] when a graph fails.
pub fn decode(
    pipeline: &mut Pipeline,
    spec: &SoundSpec,
    residuals: &Residuals,
    mut cancelled: impl FnMut() -> bool,
) -> Result<Option<Vec<f32>>, GraphError> {
    let mut frames = pipeline.decode_frames(&spec.latent, spec.key)?;
    if cancelled() {
        return Ok(None);
    }
    let shape = *pipeline.model().shape();
    residuals.apply(&mut frames, spec.key, &spec.residual, &shape);
    let frames = spec.shaping.apply(frames, &shape, spec.key);
    pipeline.vocode(&frames, spec.key).map(Some)
}

/// This thread's pipeline for `model`, made if there is none.
fn take_pipeline(model: &Arc<Model>) -> Result<Pipeline, SourceError> {
    let kept = PIPELINES.with_borrow_mut(|kept| {
        let index = kept.iter().position(|pipeline| Arc::ptr_eq(pipeline.model(), model))?;
        Some(kept.remove(index))
    });
    match kept {
        Some(pipeline) => Ok(pipeline),
        None => Pipeline::new(model.clone()).map_err(|error| SourceError::Failed(error.to_string())),
    }
}

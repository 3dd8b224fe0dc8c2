//! The source of models with seven latents, of the kinds `latent` and `cqt`: point and key in, sound out. WORKER THREADS.
//!
//! A source holds only the shared model, a job only the state of its sound. Run states and scratch buffers are large, so each worker thread
//! keeps one pipeline for each model in use, and idle instances hold none.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::assets::Assets;
use super::draft::{Draft, LARGEST_PART, draft, part_blocks};
use super::endless::EndlessJob;
use super::graph::GraphError;
use super::inversion::Inversion;
use super::pack_model::PackModel;
use super::source::{
    Focus, Job, Pace, Progress, Sink, SoundShape, Source, SourceError, SourceProperties, Version, give_channels,
};
use super::{Model, Pipeline};
use crate::link::{BLOCK_SAMPLES, SoundSpec, StretchMap, Succession};
use crate::pack::{NamedResiduals, PackInfo, PackKind};
use crate::spectral::Frames;
use crate::walk;

/// Number of models whose pipelines a worker keeps: the factory pack and one of the user's. More takes memory; fewer rebuilds a pipeline
/// whenever instances with different packs alternate.
const KEPT_PIPELINES: usize = 2;
/// Largest stretch factor of a sound.
const LARGEST_STRETCH: usize = 4;
/// Fraction of a job's time that the decoder takes; used for its progress only.
const DECODER_PART: f32 = 0.25;

thread_local! {
    /// Not dropped at thread exit: dropping a graph's state accesses thread-local storage of the inference library, which may already be
    /// destroyed then; the panic would end the process. [`drop_pipelines`] frees them while the thread still runs.
    static PIPELINES: RefCell<ManuallyDrop<Vec<Pipeline>>> = const { RefCell::new(ManuallyDrop::new(Vec::new())) };
}

/// Frees this thread's pipelines; the last thing that a worker does.
pub(super) fn drop_pipelines() {
    PIPELINES.with_borrow_mut(|kept| kept.clear());
}

/// A source of the sounds of a model.
pub struct LatentSource {
    model: Arc<Model>,
}

impl LatentSource {
    /// A source of the sounds of `model`.
    pub fn new(model: Arc<Model>) -> Self {
        Self { model }
    }
}

impl PackModel for Model {
    fn info(&self) -> PackInfo {
        PackInfo::of_latents(self.manifest(), Model::pack_hash(self))
    }

    fn pack_hash(&self) -> &str {
        Model::pack_hash(self)
    }

    fn source(self: Arc<Self>) -> Arc<dyn Source> {
        Arc::new(LatentSource::new(self))
    }

    fn residuals(&self) -> Arc<NamedResiduals> {
        Arc::clone(Model::residuals(self))
    }

    fn latents(self: Arc<Self>) -> Option<Arc<Model>> {
        Some(self)
    }
}

impl Source for LatentSource {
    fn roots(&self) -> &[u8] {
        &self.model.manifest().root_keys
    }

    fn succession(&self) -> Succession {
        let manifest = self.model.manifest();
        let walks = manifest.kind == PackKind::Cqt && !walk::floors_of(manifest).is_empty();
        if walks { Succession::Walk } else { Succession::Variations }
    }

    fn properties(&self) -> SourceProperties {
        let shape = self.model.shape();
        SourceProperties {
            sample_rate_hz: shape.sample_rate_hz as f32,
            channels: 1,
            longest_samples: shape.samples_of(shape.frame_count * LARGEST_STRETCH),
            is_shaped: true,
            pace: Pace::Interactive,
        }
    }

    fn begin(&self, spec: &SoundSpec, assets: Assets) -> Result<Box<dyn Job>, SourceError> {
        if let Some(whole) = assets.whole_loop() {
            return Ok(Box::new(EndlessJob::new(whole.clone(), spec.key)));
        }
        Ok(Box::new(LatentJob { model: Arc::clone(&self.model), spec: *spec, assets, stage: Stage::Decode }))
    }
}

/// A sound of the model being decoded.
struct LatentJob {
    model: Arc<Model>,
    spec: SoundSpec,
    assets: Assets,
    stage: Stage,
}

/// The next step.
enum Stage {
    Decode,
    /// The part of the draft that begins at a block; the first one before it is known where.
    Draft(Frames, Option<usize>),
    Invert(Inversion),
    Over,
}

impl Job for LatentJob {
    fn advance(&mut self, focus: &Focus, sink: &mut dyn Sink) -> Result<Progress, SourceError> {
        // Removed from the list while it runs, so that a panic drops it with its inconsistent state.
        let mut pipeline = take_pipeline(&self.model).map_err(failed)?;
        let result = self.step(&mut pipeline, focus, sink);
        PIPELINES.with_borrow_mut(|kept| {
            kept.insert(0, pipeline);
            kept.truncate(KEPT_PIPELINES);
        });
        result
    }
}

impl LatentJob {
    fn step(&mut self, pipeline: &mut Pipeline, focus: &Focus, sink: &mut dyn Sink) -> Result<Progress, SourceError> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Decode => {
                let frames = shaped_frames(pipeline, &self.spec, &self.assets).map_err(failed)?;
                // A draft would lack the loops that are mixed in.
                self.stage = match focus.wants_draft && !self.assets.has_loops() {
                    true => Stage::Draft(frames, None),
                    false => self.invert(pipeline, frames),
                };
                Ok(Progress::Going(DECODER_PART))
            }
            Stage::Draft(frames, block) => {
                self.stage = match self.give_draft(pipeline, &frames, block, focus, sink)? {
                    Some(next) => Stage::Draft(frames, Some(next)),
                    None => self.invert(pipeline, frames),
                };
                Ok(Progress::Going(DECODER_PART))
            }
            Stage::Invert(mut inversion) => {
                if let Some(samples) = inversion.advance(pipeline).map_err(failed)? {
                    self.give(samples, focus, sink)?;
                    return Ok(Progress::Done);
                }
                let progress = DECODER_PART + (1.0 - DECODER_PART) * inversion.progress(pipeline);
                self.stage = Stage::Invert(inversion);
                Ok(Progress::Going(progress))
            }
            Stage::Over => Ok(Progress::Done),
        }
    }

    fn invert(&self, pipeline: &Pipeline, frames: Frames) -> Stage {
        Stage::Invert(Inversion::new(pipeline, frames, self.spec.key, noise_key(&self.spec)))
    }

    fn stretch_map(&self) -> StretchMap {
        self.spec.shaping.stretch_map(self.model.shape())
    }

    /// Delivers the decoded sound, with the loops that are mixed in.
    fn give(&self, samples: Vec<f32>, focus: &Focus, sink: &mut dyn Sink) -> Result<(), SourceError> {
        let rate_hz = self.model.shape().sample_rate_hz as f32;
        let channels = self.assets.mix_loops(samples, self.spec.key, rate_hz)?;
        let length_samples = channels.first().map_or(0, Vec::len);
        let (channel_count, stretch) = (channels.len(), self.stretch_map());
        let shape = SoundShape { length_samples, channels: channel_count, stretch, known_loop: None };
        sink.begin(Version::Whole, shape)?;
        give_channels(&channels, focus.first_sample, sink)
    }

    /// Delivers a part of a draft of the region that the voices need, from `block` on; the first one, where the first voice plays, if there is
    /// none. Gives the block at which the next part begins; none after the last, or if no draft can be made.
    fn give_draft(
        &self,
        pipeline: &mut Pipeline,
        frames: &Frames,
        block: Option<usize>,
        focus: &Focus,
        sink: &mut dyn Sink,
    ) -> Result<Option<usize>, SourceError> {
        let length_samples = self.model.shape().samples_of(frames.frames);
        let first = focus.first_sample.min(length_samples.saturating_sub(1)) / BLOCK_SAMPLES;
        let end = focus.end_sample.min(length_samples).div_ceil(BLOCK_SAMPLES);
        let begin = block.unwrap_or(first);
        let run = part_blocks(self.model.shape());
        let next = end.min(begin + run);
        // A run of the vocoder takes as long for fewer blocks. One block less leaves room for more context.
        let given = next.max(begin + run - 1);
        let region = begin * BLOCK_SAMPLES..(given * BLOCK_SAMPLES).min(length_samples);
        let made = draft(pipeline, frames, self.spec.key, noise_key(&self.spec), region).map_err(failed)?;
        let Some(Draft { start, samples }) = made else { return Ok(None) };
        if block.is_none() {
            let shape = SoundShape { length_samples, channels: 1, stretch: self.stretch_map(), known_loop: None };
            sink.begin(Version::Draft, shape)?;
        }
        for (offset, block) in samples.chunks(BLOCK_SAMPLES).enumerate() {
            let index = start / BLOCK_SAMPLES + offset;
            // Complete blocks only: the sink refuses others.
            if block.len() == BLOCK_SAMPLES.min(length_samples - index * BLOCK_SAMPLES) {
                sink.block(index, 0, block)?;
            }
        }
        // Beyond that the whole sound takes little longer.
        let is_small = ((end - first) * BLOCK_SAMPLES) as f32 <= LARGEST_PART * length_samples as f32;
        Ok(Some(next).filter(|next| *next < end && is_small))
    }
}

/// Decodes the whole sound of `spec` without interruption, residuals added, without the loops of endless recordings.
///
/// # Errors
/// [`GraphError`] when a graph fails.
pub fn decode(pipeline: &mut Pipeline, spec: &SoundSpec, assets: &Assets) -> Result<Vec<f32>, GraphError> {
    let frames = shaped_frames(pipeline, spec, assets)?;
    Inversion::new(pipeline, frames, spec.key, noise_key(spec)).finish(pipeline)
}

/// Frames of a point with its residuals added, shaped.
fn shaped_frames(pipeline: &mut Pipeline, spec: &SoundSpec, assets: &Assets) -> Result<Frames, GraphError> {
    let mut frames = pipeline.decode_frames(&spec.controls, spec.key)?;
    let shape = *pipeline.model().shape();
    assets.add_residuals(&mut frames, spec.key, &shape);
    Ok(spec.shaping.apply(frames, &shape, spec.key))
}

/// Key of a sound's noise phases: 0 for variation 0, a hash of seed and variation for the others. It is that of
/// [`crate::random`] without the last of its steps, and stays so: projects name variations by it.
fn noise_key(spec: &SoundSpec) -> u32 {
    if spec.variation == 0 {
        return 0;
    }
    let mixed = spec.seed.wrapping_add(u64::from(spec.variation).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 32) as u32
}

fn failed(error: GraphError) -> SourceError {
    SourceError::Failed(error.to_string())
}

/// This thread's pipeline for `model`, made if there is none.
fn take_pipeline(model: &Arc<Model>) -> Result<Pipeline, GraphError> {
    let kept = PIPELINES.with_borrow_mut(|kept| {
        let index = kept.iter().position(|pipeline| Arc::ptr_eq(pipeline.model(), model))?;
        Some(kept.remove(index))
    });
    kept.map_or_else(|| Pipeline::new(model.clone()), Ok)
}

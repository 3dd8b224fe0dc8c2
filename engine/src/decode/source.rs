//! Sources of sounds: a specification in, blocks of samples out, in bounded steps. WORKER THREADS.
//!
//! A source is immutable and shared; the state of a sound being made is in its [`Job`]. Neither depends on slots, queues or threads. The
//! same [`SoundSpec`] always gives the same samples.

use super::assets::Assets;
pub use super::source_error::SourceError;
use crate::link::{BLOCK_SAMPLES, SoundSpec, StretchMap, Succession, SustainMap};

/// How long a source takes for a sound, which determines the lane of its jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pace {
    /// About 20 ms at most.
    Interactive,
    /// More than 20 ms. Such a job delays an interactive one by at most one step, and reports its progress.
    Slow,
}

/// Properties of a source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SourceProperties {
    /// Sample rate of every sound, in hertz.
    pub sample_rate_hz: f32,
    /// Channels of every sound: 1 or 2.
    pub channels: usize,
    /// Longest sound in samples of one channel, at most [`crate::link::MAX_SOUND_SAMPLES`].
    pub longest_samples: usize,
    /// Whether frame shaping (stretch, formant, tilt) changes its sounds.
    pub is_shaped: bool,
    /// How long it takes for a sound.
    pub pace: Pace,
}

/// Makes sounds.
pub trait Source: Send + Sync {
    /// Root keys of the zones, ascending, at least one.
    fn roots(&self) -> &[u8];

    /// Its properties; the same at every call.
    fn properties(&self) -> SourceProperties;

    /// What another note of the same sound plays.
    fn succession(&self) -> Succession {
        Succession::Variations
    }

    /// Begins the sound of `spec`, into which `assets` are mixed. Cheap: the work is done by [`Job::advance`].
    ///
    /// # Errors
    /// [`SourceError`] if there is no such sound.
    fn begin(&self, spec: &SoundSpec, assets: Assets) -> Result<Box<dyn Job>, SourceError>;
}

/// A sound being made. One worker at a time advances it, not always the same thread; dropping it cancels it.
pub trait Job: Send {
    /// Does a bounded amount of work, a few milliseconds. Passes what is ready to `sink`: [`Sink::begin`] for each version, then its
    /// blocks, starting with those of the focus.
    ///
    /// # Errors
    /// [`SourceError`] if there is no sound, or if the sink has refused something; the job has then ended.
    fn advance(&mut self, focus: &Focus, sink: &mut dyn Sink) -> Result<Progress, SourceError>;
}

/// The region of a sound that is needed first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Focus {
    /// Position of the earliest voice, in samples of the sound.
    pub first_sample: usize,
    /// End of the region that the voices need before they can move to the sound, in samples.
    pub end_sample: usize,
    /// Whether a draft of that region is wanted before the whole sound.
    pub wants_draft: bool,
}

/// State of a job after a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    /// The job continues; the fraction that is done, [0, 1].
    Going(f32),
    /// Every block has been passed to the sink.
    Done,
}

/// Versions of a sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// A first version of a region, close to the sound itself, which replaces it.
    Draft,
    /// The sound itself.
    Whole,
}

/// Length, channels and stretch of a sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SoundShape {
    /// Length in samples of each channel, at least 1.
    pub length_samples: usize,
    /// Number of channels, 1 or 2.
    pub channels: usize,
    /// Maps its positions to those of the unstretched sound.
    pub stretch: StretchMap,
    /// What is known of a sound that is a loop by construction.
    pub known_loop: Option<KnownLoop>,
}

/// A sound that is a loop: it has a rate of its own, and where it goes on need not be searched for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KnownLoop {
    /// Sample rate in hertz, in place of the source's.
    pub sample_rate_hz: f32,
    /// Where held notes go on.
    pub sustain: SustainMap,
}

/// Receives the blocks of a job.
pub trait Sink {
    /// Begins a version. A draft, if there is one, precedes the whole sound.
    ///
    /// # Errors
    /// [`SourceError::OutOfBounds`] for a length or a number of channels that does not fit.
    fn begin(&mut self, version: Version, shape: SoundShape) -> Result<(), SourceError>;

    /// Takes block `index` of a channel of the version begun last: [`BLOCK_SAMPLES`] samples, fewer only at the sound's end.
    ///
    /// # Errors
    /// [`SourceError`] for a block that does not fit, or that holds a sample that is not finite.
    fn block(&mut self, index: usize, channel: usize, samples: &[f32]) -> Result<(), SourceError>;
}

/// Passes a complete mono sound to `sink`: the blocks from `first_sample` on, then those before.
///
/// # Errors
/// Those of the sink.
pub fn give_whole(
    samples: &[f32],
    stretch: StretchMap,
    first_sample: usize,
    sink: &mut dyn Sink,
) -> Result<(), SourceError> {
    let shape = SoundShape { length_samples: samples.len(), channels: 1, stretch, known_loop: None };
    sink.begin(Version::Whole, shape)?;
    give_channels(&[samples], first_sample, sink)
}

/// Passes the channels of a version that has begun: of each the blocks from `first_sample` on, then those before.
///
/// # Errors
/// Those of the sink.
pub fn give_channels<C: AsRef<[f32]>>(
    channels: &[C],
    first_sample: usize,
    sink: &mut dyn Sink,
) -> Result<(), SourceError> {
    let length = channels.first().map_or(0, |channel| channel.as_ref().len());
    let first_block = first_sample.min(length.saturating_sub(1)) / BLOCK_SAMPLES;
    let count = length.div_ceil(BLOCK_SAMPLES);
    for index in (first_block..count).chain(0..first_block) {
        for (channel, samples) in channels.iter().enumerate() {
            let block = samples.as_ref().chunks(BLOCK_SAMPLES).nth(index).unwrap_or_default();
            sink.block(index, channel, block)?;
        }
    }
    Ok(())
}

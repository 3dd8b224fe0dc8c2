//! Where sounds come from: request in, blocks out, step by step, seeded. WORKER THREADS.
//!
//! A source is immutable and shared; what a sound in the making needs is in its [`Job`]. Neither knows of slots, queues or threads. The
//! same [`SoundSpec`] gives the same samples, always.

use thiserror::Error;

use super::assets::Assets;
use crate::link::{BLOCK_SAMPLES, SoundSpec, StretchMap};

/// How soon a source gives a sound, which decides the lane of its jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pace {
    /// Within about 20 ms.
    Interactive,
    /// Later: such a job never keeps an interactive one waiting for more than one step, and its progress is shown.
    Slow,
}

/// What a source is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SourceProperties {
    /// Rate of every sound that it gives, in hertz.
    pub sample_rate_hz: f32,
    /// Channels of every sound: 1 or 2.
    pub channels: usize,
    /// Longest sound in samples of one channel, at most [`crate::link::MAX_SOUND_SAMPLES`].
    pub longest_samples: usize,
    /// Whether frame shaping (stretch, formant, tilt) changes its sounds.
    pub is_shaped: bool,
    /// How soon it gives a sound.
    pub pace: Pace,
}

/// Gives sounds.
pub trait Source: Send + Sync {
    /// Root keys of the zones, ascending, at least one.
    fn roots(&self) -> &[u8];

    /// What it is; the same at every call.
    fn properties(&self) -> SourceProperties;

    /// Begins the sound of `spec`, into which `assets` are mixed. Cheap: the work is done by [`Job::advance`].
    ///
    /// # Errors
    /// [`SourceError`] when there is no such sound.
    fn begin(&self, spec: &SoundSpec, assets: Assets) -> Result<Box<dyn Job>, SourceError>;
}

/// A sound in the making. One worker at a time advances it, not always the same thread; dropping it cancels it.
pub trait Job: Send {
    /// Does a bounded amount of work: a few milliseconds. Gives what is ready to `sink`: [`Sink::begin`] for each version, then its blocks,
    /// those from the focus on first.
    ///
    /// # Errors
    /// [`SourceError`] when there is no sound, or when the sink has refused something; the job is then over.
    fn advance(&mut self, focus: &Focus, sink: &mut dyn Sink) -> Result<Progress, SourceError>;
}

/// Which part of a sound is heard first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Focus {
    /// Where the listening voices are, in samples.
    pub first_sample: usize,
    /// End of what they need to go on.
    pub end_sample: usize,
    /// Whether a draft of that part is welcome before the whole sound.
    pub wants_draft: bool,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    /// There is more to do; the part that is done, [0, 1].
    Going(f32),
    /// Every block has been given.
    Done,
}

/// Whether a sound is the real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// A first version of a part, near to the sound itself, that the whole replaces.
    Draft,
    /// The sound.
    Whole,
}

/// Measures of a sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SoundShape {
    /// Length in samples of each channel, at least 1.
    pub length_samples: usize,
    /// 1 or 2.
    pub channels: usize,
    /// Where its moments lie against those of the unstretched sound.
    pub stretch: StretchMap,
}

/// Where a job puts its sound.
pub trait Sink {
    /// Begins a version. A draft comes before the whole sound, if at all.
    ///
    /// # Errors
    /// [`SourceError::OutOfBounds`] for a length or a number of channels that does not fit.
    fn begin(&mut self, version: Version, shape: SoundShape) -> Result<(), SourceError>;

    /// Block `index` of a channel of the version begun last: [`BLOCK_SAMPLES`] samples, fewer only at the sound's end.
    ///
    /// # Errors
    /// [`SourceError`] for a block that does not fit or holds a sample that is not finite.
    fn block(&mut self, index: usize, channel: usize, samples: &[f32]) -> Result<(), SourceError>;
}

/// Why there is no sound.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SourceError {
    /// The source itself failed.
    #[error("{0}")]
    Failed(String),
    /// The source panicked; the next request starts a new job.
    #[error("the sound source stopped unexpectedly ({0}); the last sound goes on, change any control to try again")]
    Panicked(String),
    /// A sample is NaN or infinite.
    #[error(
        "the sound source gave a sample that is not a number in block {block}; the sound was refused, choose another point"
    )]
    NotFinite {
        /// Index of the block.
        block: usize,
    },
    /// Something does not fit.
    #[error("the sound source gave {found} where at most {limit} fit ({what}); the sound was refused")]
    OutOfBounds {
        /// What is out of bounds.
        what: &'static str,
        /// What was given.
        found: usize,
        /// What fits.
        limit: usize,
    },
    /// The job ended before every block was given.
    #[error("the sound source gave {found} of {expected} blocks; the sound was refused")]
    Incomplete {
        /// Blocks given.
        found: usize,
        /// Blocks of the sound.
        expected: usize,
    },
    /// The request names an asset that is no longer there.
    #[error("a recording that the sound needs is no longer loaded; change any control to try again")]
    AssetMissing,
}

/// Gives a finished mono sound: the blocks from `first_sample` on, then those before.
///
/// # Errors
/// What the sink refuses.
pub fn give_whole(
    samples: &[f32],
    stretch: StretchMap,
    first_sample: usize,
    sink: &mut dyn Sink,
) -> Result<(), SourceError> {
    sink.begin(Version::Whole, SoundShape { length_samples: samples.len(), channels: 1, stretch })?;
    let first_block = first_sample.min(samples.len().saturating_sub(1)) / BLOCK_SAMPLES;
    let blocks = || samples.chunks(BLOCK_SAMPLES).enumerate();
    for (index, block) in blocks().skip(first_block).chain(blocks().take(first_block)) {
        sink.block(index, 0, block)?;
    }
    Ok(())
}

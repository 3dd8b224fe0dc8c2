//! The source of packs whose sounds chance makes: weights of classes in, a sound out. WORKER THREADS.
//!
//! Their networks know no key: there is one zone, and a note plays its sound faster or slower. Stretch, formant and tilt do not apply.

use std::sync::Arc;

use super::assets::Assets;
use super::endless::EndlessJob;
use super::made::{MadeSounds, SoundKey};
use super::reverse::Reversed;
use super::source::{Job, Pace, Source, SourceError, SourceProperties};
use super::streamed::{Stream, StreamJob, Streamed};
use crate::link::{MAX_SOUND_SAMPLES, SoundSpec, Succession};
use crate::state::Prime;

/// A network that makes sounds by chance.
pub(super) trait Chance: Send + Sync + 'static {
    /// A sound on its way.
    type Sound: Stream + 'static;

    /// What another note of the same sound plays.
    const SUCCESSION: Succession;

    /// Rate of its sounds in hertz.
    fn sample_rate_hz(&self) -> u32;

    /// Length of its sounds in samples.
    fn length_samples(&self) -> usize;

    /// By what its sound is found among those that were made.
    fn key(spec: &SoundSpec) -> SoundKey {
        SoundKey::of(spec)
    }

    /// Begins the sound of a request, which goes on from `prime` in a network that takes one.
    ///
    /// # Errors
    /// [`SourceError`] if there is no such sound.
    fn begin(model: &Arc<Self>, spec: &SoundSpec, prime: Option<&Prime>) -> Result<Self::Sound, SourceError>;
}

/// Sounds of a network.
pub(super) struct ChanceSource<M> {
    model: Arc<M>,
    roots: Vec<u8>,
    made: Arc<MadeSounds>,
}

impl<M: Chance> ChanceSource<M> {
    /// Of `model`, with the root keys of its pack.
    pub(super) fn new(model: Arc<M>, roots: Vec<u8>) -> Self {
        Self { model, roots, made: Arc::default() }
    }

    fn length_samples(&self) -> usize {
        self.model.length_samples().min(MAX_SOUND_SAMPLES)
    }

    fn stream(&self, spec: &SoundSpec, assets: Assets) -> Result<StreamJob<M::Sound>, SourceError> {
        let prime = assets.prime().cloned();
        if prime.is_none() && !spec.assets.prime().is_none() {
            return Err(SourceError::AssetMissing);
        }
        let sound = Streamed {
            length_samples: self.length_samples(),
            sample_rate_hz: self.properties().sample_rate_hz,
            root: spec.key,
            assets,
            kept: (Arc::clone(&self.made), M::key(spec)),
        };
        StreamJob::new(sound, || M::begin(&self.model, spec, prime.as_ref()))
    }
}

impl<M: Chance> Source for ChanceSource<M> {
    fn roots(&self) -> &[u8] {
        &self.roots
    }

    fn succession(&self) -> Succession {
        M::SUCCESSION
    }

    fn properties(&self) -> SourceProperties {
        SourceProperties {
            sample_rate_hz: self.model.sample_rate_hz() as f32,
            channels: 1,
            longest_samples: self.length_samples(),
            is_shaped: false,
            pace: Pace::Slow,
        }
    }

    fn begin(&self, spec: &SoundSpec, assets: Assets) -> Result<Box<dyn Job>, SourceError> {
        let job: Box<dyn Job> = match assets.whole_loop() {
            Some(whole) => Box::new(EndlessJob::new(whole.clone(), spec.key)),
            None => Box::new(self.stream(spec, assets)?),
        };
        Ok(if spec.shaping.is_reversed { Box::new(Reversed::new(job, 1.0)) } else { job })
    }
}

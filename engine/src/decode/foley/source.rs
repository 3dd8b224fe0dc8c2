//! Packs of kind `foley` as instruments: weights of classes in, a clip out. WORKER THREADS.
//!
//! A clip has no samples before its last step. A note that waits hears its beginning, of its first codes, in a fifth of that time; the takes of the next notes
//! are made ahead.

use std::sync::Arc;
use std::time::Instant;

use super::beginning::Beginning;
use super::clip::{Clip, ClipWish};
use super::model::FoleyModel;
use crate::decode::chance::{Chance, ChanceSource};
use crate::decode::made::SoundKey;
use crate::decode::pack_model::PackModel;
use crate::decode::source::{Source, SourceError};
use crate::decode::streamed::{Ahead, STEP, Stream};
use crate::decode::wish::scaled_temperature;
use crate::link::{AssetId, SoundSpec, Succession};
use crate::pack::{PackInfo, class_weights};
use crate::state::Prime;

impl PackModel for FoleyModel {
    fn info(&self) -> PackInfo {
        PackInfo::of_foley(self.manifest(), self.hash())
    }

    fn pack_hash(&self) -> &str {
        self.hash()
    }

    fn source(self: Arc<Self>) -> Arc<dyn Source> {
        let roots = self.info().root_keys;
        Arc::new(ChanceSource::new(self, roots))
    }
}

impl Chance for FoleyModel {
    type Sound = Clip;

    const SUCCESSION: Succession = Succession::Takes;

    fn sample_rate_hz(&self) -> u32 {
        self.manifest().shape.sample_rate_hz
    }

    fn length_samples(&self) -> usize {
        self.manifest().shape.sound_samples()
    }

    fn key(spec: &SoundSpec) -> SoundKey {
        SoundKey { seed: seed(spec), variation: 0, prime: AssetId::NONE, ..SoundKey::of(spec) }
    }

    fn begin(model: &Arc<Self>, spec: &SoundSpec, _prime: Option<&Prime>) -> Result<Clip, SourceError> {
        Clip::new(Arc::clone(model), &wish(spec, model)).map_err(|error| SourceError::Failed(error.to_string()))
    }
}

/// Take `n` has the seed of the request plus `n`, as file `n + 1` of `heptode foley --count` has.
fn seed(spec: &SoundSpec) -> u64 {
    spec.seed.wrapping_add(u64::from(spec.variation))
}

/// The clip of a request, with what else the pack advises.
fn wish(spec: &SoundSpec, model: &FoleyModel) -> ClipWish {
    let manifest = model.manifest();
    ClipWish {
        class_weights: class_weights(&spec.controls, manifest.classes.len()),
        temperature: scaled_temperature(manifest.temperature, spec.temperature),
        keep: manifest.keep,
        guidance: manifest.guidance,
        seed: seed(spec),
        seconds: manifest.seconds(),
    }
}

impl Stream for Clip {
    fn ahead(&mut self) -> Result<Ahead, SourceError> {
        let made = self.advance_beginning().map_err(|error| SourceError::Failed(error.to_string()))?;
        Ok(match made {
            Beginning::NotDue => Ahead::Nothing,
            Beginning::Going => Ahead::Going,
            Beginning::Made(samples) => Ahead::Beginning(samples),
        })
    }

    fn step(&mut self, made: &mut Vec<f32>, length: usize) -> Result<f32, SourceError> {
        /// Part of the work of a clip that lacks its last step.
        const NEARLY_ALL: f32 = 0.99;
        let until = Instant::now() + STEP;
        loop {
            if let Some(samples) = self.advance().map_err(|error| SourceError::Failed(error.to_string()))? {
                made.extend(samples);
                made.resize(length, 0.0);
                return Ok(1.0);
            }
            if Instant::now() >= until {
                return Ok(self.progress().min(NEARLY_ALL));
            }
        }
    }
}

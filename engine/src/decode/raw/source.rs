//! The source of packs of kind `raw`: weights of classes in, a sound out, sample by sample. WORKER THREADS.
//!
//! The network knows no key: there is one zone, and a note plays its sound faster or slower. Stretch, formant and tilt shape frames, which
//! there are none of here.

use std::sync::Arc;

use super::generator::{Generator, Wish};
use super::model::RawModel;
use crate::decode::assets::Assets;
use crate::decode::endless::EndlessJob;
use crate::decode::made::{MadeSounds, SoundKey};
use crate::decode::pack_model::PackModel;
use crate::decode::reverse::Reversed;
use crate::decode::source::{Job, Pace, Source, SourceError, SourceProperties};
use crate::decode::streamed::{Stream, StreamJob, Streamed, fill_step};
use crate::link::{MAX_SOUND_SAMPLES, SoundSpec};
use crate::pack::{PackInfo, class_weights};
use crate::params::hash;

/// Sounds of a network.
struct RawSource {
    model: Arc<RawModel>,
    roots: Vec<u8>,
    made: Arc<MadeSounds>,
}

impl PackModel for RawModel {
    fn info(&self) -> PackInfo {
        PackInfo::of_raw(self.manifest(), self.hash())
    }

    fn pack_hash(&self) -> &str {
        self.hash()
    }

    fn source(self: Arc<Self>) -> Arc<dyn Source> {
        let roots = self.info().root_keys;
        Arc::new(RawSource { model: self, roots, made: Arc::default() })
    }
}

impl Source for RawSource {
    fn roots(&self) -> &[u8] {
        &self.roots
    }

    fn properties(&self) -> SourceProperties {
        SourceProperties {
            sample_rate_hz: self.model.manifest().sample_rate_hz as f32,
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

impl RawSource {
    fn length_samples(&self) -> usize {
        self.model.manifest().length_samples.min(MAX_SOUND_SAMPLES)
    }

    fn stream(&self, spec: &SoundSpec, assets: Assets) -> Result<StreamJob<Generator>, SourceError> {
        let sound = Streamed {
            length_samples: self.length_samples(),
            sample_rate_hz: self.properties().sample_rate_hz,
            root: spec.key,
            assets,
            kept: (Arc::clone(&self.made), SoundKey::of(spec)),
        };
        let wish = wish(spec, &self.model);
        StreamJob::new(sound, || {
            Generator::new(Arc::clone(&self.model), &wish).map_err(|error| SourceError::Failed(error.to_string()))
        })
    }
}

/// What the generator makes for a request: at the pack's temperature, without a prime. Variation 0 is the sound of the seed itself, as
/// `heptode raw` makes it.
fn wish(spec: &SoundSpec, model: &RawModel) -> Wish {
    let manifest = model.manifest();
    Wish {
        class_weights: class_weights(&spec.controls, manifest.classes.len()),
        temperature: manifest.temperature,
        keep: manifest.keep,
        seed: if spec.variation == 0 { spec.seed } else { hash(spec.seed ^ hash(u64::from(spec.variation))) },
        prime: Vec::new(),
        with_prime: true,
    }
}

impl Stream for Generator {
    fn step(&mut self, made: &mut Vec<f32>, length: usize) -> Result<f32, SourceError> {
        Ok(fill_step(made, length, |samples| self.fill(samples)))
    }
}

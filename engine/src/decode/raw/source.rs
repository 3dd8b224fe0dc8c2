//! Packs of kind `raw` as instruments: weights of classes in, a sound out, sample by sample. WORKER THREADS.

use std::sync::Arc;
use std::time::Instant;

use super::generator::{Generator, Wish};
use super::model::RawModel;
use super::prime::PrimeRoom;
use crate::decode::chance::{Chance, ChanceSource};
use crate::decode::pack_model::PackModel;
use crate::decode::source::{Source, SourceError};
use crate::decode::streamed::{STEP, Stream, fill_step};
use crate::decode::wish::scaled_temperature;
use crate::link::{SoundSpec, Succession};
use crate::pack::{PackInfo, class_weights};
use crate::random::hash;
use crate::state::Prime;

/// Samples of a prime that are led through between two looks at the clock.
const LEAD_SAMPLES: usize = 32;

impl PackModel for RawModel {
    fn info(&self) -> PackInfo {
        PackInfo::of_raw(self.manifest(), self.hash())
    }

    fn pack_hash(&self) -> &str {
        self.hash()
    }

    fn source(self: Arc<Self>) -> Arc<dyn Source> {
        let roots = self.info().root_keys;
        Arc::new(ChanceSource::new(self, roots))
    }
}

impl Chance for RawModel {
    type Sound = Generator;

    const SUCCESSION: Succession = Succession::Variations;

    fn sample_rate_hz(&self) -> u32 {
        self.manifest().sample_rate_hz
    }

    fn length_samples(&self) -> usize {
        self.manifest().length_samples
    }

    fn begin(model: &Arc<Self>, spec: &SoundSpec, prime: Option<&Prime>) -> Result<Generator, SourceError> {
        let wish = wish(spec, prime, model)?;
        Generator::new(Arc::clone(model), &wish).map_err(|error| SourceError::Failed(error.to_string()))
    }
}

/// What the generator makes for a request. Variation 0 is the sound of the seed itself, as `heptode raw` makes it.
fn wish(spec: &SoundSpec, prime: Option<&Prime>, model: &RawModel) -> Result<Wish, SourceError> {
    let manifest = model.manifest();
    let samples = |prime| PrimeRoom::of_raw(manifest).samples(prime);
    Ok(Wish {
        class_weights: class_weights(&spec.controls, manifest.classes.len()),
        temperature: scaled_temperature(manifest.temperature, spec.temperature),
        keep: manifest.keep,
        seed: if spec.variation == 0 { spec.seed } else { hash(spec.seed ^ hash(u64::from(spec.variation))) },
        prime: prime.map_or(Ok(Vec::new()), samples).map_err(|error| SourceError::Failed(error.to_string()))?,
        with_prime: prime.is_none_or(|prime| prime.keep),
    })
}

impl Stream for Generator {
    fn step(&mut self, made: &mut Vec<f32>, length: usize) -> Result<f32, SourceError> {
        let until = Instant::now() + STEP;
        while !self.lead(LEAD_SAMPLES) {
            if Instant::now() >= until {
                return Ok(0.0);
            }
        }
        Ok(fill_step(made, length, |samples| self.fill(samples)))
    }
}

//! Something that encodes and decodes sounds: a reference model, or the engine's pipeline over a model pack. The ways to make
//! sounds, the measurement and the classification know no more than this.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, anyhow, ensure};
use engine::decode::{Model, Pipeline, Shaping};
use engine::pack::{LatentDistribution, Pack};
use engine::units::{LATENT_LIMIT, Latent, MODEL_LATENTS};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// Sounds ↔ latent vectors. Sounds are mono, 44.1 kHz, 88 064 samples, peak 1; keys are MIDI keys, which models without a key
/// ignore.
pub trait SoundCodec {
    /// What a report calls it.
    fn name(&self) -> String;
    /// Numbers of a latent vector.
    fn latent_len(&self) -> usize;
    /// Largest magnitude of a latent that changes anything, if there is one.
    fn limit(&self) -> Option<f32> {
        None
    }
    /// The latent vector of a sound, without chance.
    fn encode(&mut self, samples: &[f32], key: f32) -> Result<Vec<f32>>;
    /// One draw from the encoder's distribution; where it has none, the latent vector with normal noise of deviation `spread`.
    fn draw(&mut self, samples: &[f32], key: f32, spread: f32, rng: &mut ChaCha8Rng) -> Result<Vec<f32>>;
    /// A latent vector at random.
    fn random(&mut self, rng: &mut ChaCha8Rng) -> Result<Vec<f32>>;
    /// The sound of a latent vector.
    fn decode(&mut self, latent: &[f32], key: f32) -> Result<Vec<f32>>;
}

/// A model pack, played by the engine.
pub struct PackCodec {
    name: String,
    distribution: LatentDistribution,
    pipeline: Pipeline,
}

impl PackCodec {
    /// Opens a pack: a folder or a file.
    ///
    /// # Errors
    /// The pack is refused or its encoder cannot be loaded.
    pub fn open(path: &Path) -> Result<Self> {
        let pack = Pack::open(path)?;
        let name = pack.manifest().name.clone();
        let distribution = LatentDistribution::of(pack.manifest().kind, &pack.manifest().sounds);
        Ok(Self { name, distribution, pipeline: Pipeline::new(Arc::new(Model::load(&pack)?))? })
    }
}

impl SoundCodec for PackCodec {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn latent_len(&self) -> usize {
        MODEL_LATENTS
    }

    fn limit(&self) -> Option<f32> {
        Some(LATENT_LIMIT)
    }

    fn encode(&mut self, samples: &[f32], key: f32) -> Result<Vec<f32>> {
        Ok(self.pipeline.place(samples, key)?.to_vec())
    }

    fn draw(&mut self, samples: &[f32], key: f32, spread: f32, rng: &mut ChaCha8Rng) -> Result<Vec<f32>> {
        let latent = self.pipeline.encode(samples, key)?;
        Ok(latent.iter().map(|value| value + spread * rng.sample::<f32, _>(StandardNormal)).collect())
    }

    fn random(&mut self, rng: &mut ChaCha8Rng) -> Result<Vec<f32>> {
        let normal = std::array::from_fn(|_| rng.sample(StandardNormal));
        let kernel = if self.distribution.has_kernels() { rng.random() } else { 0 };
        Ok(self.distribution.point(&normal, kernel).to_vec())
    }

    fn decode(&mut self, latent: &[f32], key: f32) -> Result<Vec<f32>> {
        let mut point = Latent::try_from(latent)
            .map_err(|_| anyhow!("a pack takes {MODEL_LATENTS} latents, not {}", latent.len()))?;
        ensure!(point.iter().all(|value| value.is_finite()), "a latent value is not a finite number");
        point.iter_mut().for_each(|value| *value = value.clamp(-LATENT_LIMIT, LATENT_LIMIT));
        Ok(self.pipeline.decode(&point, key, &Shaping::default())?)
    }
}

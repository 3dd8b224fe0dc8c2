//! A reference model put together: outer auto-encoder, inner network, and the transform that its sounds pass.

use std::path::Path;

use anyhow::Result;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tch::nn::VarStore;
use tch::{Device, Tensor};

use super::codec::SoundCodec;
use super::config::Config;
use super::data::{Set, samples_input, spectrogram};
use super::history::History;
use super::model_name::ModelName;
use super::network::{Inner, Outer, Posterior};
use super::raw_ae::SAMPLES;
use super::stage::{INNER, OUTER, load_stage};
use super::transform::{Transform, bring_to_peak};

/// Iterations of fast Griffin-Lim after a spectrogram model.
pub const ITERATIONS: usize = 100;

/// Networks and transform of one model.
pub struct Reference {
    /// Which one.
    pub model: ModelName,
    /// Features or samples ↔ codes.
    pub outer: Box<dyn Outer>,
    /// Weights of the outer network.
    pub outer_store: VarStore,
    /// Codes ↔ latents; none if the codes are the latents.
    pub inner: Option<Box<dyn Inner>>,
    /// Weights of the inner network.
    pub inner_store: VarStore,
    /// Iterations of fast Griffin-Lim.
    pub iterations: usize,
    transform: Transform,
}

/// Numbers of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Of the outer network.
    pub outer: usize,
    /// Of the inner network.
    pub inner: usize,
}

impl Reference {
    /// A model with fresh weights.
    pub fn new(config: &Config) -> Self {
        tch::manual_seed(config.seed as i64);
        let (outer_store, inner_store) = (VarStore::new(Device::Cpu), VarStore::new(Device::Cpu));
        let outer = config.model.outer(&outer_store.root(), &config.settings);
        let inner = config.model.inner(&inner_store.root(), outer.code_len(), &config.settings);
        Self {
            model: config.model,
            outer,
            outer_store,
            inner,
            inner_store,
            iterations: ITERATIONS,
            transform: Transform::new(),
        }
    }

    /// The trained model of a run folder, and the histories of its stages where they are finished.
    ///
    /// # Errors
    /// The configuration or the weights of a stage cannot be read.
    pub fn open(run: &Path) -> Result<(Self, Vec<History>)> {
        let config = Config::read(run)?;
        let model = Self::new(&config);
        let mut histories = Vec::new();
        histories.extend(load_stage(run, OUTER, &model.outer_store)?);
        if model.inner.is_some() {
            histories.extend(load_stage(run, INNER, &model.inner_store)?);
        }
        Ok((model, histories))
    }

    /// The model of a run folder of which only the outer network is trained, and that network's history if it is finished.
    ///
    /// # Errors
    /// The configuration or the weights of the outer stage cannot be read.
    pub fn open_outer(run: &Path) -> Result<(Self, Option<History>)> {
        let model = Self::new(&Config::read(run)?);
        let history = load_stage(run, OUTER, &model.outer_store)?;
        Ok((model, history))
    }

    /// How many weights there are.
    pub fn parameters(&self) -> Parameters {
        let count = |store: &VarStore| store.variables().values().map(Tensor::numel).sum();
        Parameters { outer: count(&self.outer_store), inner: count(&self.inner_store) }
    }

    /// Numbers of the input against numbers of the code, and against numbers of the latents.
    pub fn compression(&self) -> (f64, f64) {
        let input = self.model.input_len() as f64;
        (input / self.outer.code_len() as f64, input / self.latent_len() as f64)
    }

    /// Sizes in one line.
    pub fn describe(&self) -> String {
        let (parameters, (outer, whole)) = (self.parameters(), self.compression());
        let mut text = format!("outer {} parameters, compression {outer:.1}", parameters.outer);
        if let Some(inner) = &self.inner {
            let further = self.outer.code_len() as f64 / inner.latent_len() as f64;
            text += &format!("; inner {} parameters, compression {further:.0}", parameters.inner);
        }
        text + &format!("; {} latents, compression {whole:.0} in all", self.latent_len())
    }

    /// Codes of a batch through the latents and back to the model's input.
    pub fn remake(&self, batch: &Tensor) -> Tensor {
        let codes = self.outer.encode(batch);
        let codes =
            self.inner.as_ref().map_or_else(|| codes.shallow_clone(), |inner| inner.decode(&inner.encode(&codes)));
        self.outer.decode(&codes)
    }

    /// Distribution of the latents of a set, for models that have one.
    pub fn posterior(&self, set: &Set) -> Option<Posterior> {
        let inner = self.inner.as_ref()?;
        let parts = set.chunks().map(|batch| tch::no_grad(|| inner.posterior(&self.outer.encode(&batch))));
        let parts: Vec<Posterior> = parts.collect::<Option<_>>()?;
        let joined = |pick: fn(&Posterior) -> &Tensor| Tensor::cat(&parts.iter().map(pick).collect::<Vec<_>>(), 0);
        Some(Posterior { mean: joined(|p| &p.mean), log_variance: joined(|p| &p.log_variance) })
    }

    /// A sound as a batch of one.
    fn input(&mut self, samples: &[f32]) -> Tensor {
        if self.model.hears_samples() {
            let whole = &samples[..samples.len().min(SAMPLES as usize)];
            samples_input(&Tensor::from_slice(whole).unsqueeze(0))
        } else {
            spectrogram(&self.transform.encode(samples)).unsqueeze(0)
        }
    }

    fn codes(&mut self, samples: &[f32]) -> Tensor {
        let input = self.input(samples);
        tch::no_grad(|| self.outer.encode(&input))
    }
}

fn list(tensor: &Tensor) -> Result<Vec<f32>> {
    Ok(Vec::try_from(tensor.reshape([-1]))?)
}

impl SoundCodec for Reference {
    fn name(&self) -> String {
        self.model.as_str().to_owned()
    }

    fn latent_len(&self) -> usize {
        self.inner.as_ref().map_or_else(|| self.outer.code_len(), |inner| inner.latent_len())
    }

    fn encode(&mut self, samples: &[f32], _key: f32) -> Result<Vec<f32>> {
        let codes = self.codes(samples);
        list(&tch::no_grad(|| self.inner.as_ref().map_or_else(|| codes.shallow_clone(), |inner| inner.encode(&codes))))
    }

    fn draw(&mut self, samples: &[f32], key: f32, spread: f32, rng: &mut ChaCha8Rng) -> Result<Vec<f32>> {
        let codes = self.codes(samples);
        tch::manual_seed((rng.random::<u64>() >> 1) as i64);
        match self.inner.as_ref().and_then(|inner| tch::no_grad(|| inner.posterior(&codes))) {
            Some(posterior) => list(&posterior.draw()),
            None => {
                let latent = Tensor::from_slice(&self.encode(samples, key)?);
                list(&(&latent + latent.randn_like() * f64::from(spread)))
            }
        }
    }

    fn random(&mut self, rng: &mut ChaCha8Rng) -> Result<Vec<f32>> {
        tch::manual_seed((rng.random::<u64>() >> 1) as i64);
        match &self.inner {
            Some(inner) => list(&inner.random()),
            // The values of a code lie in [−1, 1]; so do most amplitudes.
            None => list(&(Tensor::rand([self.outer.code_len() as i64], tch::kind::FLOAT_CPU) * 2.0 - 1.0)),
        }
    }

    fn decode(&mut self, latent: &[f32], _key: f32) -> Result<Vec<f32>> {
        let latent = Tensor::from_slice(latent).unsqueeze(0);
        let made = tch::no_grad(|| {
            let codes = self.inner.as_ref().map_or_else(|| latent.shallow_clone(), |inner| inner.decode(&latent));
            self.outer.decode(&codes)
        });
        let made = list(&made)?;
        if !self.model.hears_samples() {
            return Ok(self.transform.decode(&made, self.iterations));
        }
        let mut samples = made[..engine::spectral::SpectralShape::DEFAULT.sound_samples()].to_vec();
        bring_to_peak(&mut samples);
        Ok(samples)
    }
}

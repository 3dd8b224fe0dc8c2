//! The report's inner network: a fully connected VAE between codes and latents, and the measure of its collapse.

use tch::nn::Path;
use tch::{Device, Kind, Tensor};

use super::layers::{Dense, Layer};
use super::network::{Inner, Loss, Network, Posterior, squared_error};

/// Log-variances are held to this range, so that a first wild step cannot overflow.
const LOG_VARIANCE_RANGE: (f64, f64) = (-20.0, 10.0);
/// A dimension whose mean varies less than this over the sounds is inactive (Burda, Grosse and Salakhutdinov 2016).
const ACTIVE_VARIANCE: f64 = 0.01;

/// The VAE.
#[derive(Debug)]
pub struct Vae {
    encoder: Dense,
    mean: Layer,
    log_variance: Layer,
    decoder: Dense,
    latents: i64,
    /// Part of the training over which the weight of the divergence rises to 1; 0 means that it is 1 throughout.
    annealing: f64,
}

impl Vae {
    /// Fresh weights under `path`: `code` – `hidden` – `latents` and back.
    pub fn new(path: &Path, code: i64, hidden: &[i64], latents: i64, annealing: f64) -> Self {
        let down = [&[code], hidden].concat();
        let narrow = down[down.len() - 1];
        let up: Vec<i64> = std::iter::once(latents).chain(down.iter().rev().copied()).collect();
        Self {
            encoder: Dense::new(&(path / "encoder"), &down, false),
            mean: Layer::dense(&(path / "mean"), narrow, latents),
            log_variance: Layer::dense(&(path / "log_variance"), narrow, latents),
            decoder: Dense::new(&(path / "decoder"), &up, true),
            latents,
            annealing,
        }
    }

    fn distribution(&self, codes: &Tensor) -> Posterior {
        let hidden = self.encoder.forward(codes);
        let log_variance = self.log_variance.linear(&hidden).clamp(LOG_VARIANCE_RANGE.0, LOG_VARIANCE_RANGE.1);
        Posterior { mean: self.mean.linear(&hidden), log_variance }
    }
}

impl Posterior {
    /// A draw from the distribution of each sound.
    pub fn draw(&self) -> Tensor {
        &self.mean + (&self.log_variance * 0.5).exp() * self.mean.randn_like()
    }

    /// Kullback-Leibler divergence from the unit normal distribution in nats, `[batch, latents]`.
    pub fn divergence_nats(&self) -> Tensor {
        (&self.mean * &self.mean + self.log_variance.exp() - 1.0 - &self.log_variance) * 0.5
    }
}

impl Network for Vae {
    /// Squared error of the code plus the divergence: the report needs no other weight between them.
    fn loss(&self, batch: &Tensor, progress: f64) -> Loss {
        let posterior = self.distribution(batch);
        let error = squared_error(&self.decode(&posterior.draw()), batch);
        let divergence = posterior.divergence_nats().sum(Kind::Float) / batch.size()[0] as f64;
        let weight = if self.annealing > 0.0 { (progress / self.annealing).min(1.0) } else { 1.0 };
        Loss { total: &error + divergence * weight, error }
    }

    fn error(&self, batch: &Tensor) -> Tensor {
        squared_error(&self.decode(&self.encode(batch)), batch)
    }
}

impl Inner for Vae {
    fn latent_len(&self) -> usize {
        self.latents as usize
    }

    fn encode(&self, codes: &Tensor) -> Tensor {
        self.distribution(codes).mean
    }

    fn decode(&self, latents: &Tensor) -> Tensor {
        self.decoder.forward(latents)
    }

    fn posterior(&self, codes: &Tensor) -> Option<Posterior> {
        Some(self.distribution(codes))
    }

    fn random(&self) -> Tensor {
        Tensor::randn([1, self.latents], (Kind::Float, Device::Cpu))
    }
}

/// How much a VAE uses each latent dimension.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Usage {
    /// Mean divergence of each dimension in nats; 0 in a collapsed one.
    pub divergence_nats: Vec<f64>,
    /// Mean of the means of each dimension.
    pub mean: Vec<f64>,
    /// Standard deviation of the means of each dimension.
    pub deviation: Vec<f64>,
    /// Dimensions whose mean varies.
    pub active: usize,
}

impl Usage {
    /// The usage over some sounds.
    pub fn new(posterior: &Posterior) -> Self {
        let list = |tensor: Tensor| Vec::<f64>::try_from(tensor.to_kind(Kind::Double)).unwrap_or_default();
        let over_sounds = |tensor: &Tensor| tensor.mean_dim([0i64].as_slice(), false, Kind::Float);
        let variance = posterior.mean.var_dim([0i64].as_slice(), false, false);
        let variances = list(variance.shallow_clone());
        Self {
            divergence_nats: list(over_sounds(&posterior.divergence_nats())),
            mean: list(over_sounds(&posterior.mean)),
            deviation: list(variance.sqrt()),
            active: variances.iter().filter(|variance| **variance > ACTIVE_VARIANCE).count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;

    use super::*;

    #[test]
    fn the_published_vae_has_the_published_parameters() {
        let store = VarStore::new(Device::Cpu);
        let network = Vae::new(&store.root(), 6300, &[1850, 1008, 443], 7, 0.0);
        let parameters: usize = store.trainable_variables().iter().map(Tensor::numel).sum();
        assert_eq!(parameters, 27_954_907);
        assert_eq!(6300 / network.latent_len(), 900);
        let codes = Tensor::rand([2, 6300], (Kind::Float, Device::Cpu));
        assert_eq!(network.encode(&codes).size(), [2, 7]);
        assert_eq!(network.decode(&network.encode(&codes)).size(), [2, 6300]);
    }

    #[test]
    fn the_divergence_is_the_published_formula_and_annealing_weighs_it() {
        let tensor = |values: &[f32]| Tensor::from_slice(values).view([1, 2]);
        let posterior = Posterior { mean: tensor(&[1.0, 0.0]), log_variance: tensor(&[0.0, 0.0]) };
        let nats = Vec::<f32>::try_from(posterior.divergence_nats().view(-1)).expect("two numbers");
        assert_eq!(nats, [0.5, 0.0]);
        let store = VarStore::new(Device::Cpu);
        let network = Vae::new(&store.root(), 10, &[8], 2, 0.5);
        let codes = Tensor::rand([4, 10], (Kind::Float, Device::Cpu));
        let weighed = |progress: f64| {
            tch::manual_seed(3);
            let loss = network.loss(&codes, progress);
            (loss.total - loss.error).double_value(&[])
        };
        assert_eq!(weighed(0.0), 0.0);
        assert!(weighed(0.25) > 0.0);
        assert!((weighed(1.0) / weighed(0.25) - 2.0).abs() < 1e-3, "full weight is reached at half of the training");
        assert_eq!(weighed(0.5), weighed(1.0));
    }

    #[test]
    fn a_collapsed_dimension_is_counted_as_inactive() {
        let mean = Tensor::from_slice(&[1.0_f32, 0.0, -1.0, 0.001, 0.5, 0.0]).view([3, 2]);
        let log_variance = Tensor::from_slice(&[-4.0_f32, 0.0, -4.0, 0.0, -4.0, 0.0]).view([3, 2]);
        let usage = Usage::new(&Posterior { mean, log_variance });
        assert_eq!(usage.active, 1);
        assert!(usage.divergence_nats[0] > 1.0 && usage.divergence_nats[1] < 1e-6);
    }
}

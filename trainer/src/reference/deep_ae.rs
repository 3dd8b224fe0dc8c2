//! The addendum's deep auto-encoder: codes ↔ latents in [−1, 1], without a distribution. It reproduces well and over-fits.

use tch::nn::Path;
use tch::{Device, Kind, Tensor};

use super::layers::Dense;
use super::network::{Inner, Loss, Network, squared_error};

/// The auto-encoder.
#[derive(Debug)]
pub struct DeepAe {
    encoder: Dense,
    decoder: Dense,
    latents: i64,
}

impl DeepAe {
    /// Fresh weights under `path`: `code` – `hidden` – `latents` and back.
    pub fn new(path: &Path, code: i64, hidden: &[i64], latents: i64) -> Self {
        let down = [&[code], hidden, &[latents]].concat();
        let up: Vec<i64> = down.iter().rev().copied().collect();
        Self {
            encoder: Dense::new(&(path / "encoder"), &down, true),
            decoder: Dense::new(&(path / "decoder"), &up, true),
            latents,
        }
    }
}

impl Network for DeepAe {
    fn loss(&self, batch: &Tensor, _progress: f64) -> Loss {
        let error = self.error(batch);
        Loss { total: error.shallow_clone(), error }
    }

    fn error(&self, batch: &Tensor) -> Tensor {
        squared_error(&self.decode(&self.encode(batch)), batch)
    }
}

impl Inner for DeepAe {
    fn latent_len(&self) -> usize {
        self.latents as usize
    }

    fn encode(&self, codes: &Tensor) -> Tensor {
        self.encoder.forward(codes).tanh()
    }

    fn decode(&self, latents: &Tensor) -> Tensor {
        self.decoder.forward(&latents.clamp(-1.0, 1.0))
    }

    fn random(&self) -> Tensor {
        Tensor::rand([1, self.latents], (Kind::Float, Device::Cpu)) * 2.0 - 1.0
    }
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;

    use super::*;

    #[test]
    fn latents_lie_between_minus_one_and_one() {
        tch::manual_seed(1);
        let store = VarStore::new(Device::Cpu);
        let network = DeepAe::new(&store.root(), 2257, &[900, 300], 7);
        let codes = Tensor::randn([8, 2257], (Kind::Float, Device::Cpu)) * 100.0;
        let latents = network.encode(&codes);
        assert_eq!(latents.size(), [8, 7]);
        assert!(latents.abs().max().double_value(&[]) <= 1.0);
        assert_eq!(network.decode(&latents).size(), [8, 2257]);
    }
}

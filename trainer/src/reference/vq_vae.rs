//! The vector-quantised VAE that the addendum names as the next step (van den Oord, Vinyals and Kavukcuoglu 2017): a sound is a
//! few entries of a learned codebook.

use tch::nn::{Init, Path};
use tch::{Device, Kind, Tensor};

use super::layers::Dense;
use super::network::{Inner, Loss, Network, squared_error};
use super::settings::QuantisedSettings;

/// Weight of the term that keeps the encoder near the codebook: β of the paper.
const COMMITMENT: f64 = 0.25;

/// The network; its latents are `positions · width` numbers, of which decoding uses the nearest entries.
#[derive(Debug)]
pub struct VqVae {
    encoder: Dense,
    decoder: Dense,
    codebook: Tensor,
    settings: QuantisedSettings,
}

impl VqVae {
    /// Fresh weights under `path`.
    pub fn new(path: &Path, code: i64, settings: &QuantisedSettings) -> Self {
        let latents = settings.positions * settings.width;
        let bound = 1.0 / (settings.width as f64).sqrt();
        Self {
            encoder: Dense::new(&(path / "encoder"), &[code, settings.hidden, latents], true),
            decoder: Dense::new(&(path / "decoder"), &[latents, settings.hidden, code], true),
            codebook: path.var(
                "codebook",
                &[settings.entries, settings.width],
                Init::Uniform { lo: -bound, up: bound },
            ),
            settings: settings.clone(),
        }
    }

    /// Index of the nearest entry at every position: `[batch, positions · width]` → `[batch · positions]`.
    pub fn indices(&self, latents: &Tensor) -> Tensor {
        let points = latents.reshape([-1, self.settings.width]);
        let squares = |x: &Tensor, keep| x.square().sum_dim_intlist([1i64].as_slice(), keep, Kind::Float);
        let cross = points.matmul(&self.codebook.transpose(0, 1));
        (squares(&points, true) - cross * 2.0 + squares(&self.codebook, false)).argmin(1, false)
    }

    /// The nearest entries in place of the latents.
    fn quantise(&self, latents: &Tensor) -> Tensor {
        self.codebook.index_select(0, &self.indices(latents)).view([-1, self.settings.positions * self.settings.width])
    }
}

impl Network for VqVae {
    fn loss(&self, batch: &Tensor, _progress: f64) -> Loss {
        let latents = self.encoder.forward(batch);
        let entries = self.quantise(&latents);
        // The gradient passes the quantiser as if it were not there.
        let passed = &latents + (&entries - &latents).detach();
        let error = squared_error(&self.decoder.forward(&passed), batch);
        let codebook = squared_error(&entries, &latents.detach());
        let commitment = squared_error(&latents, &entries.detach());
        Loss { total: &error + codebook + commitment * COMMITMENT, error }
    }

    fn error(&self, batch: &Tensor) -> Tensor {
        squared_error(&self.decode(&self.encode(batch)), batch)
    }
}

impl Inner for VqVae {
    fn latent_len(&self) -> usize {
        (self.settings.positions * self.settings.width) as usize
    }

    fn encode(&self, codes: &Tensor) -> Tensor {
        self.quantise(&self.encoder.forward(codes))
    }

    fn decode(&self, latents: &Tensor) -> Tensor {
        self.decoder.forward(&self.quantise(latents))
    }

    fn random(&self) -> Tensor {
        let indices = Tensor::randint(self.settings.entries, [self.settings.positions], (Kind::Int64, Device::Cpu));
        self.codebook.index_select(0, &indices.to_device(self.codebook.device())).view([1, -1])
    }
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;

    use super::*;
    use crate::reference::settings::Settings;

    #[test]
    fn latents_are_entries_of_the_codebook_and_the_nearest_ones() {
        tch::manual_seed(1);
        let store = VarStore::new(Device::Cpu);
        let network = VqVae::new(&store.root(), 100, &Settings::default().quantised);
        let codes = Tensor::randn([3, 100], (Kind::Float, Device::Cpu));
        let latents = network.encode(&codes);
        assert_eq!(latents.size(), [3, 256]);
        let again = network.quantise(&latents);
        assert_eq!((again - &latents).abs().max().double_value(&[]), 0.0, "an entry is nearest to itself");
        let entry = network.codebook.get(17);
        let near = (&entry + 1e-4).repeat([16]).unsqueeze(0);
        let indices = Vec::<i64>::try_from(network.indices(&near)).expect("indices");
        assert!(indices.iter().all(|index| *index == 17), "{indices:?}");
    }

    #[test]
    fn the_gradient_reaches_encoder_and_codebook() {
        tch::manual_seed(1);
        let store = VarStore::new(Device::Cpu);
        let network = VqVae::new(&store.root(), 100, &Settings::default().quantised);
        network.loss(&Tensor::randn([3, 100], (Kind::Float, Device::Cpu)), 0.0).total.backward();
        for (name, variable) in store.variables() {
            assert!(variable.grad().abs().sum(Kind::Float).double_value(&[]) > 0.0, "{name} gets no gradient");
        }
    }
}

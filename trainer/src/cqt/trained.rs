//! The networks of a run as they go into a pack: loaded, in units of the knobs, rounded to 16 bits.

use std::path::Path;

use anyhow::Result;
use engine::pack::Control;
use engine::units::{LATENT_LIMIT, Latent};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

use super::axes::Axes;
use super::config::RunConfig;
use super::data::CqtData;
use super::model::{Decoder, Encoder, LATENTS};
use super::stage::STAGE;
use crate::descriptors::{DESCRIPTORS, Descriptors, measure};
use crate::export::axes::named;
use crate::train::load_finished;

/// Part of the sounds, about, that lies within the limits of each knob.
const WITHIN_LIMITS: f64 = 0.99;
const CHUNK: i64 = 64;

/// Encoder and decoder with their averaged weights, on the CPU.
#[derive(Debug)]
pub struct Trained {
    store: VarStore,
    pub encoder: Encoder,
    pub decoder: Decoder,
    /// Whether the training had run to its end.
    pub finished: bool,
}

impl Trained {
    /// Networks with fresh weights, drawn by torch's generator.
    pub fn untrained(config: &RunConfig) -> Self {
        let store = VarStore::new(Device::Cpu);
        let root = store.root();
        let encoder = Encoder::new(&(&root / "encoder"), config.activation);
        let decoder = Decoder::new(&(&root / "decoder"), config.activation, config.upsampling);
        Self { store, encoder, decoder, finished: false }
    }

    /// Loads a run.
    ///
    /// # Errors
    /// Its weights are missing, damaged or of other networks.
    pub fn load(run: &Path, config: &RunConfig) -> Result<Self> {
        let mut trained = Self::untrained(config);
        trained.finished = load_finished(run, STAGE, &trained.store)?;
        Ok(trained)
    }

    /// Means of the latents, `[item, 7]`.
    pub fn means(&self, data: &CqtData) -> Tensor {
        let count = data.len() as i64;
        let parts = (0..count).step_by(CHUNK as usize).map(|start| {
            tch::no_grad(|| self.encoder.forward(&data.frames.narrow(0, start, CHUNK.min(count - start))).0)
        });
        Tensor::cat(&parts.collect::<Vec<_>>(), 0)
    }

    /// Latent points within the limits, and the mean absolute error of what is decoded there, in frame values.
    ///
    /// # Errors
    /// Torch refuses a conversion.
    pub fn points(&self, data: &CqtData) -> Result<Vec<(Latent, f32)>> {
        let limit = f64::from(LATENT_LIMIT);
        let means = self.means(data).clamp(-limit, limit);
        let count = data.len() as i64;
        let errors = (0..count).step_by(CHUNK as usize).map(|start| {
            let length = CHUNK.min(count - start);
            let made = tch::no_grad(|| self.decoder.forward(&means.narrow(0, start, length), true).clamp_min(-1.0));
            (made - data.frames.narrow(0, start, length)).abs().mean_dim([1i64, 2].as_slice(), false, Kind::Float)
        });
        let errors = Vec::<f32>::try_from(Tensor::cat(&errors.collect::<Vec<_>>(), 0))?;
        let flat = Vec::<f32>::try_from(means.contiguous().view(-1))?;
        let point = |values: &[f32]| std::array::from_fn(|axis| values[axis]);
        Ok(flat.chunks_exact(LATENTS as usize).map(point).zip(errors).collect())
    }

    /// Turns the latents into the knobs of [`Axes`], over `data` with mean 0 and deviation 1, or less where that keeps nearly all sounds
    /// within the limits of the knobs; then rounds all weights to 16 bits.
    ///
    /// # Errors
    /// Torch refuses a conversion.
    pub fn settle(&mut self, data: &CqtData) -> Result<()> {
        let means = self.means(data);
        let axes = Axes::of(&means, &measure(&data.frames))?;
        let knobs = (&means - &axes.middle).matmul(&axes.to.tr());
        let farthest = knobs.abs().quantile_scalar(WITHIN_LIMITS, 0, false, "linear") / f64::from(LATENT_LIMIT);
        let axes = axes.scaled(&farthest.clamp_min(1.0));
        tch::no_grad(|| {
            let (mut weight, mut bias) =
                (self.encoder.mean.weight.shallow_clone(), self.encoder.mean.bias.shallow_clone());
            weight.copy_(&axes.to.matmul(&weight));
            bias.copy_(&axes.to.mv(&(&bias - &axes.middle)));
            let (mut weight, mut bias) =
                (self.decoder.first.weight.shallow_clone(), self.decoder.first.bias.shallow_clone());
            bias.copy_(&(&bias + weight.mv(&axes.middle)));
            weight.copy_(&weight.matmul(&axes.from));
            for mut parameter in self.store.variables().into_values() {
                parameter.copy_(&parameter.to_kind(Kind::Half).to_kind(Kind::Float));
            }
        });
        Ok(())
    }

    /// What the knobs follow, by sounds decoded at `points`.
    ///
    /// # Errors
    /// Torch refuses a conversion.
    pub fn controls(&self, points: &[Latent]) -> Result<Vec<Control>> {
        let latents = Tensor::from_slice(points.as_flattened()).view([-1, LATENTS]);
        let made = tch::no_grad(|| self.decoder.forward(&latents, true).clamp_min(-1.0));
        let flat = Vec::<f32>::try_from(measure(&made).contiguous().view(-1))?;
        let traits: Vec<Descriptors> =
            flat.chunks_exact(DESCRIPTORS).map(|row| std::array::from_fn(|place| row[place])).collect();
        Ok(named(points, &traits))
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{Activation, BANDS, FRAMES, Upsampling};
    use super::*;

    #[test]
    fn other_units_decode_to_the_same_frames() {
        tch::manual_seed(4);
        let config = RunConfig::of_test(Activation::LeakyRelu, Upsampling::Nearest);
        let mut trained = Trained::untrained(&config);
        let frames = Tensor::rand([40, BANDS, FRAMES], tch::kind::FLOAT_CPU) - 0.5;
        let data = CqtData { items: Vec::new(), frames };
        let decode = |trained: &Trained| tch::no_grad(|| trained.decoder.forward(&trained.means(&data), false));
        let before = decode(&trained);
        trained.settle(&data).unwrap();
        // Sixteen bits keep three to four digits.
        let scale = before.abs().max().double_value(&[]);
        assert!((decode(&trained) - before).abs().max().double_value(&[]) < 0.02 * scale);
        let means = trained.means(&data);
        assert!(means.mean_dim([0i64].as_slice(), false, Kind::Float).abs().max().double_value(&[]) < 0.02);
        assert!(means.std(false).double_value(&[]) < 1.05);
    }
}

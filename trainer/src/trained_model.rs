//! The three networks of a run as they go into a pack: loaded, brought into units of the knobs, and rounded to 16 bits. Runs torch.

use std::fmt;
use std::path::Path;

use anyhow::Result;
use engine::decode::pipeline::key_input;
use engine::spectral::SpectralShape;
use engine::units::{LATENT_LIMIT, Latent};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

use crate::descriptors::{self, DESCRIPTORS, Descriptors};
use crate::features::Dataset;
use crate::model::vae::LATENTS;
use crate::model::{Decoder, Encoder, Vocoder};
use crate::train::checkpoint::{copy_shared, is_begun};
use crate::train::{LEAST_SPREAD, load_finished};

/// Part of the sounds, about, that lies within the limits of each knob.
const WITHIN_LIMITS: f64 = 0.99;
/// Sounds of one forward pass.
const CHUNK: i64 = 64;

/// Encoder, decoder and vocoder of a run, with their averaged weights, on the CPU.
#[derive(Debug)]
pub struct TrainedModel {
    stores: [VarStore; 2],
    /// Frames → latents.
    pub encoder: Encoder,
    /// Latents → frames.
    pub decoder: Decoder,
    /// Frames → bins.
    pub vocoder: Vocoder,
    /// Whether all stages had run to their end.
    pub finished: bool,
}

/// What one unit of each latent was before.
#[derive(Debug)]
pub struct LatentStatistics {
    scales: Vec<f64>,
    clamped_part: f64,
}

impl fmt::Display for LatentStatistics {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let scales: Vec<String> = self.scales.iter().map(|scale| format!("{scale:.2}")).collect();
        write!(
            out,
            "one unit was {}; {:.2} % of coordinates lie beyond ±3",
            scales.join(" "),
            self.clamped_part * 100.0
        )
    }
}

impl TrainedModel {
    /// Networks with fresh weights, drawn by torch's generator.
    pub fn untrained() -> Self {
        let stores = [VarStore::new(Device::Cpu), VarStore::new(Device::Cpu)];
        let root = stores[0].root();
        let (encoder, decoder) = (Encoder::new(&(&root / "encoder")), Decoder::new(&(&root / "decoder")));
        let vocoder = Vocoder::new(&(stores[1].root() / "vocoder"), &SpectralShape::DEFAULT);
        Self { stores, encoder, decoder, vocoder, finished: false }
    }

    /// Loads the averaged weights of a run.
    ///
    /// # Errors
    /// A stage's weights are missing, damaged or of other networks.
    pub fn load(run: &Path) -> Result<Self> {
        let mut model = Self::untrained();
        let vae_finished = load_finished(run, "vae", &model.stores[0])?;
        let decoder_finished = !is_begun(run, "decoder")? || load_decoder(run, &model.stores[0])?;
        let vocoder_finished = load_finished(run, "vocoder", &model.stores[1])?;
        model.finished = vae_finished && decoder_finished && vocoder_finished;
        Ok(model)
    }

    /// Means of the latents of every sound, `[item, 7]`.
    pub fn means(&self, data: &Dataset) -> Tensor {
        self.posterior(data).0
    }

    /// Means and log-variances of the latents of every sound, `[item, 7]` each.
    pub fn posterior(&self, data: &Dataset) -> (Tensor, Tensor) {
        let count = data.len() as i64;
        let parts = (0..count).step_by(CHUNK as usize).map(|start| {
            let length = CHUNK.min(count - start);
            let part = |tensor: &Tensor| tensor.narrow(0, start, length);
            tch::no_grad(|| self.encoder.forward(&part(&data.frames), &part(&data.keys)))
        });
        let (means, log_variances): (Vec<_>, Vec<_>) = parts.unzip();
        (Tensor::cat(&means, 0), Tensor::cat(&log_variances, 0))
    }

    /// Latent points of every sound, within the limits.
    ///
    /// # Errors
    /// Torch refuses the conversion.
    pub fn latents(&self, data: &Dataset) -> Result<Vec<Latent>> {
        let limit = f64::from(LATENT_LIMIT);
        let flat = Vec::<f32>::try_from(self.means(data).clamp(-limit, limit).contiguous().view(-1))?;
        let point = |values: &[f32]| {
            let mut point = Latent::default();
            point.copy_from_slice(values);
            point
        };
        Ok(flat.chunks_exact(LATENTS as usize).map(point).collect())
    }

    /// Rewrites the last layer of the encoder and the first of the decoder so that over `data` each latent has deviation 1, or less
    /// where that is what keeps nearly all sounds within the limits or where it hardly varies: then one turn of any knob means about
    /// as much as of any other.
    ///
    /// Neither where the axes point nor where their middle lies changes, since the laws of knobs and of the whole space were trained
    /// along them and around it. Latents without correlation and with mean 0 would be neater, and knobs would follow their names less.
    ///
    /// # Errors
    /// Torch refuses the conversion.
    pub fn scale(&mut self, data: &Dataset) -> Result<LatentStatistics> {
        let means = self.means(data).to_kind(Kind::Double);
        let scales = scales(&means);
        let outside = (&means / &scales).abs().gt(f64::from(LATENT_LIMIT)).to_kind(Kind::Float);
        tch::no_grad(|| rewrite(&self.encoder, &self.decoder, &scales.to_kind(Kind::Float)));
        let scales = Vec::<f64>::try_from(scales)?;
        Ok(LatentStatistics { scales, clamped_part: outside.mean(Kind::Float).double_value(&[]) })
    }

    /// Properties of points at a key.
    ///
    /// # Errors
    /// Torch's own.
    pub fn descriptors_of(&self, points: &[Latent], key: f32) -> Result<Vec<Descriptors>> {
        let key = Tensor::from_slice(&[key_input(key)]).unsqueeze(0);
        let mut traits = Vec::with_capacity(points.len());
        for part in points.chunks(CHUNK as usize) {
            let latents = Tensor::from_slice2(part);
            let made = tch::no_grad(|| self.decoder.decode(&latents, &key.expand([part.len() as i64, 1], false)));
            let flat = Vec::<f32>::try_from(descriptors::measure(&made).contiguous().view(-1))?;
            traits.extend(flat.as_chunks::<DESCRIPTORS>().0);
        }
        Ok(traits)
    }

    /// Rounds every weight to what 16 bits hold, which halves the pack; torch then computes with the very same numbers.
    pub fn halve_precision(&mut self) {
        tch::no_grad(|| {
            for mut parameter in self.stores.iter().flat_map(|store| store.variables().into_values()) {
                let rounded = parameter.to_kind(Kind::Half).to_kind(Kind::Float);
                parameter.copy_(&rounded);
            }
        });
    }
}

/// Puts what the second stage of a run made of the decoder into `store`. Returns whether that stage is finished.
fn load_decoder(run: &Path, store: &VarStore) -> Result<bool> {
    let trained = VarStore::new(Device::Cpu);
    let _decoder = Decoder::new(&(trained.root() / "decoder"));
    let finished = load_finished(run, "decoder", &trained)?;
    copy_shared(&trained, store)?;
    Ok(finished)
}

/// Makes `scales`, `[7]`, one unit of each latent: what is decoded of what was encoded stays the same.
fn rewrite(encoder: &Encoder, decoder: &Decoder, scales: &Tensor) {
    let (mut weight, mut bias) = (encoder.mean.weight.shallow_clone(), encoder.mean.bias.shallow_clone());
    weight.copy_(&(&weight / scales.unsqueeze(1)));
    bias.copy_(&(&bias / scales));
    let mut weight = decoder.first.weight.narrow(1, 0, LATENTS);
    weight.copy_(&(&weight * scales));
}

/// What becomes one unit along each axis, of the latents of sounds, `[sound, 7]`.
fn scales(means: &Tensor) -> Tensor {
    let deviations = means.std_dim([0i64].as_slice(), false, false);
    let farthest = means.abs().quantile_scalar(WITHIN_LIMITS, 0, false, "linear");
    deviations.maximum(&(farthest / f64::from(LATENT_LIMIT))).clamp_min(LEAST_SPREAD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::checkpoint::save_finished;

    #[test]
    fn other_units_decode_to_the_same_sounds() {
        let store = VarStore::new(Device::Cpu);
        let (encoder, decoder) = (Encoder::new(&(store.root() / "encoder")), Decoder::new(&(store.root() / "decoder")));
        let frames = Tensor::rand([3, 128, 172], tch::kind::FLOAT_CPU) - 0.5;
        let key = Tensor::zeros([3, 1], tch::kind::FLOAT_CPU);
        let scales = Tensor::from_slice(&[0.5f32, 2.0, 3.0, 0.1, 1.0, 5.0, 1.5]);
        tch::no_grad(|| {
            let before = encoder.forward(&frames, &key).0;
            let made_before = decoder.forward(&before, &key);
            rewrite(&encoder, &decoder, &scales);
            let after = encoder.forward(&frames, &key).0;
            let made = decoder.forward(&after, &key);
            let farthest = |a: &Tensor, b: &Tensor| (a - b).abs().max().double_value(&[]);
            assert!(farthest(&(&after * &scales), &before) < 1e-4);
            assert!(farthest(&made, &made_before) < 1e-4);
            assert!(farthest(&decoder.forward(&before, &key), &made) > 1e-3, "points have other units now");
        });
    }

    #[test]
    fn the_decoder_is_that_of_the_second_stage_where_a_run_has_one() {
        let run = tempfile::tempdir().expect("folder");
        let made = TrainedModel::untrained();
        let save = |stage: &str, store: &VarStore| {
            let average = |(name, value): (String, Tensor)| (format!("average.{name}"), value);
            save_finished(run.path(), stage, &store.variables().into_iter().map(average).collect()).expect("written");
        };
        save("vae", &made.stores[0]);
        save("vocoder", &made.stores[1]);
        let loaded = || TrainedModel::load(run.path()).expect("a whole run");
        assert!(loaded().finished && loaded().decoder.first.bias.equal(&made.decoder.first.bias));
        let second = VarStore::new(Device::Cpu);
        let decoder = Decoder::new(&(second.root() / "decoder"));
        let _ = tch::no_grad(|| decoder.first.bias.shallow_clone().fill_(0.25));
        save("decoder", &second);
        let model = loaded();
        assert!(model.finished && model.decoder.first.bias.equal(&decoder.first.bias));
        assert!(model.decoder.output.weight.equal(&decoder.output.weight));
        assert!(model.encoder.mean.weight.equal(&made.encoder.mean.weight), "and the encoder that of the first");
    }

    #[test]
    fn a_unit_is_one_deviation_or_what_keeps_sounds_within_the_limits() {
        let even = Tensor::linspace(-1.0, 1.0, 201, (Kind::Double, Device::Cpu));
        let means = Tensor::stack(&[&even * 4.0, &even * 4.0 + 8.0, even.zeros_like()], 1);
        let found = Vec::<f64>::try_from(scales(&means)).expect("three numbers");
        let deviation = (4.0 / 3.0_f64.sqrt()) * (202.0 / 200.0_f64).sqrt();
        assert!((found[0] - deviation).abs() < 1e-6, "{found:?}");
        assert!((found[1] - (12.0 - 0.08) / 3.0).abs() < 1e-6, "{found:?}");
        assert_eq!(found[2], LEAST_SPREAD);
    }
}

//! The trained models as they go into a pack.

use std::fmt;
use std::path::Path;

use anyhow::Result;
use engine::spectral::SpectralShape;
use engine::units::{LATENT_LIMIT, Latent};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

use super::axes::Matrix;
use crate::features::{Dataset, normalise_key};
use crate::model::vae::LATENTS;
use crate::model::{Decoder, Encoder, Vocoder};
use crate::train::load_finished;
use crate::traits::{self, TRAITS, Traits};

/// Variance that every direction has at least, as part of the whole.
const LEAST_SPREAD: f64 = 1e-5;
/// Sounds of one forward pass.
const CHUNK: i64 = 64;

/// Encoder, decoder and vocoder of a run, with their averaged weights, on the CPU.
#[derive(Debug)]
pub struct Bundle {
    stores: [VarStore; 2],
    /// Frames → latents.
    pub encoder: Encoder,
    /// Latents → frames.
    pub decoder: Decoder,
    /// Frames → bins.
    pub vocoder: Vocoder,
    /// Whether both stages had run to their end.
    pub finished: bool,
}

/// How the latents were spread before they were brought to σ units.
#[derive(Debug)]
pub struct LatentStatistics {
    scales: Vec<f64>,
    clamped_part: f64,
}

impl fmt::Display for LatentStatistics {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let scales: Vec<String> = self.scales.iter().map(|scale| format!("{scale:.2}")).collect();
        write!(out, "σ was {}; {:.2} % of coordinates lie beyond ±3 σ", scales.join(" "), self.clamped_part * 100.0)
    }
}

impl Bundle {
    /// Loads the averaged weights of a run.
    pub fn load(run: &Path) -> Result<Self> {
        let stores = [VarStore::new(Device::Cpu), VarStore::new(Device::Cpu)];
        let root = stores[0].root();
        let (encoder, decoder) = (Encoder::new(&(&root / "encoder")), Decoder::new(&(&root / "decoder")));
        let vocoder = Vocoder::new(&(stores[1].root() / "vocoder"), &SpectralShape::DEFAULT);
        let vae_finished = load_finished(run, "vae", &stores[0])?;
        let vocoder_finished = load_finished(run, "vocoder", &stores[1])?;
        Ok(Self { stores, encoder, decoder, vocoder, finished: vae_finished && vocoder_finished })
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

    /// Rewrites the last layer of the encoder and the first of the decoder so that over `data` the latents have mean 0, deviation 1
    /// and no correlation: then one turn of any knob means as much as of any other.
    pub fn whiten(&mut self, data: &Dataset) -> Result<LatentStatistics> {
        let means = self.means(data).to_kind(Kind::Double);
        let centre = means.mean_dim([0i64].as_slice(), false, Kind::Double);
        let away = &means - &centre;
        let covariance = away.transpose(0, 1).matmul(&away) / data.len() as f64;
        // Fewer sounds than latents leave directions without any spread.
        let least = covariance.trace() * LEAST_SPREAD + f64::MIN_POSITIVE;
        let spread = (&covariance + Tensor::eye(LATENTS, (Kind::Double, Device::Cpu)) * least).linalg_cholesky(false);
        let whitened = away.matmul(&spread.inverse().transpose(0, 1));
        let outside = whitened.abs().gt(f64::from(LATENT_LIMIT)).to_kind(Kind::Float);
        tch::no_grad(|| self.rewrite(&centre, &spread.inverse(), &spread));
        let scales = Vec::<f64>::try_from(covariance.diagonal(0, 0, 1).sqrt())?;
        Ok(LatentStatistics { scales, clamped_part: outside.mean(Kind::Float).double_value(&[]) })
    }

    /// Turns the latent space; see [`super::axes`].
    pub fn turn(&mut self, matrix: &Matrix) {
        let matrix = Tensor::from_slice2(matrix);
        tch::no_grad(|| {
            self.rewrite(&Tensor::zeros([LATENTS], (Kind::Float, Device::Cpu)), &matrix, &matrix.transpose(0, 1))
        });
    }

    fn rewrite(&mut self, centre: &Tensor, to_axes: &Tensor, from_axes: &Tensor) {
        let (to_axes, from_axes, centre) =
            (to_axes.to_kind(Kind::Float), from_axes.to_kind(Kind::Float), centre.to_kind(Kind::Float));
        let layer = &self.encoder.mean;
        let (mut weight, mut bias) = (layer.weight.shallow_clone(), layer.bias.shallow_clone());
        bias.copy_(&to_axes.matmul(&(&bias - &centre)));
        weight.copy_(&to_axes.matmul(&weight));
        let layer = &self.decoder.first;
        let (mut weight, mut bias) = (layer.weight.narrow(1, 0, LATENTS), layer.bias.shallow_clone());
        bias.copy_(&(&bias + weight.matmul(&centre)));
        weight.copy_(&weight.matmul(&from_axes));
    }

    /// Properties of points at a key.
    ///
    /// # Errors
    /// Torch's own.
    pub fn traits_of(&self, points: &[Latent], key: f32) -> Result<Vec<Traits>> {
        let key = Tensor::from_slice(&[normalise_key(key)]).unsqueeze(0);
        let mut traits = Vec::with_capacity(points.len());
        for part in points.chunks(CHUNK as usize) {
            let latents = Tensor::from_slice2(part);
            let made = tch::no_grad(|| self.decoder.decode(&latents, &key.expand([part.len() as i64, 1], false)));
            let flat = Vec::<f32>::try_from(traits::measure(&made).contiguous().view(-1))?;
            traits.extend(flat.as_chunks::<TRAITS>().0);
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

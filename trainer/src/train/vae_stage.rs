//! First stage: the auto-encoder over frames.
//!
//! A part of the examples is cross-key: the encoder gets an instrument at one key and the decoder must give it at another,
//! so that one latent point is one timbre at every key.

use engine::spectral::SpectralShape;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

use super::interpolation_loss::InterpolationLoss;
use super::options::LossOptions;
use super::stage::{Figures, Stage};
use super::{axis_loss, ending_loss, latent_space_loss};
use crate::features::Dataset;
use crate::loss::frames::{FramesCriterion, distances_db};
use crate::model::vae::divergence_nats;
use crate::model::{Decoder, Encoder};

const BATCH: usize = 16;
const CROSS_KEY_PART: f64 = 0.3;
/// Weight of the divergence in nats against the loss of the frames, once it is fully on.
const DIVERGENCE_WEIGHT: f64 = 2e-5;
/// Part of the stage over which the divergence comes on.
const DIVERGENCE_RISE: f64 = 0.3;
/// Part of the batches with a loss of straight lines: a few lines have as many points as two batches have sounds.
const STRAIGHT_PART: f64 = 0.5;
/// Part of the batches with a loss of the whole space, and its weight.
const SPACE_PART: f64 = 0.4;
const SPACE_WEIGHT: f64 = 0.4;
/// Part of the batches with a loss of endings, where it has a weight.
const ENDING_PART: f64 = 0.4;
/// Least σ over which points of both are drawn, and least unit of a latent.
pub const LEAST_SPREAD: f64 = 0.1;
/// Part of the examples that are changed in colour and decay.
const VARIED_PART: f64 = 0.05;
const LARGEST_TILT_DB: f64 = 8.0;
const LARGEST_DECAY_DB: f64 = 20.0;
/// Deviation of the noise that is added to the encoder's input, in normalised units.
const INPUT_NOISE: f64 = 0.02;
/// Training sounds of one evaluation.
const EVALUATED: usize = 128;
/// Random points at which an evaluation turns the knobs, always the same ones.
const TURNED: i64 = 256;
/// Sounds of one forward pass outside training.
const CHUNK: i64 = 64;

/// The VAE stage.
#[derive(Debug)]
pub struct VaeStage<'a> {
    encoder: Encoder,
    decoder: Decoder,
    train: &'a Dataset,
    held_out: Option<&'a Dataset>,
    criterion: FramesCriterion,
    lines: InterpolationLoss,
    losses: LossOptions,
    device: Device,
    shape: SpectralShape,
    db_per_unit: f64,
}

impl<'a> VaeStage<'a> {
    /// Builds the networks in `store`.
    pub fn new(store: &VarStore, train: &'a Dataset, held_out: Option<&'a Dataset>, losses: LossOptions) -> Self {
        let root = store.root();
        let shape = SpectralShape::DEFAULT;
        Self {
            encoder: Encoder::new(&(&root / "encoder")),
            decoder: Decoder::new(&(&root / "decoder")),
            train,
            held_out,
            criterion: FramesCriterion::new(&shape, losses.silence(), store.device()),
            lines: InterpolationLoss::new(&shape, store.device()),
            losses,
            device: store.device(),
            shape,
            db_per_unit: f64::from(-shape.floor_db / 2.0),
        }
    }

    /// Frames of every sound of `data` after the way through the latents, at the sound's own key.
    pub fn reconstruct(&self, data: &Dataset) -> Tensor {
        self.of_each(data, |mean, keys| self.decoder.decode(mean, keys))
    }

    /// The point of every sound of `data`, `[sound, 7]`.
    pub fn means(&self, data: &Dataset) -> Tensor {
        self.of_each(data, |mean, _| mean.shallow_clone())
    }

    /// What `made` makes of the points and keys of a few sounds, for all of `data`, on the CPU.
    fn of_each(&self, data: &Dataset, made: impl Fn(&Tensor, &Tensor) -> Tensor) -> Tensor {
        let count = data.len() as i64;
        let parts = (0..count).step_by(CHUNK as usize).map(|start| {
            let length = CHUNK.min(count - start);
            let frames = data.frames.narrow(0, start, length).to_device(self.device);
            let keys = data.keys.narrow(0, start, length).to_device(self.device);
            made(&self.encoder.forward(&frames, &keys).0, &keys).to_device(Device::Cpu)
        });
        Tensor::cat(&parts.collect::<Vec<_>>(), 0)
    }

    fn error_db(&self, data: &Dataset, target: &[usize]) -> f64 {
        let indices: Vec<i64> = target.iter().map(|index| *index as i64).collect();
        let indices = Tensor::from_slice(&indices);
        let (targets, keys) = (data.frames.index_select(0, &indices), data.keys.index_select(0, &indices));
        let mut sum = 0.0;
        for start in (0..indices.size()[0]).step_by(CHUNK as usize) {
            let length = CHUNK.min(indices.size()[0] - start);
            let part = |tensor: &Tensor| tensor.narrow(0, start, length).to_device(self.device);
            let (mean, _) = self.encoder.forward(&part(&data.frames), &part(&data.keys));
            let made = self.decoder.forward(&mean, &part(&keys));
            let wanted = part(&targets);
            sum += distances_db(&made, &wanted, &self.shape).sum(Kind::Float).double_value(&[]);
        }
        sum / indices.size()[0] as f64
    }
}

impl Stage for VaeStage<'_> {
    const NAME: &'static str = "vae";
    const RATE: f64 = 1.2e-3;

    fn loss(&self, progress: f64, rng: &mut ChaCha8Rng) -> (Tensor, Vec<(&'static str, Tensor)>) {
        let heard: Vec<usize> = (0..BATCH).map(|_| rng.random_range(0..self.train.len())).collect();
        let wanted: Vec<usize> = heard
            .iter()
            .map(|index| {
                let siblings = &self.train.siblings[*index];
                if rng.random_bool(CROSS_KEY_PART) { siblings[rng.random_range(0..siblings.len())] } else { *index }
            })
            .collect();
        let select = |tensor: &Tensor, indices: &[usize]| {
            let indices: Vec<i64> = indices.iter().map(|index| *index as i64).collect();
            tensor.index_select(0, &Tensor::from_slice(&indices)).to_device(self.device)
        };
        let change = variation(&self.train.frames.size(), rng).to_device(self.device);
        let input = (select(&self.train.frames, &heard) + &change).clamp_min(-1.0);
        let target = (select(&self.train.frames, &wanted) + &change).clamp_min(-1.0);
        let noisy = &input + input.randn_like() * INPUT_NOISE;

        let (mean, log_variance) = self.encoder.forward(&noisy, &select(&self.train.keys, &heard));
        let latent = &mean + (&log_variance * 0.5).exp() * mean.randn_like();
        let keys = select(&self.train.keys, &wanted);
        let made = self.decoder.forward(&latent, &keys);
        let error = self.criterion.loss(&made, &target);
        let divergence = divergence_nats(&mean, &log_variance);
        let weight = DIVERGENCE_WEIGHT * (progress / DIVERGENCE_RISE).min(1.0);
        let mut loss = error.total + &divergence * weight;
        if rng.random_bool(STRAIGHT_PART) {
            loss += self.lines.excess(&self.decoder, &mean.detach(), &keys);
        }
        if rng.random_bool(axis_loss::PART) {
            loss += axis_loss::distance(&self.decoder, &keys.narrow(0, 0, 1), &spread(&mean), axis_loss::POINTS)
                * axis_loss::WEIGHT;
        }
        if rng.random_bool(SPACE_PART) {
            loss += latent_space_loss::excess(&self.decoder, &mean.detach(), &keys, &spread(&mean)) * SPACE_WEIGHT;
        }
        let LossOptions { ending_weight, steady_weight, .. } = self.losses;
        if (ending_weight > 0.0 || steady_weight > 0.0) && rng.random_bool(ENDING_PART) {
            let points = latent_space_loss::points(&mean.detach(), &spread(&mean));
            let endings = ending_loss::excess(&self.decoder, &points, &keys);
            loss += (endings.returns + endings.cut_ends) * ending_weight + endings.rises * steady_weight;
        }
        let logged = [
            ("weighted_db", error.levels * self.db_per_unit),
            ("amplitude_percent", error.amplitudes.sqrt() * 100.0),
            ("nats", divergence),
        ];
        (loss, logged.into_iter().map(|(name, value)| (name, value.detach())).collect())
    }

    fn evaluate(&self) -> Figures {
        let step = self.train.len().div_ceil(EVALUATED);
        let seen = subset(self.train, &(0..self.train.len()).step_by(step).collect::<Vec<_>>());
        let mut figures = vec![("train_db", self.error_db(&seen, &(0..seen.len()).collect::<Vec<_>>()))];
        if let Some(held_out) = self.held_out {
            figures.push(("held_out_db", self.error_db(held_out, &(0..held_out.len()).collect::<Vec<_>>())));
            let crossed: Vec<usize> =
                held_out.siblings.iter().enumerate().map(|(i, all)| all[(i + 1) % all.len()]).collect();
            figures.push(("held_out_cross_key_db", self.error_db(held_out, &crossed)));
        }
        tch::manual_seed(0);
        let middle_key = Tensor::zeros([1, 1], (Kind::Float, self.device));
        let keys = seen.keys.to_device(self.device);
        let (latents, _) = self.encoder.forward(&seen.frames.to_device(self.device), &keys);
        let spread = spread(&latents);
        let followed = 1.0 - axis_loss::distance(&self.decoder, &middle_key, &spread, TURNED).double_value(&[]);
        figures.push(("knobs", followed));
        let broken = latent_space_loss::broken_part(&self.decoder, &middle_key, &spread, TURNED);
        figures.push(("broken_percent", 100.0 * broken));
        figures.push(("leaping_percent", 100.0 * self.lines.broken_part(&self.decoder, &latents, &keys)));
        figures
    }
}

/// σ of sounds along each axis, `[sound, 7]` → `[1, 7]`, without a slope: knobs of a pack are turned in about this unit. Never so little
/// that random points would be one, as with a single sound.
pub fn spread(latents: &Tensor) -> Tensor {
    latents.detach().std_dim([0i64].as_slice(), false, true).clamp_min(LEAST_SPREAD)
}

fn subset(data: &Dataset, indices: &[usize]) -> Dataset {
    let chosen = Tensor::from_slice(&indices.iter().map(|index| *index as i64).collect::<Vec<_>>());
    Dataset {
        items: indices.iter().map(|index| data.items[*index].clone()).collect(),
        samples: Tensor::from_slice::<i16>(&[]),
        frames: data.frames.index_select(0, &chosen),
        keys: data.keys.index_select(0, &chosen),
        siblings: (0..indices.len()).map(|index| vec![index]).collect(),
    }
}

/// Additions to frames, `[batch, bands, frames]`: for some examples a slope over frequency and a decay over time, which
/// make a believable other instrument of the same family; 0 for the others.
fn variation(size: &[i64], rng: &mut ChaCha8Rng) -> Tensor {
    let (bands, frames) = (size[1], size[2]);
    let half_range_db = f64::from(-SpectralShape::DEFAULT.floor_db / 2.0);
    let across = Tensor::linspace(-0.5, 0.5, bands, (Kind::Float, Device::Cpu)).unsqueeze(1);
    let along = Tensor::linspace(0.0, 1.0, frames, (Kind::Float, Device::Cpu)).unsqueeze(0);
    let changes = (0..BATCH).map(|_| {
        let varied = f64::from(u8::from(rng.random_bool(VARIED_PART)));
        let tilt = varied * rng.random_range(-LARGEST_TILT_DB..LARGEST_TILT_DB) / half_range_db;
        let decay = varied * rng.random_range(0.0..LARGEST_DECAY_DB) / half_range_db;
        // Only ever quieter: a full-scale sound stays within full scale.
        &across * tilt - tilt.abs() / 2.0 - &along * decay
    });
    Tensor::stack(&changes.collect::<Vec<_>>(), 0)
}

//! The training of the footstep model: squared error of the levels and divergence of the latents.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

use super::config::RunConfig;
use super::data::{CqtData, SHAPE};
use super::model::{Decoder, Encoder};
use crate::model::vae::divergence_nats;
use crate::train::ending_loss::{Endings, endings};
use crate::train::latent_space_loss::{beyond, points};
use crate::train::{Figures, LEAST_SPREAD, Stage};

/// Name of the stage in files and logs.
pub const STAGE: &str = "cqt-vae";
/// Sounds of one step.
pub const BATCH: usize = 32;
/// Part of the training over which the divergence comes on.
const DIVERGENCE_RISE: f64 = 0.2;
/// Part of the steps with the laws of the whole space.
const SPACE_PART: f64 = 0.5;
/// Frame values below this are silence for the error in dB: 60 dB below full scale.
const HEARD: f64 = -1.0 / 3.0;
/// Sounds of one forward pass outside training, and training sounds of one evaluation.
const CHUNK: i64 = 64;
const EVALUATED: i64 = 256;

/// The stage.
#[derive(Debug)]
pub struct CqtStage<'a> {
    encoder: Encoder,
    decoder: Decoder,
    train: &'a CqtData,
    held_out: Option<&'a CqtData>,
    kl_weight: f64,
    space_weight: f64,
    device: Device,
}

impl<'a> CqtStage<'a> {
    /// Builds the networks in `store`.
    pub fn new(store: &VarStore, train: &'a CqtData, held_out: Option<&'a CqtData>, config: &RunConfig) -> Self {
        let root = store.root();
        Self {
            encoder: Encoder::new(&(&root / "encoder"), config.activation),
            decoder: Decoder::new(&(&root / "decoder"), config.activation, config.upsampling),
            train,
            held_out,
            kl_weight: config.kl_weight,
            space_weight: config.space_weight,
            device: store.device(),
        }
    }

    /// What sounds at random points, some of them `means` with one knob turned, break the laws of the whole space by.
    fn excess(&self, means: &Tensor) -> Tensor {
        let spread = means.std_dim([0i64].as_slice(), false, true).clamp_min(LEAST_SPREAD);
        let made = self.decoder.forward(&points(means, &spread), false);
        let Endings { returns, cut_ends, .. } = endings(&made, &SHAPE);
        returns + cut_ends + beyond(&made, &SHAPE).log1p().mean(Kind::Float)
    }

    /// Loss without noise in the latents, and mean error in dB of values that sound in the recording or in what is made of it.
    fn measure(&self, data: &CqtData, limit: i64) -> (f64, f64) {
        let count = (data.len() as i64).min(limit);
        let (mut loss, mut error) = (0.0, 0.0);
        for start in (0..count).step_by(CHUNK as usize) {
            let wanted = data.frames.narrow(0, start, CHUNK.min(count - start)).to_device(self.device);
            let (mean, log_variance) = self.encoder.forward(&wanted);
            let made = self.decoder.forward(&mean, false).clamp_min(-1.0);
            let rows = wanted.size()[0] as f64;
            let nats = divergence_nats(&mean, &log_variance).double_value(&[]);
            loss += rows * (squares(&made, &wanted).double_value(&[]) + self.kl_weight * nats);
            let heard = wanted.maximum(&made).gt(HEARD).to_kind(Kind::Float);
            let difference = ((made.clamp_min(HEARD) - wanted.clamp_min(HEARD)).abs() * &heard).sum(Kind::Float);
            error += rows * difference.double_value(&[]) / heard.sum(Kind::Float).double_value(&[]).max(1.0);
        }
        (loss / count as f64, error / count as f64 * f64::from(-SHAPE.floor_db / 2.0))
    }
}

/// Sum over a sound's values, as levels from 0 to 1, of the squared error, mean over the sounds: the loss of the document that the model
/// follows, as far as it says.
fn squares(made: &Tensor, wanted: &Tensor) -> Tensor {
    ((made - wanted) * 0.5).square().sum_dim_intlist([1i64, 2].as_slice(), false, Kind::Float).mean(Kind::Float)
}

impl Stage for CqtStage<'_> {
    const NAME: &'static str = STAGE;
    const RATE: f64 = 1e-3;

    fn loss(&self, progress: f64, rng: &mut ChaCha8Rng) -> (Tensor, Vec<(&'static str, Tensor)>) {
        let chosen: Vec<i64> = (0..BATCH).map(|_| rng.random_range(0..self.train.len() as i64)).collect();
        let wanted = self.train.frames.index_select(0, &Tensor::from_slice(&chosen)).to_device(self.device);
        let (mean, log_variance) = self.encoder.forward(&wanted);
        let latent = &mean + (&log_variance * 0.5).exp() * mean.randn_like();
        let error = squares(&self.decoder.forward(&latent, false), &wanted);
        let nats = divergence_nats(&mean, &log_variance);
        let mut loss = &error + &nats * (self.kl_weight * (progress / DIVERGENCE_RISE).min(1.0));
        let mut logged = vec![("squares", error.detach()), ("nats", nats.detach())];
        if self.space_weight > 0.0 && rng.random_bool(SPACE_PART) {
            let excess = self.excess(&mean.detach());
            loss += &excess * self.space_weight;
            logged.push(("excess", excess.detach()));
        }
        (loss, logged)
    }

    fn evaluate(&self) -> Figures {
        let (train_loss, train_db) = self.measure(self.train, EVALUATED);
        let mut figures = vec![("train_loss", train_loss), ("train_db", train_db)];
        if let Some(held_out) = self.held_out {
            let (loss, db) = self.measure(held_out, i64::MAX);
            figures.extend([("held_out_loss", loss), ("held_out_db", db)]);
        }
        figures
    }
}

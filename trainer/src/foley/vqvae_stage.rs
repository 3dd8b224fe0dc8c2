//! The training of the first stage: cost and error of the frames, commitment to the codes, and the class.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

use super::config::RunConfig;
use super::data::{ClipData, SHAPE, error_db};
use super::vqvae::{Decoded, FRAMES_OF_CELL, VqVae};
use crate::train::{Figures, Stage};

/// Name of the stage in files and logs.
pub const STAGE: &str = "foley-vqvae";
/// Parts of clips of one step, and their length in frames.
const BATCH: usize = 16;
const PART_FRAMES: i64 = 88;
/// Lengths in frames over which errors are averaged before they count: what stays is what noise does not change.
const AVERAGED_FRAMES: [i64; 2] = [4, 16];
/// Power of the spread by which the cost of a value is weighted, 0 to 1: at 0 what is known best counts most, at 1 all alike (Seitzer and others 2022).
const SPREAD_POWER: f64 = 0.5;
/// Weight of the commitment (van den Oord and others 2017).
const COMMITMENT: f64 = 0.25;
/// Weight of the class (Pillay and others 2023).
const CLASS: f64 = 0.01;
/// Part of the training after which no code begins again, so that what is averaged over the last steps belongs together.
const RESTARTS: f64 = 0.75;
/// Clips of one forward pass outside training, and of one evaluation of each split.
const CHUNK: i64 = 16;
const EVALUATED: i64 = 96;

/// The stage.
#[derive(Debug)]
pub struct VqVaeStage<'a> {
    model: VqVae,
    train: &'a ClipData,
    held_out: Option<&'a ClipData>,
    device: Device,
}

/// What is measured of some clips.
struct Measured {
    error_db: f64,
    /// Mean square of the difference between cells and their codes.
    difference: f64,
    /// Part of the clips whose class is told.
    told: f64,
    /// Part of all codes that are taken.
    used: f64,
}

impl<'a> VqVaeStage<'a> {
    /// Builds the networks in `store`.
    pub fn new(store: &VarStore, train: &'a ClipData, held_out: Option<&'a ClipData>, config: &RunConfig) -> Self {
        let model = VqVae::new(&store.root(), &config.network, config.classes.len());
        Self { model, train, held_out, device: store.device() }
    }

    /// Codes of all clips, `[clip, position, row]`.
    pub fn codes(&self, data: &ClipData) -> Tensor {
        let parts = (0..data.len()).step_by(CHUNK as usize).map(|start| {
            let frames = data.clips(start, CHUNK.min(data.len() - start)).to_device(self.device);
            tch::no_grad(|| self.model.places(&frames)).to_device(Device::Cpu)
        });
        Tensor::cat(&parts.collect::<Vec<_>>(), 0)
    }

    fn measure(&self, data: &ClipData) -> Measured {
        let count = data.len().min(EVALUATED);
        let (mut error, mut difference, mut told) = (0.0, 0.0, 0.0);
        let codes = self.model.codes().size()[0];
        let mut taken = Tensor::zeros([codes], (Kind::Int64, self.device));
        for number in 0..count {
            let clip = number * data.len() / count;
            let frames = data.clips(clip, 1).to_device(self.device);
            let cells = self.model.encode(&frames);
            let (sum, quantised) = self.model.quantise(&cells);
            error += error_db(&self.model.decode_held(&sum).frames, &frames);
            difference += (&sum - &cells).square().mean(Kind::Float).double_value(&[]);
            let class = self.model.classify(&cells).argmax(1, false);
            told += f64::from(u8::from(class.int64_value(&[0]) == data.classes.int64_value(&[clip])));
            taken += quantised.places.view(-1).bincount(None::<&Tensor>, codes);
        }
        let count = count as f64;
        let used = taken.gt(0).to_kind(Kind::Float).mean(Kind::Float).double_value(&[]);
        Measured { error_db: error / count, difference: difference / count, told: told / count, used }
    }
}

/// Cost of differences under a Laplace distribution of this spread, in nats, weighted by the spread.
fn cost(difference: &Tensor, spread: &Tensor) -> Tensor {
    let nats = difference.abs() / spread + spread.log();
    (nats * spread.detach().pow_tensor_scalar(SPREAD_POWER)).mean(Kind::Float)
}

/// Sum over [`AVERAGED_FRAMES`] of the mean size of differences that were averaged over so many frames.
fn averaged_error(difference: &Tensor) -> Tensor {
    let of = |length: &i64| difference.avg_pool1d(*length, *length, 0, false, true).abs().mean(Kind::Float);
    AVERAGED_FRAMES.iter().map(of).reduce(|sum, part| sum + part).expect("there are lengths")
}

impl Stage for VqVaeStage<'_> {
    const NAME: &'static str = STAGE;
    const RATE: f64 = 1e-3;

    fn loss(&self, progress: f64, rng: &mut ChaCha8Rng) -> (Tensor, Vec<(&'static str, Tensor)>) {
        let clips: Vec<i64> = (0..BATCH).map(|_| rng.random_range(0..self.train.len())).collect();
        let latest = (SHAPE.frame_count as i64 - PART_FRAMES) / FRAMES_OF_CELL;
        let part = |clip: &i64| self.train.part(*clip, rng.random_range(0..=latest) * FRAMES_OF_CELL, PART_FRAMES);
        let wanted = Tensor::stack(&clips.iter().map(part).collect::<Vec<_>>(), 0).to_device(self.device);
        let classes = self.train.classes.index_select(0, &Tensor::from_slice(&clips)).to_device(self.device);
        let cells = self.model.encode(&wanted);
        self.model.learn(&cells, progress < RESTARTS);
        let (sum, quantised) = self.model.quantise(&cells);
        let Decoded { frames, spread } = self.model.decode(&sum);
        let difference = frames.clamp_min(-1.0) - wanted;
        let cost = cost(&difference, &spread);
        let averaged = averaged_error(&difference);
        let class = self.model.classify(&cells).cross_entropy_for_logits(&classes);
        let loss = &cost + &averaged + &quantised.commitment * COMMITMENT + &class * CLASS;
        let figures = [
            ("error", difference.abs().mean(Kind::Float)),
            ("cost", cost),
            ("averaged", averaged),
            ("spread", spread.mean(Kind::Float)),
            ("commitment", quantised.commitment),
            ("class", class),
        ];
        (loss, figures.into_iter().map(|(name, value)| (name, value.detach())).collect())
    }

    fn evaluate(&self) -> Figures {
        let of_train = self.measure(self.train);
        let mut figures = vec![("train_db", of_train.error_db), ("train_difference", of_train.difference)];
        if let Some(held_out) = self.held_out {
            let measured = self.measure(held_out);
            figures.extend([
                ("held_out_db", measured.error_db),
                ("held_out_difference", measured.difference),
                ("held_out_class", measured.told),
                ("held_out_used", measured.used),
            ]);
        }
        figures
    }
}

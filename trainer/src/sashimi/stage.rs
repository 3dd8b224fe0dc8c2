//! The training: the cost of each sample given those before it.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tch::nn::VarStore;
use tch::{Device, Tensor};

use super::config::RunConfig;
use super::data::{Levels, SoundData, drifting, envelopes_db};
use super::head::cost;
use super::model::{Sashimi, Told};
use crate::train::{Figures, Stage};

/// Name of the stage in files and logs.
pub const STAGE: &str = "sashimi";
/// Name of the figure by which the best weights are chosen.
const JUDGED: &str = "held_out_bits";
/// Part of the sounds whose class is left out, so that the network also makes sounds of no class.
const WITHOUT_CLASS: f64 = 0.1;
/// Spread of what is added to the levels of frames in training, so that the network also makes sounds of levels between those of two sounds.
const ENVELOPE_SPREAD_DB: f64 = 1.5;
/// Most sounds of one evaluation of each split: a standard error of about a sixth of the spread between sounds.
const EVALUATED: i64 = 40;

/// The stage.
#[derive(Debug)]
pub struct SashimiStage<'a> {
    model: Sashimi,
    levels: Levels,
    train: &'a SoundData,
    held_out: Option<&'a SoundData>,
    config: &'a RunConfig,
    device: Device,
}

/// What training adds to the network's work.
#[derive(Clone, Copy)]
struct Way {
    dropout: f64,
    noise: f64,
    /// Spread of a slow sine on what is heard, part of full scale.
    drift: f64,
    /// Spread of what is added to the levels of frames.
    envelope_db: f64,
}

impl Way {
    /// Nothing.
    const PLAIN: Self = Self { dropout: 0.0, noise: 0.0, drift: 0.0, envelope_db: 0.0 };
}

impl<'a> SashimiStage<'a> {
    /// Builds the network in `store`.
    pub fn new(store: &VarStore, train: &'a SoundData, held_out: Option<&'a SoundData>, config: &'a RunConfig) -> Self {
        let model = Sashimi::new(&store.root(), config);
        Self { model, levels: Levels::new(config.quantisation), train, held_out, config, device: store.device() }
    }

    /// Mean cost of sounds by their numbers, in nats a sample.
    fn cost(&self, data: &SoundData, numbers: &[i64], class_part: &Tensor, way: Way) -> Tensor {
        let numbers = Tensor::from_slice(numbers);
        let samples = data.choose(&numbers);
        let wanted = self.levels.of(&samples).to_device(self.device);
        let envelope_db = envelopes_db(&samples, self.config.envelope_frame);
        let envelope_db = &envelope_db + envelope_db.randn_like() * way.envelope_db;
        let told = Told {
            class_weights: (data.classes.index_select(0, &numbers) * class_part).to_device(self.device),
            envelope_db: envelope_db.to_device(self.device),
            sums: self.levels.sums(&self.levels.before(&wanted), self.config.sample_rate_hz),
        };
        let drifting =
            if way.drift > 0.0 { drifting(&samples, way.drift, self.config.sample_rate_hz) } else { samples };
        let heard = self.levels.before(&self.levels.of(&drifting).to_device(self.device));
        let heard = if way.noise > 0.0 { self.levels.noisy(&heard, way.noise) } else { heard };
        let made = self.model.forward(&self.levels, &heard, &told, way.dropout);
        cost(self.config.quantisation, &made, &wanted)
    }

    /// Mean cost of evenly chosen sounds, in bits a sample.
    fn bits(&self, data: &SoundData) -> f64 {
        let count = data.len().min(EVALUATED);
        let chosen: Vec<i64> = (0..count).map(|place| place * data.len() / count).collect();
        let whole = Tensor::from(1.0f32);
        let parts = chosen.chunks(self.config.batch);
        let nats: f64 = parts
            .map(|numbers| self.cost(data, numbers, &whole, Way::PLAIN).double_value(&[]) * numbers.len() as f64)
            .sum();
        nats / count as f64 / std::f64::consts::LN_2
    }
}

impl Stage for SashimiStage<'_> {
    const NAME: &'static str = STAGE;
    const RATE: f64 = 4e-3;

    fn loss(&self, _: f64, rng: &mut ChaCha8Rng) -> (Tensor, Vec<(&'static str, Tensor)>) {
        let batch = self.config.batch;
        let chosen: Vec<i64> = (0..batch).map(|_| rng.random_range(0..self.train.len())).collect();
        let parts: Vec<f32> = (0..batch).map(|_| if rng.random_bool(WITHOUT_CLASS) { 0.0 } else { 1.0 }).collect();
        let parts = Tensor::from_slice(&parts).unsqueeze(1);
        let way = Way {
            dropout: self.config.dropout,
            noise: self.config.noise,
            drift: self.config.drift,
            envelope_db: ENVELOPE_SPREAD_DB,
        };
        let nats = self.cost(self.train, &chosen, &parts, way);
        let bits = nats.detach() / std::f64::consts::LN_2;
        (nats, vec![("bits", bits)])
    }

    fn evaluate(&self) -> Figures {
        let mut figures = vec![("train_bits", self.bits(self.train))];
        figures.extend(self.held_out.map(|held_out| (JUDGED, self.bits(held_out))));
        figures
    }

    fn score(figures: &Figures) -> Option<f64> {
        figures.iter().find(|(name, _)| *name == JUDGED).map(|(_, bits)| *bits)
    }
}

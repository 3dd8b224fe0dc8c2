//! The training of the prior: the cost of each code given those before it and the class.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tch::nn::VarStore;
use tch::{Device, Kind, Reduction, Tensor};

use super::codes::CodeData;
use super::config::RunConfig;
use super::geometry::Geometry;
use super::pixelsnail::PixelSnail;
use super::schedule::one_cycle;
use crate::train::{Figures, Stage};

/// Name of the stage in files and logs.
pub const STAGE: &str = "prior";
/// Name of the figure by which the best weights are chosen.
const JUDGED: &str = "held_out_bits";
/// Part of what gated blocks hold that is left out while training, as the baseline has it.
const DROPOUT: f64 = 0.1;
/// Part of the training in which the learning rate rises, as the baseline has it for this stage.
const WARM_UP: f64 = 0.3;
/// Most clips of one evaluation of each split.
const EVALUATED: usize = 64;

/// The stage.
#[derive(Debug)]
pub struct PriorStage<'a> {
    model: PixelSnail,
    train: &'a CodeData,
    held_out: Option<&'a CodeData>,
    batch: usize,
    device: Device,
}

/// Builds the network of a run in `store`.
pub fn network(store: &VarStore, config: &RunConfig) -> PixelSnail {
    let sizes = config.size.prior(config.variant);
    let shape = Geometry::new(config.variant, config.size).codes();
    let codes = config.size.vqvae(config.variant).codes;
    PixelSnail::new(&store.root(), &sizes, codes, config.classes.len(), shape)
}

impl<'a> PriorStage<'a> {
    /// Builds the network in `store`.
    pub fn new(store: &VarStore, train: &'a CodeData, held_out: Option<&'a CodeData>, config: &RunConfig) -> Self {
        let batch = config.size.prior(config.variant).batch;
        Self { model: network(store, config), train, held_out, batch, device: store.device() }
    }

    /// Mean cost of clips in nats a code, and the part of their codes that is likeliest.
    fn cost(&self, data: &CodeData, numbers: &[i64], dropout: f64) -> (Tensor, Tensor) {
        let (codes, classes) = data.choose(numbers, self.device);
        let scores = self.model.forward(&codes, &self.model.class_maps(&classes), dropout);
        let nats = scores.cross_entropy_loss(&codes, None::<&Tensor>, Reduction::Mean, -100, 0.0);
        let hit = scores.detach().argmax(1, false).eq_tensor(&codes).to_kind(Kind::Float).mean(Kind::Float);
        (nats, hit)
    }

    /// Mean cost of evenly chosen clips in bits a code, and the part of their codes that is likeliest.
    fn measure(&self, data: &CodeData) -> (f64, f64) {
        let chosen = data.spread(EVALUATED);
        let (mut bits, mut hit) = (0.0, 0.0);
        for numbers in chosen.chunks(self.batch) {
            let (nats, hits) = self.cost(data, numbers, 0.0);
            let weight = numbers.len() as f64 / chosen.len() as f64;
            bits += nats.double_value(&[]) / std::f64::consts::LN_2 * weight;
            hit += hits.double_value(&[]) * weight;
        }
        (bits, hit)
    }
}

impl Stage for PriorStage<'_> {
    const NAME: &'static str = STAGE;
    /// 25 times the published first rate, 1e-5.
    const RATE: f64 = 2.5e-4;

    fn schedule(progress: f64) -> f64 {
        one_cycle(progress, WARM_UP)
    }

    fn loss(&self, _: f64, rng: &mut ChaCha8Rng) -> (Tensor, Vec<(&'static str, Tensor)>) {
        let numbers: Vec<i64> = (0..self.batch).map(|_| rng.random_range(0..self.train.len())).collect();
        let (nats, hit) = self.cost(self.train, &numbers, DROPOUT);
        let bits = nats.detach() / std::f64::consts::LN_2;
        (nats, vec![("bits", bits), ("accuracy", hit)])
    }

    fn evaluate(&self) -> Figures {
        let (bits, hit) = self.measure(self.train);
        let mut figures = vec![("train_bits", bits), ("train_accuracy", hit)];
        if let Some(held_out) = self.held_out {
            let (bits, hit) = self.measure(held_out);
            figures.extend([(JUDGED, bits), ("held_out_accuracy", hit)]);
        }
        figures
    }

    fn score(figures: &Figures) -> Option<f64> {
        figures.iter().find(|(name, _)| *name == JUDGED).map(|(_, bits)| *bits)
    }
}

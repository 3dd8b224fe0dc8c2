//! The training of the second stage: the cost of each code given those before it and the class.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tch::nn::VarStore;
use tch::{Device, Kind, Reduction, Tensor};

use super::config::RunConfig;
use super::delay::{NO_TARGET, delayed};
use super::prior::Prior;
use crate::train::{Figures, Stage};

/// Name of the stage in files and logs.
pub const STAGE: &str = "foley-prior";
/// Name of the figure by which the best weights are chosen.
const JUDGED: &str = "held_out_bits";
/// Clips of one step.
const BATCH: usize = 16;
/// Part of the clips whose class is left out, so that the network also knows what clips of no class are like (Ho and Salimans 2022).
const WITHOUT_CLASS: f64 = 0.1;
/// Part of the outputs of each block that is left out while training.
const DROPOUT: f64 = 0.1;
/// Most clips of one evaluation of each split.
const EVALUATED: i64 = 144;

/// Codes of clips, `[clip, position, level]`, and weights of their classes, `[clip, class]`.
#[derive(Debug)]
pub struct CodeData {
    pub places: Tensor,
    pub classes: Tensor,
}

impl CodeData {
    /// Of codes and places of classes, `[clip]`.
    pub fn new(places: Tensor, classes: &Tensor, count: usize) -> Self {
        Self { places, classes: classes.one_hot(count as i64).to_kind(Kind::Float) }
    }

    fn len(&self) -> i64 {
        self.places.size()[0]
    }
}

/// The stage.
#[derive(Debug)]
pub struct PriorStage<'a> {
    model: Prior,
    train: &'a CodeData,
    held_out: Option<&'a CodeData>,
    codes: i64,
    device: Device,
}

impl<'a> PriorStage<'a> {
    /// Builds the network in `store`.
    pub fn new(store: &VarStore, train: &'a CodeData, held_out: Option<&'a CodeData>, config: &RunConfig) -> Self {
        let positions = train.places.size()[1];
        let model = Prior::new(&store.root(), &config.network, config.classes.len(), positions);
        Self { model, train, held_out, codes: config.network.codes, device: store.device() }
    }

    /// Mean cost of clips by their numbers, in nats a code.
    fn cost(&self, data: &CodeData, numbers: &[i64], class_parts: &Tensor, dropout: f64) -> Tensor {
        let numbers = Tensor::from_slice(numbers);
        let (taken, given) = delayed(&data.places.index_select(0, &numbers).to_device(self.device), self.codes);
        let classes = (data.classes.index_select(0, &numbers) * class_parts).to_device(self.device);
        let scores = self.model.forward(&taken, &classes, dropout).reshape([-1, self.codes]);
        scores.cross_entropy_loss(&given.view(-1), None::<&Tensor>, Reduction::Mean, NO_TARGET, 0.0)
    }

    /// Mean cost of evenly chosen clips, in bits a code.
    fn bits(&self, data: &CodeData) -> f64 {
        let count = data.len().min(EVALUATED);
        let chosen: Vec<i64> = (0..count).map(|place| place * data.len() / count).collect();
        let whole = Tensor::from(1.0f32);
        let nats: f64 = chosen
            .chunks(BATCH)
            .map(|numbers| self.cost(data, numbers, &whole, 0.0).double_value(&[]) * numbers.len() as f64)
            .sum();
        nats / count as f64 / std::f64::consts::LN_2
    }
}

impl Stage for PriorStage<'_> {
    const NAME: &'static str = STAGE;
    const RATE: f64 = 1.5e-3;

    fn loss(&self, _: f64, rng: &mut ChaCha8Rng) -> (Tensor, Vec<(&'static str, Tensor)>) {
        let chosen: Vec<i64> = (0..BATCH).map(|_| rng.random_range(0..self.train.len())).collect();
        let parts: Vec<f32> = (0..BATCH).map(|_| if rng.random_bool(WITHOUT_CLASS) { 0.0 } else { 1.0 }).collect();
        let nats = self.cost(self.train, &chosen, &Tensor::from_slice(&parts).unsqueeze(1), DROPOUT);
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

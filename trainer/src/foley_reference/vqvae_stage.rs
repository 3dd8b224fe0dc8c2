//! The training of a VQ-VAE: squared error of the frames, the difference between values and their codes, and, with a head, the class.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tch::nn::VarStore;
use tch::{Device, Kind, Reduction, Tensor};

use super::config::RunConfig;
use super::data::ClipData;
use super::geometry::Geometry;
use super::masks::masked;
use super::schedule::one_cycle;
use super::vqvae::VqVae;
use crate::train::{Figures, Stage};

/// Name of the stage in files and logs.
pub const STAGE: &str = "vqvae";
/// Weight of the difference between values and codes, as the baseline has it.
const DIFFERENCE: f64 = 0.25;
/// Weight of the class, as published.
const CLASS: f64 = 0.01;
/// Part of the training after which no code begins again, so that what is averaged over the last steps belongs together.
const RESTARTS: f64 = 0.75;
/// Part of the training in which the learning rate rises, as the baseline has it for this stage.
const WARM_UP: f64 = 0.05;
/// Most clips of one evaluation of each split, and clips of one forward pass.
const EVALUATED: usize = 336;
const CHUNK: usize = 8;

/// The stage.
#[derive(Debug)]
pub struct VqVaeStage<'a> {
    pub model: VqVae,
    geometry: Geometry,
    train: &'a ClipData,
    held_out: Option<&'a ClipData>,
    batch: usize,
    is_masked: bool,
    codes: i64,
    device: Device,
}

/// Means over clips.
#[derive(Default)]
struct Measured {
    error: f64,
    difference: f64,
    /// The difference as a part of the variance of the values: whatever their scale is, 1 says that codes tell nothing of them.
    relative_difference: f64,
    class: f64,
    /// Part of all codes that are taken.
    used: f64,
}

/// Variance of each channel of values, over all positions.
#[derive(Default)]
struct Variance {
    /// Of each channel: sum and sum of squares, `[channel]`.
    sums: Option<[Tensor; 2]>,
    count: f64,
}

impl Variance {
    /// Adds values, `[clip, channel, row, column]`.
    fn add(&mut self, values: &Tensor) {
        let values = values.to_kind(Kind::Double);
        let sum = |x: Tensor| x.sum_dim_intlist([0i64, 2, 3].as_slice(), false, Kind::Double);
        let added = [sum(values.shallow_clone()), sum(values.square())];
        self.count += (values.numel() as i64 / values.size()[1]) as f64;
        self.sums = Some(match self.sums.take() {
            Some([sums, squares]) => [sums + &added[0], squares + &added[1]],
            None => added,
        });
    }

    /// Mean over the channels; 0 of nothing.
    fn mean(&self) -> f64 {
        let Some([sums, squares]) = &self.sums else { return 0.0 };
        (squares / self.count - (sums / self.count).square()).mean(Kind::Double).double_value(&[])
    }
}

/// Builds the network of a run in `store`.
pub fn network(store: &VarStore, config: &RunConfig) -> VqVae {
    let classes = config.variant.tells_class().then_some(config.classes.len());
    VqVae::new(&store.root(), &config.size.vqvae(config.variant), classes)
}

impl<'a> VqVaeStage<'a> {
    /// Builds the network in `store`.
    pub fn new(store: &VarStore, train: &'a ClipData, held_out: Option<&'a ClipData>, config: &RunConfig) -> Self {
        let sizes = config.size.vqvae(config.variant);
        Self {
            model: network(store, config),
            geometry: Geometry::new(config.variant, config.size),
            train,
            held_out,
            batch: sizes.batch,
            is_masked: config.variant.is_combined(),
            codes: sizes.codes,
            device: store.device(),
        }
    }

    fn cross_entropy(&self, positions: &Tensor, classes: &Tensor) -> Option<Tensor> {
        let scores = self.model.classify(positions)?;
        Some(scores.cross_entropy_loss(&classes.to_device(self.device), None::<&Tensor>, Reduction::Mean, -100, 0.0))
    }

    fn measure(&self, data: &ClipData) -> Measured {
        let numbers = data.spread(EVALUATED);
        let taken = Tensor::zeros([self.codes], (Kind::Int64, self.device));
        let mut sums = Measured::default();
        let mut variance = Variance::default();
        for numbers in numbers.chunks(CHUNK) {
            let frames = data.frames(numbers).to_device(self.device);
            let positions = self.model.encode(&frames);
            let (codes, quantised) = self.model.quantise(&positions);
            let weight = numbers.len() as f64;
            let mean_square = |x: Tensor| x.square().mean(Kind::Float).double_value(&[]) * weight;
            sums.error += mean_square(self.model.decode(&codes) - &frames);
            sums.difference += mean_square(&codes - &positions);
            variance.add(&positions);
            let class = self.cross_entropy(&positions, &data.classes(numbers));
            sums.class += class.map_or(0.0, |class| class.double_value(&[]) * weight);
            let _ = taken.shallow_clone().g_add_(&quantised.places.view(-1).bincount(None::<&Tensor>, self.codes));
        }
        let count = numbers.len() as f64;
        let used = taken.gt(0).to_kind(Kind::Float).mean(Kind::Float).double_value(&[]);
        let difference = sums.difference / count;
        let relative_difference = difference / variance.mean().max(f64::MIN_POSITIVE);
        Measured { error: sums.error / count, difference, relative_difference, class: sums.class / count, used }
    }
}

impl Stage for VqVaeStage<'_> {
    const NAME: &'static str = STAGE;
    /// Published: 3e-3 was the rate of the report.
    const RATE: f64 = 3e-3;

    fn schedule(progress: f64) -> f64 {
        one_cycle(progress, WARM_UP)
    }

    fn loss(&self, progress: f64, rng: &mut ChaCha8Rng) -> (Tensor, Vec<(&'static str, Tensor)>) {
        let numbers: Vec<i64> = (0..self.batch).map(|_| rng.random_range(0..self.train.len())).collect();
        let wanted = self.train.frames(&numbers);
        let given = if self.is_masked { masked(&wanted, &self.geometry, rng) } else { wanted.shallow_clone() };
        let wanted = wanted.to_device(self.device);
        let positions = self.model.encode(&given.to_device(self.device));
        self.model.learn(&positions, progress < RESTARTS);
        let (codes, quantised) = self.model.quantise(&positions);
        let error = (self.model.decode(&codes) - wanted).square().mean(Kind::Float);
        let mut figures = vec![("mse", error.detach()), ("latent_difference", quantised.commitment.detach())];
        let mut loss = error + quantised.commitment * DIFFERENCE;
        if let Some(class) = self.cross_entropy(&positions, &self.train.classes(&numbers)) {
            figures.push(("cross_entropy", class.detach()));
            loss += class * CLASS;
        }
        (loss, figures)
    }

    fn evaluate(&self) -> Figures {
        let of_train = self.measure(self.train);
        let mut figures = vec![("train_mse", of_train.error), ("train_latent_difference", of_train.difference)];
        let has_class = self.model.tells_class();
        if has_class {
            figures.push(("train_cross_entropy", of_train.class));
        }
        if let Some(held_out) = self.held_out {
            let measured = self.measure(held_out);
            figures.extend([
                ("held_out_mse", measured.error),
                ("held_out_latent_difference", measured.difference),
                ("held_out_relative_difference", measured.relative_difference),
                ("held_out_codes_used", measured.used),
            ]);
            if has_class {
                figures.push(("held_out_cross_entropy", measured.class));
            }
        }
        figures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variance_is_that_of_each_channel_over_all_that_was_added() {
        let mut variance = Variance::default();
        // Channels of means 10 and −3 and deviations 2 and 4, in two parts.
        let part = |sign: f64| Tensor::from_slice(&[10.0 + 2.0 * sign, -3.0 - 4.0 * sign]).view([1, 2, 1, 1]);
        [1.0, -1.0].iter().for_each(|sign| variance.add(&part(*sign)));
        assert!((variance.mean() - 10.0).abs() < 1e-9, "{}", variance.mean());
    }
}

//! The training of the vocoder on masked frames: a generator against discriminators by squared errors, with the distance of what these hear of the
//! true and of the made samples, and of log-mel frames. Both sides step at once, each by its own part of the loss.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

use super::config::RunConfig;
use super::data::ClipData;
use super::discriminators::{Discriminators, Heard};
use super::generator::Generator;
use super::geometry::Geometry;
use super::masks::masked;
use super::mel::MelFrames;
use crate::train::{Figures, Stage};

/// Name of the stage in files and logs.
pub const STAGE: &str = "vocoder";
/// Most frames of a part of a clip in a step: 8192 samples at a hop of 256, as published.
const PART_FRAMES: i64 = 32;
/// Weights of the log-mel distance and of what discriminators hear, as published.
const MEL: f64 = 45.0;
const HEARD: f64 = 2.0;
/// Parts of one evaluation, and of one forward pass in it.
const EVALUATED: usize = 64;
const CHUNK: usize = 8;

/// The stage.
#[derive(Debug)]
pub struct VocoderStage<'a> {
    networks: VocoderNetworks,
    mel: MelFrames,
    geometry: Geometry,
    train: &'a ClipData,
    held_out: Option<&'a ClipData>,
    batch: usize,
    device: Device,
}

/// Both sides.
#[derive(Debug)]
pub struct VocoderNetworks {
    pub generator: Generator,
    discriminators: Discriminators,
}

impl VocoderNetworks {
    /// Builds those of a run in `store`.
    pub fn new(store: &VarStore, config: &RunConfig) -> Self {
        let (geometry, sizes) = (Geometry::new(config.variant, config.size), config.size.vocoder());
        let root = store.root();
        Self {
            generator: Generator::new(&(&root / "generator"), &sizes, geometry.rows(), geometry.hop),
            discriminators: Discriminators::new(&(&root / "discriminators"), sizes.thinner),
        }
    }
}

impl<'a> VocoderStage<'a> {
    /// Builds the networks in `store`.
    pub fn new(store: &VarStore, train: &'a ClipData, held_out: Option<&'a ClipData>, config: &RunConfig) -> Self {
        let (geometry, sizes) = (Geometry::new(config.variant, config.size), config.size.vocoder());
        Self {
            networks: VocoderNetworks::new(store, config),
            mel: MelFrames::whole(&geometry, store.device()),
            geometry,
            train,
            held_out,
            batch: sizes.batch,
            device: store.device(),
        }
    }

    fn part_frames(&self) -> i64 {
        PART_FRAMES.min(self.geometry.frames)
    }

    /// Mean distance of the log-mel frames of samples, `[clip, sample]`.
    fn mel_distance(&self, made: &Tensor, wanted: &Tensor) -> Tensor {
        (self.mel.of(made) - self.mel.of(wanted)).abs().mean(Kind::Float)
    }

    /// Losses of frames, `[clip, row, frame]`, whose samples are `wanted`, `[clip, sample]`.
    fn losses(&self, frames: &Tensor, wanted: &Tensor) -> Losses {
        let VocoderNetworks { generator, discriminators } = &self.networks;
        let wanted = wanted.to_device(self.device).unsqueeze(1);
        let made = generator.forward(&frames.to_device(self.device));
        let of_wanted = discriminators.forward(&wanted);
        let discriminator = judged(&of_wanted, 1.0) + judged(&discriminators.forward(&made.detach()), 0.0);
        let of_made = discriminators.fixed().forward(&made);
        let mel = self.mel_distance(&made.squeeze_dim(1), &wanted.squeeze_dim(1));
        let generator = judged(&of_made, 1.0) + heard_distance(&of_made, &of_wanted) * HEARD + &mel * MEL;
        Losses { discriminator, generator, mel }
    }

    /// Mean losses on the middle parts of clips: of the discriminators, of the generator, and the log-mel distance.
    fn measure(&self, data: &ClipData) -> [f64; 3] {
        let numbers = data.spread(EVALUATED);
        let frames = self.part_frames();
        let starts = [(self.geometry.frames - frames) / 2; CHUNK];
        let mut sums = [0.0; 3];
        for numbers in numbers.chunks(CHUNK) {
            let (given, wanted) = data.parts(numbers, &starts[..numbers.len()], frames, self.geometry.hop);
            let Losses { discriminator, generator, mel } = self.losses(&given, &wanted);
            for (sum, loss) in sums.iter_mut().zip([discriminator, generator, mel]) {
                *sum += loss.double_value(&[]) * numbers.len() as f64;
            }
        }
        sums.map(|sum| sum / numbers.len() as f64)
    }
}

/// Losses of a batch, each one number.
struct Losses {
    /// What the discriminators minimise.
    discriminator: Tensor,
    /// What the generator minimises.
    generator: Tensor,
    /// Mean distance of log-mel frames in nepers.
    mel: Tensor,
}

/// Mean squared distance of the judgements from `wanted`, summed over the discriminators.
fn judged(heard: &[Heard], wanted: f64) -> Tensor {
    let parts = heard.iter().filter_map(|heard| heard.last());
    let sum = parts.map(|judgement| (judgement - wanted).square().mean(Kind::Float)).reduce(|sum, part| sum + part);
    sum.unwrap_or_else(|| Tensor::from(0.0f32))
}

/// Distance of what is heard of two sounds before the judgements.
fn heard_distance(made: &[Heard], wanted: &[Heard]) -> Tensor {
    let layers = made.iter().zip(wanted).flat_map(|(made, wanted)| made.iter().zip(wanted).take(made.len() - 1));
    let sum = layers.map(|(made, wanted)| (made - wanted.detach()).abs().mean(Kind::Float));
    sum.reduce(|sum, part| sum + part).unwrap_or_else(|| Tensor::from(0.0f32))
}

impl Stage for VocoderStage<'_> {
    const NAME: &'static str = STAGE;
    const RATE: f64 = 2e-4;

    fn loss(&self, _: f64, rng: &mut ChaCha8Rng) -> (Tensor, Vec<(&'static str, Tensor)>) {
        let frames = self.part_frames();
        let numbers: Vec<i64> = (0..self.batch).map(|_| rng.random_range(0..self.train.len())).collect();
        let starts: Vec<i64> = numbers.iter().map(|_| rng.random_range(0..=self.geometry.frames - frames)).collect();
        let (given, wanted) = self.train.parts(&numbers, &starts, frames, self.geometry.hop);
        let Losses { discriminator, generator, mel } = self.losses(&masked(&given, &self.geometry, rng), &wanted);
        let figures =
            vec![("discriminator", discriminator.detach()), ("generator", generator.detach()), ("mel", mel.detach())];
        (generator + discriminator, figures)
    }

    fn evaluate(&self) -> Figures {
        let [discriminator, generator, mel] = self.measure(self.train);
        let mut figures =
            vec![("train_discriminator", discriminator), ("train_generator", generator), ("train_mel", mel)];
        if let Some(held_out) = self.held_out {
            let [discriminator, generator, mel] = self.measure(held_out);
            figures.extend([
                ("held_out_discriminator", discriminator),
                ("held_out_generator", generator),
                ("held_out_mel", mel),
            ]);
        }
        figures
    }
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;

    use super::*;

    #[test]
    fn published_discriminators_hear_five_periods_and_three_scales() {
        let store = VarStore::new(Device::Cpu);
        let discriminators = Discriminators::new(&store.root(), 1);
        let samples = Tensor::zeros([1, 1, 256], (Kind::Float, Device::Cpu));
        let heard = tch::no_grad(|| discriminators.forward(&samples));
        assert_eq!(heard.len(), 8);
        let layers: Vec<usize> = heard.iter().map(Vec::len).collect();
        assert_eq!(layers, [6, 6, 6, 6, 6, 8, 8, 8]);
        assert_eq!(heard[0][4].size()[1], 1024);
    }

    #[test]
    fn each_side_learns_from_its_own_part_of_the_loss() {
        tch::manual_seed(1);
        let store = VarStore::new(Device::Cpu);
        let discriminators = Discriminators::new(&store.root(), 32);
        let made = Tensor::randn([1, 1, 512], (Kind::Float, Device::Cpu)).set_requires_grad(true);
        judged(&discriminators.fixed().forward(&made), 1.0).backward();
        assert!(made.grad().abs().sum(Kind::Float).double_value(&[]) > 0.0, "the samples learn");
        assert!(store.variables().values().all(|variable| !variable.grad().defined()), "fixed weights do not");
        judged(&discriminators.forward(&made.detach()), 0.0).backward();
        assert!(store.variables().values().any(|variable| variable.grad().defined()), "free weights do");
    }
}

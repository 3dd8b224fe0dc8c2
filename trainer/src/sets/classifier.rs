//! The small convolutional network over log-mel pictures: trained to tell the classes, and untrained as a control.

use std::path::Path;

use anyhow::{Result, ensure};
use engine::pack::hex_sha256;
use indicatif::ProgressBar;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::nn::{self, Module, VarStore};
use tch::{Device, Kind, Tensor};

use super::features::{Features, VERSION, save_tensors};
use crate::eval::parallel::bar;
use crate::train::optimiser::{AdamW, Settings};

/// Width of the layer before the classes: the embedding.
pub const WIDTH: i64 = 128;
/// Channels of the four convolutions.
const CHANNELS: [i64; 5] = [1, 16, 32, 64, 128];
/// Channels that are normalised together (Wu and He 2018).
const GROUP: i64 = 8;
/// Mean and spread of levels, in dB: about those of sounds at one loudness.
const CENTRE_DB: f64 = -45.0;
const SPREAD_DB: f64 = 25.0;
/// Clips of one step, and of one pass outside training.
const BATCH: usize = 32;
const CHUNK: i64 = 128;
/// Passes over the training clips, and the most steps: a minute or so on one core.
const EPOCHS: usize = 14;
const MOST_STEPS: usize = 1000;
/// Learning rate at the start; it falls to 0 along a cosine.
const RATE: f64 = 2e-3;
const WEIGHT_DECAY: f64 = 0.05;
/// Part of the activations of the embedding that are dropped in training.
const DROPOUT: f64 = 0.2;
/// Pictures move by up to so many frames and dB in training.
const SHIFT_FRAMES: i64 = 6;
const SHIFT_DB: f64 = 3.0;
/// Seeds of the trained and of the untrained network.
const SEEDS: [i64; 2] = [11, 12];

/// The network.
#[derive(Debug)]
pub struct Network {
    store: VarStore,
    convs: Vec<nn::Conv2D>,
    norms: Vec<nn::GroupNorm>,
    hidden: nn::Linear,
    classes: nn::Linear,
}

impl Network {
    fn new(seed: i64, classes: usize) -> Self {
        tch::manual_seed(seed);
        let store = VarStore::new(Device::Cpu);
        let root = store.root();
        let config = |stride| nn::ConvConfig { stride, padding: 1, ..Default::default() };
        let layers = CHANNELS.windows(2).enumerate();
        let convs =
            layers.clone().map(|(index, pair)| nn::conv2d(&root / "conv" / index, pair[0], pair[1], 3, config(2)));
        let norms = layers
            .map(|(index, pair)| nn::group_norm(&root / "norm" / index, pair[1] / GROUP, pair[1], Default::default()));
        let (convs, norms) = (convs.collect(), norms.collect());
        // Mean and largest value over time and bands.
        let hidden = nn::linear(&root / "hidden", 2 * CHANNELS[4], WIDTH, Default::default());
        let classes = nn::linear(&root / "classes", WIDTH, classes.max(1) as i64, Default::default());
        Self { store, convs, norms, hidden, classes }
    }

    /// A network of a fixed seed that is never trained: shows how much the training of the other one decides.
    pub fn untrained() -> Self {
        Self::new(SEEDS[1], 1)
    }

    /// The network that tells `classes`, trained on these clips; taken from the folder `cache` where it was trained on the same before.
    ///
    /// # Errors
    /// Training diverges, or the cache cannot be written.
    pub fn trained(train: &Features, targets: &[i64], classes: usize, id: &str, cache: &Path) -> Result<Self> {
        let network = Self::new(SEEDS[0], classes);
        let identity = format!("{VERSION} {classes} {} {id}", train.len());
        let path = cache.join(format!("classifier-{}.safetensors", &hex_sha256(identity.as_bytes())[..24]));
        if network.take(&path) {
            return Ok(network);
        }
        network.train(&train.pictures, targets)?;
        let variables = network.store.variables();
        let named: Vec<(&str, Tensor)> = variables.iter().map(|(name, x)| (name.as_str(), x.detach())).collect();
        save_tensors(&path, &named)?;
        Ok(network)
    }

    /// Takes weights from a file; whether it held them.
    fn take(&self, path: &Path) -> bool {
        let Ok(named) = Tensor::read_safetensors(path) else { return false };
        self.store.variables().into_iter().all(|(name, mut variable)| {
            let found = named.iter().find(|(other, value)| *other == name && value.size() == variable.size());
            found.is_some_and(|(_, value)| {
                tch::no_grad(|| variable.copy_(value));
                true
            })
        })
    }

    fn train(&self, pictures: &Tensor, targets: &[i64]) -> Result<()> {
        let settings = Settings { longest_gradient: Some(1.0), ..Settings::adam(WEIGHT_DECAY) };
        let mut optimiser = AdamW::with_settings(&self.store, settings);
        let mut rng = ChaCha8Rng::seed_from_u64(SEEDS[0] as u64);
        let steps = (EPOCHS * targets.len()).div_ceil(BATCH).min(MOST_STEPS);
        let bar: ProgressBar = bar("classifier", steps);
        let mut order: Vec<usize> = Vec::new();
        for step in 0..steps {
            while order.len() < BATCH {
                let mut next: Vec<usize> = (0..targets.len()).collect();
                next.shuffle(&mut rng);
                order.extend(next);
            }
            let chosen: Vec<usize> = order.drain(..BATCH).collect();
            let clips = chosen.iter().map(|row| shifted(&pictures.get(*row as i64), &mut rng));
            let input = Tensor::stack(&clips.collect::<Vec<_>>(), 0);
            let wanted = Tensor::from_slice(&chosen.iter().map(|row| targets[*row]).collect::<Vec<_>>());
            let logits = self.classes.forward(&self.hidden(&input).dropout(DROPOUT, true));
            let loss = logits.cross_entropy_for_logits(&wanted);
            let value = loss.double_value(&[]);
            ensure!(value.is_finite(), "the classifier's training diverged at step {step}");
            let rate = RATE * 0.5 * (1.0 + (std::f64::consts::PI * step as f64 / steps as f64).cos());
            optimiser.step(&loss, rate)?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// `[clip, band, frame]` in dB → `[clip, 128]`.
    fn hidden(&self, pictures: &Tensor) -> Tensor {
        let mut x = (pictures.to_kind(Kind::Float).unsqueeze(1) - CENTRE_DB) / SPREAD_DB;
        for (conv, norm) in self.convs.iter().zip(&self.norms) {
            x = norm.forward(&conv.forward(&x)).silu();
        }
        let flat = x.flatten(2, 3);
        let mean = flat.mean_dim([2i64].as_slice(), false, Kind::Float);
        let largest = flat.amax([2i64].as_slice(), false);
        self.hidden.forward(&Tensor::cat(&[mean, largest], 1)).silu()
    }

    /// The embedding, `[clip, 128]`.
    pub fn embed(&self, pictures: &Tensor) -> Tensor {
        tch::no_grad(|| {
            let count = pictures.size()[0];
            let parts = (0..count).step_by(CHUNK as usize);
            let parts = parts.map(|start| self.hidden(&pictures.narrow(0, start, CHUNK.min(count - start))));
            Tensor::cat(&parts.collect::<Vec<_>>(), 0)
        })
    }

    /// Probabilities of the classes of an embedding, `[clip, class]`.
    pub fn probabilities(&self, embedded: &Tensor) -> Tensor {
        tch::no_grad(|| self.classes.forward(&embedded.to_kind(Kind::Float)).softmax(1, Kind::Double))
    }
}

/// A picture that begins later by some frames, or a little louder or softer.
fn shifted(picture: &Tensor, rng: &mut ChaCha8Rng) -> Tensor {
    let frames = picture.size()[1];
    let shift = rng.random_range(0..=SHIFT_FRAMES);
    let before = picture.narrow(1, 0, 1).repeat([1, shift]);
    let moved = Tensor::cat(&[before, picture.narrow(1, 0, frames - shift)], 1).to_kind(Kind::Float);
    moved + rng.random_range(-SHIFT_DB..SHIFT_DB)
}

//! Second stage: the vocoder, on crops. Half of the crops start from the true frames, half from those that the trained
//! VAE makes of the sound; what it must give is always the true sound.

use engine::decode::noisiness;
use engine::decode::pipeline::{KEY_SCALE, MIDDLE_KEY};
use engine::spectral::{Frames, SpectralShape};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

use super::stage::{Figures, Stage};
use crate::features::Dataset;
use crate::loss::frames::active_frames;
use crate::loss::vocoder::{Crops, VocoderCriterion, VocoderLoss};
use crate::model::Vocoder;
use crate::signal::PhaseTables;

const BATCH: usize = 12;
const CROP_FRAMES: i64 = 48;
const ONSET_PART: f64 = 0.35;
const RECONSTRUCTED_PART: f64 = 0.5;
/// Crops of one evaluation.
const EVALUATED: usize = 96;

/// The frames that a split is trained or evaluated with.
#[derive(Debug)]
pub struct Source<'a> {
    /// The sounds.
    pub data: &'a Dataset,
    /// Their frames after the way through the latents.
    pub reconstructed: Tensor,
    /// How much of each frame is noise, `[sound, time]`, in the true frames and in those.
    noise_parts: [Tensor; 2],
    /// For each sound the last frame that a crop may begin with and still hold sound.
    last_starts: Vec<i64>,
}

impl<'a> Source<'a> {
    /// The sounds of `data` and what the VAE makes of them.
    pub fn new(data: &'a Dataset, reconstructed: Tensor) -> Self {
        let shape = SpectralShape::DEFAULT;
        let count = shape.frame_count as i64;
        let numbers = Tensor::arange(count, (Kind::Float, Device::Cpu)) + 1.0;
        let ends = (active_frames(&data.frames, &shape) * numbers).amax([1i64].as_slice(), false);
        let ends = Vec::<f32>::try_from(ends).unwrap_or_default();
        let last = count - CROP_FRAMES;
        let last_starts = ends.iter().map(|end| (*end as i64 - CROP_FRAMES / 2).clamp(0, last)).collect();
        let noise_parts = [&data.frames, &reconstructed].map(|frames| noise_parts(frames, &data.keys, &shape));
        Self { data, reconstructed, noise_parts, last_starts }
    }
}

/// One crop: sound, first frame, and whether it starts from reconstructed frames.
type Crop = (usize, i64, bool);

/// The vocoder stage.
#[derive(Debug)]
pub struct VocoderStage<'a> {
    vocoder: Vocoder,
    criterion: VocoderCriterion,
    tables: PhaseTables,
    train: Source<'a>,
    held_out: Option<Source<'a>>,
    shape: SpectralShape,
    device: Device,
}

impl<'a> VocoderStage<'a> {
    /// Builds the network in `store`.
    pub fn new(store: &VarStore, train: Source<'a>, held_out: Option<Source<'a>>) -> Self {
        let shape = SpectralShape::DEFAULT;
        Self {
            vocoder: Vocoder::new(&(store.root() / "vocoder"), &shape),
            criterion: VocoderCriterion::new(&shape, store.device()),
            tables: PhaseTables::new(&shape, store.device()),
            train,
            held_out,
            shape,
            device: store.device(),
        }
    }

    /// Loss of crops that all begin with their sound, or none of which does.
    fn crops_loss(&self, source: &Source, crops: &[Crop], from_start: bool) -> VocoderLoss {
        let (hop, window) = (self.shape.hop_samples as i64, self.shape.fft_size as i64);
        let pad = self.shape.pad_samples as i64;
        let length = (CROP_FRAMES - 1) * hop + window;
        let pick = |true_part: &Tensor, made_part: &Tensor| -> Tensor {
            let parts = crops.iter().map(|(index, start, reconstructed)| {
                let all = if *reconstructed { made_part } else { true_part };
                let one = all.get(*index as i64);
                one.narrow(one.dim() as i64 - 1, *start, CROP_FRAMES)
            });
            Tensor::stack(&parts.collect::<Vec<_>>(), 0).to_device(self.device)
        };
        let frames = pick(&source.data.frames, &source.reconstructed);
        let noise_parts = pick(&source.noise_parts[0], &source.noise_parts[1]);
        let samples: Vec<Tensor> =
            crops.iter().map(|(index, start, _)| source.data.slice(*index, start * hop - pad, length)).collect();
        let keys: Vec<u8> = crops.iter().map(|(index, ..)| source.data.items[*index].key).collect();
        let starts: Vec<i64> = crops.iter().map(|(_, start, _)| *start).collect();
        let indices: Vec<i64> = crops.iter().map(|(index, ..)| *index as i64).collect();
        let inputs = source.data.keys.index_select(0, &Tensor::from_slice(&indices)).to_device(self.device);
        let output = self.vocoder.forward(&frames, &inputs);
        let (reference, noise) = self.tables.crops(&keys, &starts, CROP_FRAMES);
        let samples = Tensor::stack(&samples, 0).to_device(self.device);
        self.criterion.loss(&output, &Crops { frames, noise_parts, reference, noise, samples, from_start })
    }

    fn evaluate_on(&self, source: &Source, reconstructed: bool) -> [f64; 2] {
        let count = source.data.len();
        let crops: Vec<Crop> = (0..EVALUATED.min(count))
            .map(|number| {
                let index = number * count / EVALUATED.min(count);
                (index, source.last_starts[index] * (number as i64 % 3) / 3, reconstructed)
            })
            .collect();
        let (first, later): (Vec<Crop>, Vec<Crop>) = crops.iter().partition(|(_, start, _)| *start == 0);
        let mut sums = [0.0; 2];
        for (kind, from_start) in [(&first, true), (&later, false)] {
            for chunk in kind.chunks(2 * BATCH) {
                let loss = self.crops_loss(source, chunk, from_start);
                let part = chunk.len() as f64 / crops.len() as f64;
                sums[0] += loss.mel_db.double_value(&[]) * part;
                sums[1] += loss.time_phase.double_value(&[]) * part;
            }
        }
        sums
    }
}

impl Stage for VocoderStage<'_> {
    const NAME: &'static str = "vocoder";
    const RATE: f64 = 1.5e-3;

    fn loss(&self, _progress: f64, rng: &mut ChaCha8Rng) -> (Tensor, Vec<(&'static str, Tensor)>) {
        let from_start = rng.random_bool(ONSET_PART);
        let crops: Vec<Crop> = (0..BATCH)
            .map(|_| {
                let index = rng.random_range(0..self.train.data.len());
                let start = if from_start { 0 } else { rng.random_range(0..=self.train.last_starts[index]) };
                (index, start, rng.random_bool(RECONSTRUCTED_PART))
            })
            .collect();
        let loss = self.crops_loss(&self.train, &crops, from_start);
        let figures = vec![
            ("magnitude_db", loss.magnitude_db.detach()),
            ("time_phase", loss.time_phase.detach()),
            ("frequency_phase", loss.frequency_phase.detach()),
            ("phase", loss.phase.detach()),
            ("mel_db", loss.mel_db.detach()),
            ("peak", loss.peak.detach()),
        ];
        (loss.total, figures)
    }

    fn evaluate(&self) -> Figures {
        let [train_db, train_phase] = self.evaluate_on(&self.train, false);
        let [train_latent_db, _] = self.evaluate_on(&self.train, true);
        let mut figures =
            vec![("train_db", train_db), ("train_latent_db", train_latent_db), ("train_phase", train_phase)];
        if let Some(held_out) = &self.held_out {
            let [held_out_db, held_out_phase] = self.evaluate_on(held_out, false);
            let [held_out_latent_db, _] = self.evaluate_on(held_out, true);
            figures.extend([
                ("held_out_db", held_out_db),
                ("held_out_latent_db", held_out_latent_db),
                ("held_out_phase", held_out_phase),
            ]);
        }
        figures
    }
}

/// How much of each frame of `frames` `[sound, bands, time]` is noise: `[sound, time]`.
fn noise_parts(frames: &Tensor, keys: &Tensor, shape: &SpectralShape) -> Tensor {
    let (bands, count) = (shape.mel_bands, shape.frame_count);
    let rows = (0..frames.size()[0]).map(|index| {
        let values = Vec::<f32>::try_from(frames.get(index).flatten(0, -1)).unwrap_or_default();
        let key = MIDDLE_KEY + KEY_SCALE * keys.double_value(&[index, 0]) as f32;
        Tensor::from_slice(&noisiness(&Frames { bands, frames: count, values }, shape, key))
    });
    Tensor::stack(&rows.collect::<Vec<_>>(), 0)
}

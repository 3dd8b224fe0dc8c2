//! A corpus as tensors: samples and log-mel frames, made by the very analysis that the instrument uses.

use anyhow::{Result, ensure};
use engine::decode::pipeline::key_input;
use engine::sample::normalise_loudness;
use engine::spectral::{FrameAnalysis, Frames, SpectralShape};
use tch::{Kind, Tensor};

use crate::corpus::{Corpus, Item};

/// Some items of a corpus, ready for a network.
#[derive(Debug)]
pub struct Dataset {
    /// The items, in the order of the tensors' first dimension.
    pub items: Vec<Item>,
    /// `[item, sample]`, full scale ±1, 16 bit, at the level of all sounds.
    pub samples: Tensor,
    /// `[item, band, frame]`, normalised.
    pub frames: Tensor,
    /// `[item, 1]`, normalised.
    pub keys: Tensor,
    /// For each item the items of the same instrument and stroke at all its keys, itself among them.
    pub siblings: Vec<Vec<usize>>,
}

impl Dataset {
    /// Reads and analyses `items`.
    ///
    /// # Errors
    /// A sound of the corpus cannot be read.
    pub fn load(corpus: &Corpus, items: &[&Item]) -> Result<Self> {
        ensure!(!items.is_empty(), "the corpus has no sound in this split");
        let shape = SpectralShape::DEFAULT;
        ensure!(
            corpus.manifest.sample_rate_hz == shape.sample_rate_hz && corpus.manifest.samples == shape.sound_samples(),
            "the corpus holds sounds of {} samples at {} Hz, this trainer takes {} at {} Hz; make it again with `trainer corpus`",
            corpus.manifest.samples,
            corpus.manifest.sample_rate_hz,
            shape.sound_samples(),
            shape.sample_rate_hz
        );
        let mut analysis = FrameAnalysis::new(&shape);
        let (mut samples, mut frames) = (Vec::new(), Vec::new());
        for item in items {
            let mut sound = corpus.samples(item)?;
            normalise_loudness(&mut sound, shape.sample_rate_hz);
            frames.push(frames_tensor(&analysis.frames(&sound).values, &shape));
            samples.push((Tensor::from_slice(&sound) * 32_767.0).to_kind(Kind::Int16));
        }
        let keys: Vec<f32> = items.iter().map(|item| key_input(f32::from(item.key))).collect();
        Ok(Self {
            items: items.iter().map(|item| (*item).clone()).collect(),
            samples: Tensor::stack(&samples, 0),
            frames: Tensor::stack(&frames, 0),
            keys: Tensor::from_slice(&keys).unsqueeze(1),
            siblings: siblings(items),
        })
    }

    /// Number of sounds.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// The frames of one sound as the engine takes them.
    ///
    /// # Errors
    /// Torch refuses the conversion.
    pub fn frames_of(&self, index: usize) -> Result<Frames> {
        let frames = self.frames.get(index as i64).contiguous();
        let (bands, count) = (frames.size()[0] as usize, frames.size()[1] as usize);
        Ok(Frames { bands, frames: count, values: Vec::try_from(frames.view(-1))? })
    }

    /// All samples of one sound.
    ///
    /// # Errors
    /// Torch refuses the conversion.
    pub fn samples_of(&self, index: usize) -> Result<Vec<f32>> {
        let length = self.samples.size()[1];
        Ok(Vec::try_from(self.slice(index, 0, length))?)
    }

    /// Samples `start .. start + length` of one sound, `[length]`; silence beyond its ends.
    pub fn slice(&self, index: usize, start: i64, length: i64) -> Tensor {
        let sound = self.samples.get(index as i64);
        let total = sound.size()[0];
        let (from, to) = (start.clamp(0, total), (start + length).clamp(0, total));
        let inside = sound.narrow(0, from, to - from).to_kind(Kind::Float) / 32_767.0;
        inside.constant_pad_nd([from - start, (start + length) - to])
    }
}

fn frames_tensor(values: &[f32], shape: &SpectralShape) -> Tensor {
    Tensor::from_slice(values).view([shape.mel_bands as i64, shape.frame_count as i64])
}

fn siblings(items: &[&Item]) -> Vec<Vec<usize>> {
    let timbre = |item: &Item| (item.instrument.clone(), item.velocity);
    let mut by_timbre = std::collections::HashMap::<_, Vec<usize>>::new();
    for (index, item) in items.iter().enumerate() {
        by_timbre.entry(timbre(item)).or_default().push(index);
    }
    items.iter().map(|item| by_timbre[&timbre(item)].clone()).collect()
}

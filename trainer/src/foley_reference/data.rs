//! The clips of a corpus as the models see them, and their classes.

use anyhow::{Result, ensure};
use engine::sample::resample;
use tch::{Device, Kind, Tensor};

use super::config::RunConfig;
use super::encoder::Encoder;
use super::geometry::Geometry;
use super::mel::MelFrames;
use crate::corpus::classes::class_of;
use crate::corpus::{Corpus, Item};
use crate::statistics::evenly;

/// Full scale of stored samples.
const FULL_SCALE: f64 = 32_767.0;

/// Clips and their classes.
#[derive(Debug)]
pub struct ClipData {
    /// `[clip, row, frame]` in 16 bits.
    frames: Tensor,
    /// `[clip, sample]` in 16 bits: the samples that the frames cover.
    samples: Tensor,
    /// `[clip]`, places among the classes.
    pub classes: Tensor,
}

impl ClipData {
    /// Reads those of `items` that are of a class of `config`. Sounds that are shorter than a clip are followed by silence, longer ones are cut.
    ///
    /// # Errors
    /// No item is left, a sound of the corpus cannot be read or converted, or the encoder fails on one.
    pub fn load(
        corpus: &Corpus,
        items: &[&Item],
        config: &RunConfig,
        geometry: &Geometry,
        mut encoder: Option<&mut Encoder>,
    ) -> Result<Self> {
        let mel = MelFrames::new(geometry, Device::Cpu);
        let (mut frames, mut sounds, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for item in items {
            let class = class_of(item, &config.class_label);
            let Some(place) = config.classes.iter().position(|name| Some(name.as_str()) == class) else { continue };
            let mut samples = resample(&corpus.samples(item)?, corpus.manifest.sample_rate_hz, geometry.rate_hz)?;
            samples.resize(geometry.samples as usize, 0.0);
            let sound = Tensor::from_slice(&samples).unsqueeze(0);
            let mut rows = mel.of(&sound).get(0);
            if let Some(encoder) = encoder.as_mut() {
                rows = Tensor::cat(&[rows, encoder.rows(&samples)?], 0);
            }
            frames.push(rows.to_kind(Kind::Half));
            let covered = sound.get(0).narrow(0, 0, geometry.frames * geometry.hop);
            sounds.push((covered.clamp(-1.0, 1.0) * FULL_SCALE).round().to_kind(Kind::Int16));
            places.push(place as i64);
        }
        ensure!(
            !frames.is_empty(),
            "the corpus has no sound of the classes {} in this split",
            config.classes.join(", ")
        );
        Ok(Self {
            frames: Tensor::stack(&frames, 0),
            samples: Tensor::stack(&sounds, 0),
            classes: Tensor::from_slice(&places),
        })
    }

    /// Number of clips.
    pub fn len(&self) -> i64 {
        self.frames.size()[0]
    }

    /// At most `most` clips by their numbers, evenly spread.
    pub fn spread(&self, most: usize) -> Vec<i64> {
        evenly(&(0..self.len()).collect::<Vec<_>>(), most)
    }

    /// Frames of clips by their numbers, `[clip, row, frame]`.
    pub fn frames(&self, numbers: &[i64]) -> Tensor {
        self.frames.index_select(0, &Tensor::from_slice(numbers)).to_kind(Kind::Float)
    }

    /// `count` frames from each start on of clips by their numbers, and their samples: `[clip, row, frame]`, `[clip, sample]`.
    pub fn parts(&self, numbers: &[i64], starts: &[i64], count: i64, hop: i64) -> (Tensor, Tensor) {
        let (mut frames, mut samples) = (Vec::new(), Vec::new());
        for (number, start) in numbers.iter().zip(starts) {
            frames.push(self.frames.get(*number).narrow(1, *start, count));
            samples.push(self.samples.get(*number).narrow(0, start * hop, count * hop));
        }
        let samples = Tensor::stack(&samples, 0).to_kind(Kind::Float) / FULL_SCALE;
        (Tensor::stack(&frames, 0).to_kind(Kind::Float), samples)
    }

    /// Classes of clips by their numbers.
    pub fn classes(&self, numbers: &[i64]) -> Tensor {
        self.classes.index_select(0, &Tensor::from_slice(numbers))
    }
}

//! A corpus as log-mel frames of clips and their classes.

use anyhow::{Result, ensure};
use engine::sample::{normalise_loudness, resample};
use engine::spectral::{FrameAnalysis, SpectralShape};
use tch::{Kind, Tensor};

use super::config::RunConfig;
use crate::corpus::classes::class_of;
use crate::corpus::{Corpus, Item};

/// The analysis of clips: that of the default model, and twice as long, 3.994 s.
pub const SHAPE: SpectralShape = SpectralShape { frame_count: 344, ..SpectralShape::DEFAULT };

/// Clips and their classes.
#[derive(Debug)]
pub struct ClipData {
    /// `[clip, band, frame]`, normalised, in 16 bits.
    frames: Tensor,
    /// `[clip]`, places among the classes.
    pub classes: Tensor,
}

impl ClipData {
    /// Reads those of `items` that are of a class of `config`. Sounds that are shorter than a clip are followed by silence.
    ///
    /// # Errors
    /// No item is left, or a sound of the corpus cannot be read or converted.
    pub fn load(corpus: &Corpus, items: &[&Item], config: &RunConfig) -> Result<Self> {
        let mut analysis = FrameAnalysis::new(&SHAPE);
        let (mut clips, mut places) = (Vec::new(), Vec::new());
        for item in items {
            let class = class_of(item, &config.class_label);
            let Some(place) = config.classes.iter().position(|name| Some(name.as_str()) == class) else { continue };
            let mut samples = resample(&corpus.samples(item)?, corpus.manifest.sample_rate_hz, SHAPE.sample_rate_hz)?;
            normalise_loudness(&mut samples, SHAPE.sample_rate_hz);
            let frames = Tensor::from_slice(&analysis.frames(&samples).values);
            clips.push(frames.view([SHAPE.mel_bands as i64, SHAPE.frame_count as i64]).to_kind(Kind::Half));
            places.push(place as i64);
        }
        ensure!(
            !clips.is_empty(),
            "the corpus has no sound of the classes {} in this split",
            config.classes.join(", ")
        );
        Ok(Self { frames: Tensor::stack(&clips, 0), classes: Tensor::from_slice(&places) })
    }

    /// Of frames, `[clip, 128, 344]`, and places of classes, `[clip]`.
    #[cfg(test)]
    pub fn of_frames(frames: &Tensor, classes: Tensor) -> Self {
        Self { frames: frames.to_kind(Kind::Half), classes }
    }

    /// Number of clips.
    pub fn len(&self) -> i64 {
        self.frames.size()[0]
    }

    /// `count` clips from number `start` on, `[clip, 128, 344]`.
    pub fn clips(&self, start: i64, count: i64) -> Tensor {
        self.frames.narrow(0, start, count).to_kind(Kind::Float)
    }

    /// Frames `start .. start + length` of a clip, `[128, length]`.
    pub fn part(&self, clip: i64, start: i64, length: i64) -> Tensor {
        self.frames.get(clip).narrow(1, start, length).to_kind(Kind::Float)
    }
}

/// The mean difference of frames in dB, where either sounds: above −84 dB.
pub fn error_db(made: &Tensor, wanted: &Tensor) -> f64 {
    const SILENCE_DB: f32 = -84.0;
    let silence = f64::from(SHAPE.normalise_db(SILENCE_DB));
    let heard = made.maximum(wanted).gt(silence).to_kind(Kind::Float);
    let difference = ((made.clamp_min(silence) - wanted.clamp_min(silence)).abs() * &heard).sum(Kind::Float);
    let db = f64::from(-SHAPE.floor_db / 2.0);
    difference.double_value(&[]) / heard.sum(Kind::Float).double_value(&[]).max(1.0) * db
}

//! The sounds of a split as one tensor: spectrograms, samples or codes. Kept small: 1000 sounds must fit beside a network.

use anyhow::{Result, ensure};
use engine::spectral::SpectralShape;
use tch::{Kind, Tensor};

use super::model_name::ModelName;
use super::network::Outer;
use super::raw_ae::SAMPLES;
use super::transform::{BINS, FRAMES, Transform};
use crate::corpus::{Corpus, Item};

/// Sounds that are worked on at once outside training.
pub const CHUNK: i64 = 16;

/// How a set's values are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `[sound, 1025, 83]` of 16-bit floats: 11 bits are 70 dB below the values.
    Spectrograms,
    /// `[sound, samples]` of 16-bit integers, as in the corpus.
    Samples,
    /// `[sound, code]` of 32-bit floats.
    Codes,
}

/// Some sounds, in the order of their corpus.
#[derive(Debug)]
pub struct Set {
    values: Tensor,
    form: Form,
}

impl Set {
    /// Reads `items` in the form that `model` takes.
    ///
    /// # Errors
    /// A sound cannot be read.
    pub fn load(corpus: &Corpus, items: &[&Item], model: ModelName) -> Result<Self> {
        ensure!(!items.is_empty(), "the corpus has no sound in this split");
        check_shape(corpus)?;
        let mut transform = Transform::new();
        let sounds = items.iter().map(|item| {
            let sound = corpus.samples(item)?;
            Ok(if model.hears_samples() {
                (Tensor::from_slice(&sound) * 32_767.0).to_kind(Kind::Int16)
            } else {
                spectrogram(&transform.encode(&sound)).to_kind(Kind::Half)
            })
        });
        let values = Tensor::stack(&sounds.collect::<Result<Vec<_>>>()?, 0);
        Ok(Self { values, form: if model.hears_samples() { Form::Samples } else { Form::Spectrograms } })
    }

    /// The codes that `outer` gives to the sounds of `set`: computed once, since `outer` is not trained any more.
    pub fn encoded(set: &Self, outer: &dyn Outer) -> Self {
        let parts = set.chunks().map(|batch| tch::no_grad(|| outer.encode(&batch)));
        Self { values: Tensor::cat(&parts.collect::<Vec<_>>(), 0), form: Form::Codes }
    }

    /// Number of sounds.
    pub fn len(&self) -> i64 {
        self.values.size()[0]
    }

    /// Some sounds as a network takes them.
    pub fn batch(&self, indices: &[i64]) -> Tensor {
        self.as_input(&self.values.index_select(0, &Tensor::from_slice(indices)))
    }

    /// All sounds, a few at a time.
    pub fn chunks(&self) -> impl Iterator<Item = Tensor> + '_ {
        let starts = (0..self.len()).step_by(CHUNK as usize);
        starts.map(|start| self.as_input(&self.values.narrow(0, start, CHUNK.min(self.len() - start))))
    }

    /// Mean of `error` over all sounds; `error` gives the mean of a batch.
    pub fn mean_error(&self, error: impl Fn(&Tensor) -> Tensor) -> f64 {
        let sum: f64 =
            self.chunks().map(|batch| tch::no_grad(|| error(&batch)).double_value(&[]) * batch.size()[0] as f64).sum();
        sum / self.len() as f64
    }

    fn as_input(&self, values: &Tensor) -> Tensor {
        let values = values.to_kind(Kind::Float);
        match self.form {
            Form::Spectrograms | Form::Codes => values,
            Form::Samples => samples_input(&(values / 32_767.0)),
        }
    }
}

/// Refuses a corpus of another rate or length.
///
/// # Errors
/// The corpus has another rate or length.
pub fn check_shape(corpus: &Corpus) -> Result<()> {
    let shape = SpectralShape::DEFAULT;
    ensure!(
        corpus.manifest.sample_rate_hz == shape.sample_rate_hz && corpus.manifest.samples == shape.sound_samples(),
        "the corpus was made for another sample rate or length; make it again with `trainer corpus`"
    );
    Ok(())
}

/// Features as `[1025, 83]`.
pub fn spectrogram(features: &[f32]) -> Tensor {
    Tensor::from_slice(features).view([BINS as i64, FRAMES as i64])
}

/// Sounds `[batch, samples]`, followed by silence up to 2 s.
pub fn samples_input(sounds: &Tensor) -> Tensor {
    sounds.constant_pad_nd([0, SAMPLES - sounds.size()[1]])
}

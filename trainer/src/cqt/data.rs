//! A corpus as constant-Q frames, made by the very analysis that the instrument uses.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use engine::sample::normalise_loudness;
use engine::spectral::SpectralShape;
use engine::spectral::constant_q::ConstantQFrames;
use tch::Tensor;

use super::model::{BANDS, FRAMES};
use crate::corpus::{Corpus, Item};

/// The analysis of the model.
pub const SHAPE: SpectralShape = SpectralShape::FOOTSTEPS;

/// Items with their frames.
#[derive(Debug)]
pub struct CqtData {
    /// The items, in the order of the tensor's first dimension.
    pub items: Vec<Item>,
    /// `[item, 144, 144]`, normalised.
    pub frames: Tensor,
}

impl CqtData {
    /// Reads and analyses `items` of a corpus of [`open`].
    ///
    /// # Errors
    /// There is no item, or a sound of the corpus cannot be read.
    pub fn load(corpus: &Corpus, items: &[&Item]) -> Result<Self> {
        ensure!(!items.is_empty(), "the corpus has no sound in this split");
        let rate_hz = corpus.manifest.sample_rate_hz;
        ensure!(
            rate_hz == SHAPE.sample_rate_hz,
            "the corpus holds sounds at {rate_hz} Hz, not {}",
            SHAPE.sample_rate_hz
        );
        let mut analysis = analysis()?;
        let mut frames = Vec::with_capacity(items.len());
        for item in items {
            let values = analysis.frames(&prepared(corpus, item)?).values;
            frames.push(Tensor::from_slice(&values).view([BANDS, FRAMES]));
        }
        Ok(Self { items: items.iter().map(|item| (*item).clone()).collect(), frames: Tensor::stack(&frames, 0) })
    }

    /// Number of sounds.
    pub fn len(&self) -> usize {
        self.frames.size()[0] as usize
    }
}

/// The analysis.
///
/// # Errors
/// Never for the constants of this model.
pub fn analysis() -> Result<ConstantQFrames> {
    let bands = SHAPE.constant_q.context("the model has constant-Q bands")?;
    Ok(ConstantQFrames::new(&SHAPE, &bands, SHAPE.frame_count)?)
}

/// Opens a corpus for this model: longer sounds are cut to the model's length.
///
/// # Errors
/// The folder holds no corpus.
pub fn open(folder: &Path) -> Result<Corpus> {
    Ok(Corpus::open(folder)?.cut_to(SHAPE.sound_samples()))
}

/// The samples of an item as the model hears them: at the common loudness.
///
/// # Errors
/// The sound cannot be read.
pub fn prepared(corpus: &Corpus, item: &Item) -> Result<Vec<f32>> {
    let mut samples = corpus.samples(item)?;
    normalise_loudness(&mut samples, SHAPE.sample_rate_hz);
    Ok(samples)
}

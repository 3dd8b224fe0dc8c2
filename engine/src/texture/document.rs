//! Texture synthesis by random convolutions over a complex spectrogram, the method that others are compared with: after Caracalla and
//! Roebel (2019, "Sound texture synthesis using RI spectrograms") in the form of a later report.
//!
//! The real and imaginary planes of each channel's spectrogram go through eight layers of random filters, side by side, with rectification.
//! At each frequency the products of all pairs of filters, mean over time, are the texture. A spectrogram of white noise is moved by Adam until
//! its products are those of the source. Slow: minutes for seconds of sound. Gradients are written out by hand.
//!
//! Worker and main threads only; it takes two threads of its own while it runs.

mod layer;
mod planes;

use layer::Network;
use planes::Planes;

use super::random::Random;
use super::source::{Source, TextureError};
use crate::spectral::{Spectrogram, Stft};

/// Window and hop of the spectrogram in samples: those of TorchAudio, which the report uses.
const FFT: usize = 400;
const HOP: usize = 200;
/// Step of Adam, for planes whose root of the mean square is 1, and its two memories. Loss for 1 s of fire after 36 s of search: 5.5 at 0.03, 2.2 at
/// 0.1, 0.46 at 0.3.
const STEP: f32 = 0.3;
const MEMORIES: [f32; 2] = [0.9, 0.999];
/// The search ends when the loss has changed by less over so many steps.
const LEAST_CHANGE: f64 = 0.0005;
const PATIENCE: usize = 100;
/// So much of the source is looked at, in seconds.
const LONGEST_SOURCE_S: usize = 10;
/// Longest result in seconds: the layers of a longer one would not fit into memory.
pub const DOCUMENT_MAX_S: f64 = 20.0;

/// How the method is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentOptions {
    /// Filters of each layer.
    pub filters: usize,
    /// Most steps of the search.
    pub steps: usize,
}

/// What came of it.
pub struct DocumentResult {
    /// Samples of each channel.
    pub channels: Vec<Vec<f32>>,
    /// Steps that were made.
    pub steps: usize,
    /// Loss before the first and after the last step.
    pub losses: [f64; 2],
}

/// A texture of `samples` samples by the method, of the first one or two channels. `progress` is told the number of steps and cancels by
/// answering `false`.
///
/// # Errors
/// [`TextureError::Channels`] for more than two channels, [`TextureError::NoLength`] and [`TextureError::Cancelled`].
pub fn document(
    source: &Source,
    samples: usize,
    seed: u64,
    options: &DocumentOptions,
    progress: &mut dyn FnMut(usize) -> bool,
) -> Result<DocumentResult, TextureError> {
    if source.channels().len() > 2 {
        return Err(TextureError::Channels(source.channels().len()));
    }
    if samples == 0 {
        return Err(TextureError::NoLength);
    }
    let mut stft = Stft::with_sizes(FFT, HOP, FFT / 2);
    let length = source.len().min(LONGEST_SOURCE_S * source.rate_hz() as usize);
    let wanted: Vec<Spectrogram> = source.channels().iter().map(|channel| stft.analyse(&channel[..length])).collect();
    let mut random = Random::new(seed);
    let noise: Vec<Vec<f32>> = wanted.iter().map(|_| (0..samples).map(|_| random.unit() - 0.5).collect()).collect();
    let begun: Vec<Spectrogram> = noise.iter().map(|channel| stft.analyse(channel)).collect();
    let (source_planes, scale) = Planes::of(&wanted);
    let (mut planes, _) = Planes::of(&begun);
    let network = Network::new(planes.count(), options.filters, &mut random);
    let targets = network.products(&source_planes);
    let mut adam = Adam::new(&planes);
    let mut losses = Vec::new();
    while losses.len() < options.steps {
        let (loss, gradient) = network.loss(&planes, &targets);
        losses.push(loss);
        let before = losses.len().checked_sub(PATIENCE + 1).map(|at| losses[at]);
        if before.is_some_and(|before| (before - loss).abs() < LEAST_CHANGE) {
            break;
        }
        adam.step(&mut planes, &gradient);
        if !progress(losses.len()) {
            return Err(TextureError::Cancelled);
        }
    }
    let channels = planes.spectrograms(scale).into_iter().map(|spectrogram| {
        let mut channel = stft.synthesise(&spectrogram);
        channel.resize(samples, 0.0);
        channel
    });
    let ends = [losses.first(), losses.last()].map(|loss| loss.copied().unwrap_or(0.0));
    Ok(DocumentResult { channels: channels.collect(), steps: losses.len(), losses: ends })
}

/// Adam (Kingma and Ba 2015).
struct Adam {
    means: Vec<f32>,
    squares: Vec<f32>,
    steps: i32,
}

impl Adam {
    fn new(planes: &Planes) -> Self {
        Self { means: vec![0.0; planes.values.len()], squares: vec![0.0; planes.values.len()], steps: 0 }
    }

    fn step(&mut self, planes: &mut Planes, gradient: &Planes) {
        self.steps += 1;
        let [first, second] = MEMORIES;
        let [bias, bias_square] = MEMORIES.map(|memory| 1.0 - memory.powi(self.steps));
        let moments = self.means.iter_mut().zip(&mut self.squares);
        for ((value, slope), (mean, square)) in planes.values.iter_mut().zip(&gradient.values).zip(moments) {
            *mean = first * *mean + (1.0 - first) * slope;
            *square = second * *square + (1.0 - second) * slope * slope;
            *value -= STEP * (*mean / bias) / ((*square / bias_square).sqrt() + 1e-12);
        }
        planes.clear_margins();
    }
}

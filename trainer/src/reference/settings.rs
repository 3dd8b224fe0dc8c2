//! Sizes and hyper-parameters of the reference models; the defaults are the published ones where the report states them.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::sizes::interpolate_layer_sizes;

/// The convolutional outer auto-encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConvSettings {
    /// Layers of the encoder.
    pub layers: i64,
    /// Channels of every layer.
    pub kernels: i64,
    /// Side of the first layer's square kernel.
    pub kernel: i64,
}

impl Default for ConvSettings {
    fn default() -> Self {
        Self { layers: 5, kernels: 20, kernel: 4 }
    }
}

/// The per-frame auto-encoders. The report does not state their sizes; these give a code as large as the convolutional one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrameSettings {
    /// Numbers that stand for one frame.
    pub controls: i64,
    /// Units of the hidden layer.
    pub hidden: i64,
}

/// Optimisation of one stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitSettings {
    /// Sounds of one batch.
    pub batch: i64,
    /// Learning rate of Adam.
    pub rate: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
}

/// The vector-quantised network. The report only names it; sizes are ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuantisedSettings {
    /// Codebook entries that make up one sound.
    pub positions: i64,
    /// Numbers of one entry.
    pub width: i64,
    /// Entries of the codebook.
    pub entries: i64,
    /// Units of the hidden layer on both sides.
    pub hidden: i64,
}

/// Everything that decides what a reference model is and how it is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Outer auto-encoder of `stft-vae`.
    pub conv: ConvSettings,
    /// Outer auto-encoder of `mlp` and `rnn`.
    pub frame: FrameSettings,
    /// Sizes between code and latents.
    pub hidden: Vec<i64>,
    /// Latent dimensions.
    pub latents: i64,
    /// The network of `raw-vqvae`.
    pub quantised: QuantisedSettings,
    /// First stage.
    pub outer: FitSettings,
    /// Second stage.
    pub inner: FitSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            conv: ConvSettings::default(),
            frame: FrameSettings { controls: 76, hidden: 384 },
            hidden: vec![1850, 1008, 443],
            latents: 7,
            quantised: QuantisedSettings { positions: 16, width: 16, entries: 256, hidden: 512 },
            // The best row of the report's grid search.
            outer: FitSettings { batch: 4, rate: 4e-4, weight_decay: 0.0 },
            inner: FitSettings { batch: 16, rate: 4e-4, weight_decay: 0.0 },
        }
    }
}

impl Settings {
    /// Replaces the sizes between a code of `code` numbers and the latents by interpolated ones.
    ///
    /// # Errors
    /// The number of layers or their ratio makes no sizes.
    pub fn interpolate_hidden(&mut self, code: usize, depth: usize, ratio: f64) -> Result<()> {
        let sizes = interpolate_layer_sizes(code, self.latents.max(0) as usize, depth, ratio)?;
        self.hidden = sizes[1..depth].to_vec();
        Ok(())
    }

    /// Refuses sizes of which no network can be made.
    ///
    /// # Errors
    /// A size of which no network can be made.
    pub fn check(&self) -> Result<()> {
        let conv = &self.conv;
        ensure!(conv.layers >= 2 && conv.kernels >= 1 && conv.kernel >= 1, "a convolution needs 2 layers and 1 kernel");
        ensure!(
            conv.kernels <= 512 && conv.layers <= 32 && conv.kernel <= 64,
            "these convolutions are too large to train"
        );
        let smallest = conv.sizes().into_iter().map(|(rows, columns)| rows.min(columns)).min().unwrap_or(0);
        ensure!(smallest >= 1, "{} layers leave nothing of a spectrogram of 83 frames", conv.layers);
        let sizes = [self.frame.controls, self.frame.hidden, self.latents, self.quantised.positions];
        let more = [self.quantised.width, self.quantised.entries, self.quantised.hidden];
        let all = sizes.iter().chain(&more).chain(&self.hidden);
        ensure!(all.clone().all(|size| (1..=100_000).contains(size)), "layer sizes must lie between 1 and 100000");
        for fit in [&self.outer, &self.inner] {
            ensure!((1..=4096).contains(&fit.batch), "a batch must hold 1 to 4096 sounds");
            ensure!(fit.rate.is_finite() && fit.rate > 0.0, "the learning rate must be above 0");
            ensure!(fit.weight_decay.is_finite() && fit.weight_decay >= 0.0, "the weight decay must not be below 0");
        }
        Ok(())
    }
}

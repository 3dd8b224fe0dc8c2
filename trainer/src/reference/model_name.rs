//! The reference models by name.

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use tch::nn::Path;

use super::conv_ae::ConvAe;
use super::deep_ae::DeepAe;
use super::frame_ae::FrameAe;
use super::network::{Inner, Outer};
use super::raw_ae::{CHANNELS, RawAe, SAMPLES, STEPS};
use super::settings::Settings;
use super::transform::{BINS, FRAMES};
use super::vae::Vae;
use super::vq_vae::VqVae;

/// Part of the training over which the divergence of `raw-vae` comes on.
const ANNEALING: f64 = 0.5;
/// Layers and ratio between the codes of samples and seven latents. The addendum does not state them.
const RAW_DEPTH: usize = 4;
const RAW_RATIO: f64 = 0.4;

/// A model of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelName {
    /// Convolutions over the spectrogram, then a VAE: the report's best.
    StftVae,
    /// Fully connected layers per frame, then the same VAE.
    Mlp,
    /// Recurrent layers over frames, then the same VAE.
    Rnn,
    /// Convolutions over samples.
    RawAe,
    /// A deep auto-encoder on the codes of `raw-ae`.
    RawDeep,
    /// A VAE on the codes of `raw-ae`, with the divergence coming on slowly.
    RawVae,
    /// A vector-quantised VAE on the codes of `raw-ae`.
    RawVqvae,
}

impl ModelName {
    /// All models, in the report's order.
    pub const ALL: [Self; 7] =
        [Self::StftVae, Self::Mlp, Self::Rnn, Self::RawAe, Self::RawDeep, Self::RawVae, Self::RawVqvae];

    /// The name in commands and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StftVae => "stft-vae",
            Self::Mlp => "mlp",
            Self::Rnn => "rnn",
            Self::RawAe => "raw-ae",
            Self::RawDeep => "raw-deep",
            Self::RawVae => "raw-vae",
            Self::RawVqvae => "raw-vqvae",
        }
    }

    /// The model of that name.
    ///
    /// # Errors
    /// With the known names, when there is none.
    pub fn parse(name: &str) -> Result<Self> {
        let Some(found) = Self::ALL.into_iter().find(|model| model.as_str() == name) else {
            let known = Self::ALL.map(Self::as_str).join(", ");
            bail!("there is no model `{name}`; known are {known}");
        };
        Ok(found)
    }

    /// Whether the model takes samples instead of spectrograms.
    pub fn hears_samples(self) -> bool {
        matches!(self, Self::RawAe | Self::RawDeep | Self::RawVae | Self::RawVqvae)
    }

    /// Numbers of one sound in the form that the model takes.
    pub fn input_len(self) -> usize {
        if self.hears_samples() { SAMPLES as usize } else { BINS * FRAMES }
    }

    /// Whether two models have the same outer auto-encoder, so that one may take it from the other.
    pub fn shares_outer(self, other: Self) -> bool {
        self == other || (self.hears_samples() && other.hears_samples())
    }

    /// The published settings, and ours where the report states none.
    pub fn settings(self) -> Settings {
        let mut settings = Settings::default();
        match self {
            Self::StftVae => {}
            Self::Mlp => (settings.outer.batch, settings.outer.rate) = (16, 5e-4),
            // The report finds the recurrent model faster at the price of more parameters.
            Self::Rnn => {
                settings.frame.hidden = 512;
                (settings.outer.batch, settings.outer.rate) = (16, 5e-4);
            }
            Self::RawAe | Self::RawDeep | Self::RawVae | Self::RawVqvae => {
                settings.outer.batch = 8;
                settings
                    .interpolate_hidden((CHANNELS * (STEPS + 1)) as usize, RAW_DEPTH, RAW_RATIO)
                    .expect("constant sizes can be interpolated");
            }
        }
        settings
    }

    /// The outer auto-encoder with fresh weights under `path`.
    pub fn outer(self, path: &Path, settings: &Settings) -> Box<dyn Outer> {
        match self {
            Self::StftVae => Box::new(ConvAe::new(path, &settings.conv)),
            Self::Mlp => Box::new(FrameAe::dense(path, &settings.frame)),
            Self::Rnn => Box::new(FrameAe::recurrent(path, &settings.frame)),
            Self::RawAe | Self::RawDeep | Self::RawVae | Self::RawVqvae => Box::new(RawAe::new(path)),
        }
    }

    /// The inner network with fresh weights under `path`, for codes of `code` numbers; none for `raw-ae`.
    pub fn inner(self, path: &Path, code: usize, settings: &Settings) -> Option<Box<dyn Inner>> {
        let (code, hidden, latents) = (code as i64, settings.hidden.as_slice(), settings.latents);
        match self {
            Self::RawAe => None,
            Self::StftVae | Self::Mlp | Self::Rnn => Some(Box::new(Vae::new(path, code, hidden, latents, 0.0))),
            Self::RawVae => Some(Box::new(Vae::new(path, code, hidden, latents, ANNEALING))),
            Self::RawDeep => Some(Box::new(DeepAe::new(path, code, hidden, latents))),
            Self::RawVqvae => Some(Box::new(VqVae::new(path, code, &settings.quantised))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_an_unknown_one_lists_the_known() {
        for model in ModelName::ALL {
            assert_eq!(ModelName::parse(model.as_str()).expect("a known name"), model);
            model.settings().check().expect("the published settings make a network");
        }
        let complaint = ModelName::parse("vea").expect_err("no such model").to_string();
        assert!(ModelName::ALL.iter().all(|model| complaint.contains(model.as_str())), "{complaint}");
        assert_eq!(complaint.lines().count(), 1);
    }
}

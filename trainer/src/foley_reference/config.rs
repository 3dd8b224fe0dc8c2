//! Variants and sizes of the models, and what fixes the results of a run, as its folder stores it.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::files::{read_configuration, write_atomically};

const CONFIG_NAME: &str = "run.json";

/// The VQ-VAEs of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// 80 mel bands x 344 frames as 20 x 86 codes of 512.
    Baseline,
    /// The same with a head that tells the class.
    Conditioned,
    /// 129 mel bands and 1023 rows of an encoder x 300 frames as 288 x 75 codes of 1024, with the head.
    Combined,
    /// The same without the head.
    CombinedUnconditioned,
}

impl Variant {
    /// Whether a head tells the class from the values before quantisation.
    pub fn tells_class(self) -> bool {
        matches!(self, Self::Conditioned | Self::Combined)
    }

    /// Whether the rows of an encoder stand beside the mel bands.
    pub fn is_combined(self) -> bool {
        matches!(self, Self::Combined | Self::CombinedUnconditioned)
    }
}

/// Sizes by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Size {
    /// For trying out in seconds, on clips of 0.3 s.
    Tiny,
    /// For two cores.
    Small,
    /// As published.
    Published,
}

/// Sizes of a VQ-VAE.
#[derive(Clone, Copy, Debug)]
pub struct VqVaeSizes {
    pub channels: i64,
    /// Residual blocks of a stack.
    pub blocks: usize,
    /// Channels inside a residual block.
    pub block_channels: i64,
    /// Stacks of residual blocks side by side, whose results are added.
    pub stacks: usize,
    /// Values that are quantised together.
    pub values: i64,
    pub codes: i64,
    pub batch: usize,
}

/// Sizes of the PixelSNAIL.
#[derive(Clone, Copy, Debug)]
pub struct PriorSizes {
    pub channels: i64,
    pub blocks: usize,
    /// Gated residual blocks of a block.
    pub gated: usize,
    /// Rows and columns of a kernel; odd.
    pub kernel: i64,
    pub heads: i64,
    /// Width of the layers between a class and its map.
    pub class_width: i64,
    /// Positions that attention takes together: 1, or 4 in zen mode.
    pub zen: i64,
    pub batch: usize,
}

/// Sizes of the vocoder and its discriminators.
#[derive(Clone, Copy, Debug)]
pub struct VocoderSizes {
    /// Channels before the first upsampling; half as many after each.
    pub channels: i64,
    /// Kernels of the residual blocks after each upsampling.
    pub kernels: &'static [i64],
    /// Part of the published channels that the discriminators have, as a divisor.
    pub thinner: i64,
    pub batch: usize,
}

impl Size {
    /// Sizes of the VQ-VAE of a variant.
    pub fn vqvae(self, variant: Variant) -> VqVaeSizes {
        let combined = variant.is_combined();
        let published = VqVaeSizes {
            channels: 128,
            blocks: 2,
            block_channels: 32,
            stacks: if combined { 2 } else { 1 },
            values: 64,
            codes: if combined { 1024 } else { 512 },
            batch: 16,
        };
        match self {
            Self::Tiny => VqVaeSizes { channels: 8, block_channels: 4, values: 8, codes: 32, batch: 4, ..published },
            Self::Small if combined => {
                VqVaeSizes { channels: 16, block_channels: 8, values: 16, batch: 4, ..published }
            }
            Self::Small => VqVaeSizes { channels: 32, block_channels: 16, values: 32, batch: 8, ..published },
            Self::Published => published,
        }
    }

    /// Sizes of the prior over the codes of a variant.
    pub fn prior(self, variant: Variant) -> PriorSizes {
        let combined = variant.is_combined();
        let published = PriorSizes {
            channels: 256,
            blocks: 4,
            gated: 4,
            kernel: 5,
            heads: 8,
            class_width: 2048,
            zen: if combined { 4 } else { 1 },
            batch: 8,
        };
        let small = PriorSizes { channels: 48, blocks: 2, gated: 2, kernel: 3, heads: 4, class_width: 64, ..published };
        match self {
            Self::Tiny => {
                PriorSizes { channels: 16, blocks: 2, gated: 1, heads: 2, class_width: 16, batch: 4, ..small }
            }
            Self::Small if combined => PriorSizes { channels: 24, gated: 1, batch: 1, ..small },
            Self::Small => small,
            Self::Published => published,
        }
    }

    /// Sizes of the vocoder.
    pub fn vocoder(self) -> VocoderSizes {
        match self {
            Self::Tiny => VocoderSizes { channels: 32, kernels: &[3], thinner: 32, batch: 2 },
            Self::Small => VocoderSizes { channels: 128, kernels: &[3, 7], thinner: 8, batch: 4 },
            Self::Published => VocoderSizes { channels: 512, kernels: &[3, 7, 11], thinner: 1, batch: 16 },
        }
    }
}

/// What fixes a run's results, time and steps of the stages apart. Stored in the run folder; a resumed run must have the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    pub model: String,
    pub variant: Variant,
    pub size: Size,
    pub seed: u64,
    /// Corpus that is trained on.
    pub corpus_id: String,
    /// SHA-256 of the encoder's file, for combined embeddings.
    pub encoder: Option<String>,
    /// Label of the corpus's items that names their class; `category` is the category.
    pub class_label: String,
    /// Names of the classes, in the order of their numbers.
    pub classes: Vec<String>,
}

impl RunConfig {
    /// Name of these models in a run's configuration.
    pub const MODEL: &'static str = "foley-reference";

    /// Reads the configuration of a run folder.
    ///
    /// # Errors
    /// The folder holds no run of these models, or a damaged configuration.
    pub fn read(run: &Path) -> Result<Self> {
        let config: Self = read_configuration(run, CONFIG_NAME)?;
        ensure!(config.model == Self::MODEL, "{} is a run of another model", run.display());
        Ok(config)
    }

    /// Makes the run folder.
    ///
    /// # Errors
    /// It holds another run, or cannot be written.
    pub fn begin(&self, run: &Path) -> Result<()> {
        if !run.join(CONFIG_NAME).exists() {
            std::fs::create_dir_all(run).with_context(|| format!("cannot make the run folder {}", run.display()))?;
            return write_atomically(&run.join(CONFIG_NAME), &serde_json::to_vec_pretty(self)?);
        }
        ensure!(
            Self::read(run).is_ok_and(|stored| stored == *self),
            "{} was begun with another variant, size, seed, corpus, encoder or classes; give another --out or the same settings",
            run.display()
        );
        Ok(())
    }
}

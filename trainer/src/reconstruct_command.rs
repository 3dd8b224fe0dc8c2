//! `trainer reconstruct`: its options. Main thread.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;

use crate::foley::{ReconstructOptions, reconstruct};

/// What is written.
#[derive(Args)]
pub struct ReconstructArgs {
    /// Run folder of the model foley.
    #[arg(long, default_value = "data/run")]
    run: PathBuf,
    /// Corpus that the run was trained on.
    #[arg(long, default_value = "data/corpus")]
    corpus: PathBuf,
    /// Pack of the default model whose vocoder makes the samples.
    #[arg(long, default_value = "models/factory")]
    vocoder: PathBuf,
    /// Folder for the clips.
    #[arg(long)]
    out: PathBuf,
    /// Clips of each class.
    #[arg(long, default_value_t = 24)]
    count: usize,
    /// Of the true frames, not through the codes: what the vocoder alone changes.
    #[arg(long)]
    true_frames: bool,
}

impl ReconstructArgs {
    /// Writes the clips.
    ///
    /// # Errors
    /// As [`reconstruct`], or a value is out of its range.
    pub fn run(self) -> Result<()> {
        ensure!(self.count > 0, "--count must be above 0");
        reconstruct(&ReconstructOptions {
            run: self.run,
            corpus: self.corpus,
            vocoder: self.vocoder,
            out: self.out,
            count: self.count,
            true_frames: self.true_frames,
        })
    }
}

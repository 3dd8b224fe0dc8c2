//! `trainer useful`: its options. Main thread.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;

use crate::sashimi::UsefulOptions;

/// What is measured.
#[derive(Args)]
pub struct UsefulArgs {
    /// Pack of kind raw: a folder or a file.
    #[arg(long, default_value = "models/raw")]
    pack: PathBuf,
    /// Corpus whose training clips give the bounds, and whose held-out clips the primes.
    #[arg(long, default_value = "data/corpus")]
    corpus: PathBuf,
    /// What names the class of a sound of the corpus: `category` or a label.
    #[arg(long, default_value = "category")]
    class_label: String,
    /// Sounds for each length of prime.
    #[arg(long, default_value_t = 200)]
    count: usize,
    /// Lengths of primes in milliseconds, 0 to 1000; 0 is no prime.
    #[arg(long, value_delimiter = ',', default_value = "0,10,20,40")]
    prime_ms: Vec<f32>,
    /// Factor on the spread of each sample, instead of the pack's own.
    #[arg(long)]
    temperature: Option<f32>,
    /// Part of the probability from which samples are drawn, instead of the pack's own.
    #[arg(long)]
    keep: Option<f32>,
    /// Seed of the first sound; the others follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// File for the table.
    #[arg(long)]
    out: Option<PathBuf>,
}

impl UsefulArgs {
    /// What is to be measured.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn options(self) -> Result<UsefulOptions> {
        ensure!(self.count > 0, "--count must be above 0");
        let fit = self.prime_ms.iter().all(|length_ms| (0.0..=1000.0).contains(length_ms));
        ensure!(fit, "--prime-ms must lie between 0 and 1000");
        Ok(UsefulOptions {
            pack: self.pack,
            corpus: self.corpus,
            class_label: self.class_label,
            count: self.count,
            primes_ms: self.prime_ms,
            temperature: self.temperature,
            keep: self.keep,
            seed: self.seed,
            out: self.out,
        })
    }
}

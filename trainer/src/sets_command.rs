//! `trainer eval-sets`: its options. Main thread.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;

use crate::sets::{Options, evaluate};

/// Compare sets of sounds with a reference.
#[derive(Args)]
pub struct SetsArgs {
    /// What sets are compared with: a corpus, or a folder of audio files whose subfolders are classes.
    #[arg(long)]
    reference: PathBuf,
    /// Label of corpora that names the class, such as class or floor; category takes the category. Without it a corpus has no classes.
    #[arg(long)]
    class_label: Option<String>,
    /// A set by name: a folder of audio files whose subfolders are the reference's classes, or a corpus. The first is compared with the second.
    #[arg(long = "set", value_name = "NAME=FOLDER", value_parser = named_folder)]
    sets: Vec<(String, PathBuf)>,
    /// Folder for report.md, report.json and the cache.
    #[arg(long, default_value = "data/eval-sets")]
    out: PathBuf,
    /// Sample rate in Hz at which clips are compared; that of the reference if none is given.
    #[arg(long, value_name = "HZ")]
    rate: Option<u32>,
    /// Length in seconds to which clips are cut or filled; that of the reference if none is given.
    #[arg(long)]
    seconds: Option<f64>,
    /// Most clips of each class and split, evenly spread; 0 means all.
    #[arg(long, default_value_t = 0)]
    limit: usize,
    /// Leave levels as they are; else every clip is brought to one loudness first.
    #[arg(long)]
    keep_levels: bool,
    /// ONNX file of a VGGish network (96 x 64 log-mel values to 128): adds Fréchet distances as the literature has them.
    #[arg(long, value_name = "FILE")]
    vggish: Option<PathBuf>,
    /// Damage so many held-out clips of each class in rising amounts, and tell which figures order the damage.
    #[arg(long, value_name = "CLIPS", default_value_t = 0)]
    ladder: usize,
    /// Write the report to standard output as one JSON object.
    #[arg(long)]
    json: bool,
}

fn named_folder(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, folder)) if !name.is_empty() && !folder.is_empty() => Ok((name.to_owned(), PathBuf::from(folder))),
        _ => Err("give a name and a folder, as in ours=clips/".to_owned()),
    }
}

impl SetsArgs {
    /// Compares.
    ///
    /// # Errors
    /// Two sets have one name, or as [`evaluate`].
    pub fn run(self, threads: usize) -> Result<()> {
        let mut names: Vec<&str> = self.sets.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        ensure!(names.windows(2).all(|pair| pair[0] != pair[1]), "two sets have one name; give each its own by --set");
        evaluate(&Options {
            reference: self.reference,
            class_label: self.class_label,
            sets: self.sets,
            out: self.out,
            rate_hz: self.rate,
            seconds: self.seconds,
            limit: self.limit,
            keep_levels: self.keep_levels,
            vggish: self.vggish,
            ladder: self.ladder,
            json: self.json,
            threads,
        })
    }
}

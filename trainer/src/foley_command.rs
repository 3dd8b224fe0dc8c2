//! `trainer train --model foley`: the options that only this model has, and the pack at the end. Main thread.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use engine::pack::Pack;

use crate::cqt_command::Shared;
use crate::foley::{self, ExportOptions, Size, TrainOptions};
use crate::train::Budget;

/// Time for the training, in minutes, where none is given.
const MINUTES: f64 = 60.0;
/// Folder in a run folder that holds the pack's files.
const PACK_FOLDER: &str = "pack";

/// What only the model foley has.
#[derive(Args)]
pub struct FoleyArgs {
    /// foley: size of the networks.
    #[arg(long, value_enum, default_value = "small")]
    foley_size: Size,
    /// foley: folder with one to seven folders of recordings, each a class, in place of a corpus.
    #[arg(long)]
    sounds: Option<PathBuf>,
    /// foley: file to write the pack to when the training is done; a run of --sounds writes one in any case, into --out and named as its
    /// folder of recordings.
    #[arg(long, value_name = "FILE")]
    pack: Option<PathBuf>,
    /// foley: pack of the default model whose vocoder that pack gets.
    #[arg(long, default_value = "models/factory")]
    vocoder: PathBuf,
}

impl FoleyArgs {
    /// Whether none is given that another model would leave unheard.
    pub fn is_empty(&self) -> bool {
        self.sounds.is_none() && self.pack.is_none()
    }

    /// Trains, and writes the pack if one is wanted; `how` is what [`FoleyArgs::options`] takes.
    ///
    /// # Errors
    /// A value is out of its range, the vocoder's pack cannot be read, or the training or the export fails.
    pub fn train(&self, options: &TrainOptions) -> Result<()> {
        let Some(file) = self.pack_file(&options.run) else { return foley::train(options) };
        // Before the training, not after hours of it.
        Pack::open(&self.vocoder).context("the pack needs the vocoder of another; name one by --vocoder")?;
        foley::train(options)?;
        let name = stem(&file);
        foley::export(&ExportOptions {
            run: options.run.clone(),
            corpus: options.corpus.clone(),
            vocoder: self.vocoder.clone(),
            out: options.run.join(PACK_FOLDER),
            id: name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).take(64).collect(),
            name,
            last: false,
            archive: Some(file.clone()),
        })?;
        println!("listen: heptode foley --pack {} --count 4 --out clips", file.display());
        Ok(())
    }

    /// The pack's file, if one is to be written.
    fn pack_file(&self, run: &Path) -> Option<PathBuf> {
        let of_sounds = |sounds: &PathBuf| {
            let whole = sounds.canonicalize().unwrap_or_else(|_| sounds.clone());
            run.join(format!("{}.heptode", stem(&whole)))
        };
        self.pack.clone().or_else(|| self.sounds.as_ref().map(of_sounds))
    }

    /// The options of a training. `steps` are those of each stage, `first_share` the part of the time that the first has, and `classes` the
    /// label and the names of the classes. A run that starts from the weights of another keeps its first stage as it is.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn options(
        &self,
        shared: Shared,
        steps: Option<u64>,
        first_share: f64,
        classes: (Option<String>, Vec<String>),
        start_from: Option<PathBuf>,
    ) -> Result<TrainOptions> {
        ensure!(steps != Some(0), "--steps must be above 0");
        let seconds = shared.minutes.unwrap_or(MINUTES) * 60.0;
        let budget = |share: f64| steps.map_or(Budget::Seconds(seconds * share), Budget::Steps);
        let budgets = match start_from {
            Some(_) => [Budget::Seconds(0.0), budget(1.0)],
            None => [budget(first_share), budget(1.0 - first_share)],
        };
        Ok(TrainOptions {
            corpus: shared.corpus,
            sounds: self.sounds.clone(),
            run: shared.run,
            seed: shared.seed,
            budgets,
            start_from,
            rate: shared.rate,
            size: self.foley_size,
            class_label: classes.0,
            classes: classes.1,
            without_held_out: shared.without_held_out,
            device: shared.device,
            intervals: shared.intervals,
        })
    }
}

/// The name of a file without its last extension.
fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| "foley".to_owned(), |name| name.to_string_lossy().into_owned())
}

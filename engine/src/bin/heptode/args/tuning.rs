//! Arguments that choose a tuning, and the tuning that they choose.

use std::path::{Path, PathBuf};

use clap::Args;
use engine::tuning::{Tuning, TuningError, TuningFile, TuningKind};

use crate::failure::Failure;
use crate::output::path_text;

/// Scala files; without them the preset's tuning, or none.
#[derive(Debug, Args)]
pub(crate) struct TuningArgs {
    /// Scala scale; without a keyboard map, key 60 plays its first note, at 261.626 Hz, and each key the next degree
    #[arg(long, value_name = "FILE.scl")]
    pub(crate) scale: Option<PathBuf>,
    /// Scala keyboard map; keys that it does not map do not sound
    #[arg(long, value_name = "FILE.kbm")]
    pub(crate) keyboard_map: Option<PathBuf>,
}

impl TuningArgs {
    /// `tuning`, or none, with the files that were given.
    ///
    /// # Errors
    /// [`Failure`] for a file that cannot be used.
    pub(crate) fn over(&self, tuning: Option<&Tuning>) -> Result<Tuning, Failure> {
        let files = [(TuningKind::Scale, &self.scale), (TuningKind::KeyboardMap, &self.keyboard_map)];
        let mut tuning = tuning.cloned().unwrap_or_default();
        for (kind, path) in files {
            let Some(path) = path else { continue };
            // A map reads as a scale without notes.
            if TuningKind::of(path).is_some_and(|named| named != kind) {
                let path = path_text(path);
                return Err(Failure::usage(format!("{path}: --scale takes a .scl file, --keyboard-map a .kbm file")));
            }
            let unusable = |error| Failure::failed(format!("cannot use {}: {error}", path_text(path)));
            tuning = load(&tuning, kind, path).map_err(unusable)?;
        }
        Ok(tuning)
    }
}

fn load(tuning: &Tuning, kind: TuningKind, path: &Path) -> Result<Tuning, TuningError> {
    tuning.with(kind, Some(TuningFile::load(path)?))
}

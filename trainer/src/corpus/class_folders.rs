//! Clips of recordings whose folder is their class.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use engine::units::MODEL_LATENTS;

use super::walk::audio_files;
use super::writer::{CorpusWriter, Description};
use super::{CLASS_LABEL, DEFAULT_VELOCITY};

/// Recordings that a class needs, so that one can be held out and one trained on.
const LEAST_FILES: usize = 2;
/// Marks the ids of these recordings.
const RECORDING_MARK: u64 = 1 << 44;
const KEY: u8 = 60;

/// Reads every audio file of each folder in `folder`, which is its class, into the corpus, each once.
///
/// # Errors
/// The folder cannot be listed, holds no folder or more than seven, one of them has fewer than two audio files, or the corpus cannot be
/// written. A file that cannot be read is left out with a message.
pub fn read(folder: &Path, writer: &mut CorpusWriter, progress: &dyn Fn(&str)) -> Result<()> {
    let classes = class_folders(folder)?;
    let mut number = 0;
    for class in &classes {
        let label = class.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let files = audio_files(class, |path, why| writer.drop_sound(&path.display().to_string(), why))?;
        ensure!(
            files.len() >= LEAST_FILES,
            "the class {} has {} audio files; at least {LEAST_FILES} are needed",
            class.display(),
            files.len()
        );
        writer.add_source(format!("folder {label} ({} audio files)", files.len()));
        for path in &files {
            let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            progress(&name);
            number += 1;
            let recording = match engine::sample::read(path) {
                Ok(recording) => recording,
                Err(error) => {
                    writer.drop_sound(&name, &error.to_string());
                    continue;
                }
            };
            let description = Description {
                category: label.clone(),
                instrument: format!("file-{number:05}"),
                key: KEY,
                velocity: DEFAULT_VELOCITY,
                source: format!("{label}/{}", path.strip_prefix(class).unwrap_or(path).display()),
                recordings: vec![RECORDING_MARK + number],
                name,
            };
            let labels = BTreeMap::from([(CLASS_LABEL.to_owned(), label.clone())]);
            writer.add_labelled(description, labels, recording)?;
        }
    }
    Ok(())
}

/// The folders in `folder`, in the order of their names.
fn class_folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    let mut found: Vec<PathBuf> =
        entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(|path| path.is_dir()).collect();
    found.sort();
    ensure!(!found.is_empty(), "{} holds no folder; each class is a folder in it", folder.display());
    ensure!(
        found.len() <= MODEL_LATENTS,
        "{} holds {} folders; a model has at most {MODEL_LATENTS} classes",
        folder.display(),
        found.len()
    );
    Ok(found)
}

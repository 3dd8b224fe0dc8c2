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
/// The folder cannot be listed, holds no folder or more than seven, one of them has fewer than two recordings that can be used, or the corpus
/// cannot be written. A file that cannot be used is left out with a message.
pub fn read(folder: &Path, writer: &mut CorpusWriter, progress: &dyn Fn(&str)) -> Result<()> {
    let mut number = 0;
    for class in class_folders(folder)? {
        let label = class.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let files = audio_files(&class, |path, why| writer.drop_sound(&path.display().to_string(), why))?;
        writer.add_source(format!("folder {label} ({} audio files)", files.len()));
        let mut used = 0;
        for path in &files {
            number += 1;
            let source = format!("{label}/{}", path.strip_prefix(&class).unwrap_or(path).display());
            used += usize::from(add(path, &label, source, number, writer, progress)?);
        }
        ensure!(
            used >= LEAST_FILES,
            "the class {} has {used} audio files that can be used; at least {LEAST_FILES} are needed",
            class.display()
        );
    }
    Ok(())
}

/// Adds a recording to the corpus; whether it can be used.
fn add(
    path: &Path,
    label: &str,
    source: String,
    number: u64,
    writer: &mut CorpusWriter,
    progress: &dyn Fn(&str),
) -> Result<bool> {
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    progress(&name);
    let recording = match engine::sample::read(path) {
        Ok(recording) => recording,
        Err(error) => {
            writer.drop_sound(&name, &error.to_string());
            return Ok(false);
        }
    };
    let description = Description {
        category: label.to_owned(),
        instrument: format!("file-{number:05}"),
        key: KEY,
        velocity: DEFAULT_VELOCITY,
        source,
        recordings: vec![RECORDING_MARK + number],
        name,
    };
    writer.add_labelled(description, BTreeMap::from([(CLASS_LABEL.to_owned(), label.to_owned())]), recording)
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

#[cfg(test)]
mod tests {
    use engine::sample::write_wav;

    use super::*;
    use crate::corpus::Corpus;

    const RATE_HZ: u32 = 44_100;

    /// A recording, another one for each number.
    fn write(file: &Path, number: usize) {
        let tone = |n: usize| 0.5 * (n as f32 * 0.01 * (number + 1) as f32).sin();
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        write_wav(file, &(0..4_000).map(tone).collect::<Vec<_>>(), 1, RATE_HZ).expect("written");
    }

    /// The corpus of the folder, or what is said instead.
    fn made(sounds: &Path) -> Result<Corpus> {
        let place = tempfile::tempdir()?;
        let mut writer = CorpusWriter::new(place.path())?;
        read(sounds, &mut writer, &|_| ())?;
        writer.finish(0.12, 1)?;
        Corpus::open(place.path())
    }

    fn refused(sounds: &Path, part: &str) {
        let told = made(sounds).expect_err(part).to_string();
        assert!(told.contains(part) && told.lines().count() == 1, "{told}");
    }

    #[test]
    fn each_folder_is_a_class_and_needs_two_recordings_that_can_be_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let sounds = folder.path();
        refused(sounds, "holds no folder");
        for (number, file) in ["a/1.wav", "a/deeper/2.wav", "b/1.wav"].into_iter().enumerate() {
            write(&sounds.join(file), number);
        }
        refused(sounds, "b has 1 audio files that can be used; at least 2 are needed");
        fs::write(sounds.join("b/2.wav"), b"RIFF").expect("written");
        refused(sounds, "b has 1 audio files that can be used");
        write_wav(&sounds.join("b/3.wav"), &[0.0; 4_000], 1, RATE_HZ).expect("written");
        refused(sounds, "b has 1 audio files that can be used");
        write(&sounds.join("b/4.wav"), 5);
        let corpus = made(sounds).expect("two of each");
        let labels =
            |class: &str| corpus.manifest.items.iter().filter(|item| item.labels[CLASS_LABEL] == class).count();
        assert_eq!((labels("a"), labels("b"), corpus.manifest.dropped.len()), (2, 2, 2));
    }

    #[test]
    fn a_folder_holds_seven_classes_at_most() {
        let folder = tempfile::tempdir().expect("a folder");
        let fill = |class: usize| {
            (0..2).for_each(|file| write(&folder.path().join(format!("{class}/{file}.wav")), 2 * class + file))
        };
        (0..7).for_each(fill);
        assert_eq!(made(folder.path()).expect("seven classes").manifest.items.len(), 14);
        fill(7);
        refused(folder.path(), "holds 8 folders; a model has at most 7 classes");
    }
}

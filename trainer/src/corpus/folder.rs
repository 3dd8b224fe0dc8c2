//! Sounds of a folder of WAV, AIFF and FLAC files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::DEFAULT_VELOCITY;
use super::category;
use super::writer::{CorpusWriter, Description};

/// Key of a file whose name tells none.
const DEFAULT_KEY: u8 = 60;
/// Folders inside folders are followed down to this depth.
const DEEPEST: usize = 8;

/// Reads every audio file under `folder` into the corpus.
pub fn read(folder: &Path, writer: &mut CorpusWriter, progress: &dyn Fn(&str)) -> Result<()> {
    let mut files = Vec::new();
    collect(folder, 0, &mut files)?;
    ensure!(!files.is_empty(), "{} holds no WAV, AIFF or FLAC file", folder.display());
    files.sort();
    let folder_name = folder.file_name().map_or_else(|| ".".into(), |name| name.to_string_lossy().into_owned());
    writer.add_source(format!("folder {folder_name} ({} audio files)", files.len()));
    for (number, path) in files.iter().enumerate() {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        progress(&name);
        match engine::sample::read(path) {
            Err(error) => writer.drop_sound(&name, &error.to_string()),
            Ok(recording) => {
                let description = Description {
                    category: category_of(folder, path).to_owned(),
                    instrument: format!("file-{number:05}"),
                    key: category::key_of_file_name(&name).unwrap_or(DEFAULT_KEY),
                    velocity: DEFAULT_VELOCITY,
                    source: format!("{folder_name}/{}", path.strip_prefix(folder).unwrap_or(path).display()),
                    recordings: vec![(1 << 40) + number as u64],
                    name,
                };
                writer.add(description, recording)?;
            }
        }
    }
    Ok(())
}

/// Category that the file's own name tells, else the folders it lies in, innermost first.
fn category_of(folder: &Path, path: &Path) -> &'static str {
    let inside = path.strip_prefix(folder).unwrap_or(path).with_extension("");
    let root = folder.file_name().map(Path::new).unwrap_or(Path::new(""));
    let places = root.join(inside);
    let names = places.iter().rev().map(|part| category::of_file_name(&part.to_string_lossy()));
    names.into_iter().find(|category| *category != category::UNKNOWN).unwrap_or(category::UNKNOWN)
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("cannot read the folder {}", folder.display()))?.path();
        if path.is_dir() && depth < DEEPEST {
            collect(&path, depth + 1, files)?;
        } else if path.is_file() && is_audio(&path) {
            files.push(path);
        }
    }
    Ok(())
}

fn is_audio(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default();
    matches!(extension.as_str(), "wav" | "aif" | "aiff" | "flac")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_tell_what_file_names_do_not() {
        let category =
            |path: &str| category_of(Path::new("/samples/My drums"), &Path::new("/samples/My drums").join(path));
        assert_eq!(category("Snares/001.wav"), "Snare");
        assert_eq!(category("Snares/kick 3.wav"), "Kick");
        assert_eq!(category("001.wav"), category::UNKNOWN);
    }
}

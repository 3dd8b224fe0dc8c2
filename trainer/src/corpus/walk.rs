//! The audio files below a folder, each once, whatever links lead to it.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use engine::sample::{FileKind, file_kind};
use walkdir::WalkDir;

/// Folders inside folders are followed down to this depth.
const DEEPEST: usize = 8;

/// All audio files below `folder` in the order of their paths. A file with several names (links to it, hard links, links to folders
/// above it) is taken once, by the first of the names that leads over no link if there is one. Links that lead nowhere or back to
/// where they came from are left out, as are folders inside that cannot be listed; `skipped` is told of these.
///
/// # Errors
/// `folder` itself cannot be listed, or a file cannot be looked at.
pub fn audio_files(folder: &Path, mut skipped: impl FnMut(&Path, &str)) -> Result<Vec<PathBuf>> {
    let root = folder.canonicalize().with_context(|| cannot_read(folder))?;
    let mut found = Vec::new();
    for entry in WalkDir::new(folder).follow_links(true).max_depth(DEEPEST + 1) {
        match entry {
            Ok(entry) if entry.file_type().is_file() && file_kind(entry.path()) == FileKind::Read => {
                found.push((is_linked(&root, folder, entry.path())?, entry.into_path()));
            }
            Ok(_) => {}
            Err(error) if error.loop_ancestor().is_some() || error.path().is_some_and(is_dead_link) => {}
            Err(error) if error.depth() > 0 => {
                let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                skipped(error.path().unwrap_or(folder), &why);
            }
            Err(error) => {
                let place = error.path().unwrap_or(folder).to_owned();
                return Err(error).with_context(|| cannot_read(&place));
            }
        }
    }
    found.sort();
    let mut seen = HashSet::new();
    let mut files = Vec::new();
    for (_, path) in found {
        if seen.insert(identity(&path)?) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read the folder {}", path.display())
}

/// Whether a link lies on the way from `folder`, whose place is `root`, to `path`.
fn is_linked(root: &Path, folder: &Path, path: &Path) -> Result<bool> {
    let place = path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?;
    Ok(place != root.join(path.strip_prefix(folder).unwrap_or(path)))
}

fn is_dead_link(path: &Path) -> bool {
    path.is_symlink() && !path.exists()
}

/// What two names of one file have in common: device and inode, which hard links share.
#[cfg(unix)]
fn identity(path: &Path) -> Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let meta = fs::metadata(path).with_context(|| format!("cannot look at {}", path.display()))?;
    Ok((meta.dev(), meta.ino()))
}

/// What two names of one file have in common: its place. Hard links count as files of their own here.
#[cfg(not(unix))]
fn identity(path: &Path) -> Result<PathBuf> {
    fs::canonicalize(path).with_context(|| format!("cannot look at {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let files = audio_files(folder, |path, why| panic!("{}: {why}", path.display())).expect("it is listed");
        files.iter().map(|path| path.strip_prefix(folder).expect("below").to_string_lossy().into_owned()).collect()
    }

    fn put(path: &Path) {
        fs::create_dir_all(path.parent().expect("in a folder")).expect("made");
        fs::write(path, b"audio").expect("written");
    }

    #[test]
    fn files_of_all_folders_are_found_in_order_and_others_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["b/2.WAV", "b/1.flac", "a.aiff", "b/deep/er/3.wav", "notes.txt", "wav"] {
            put(&folder.path().join(name));
        }
        assert_eq!(names(folder.path()), ["a.aiff", "b/1.flac", "b/2.WAV", "b/deep/er/3.wav"]);
        assert!(audio_files(&folder.path().join("gone"), |_, _| {}).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn each_file_is_taken_once_by_its_own_name_whatever_links_lead_to_it() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        put(&at("kicks/1.wav"));
        put(&at("kicks/2.wav"));
        symlink(at("kicks"), at("a link to the folder")).expect("linked");
        symlink(at("kicks"), at("kicks too")).expect("linked");
        symlink(folder.path(), at("kicks/back")).expect("linked");
        symlink(at("kicks/1.wav"), at("0.wav")).expect("linked");
        symlink(at("gone.wav"), at("dead.wav")).expect("linked");
        symlink(at("circle.wav"), at("circle.wav")).expect("linked");
        fs::hard_link(at("kicks/2.wav"), at("kicks/3.wav")).expect("linked");
        assert_eq!(names(folder.path()), ["kicks/1.wav", "kicks/2.wav"]);
        // A file that lies elsewhere comes in by its link.
        let other = tempfile::tempdir().expect("a folder");
        symlink(at("kicks"), other.path().join("mine")).expect("linked");
        symlink(other.path(), other.path().join("mine again")).expect("linked");
        assert_eq!(names(other.path()), ["mine/1.wav", "mine/2.wav"]);
    }
}

//! Folders and file names: what the file list shows and where exports go. Job and main thread.

use std::ffi::OsString;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use engine::folders::home;
use engine::sample::{FileKind, file_kind};
use engine::tuning::TuningKind;

use crate::name_order::NameKey;

/// Ending of a pack's file name.
pub const PACK_EXTENSION: &str = "heptode";

/// What a row of the file list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A folder to open.
    Folder,
    /// An audio file that can be imported.
    Audio,
    /// An audio file of a kind that cannot be imported: its format, such as "Opus".
    NotRead(&'static str),
    /// A model pack.
    Pack,
    /// A scale or a keyboard map.
    Tuning,
}

/// One row of the file list. It keeps the name alone, because a folder may hold a hundred thousand files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// Its name within the folder.
    pub name: OsString,
}

/// A folder and what is in it, or why it cannot be read.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The folder.
    pub folder: PathBuf,
    /// Folders first, then files, each in the order of [`crate::name_order`].
    pub entries: Result<Vec<Entry>, String>,
}

/// Folders, audio files, packs and tunings in `folder`, all of them but hidden ones. Waits for the disk and takes about a second for a hundred
/// thousand files: job thread only.
///
/// # Errors
/// Why the folder cannot be read, in one line.
pub fn list(folder: &Path) -> Result<Vec<Entry>, String> {
    let reading = std::fs::read_dir(folder).map_err(|error| format!("Cannot read {}: {error}", folder.display()))?;
    let visible = reading.flatten().filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
    let mut entries: Vec<Entry> = visible.filter_map(|entry| entry_of(&entry)).collect();
    entries.sort_by_cached_key(|entry| {
        let is_file = entry.kind != EntryKind::Folder;
        (is_file, NameKey::new(entry.name.to_string_lossy()), entry.name.clone())
    });
    Ok(entries)
}

fn entry_of(entry: &DirEntry) -> Option<Entry> {
    let name = entry.file_name();
    let kind = if is_folder(entry) { EntryKind::Folder } else { kind_of(Path::new(&name))? };
    Some(Entry { kind, name })
}

/// Whether an entry is a folder, or a link to one. Most systems tell it with the name, without another question to the disk.
fn is_folder(entry: &DirEntry) -> bool {
    match entry.file_type() {
        Ok(kind) if !kind.is_symlink() => kind.is_dir(),
        _ => entry.path().is_dir(),
    }
}

/// What a file is by its name; none for a file that the list leaves out.
pub fn kind_of(path: &Path) -> Option<EntryKind> {
    match file_kind(path) {
        FileKind::Read => Some(EntryKind::Audio),
        FileKind::NotRead(format) => Some(EntryKind::NotRead(format)),
        FileKind::Other if is_pack(path) => Some(EntryKind::Pack),
        FileKind::Other => TuningKind::of(path).map(|_| EntryKind::Tuning),
    }
}

/// Why a file of a format is not imported, in one line.
pub fn not_read(format: &str) -> String {
    format!("{format} files are not read. Convert them to WAV, AIFF or FLAC first.")
}

/// Whether the name is that of a pack.
pub fn is_pack(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(PACK_EXTENSION))
}

/// The last part of a path as text; the whole path where it has none, as the root of a disk.
pub fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Where exports go: `Heptode` in the user's music folder if there is one, else in the home.
pub fn export_folder() -> PathBuf {
    dirs::audio_dir().filter(|music| music.is_dir()).unwrap_or_else(home).join("Heptode")
}

//! Folders and file names: what the file list shows and where exports go. Job and main thread.

use std::path::{Path, PathBuf};

/// Ending of a pack's file name.
pub const PACK_EXTENSION: &str = "heptode";
/// A longer folder is cut here; nobody scrolls further and the list stays light.
const MOST_ENTRIES: usize = 4000;

/// One row of the file list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// A folder to open.
    Folder(PathBuf),
    /// An audio file that can be imported.
    Audio(PathBuf),
    /// A model pack.
    Pack(PathBuf),
}

/// A folder and what is in it, or why it cannot be read.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The folder.
    pub folder: PathBuf,
    /// Folders first, then files, each by name.
    pub entries: Result<Vec<Entry>, String>,
}

/// Folders, audio files and packs in `folder`, hidden ones left out.
///
/// # Errors
/// Why the folder cannot be read, in one line.
pub fn list(folder: &Path) -> Result<Vec<Entry>, String> {
    let reading = std::fs::read_dir(folder).map_err(|error| format!("Cannot read {}: {error}", folder.display()))?;
    let visible = reading.flatten().filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
    let mut entries: Vec<Entry> = visible.filter_map(|entry| entry_of(entry.path())).take(MOST_ENTRIES).collect();
    entries.sort();
    Ok(entries)
}

fn entry_of(path: PathBuf) -> Option<Entry> {
    if path.is_dir() {
        return Some(Entry::Folder(path));
    }
    match &path {
        path if is_audio(path) => Some(Entry::Audio(path.clone())),
        path if is_pack(path) => Some(Entry::Pack(path.clone())),
        _ => None,
    }
}

/// Whether the name is that of a pack.
pub fn is_pack(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(PACK_EXTENSION))
}

/// Whether the name is that of a file the importer reads.
pub fn is_audio(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    matches!(extension.as_deref(), Some("wav" | "wave" | "aif" | "aiff" | "aifc" | "flac"))
}

/// The user's home, or the current folder where there is none.
pub fn home() -> PathBuf {
    std::env::home_dir().filter(|home| home.is_dir()).unwrap_or_else(|| PathBuf::from("."))
}

/// Where exports go: `Heptode` in the user's music folder if there is one, else in the home.
pub fn export_folder() -> PathBuf {
    dirs::audio_dir().filter(|music| music.is_dir()).unwrap_or_else(home).join("Heptode")
}

/// A free path in `folder` for a sound called `name`: nothing that exists is overwritten.
pub fn free_path(folder: &Path, name: &str) -> PathBuf {
    let safe: String = name.chars().map(|c| if c.is_alphanumeric() || " -_.".contains(c) { c } else { '_' }).collect();
    let stem = match safe.trim() {
        "" => "Heptode",
        stem => stem,
    };
    let numbered = (2..).map(|number| folder.join(format!("{stem} {number}.wav")));
    let mut candidates = std::iter::once(folder.join(format!("{stem}.wav"))).chain(numbered);
    candidates.find(|path| !path.exists()).unwrap_or_else(|| folder.join(format!("{stem}.wav")))
}

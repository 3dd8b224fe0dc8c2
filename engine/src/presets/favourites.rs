//! The list of favourites: a small file of ids beside the presets. Main and worker threads.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::files::replace;

const FILE_NAME: &str = "favourites.json";
/// The version that is written, and the newest that is read.
const VERSION: u32 = 1;
/// Longest file that is read, in bytes: thousands of presets.
const MAX_BYTES: u64 = 4 << 20;

/// The file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Document {
    version: u32,
    favourites: BTreeSet<String>,
}

/// The file's place in a folder of presets.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(FILE_NAME)
}

/// The ids of the favourites; none where there is no file yet.
///
/// # Errors
/// Why the file cannot be used, in words that follow its path.
pub(super) fn load(folder: &Path) -> Result<BTreeSet<String>, String> {
    let path = path(folder);
    match path.metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(error.to_string()),
        Ok(meta) if !meta.is_file() || meta.len() > MAX_BYTES => return Err("it is no list of favourites".to_owned()),
        Ok(_) => {}
    }
    let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let document: Document = serde_json::from_str(&text).map_err(|error| format!("it is damaged ({error})"))?;
    if document.version > VERSION {
        return Err(format!("it was written by a newer Heptode (version {})", document.version));
    }
    Ok(document.favourites)
}

/// Writes the list: whole or not at all.
///
/// # Errors
/// Why it cannot be written.
pub(super) fn save(folder: &Path, favourites: BTreeSet<String>) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let document = Document { version: VERSION, favourites };
    let text = serde_json::to_string_pretty(&document).map_err(|error| error.to_string())?;
    replace(&path(folder), |file| file.write_all(text.as_bytes())).map_err(|error| error.to_string())
}

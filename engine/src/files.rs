//! Files that are written whole or not at all: first beside their final place, then moved into it.
//!
//! Worker and main threads only.

mod names;

use std::fs::File;
use std::io;
use std::path::Path;

pub use names::{file_stem, free_path};

/// Why a file could not be written, in words that follow "cannot write X: ".
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct FileError(String);

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

/// Replaces the file at `path` by what `write` writes. On failure the old file stays and no temporary file is left.
///
/// # Errors
/// [`FileError`] when the folder does not exist, when something other than a file has that name, or when the system refuses.
pub fn replace(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), FileError> {
    // Moving a file over a device or a folder's link target would destroy it.
    if path.metadata().is_ok_and(|meta| !meta.is_file()) {
        return Err(FileError("there is something with this name that is not a regular file".to_owned()));
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(FileError(format!("there is no folder {}", folder.display())));
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".heptode-");
    // The user's umask decides who may read the result, as for any other file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

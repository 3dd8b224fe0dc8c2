//! Atomic writes.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use engine::files::replace;

/// Writes a file so that a reader sees the old or the new content, never a part.
///
/// # Errors
/// The file cannot be written or put in its place.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, |file| file.write_all(bytes)).with_context(|| format!("cannot write {}", path.display()))
}

//! Atomic writes, and the configurations of run folders.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use engine::files::replace;
use serde::de::DeserializeOwned;

/// Writes a file so that a reader sees the old or the new content, never a part.
///
/// # Errors
/// The file cannot be written or put in its place.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, |file| file.write_all(bytes)).with_context(|| format!("cannot write {}", path.display()))
}

/// Reads the configuration `name` of a run folder.
///
/// # Errors
/// The folder holds no such configuration, or a damaged one.
pub fn read_configuration<T: DeserializeOwned>(run: &Path, name: &str) -> Result<T> {
    let path = run.join(name);
    let bytes = fs::read(&path).with_context(|| format!("{} is no run folder: no {name}", run.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display()))
}

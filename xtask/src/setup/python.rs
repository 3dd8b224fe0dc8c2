//! A Python environment in the cache, for what exists only there: pedalboard as a host, ONNX Runtime as a yardstick,
//! pip as the client that fetches libtorch. Nothing of Heptode itself needs Python.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::paths::cache;
use crate::process::{run, say, succeeds};

/// The packages of the host tests and the bench, pinned.
const REQUIREMENTS: &str = include_str!("requirements.txt");

/// Where the environment is, whether or not it exists.
///
/// # Errors
///
/// Fails if the cache folder is unknown.
pub fn folder() -> Result<PathBuf> {
    Ok(cache()?.join("venv"))
}

/// The environment's interpreter.
///
/// # Errors
///
/// Fails if the cache folder is unknown.
pub fn interpreter() -> Result<PathBuf> {
    let folder = folder()?;
    Ok(if cfg!(windows) { folder.join("Scripts").join("python.exe") } else { folder.join("bin").join("python3") })
}

/// The environment with nothing but pip in it; made when missing. Gives its interpreter.
///
/// # Errors
///
/// Fails if the system has no Python 3 with its venv module.
pub fn ensure_pip() -> Result<PathBuf> {
    let python = interpreter()?;
    if succeeds(Command::new(&python).args(["-m", "pip", "--version"])) {
        return Ok(python);
    }
    let folder = folder()?;
    say(&format!("making a Python environment in {}", folder.display()));
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    }
    run(Command::new(system_python()).args(["-m", "venv", "--clear"]).arg(&folder))
        .context("Python 3 with its venv module is needed (Debian: apt-get install python3-venv)")?;
    Ok(python)
}

/// The environment with all packages of [`REQUIREMENTS`]. Gives its interpreter.
///
/// # Errors
///
/// Fails as [`ensure_pip`] does, or if a package cannot be installed.
pub fn ensure() -> Result<PathBuf> {
    let python = ensure_pip()?;
    let installed = folder()?.join("requirements-installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|list| list == REQUIREMENTS) {
        return Ok(python);
    }
    say("installing Python packages: pedalboard, numpy, onnxruntime, soundfile");
    let wanted = folder()?.join("requirements.txt");
    fs::write(&wanted, REQUIREMENTS).with_context(|| format!("cannot write {}", wanted.display()))?;
    run(Command::new(&python).args(["-m", "pip", "install", "--only-binary=:all:", "-r"]).arg(&wanted))?;
    // Written last: an interrupted installation is done again.
    fs::write(&installed, REQUIREMENTS).with_context(|| format!("cannot write {}", installed.display()))?;
    Ok(python)
}

/// The system's own interpreter before any other: the packages of [`super::apt`] belong to it.
fn system_python() -> &'static str {
    if cfg!(windows) {
        "python"
    } else if Path::new("/usr/bin/python3").exists() {
        "/usr/bin/python3"
    } else {
        "python3"
    }
}

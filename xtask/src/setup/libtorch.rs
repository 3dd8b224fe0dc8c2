//! libtorch for the trainer, from PyPI, kept in the cache outside the clone.
//!
//! `libtorch_cpu.so` of PyPI's Linux wheel needs two CUDA libraries to load, though none to run on a CPU; an empty
//! `libtorch.so` stands in for the real one, which only pulls in the CUDA half (3 GB more).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::python;
use crate::paths::cache;
use crate::process::{capture, run, say};

/// The version that `tch` 0.24 is made for.
const VERSION: &str = "2.11.0";
const REQUIREMENTS: &str = include_str!("libtorch.txt");
const UNPACK: &str = include_str!("unpack_libtorch.py");
/// The wheels are chosen for the target, not for whichever Python runs pip.
const WHEEL_TAGS: &[&str] = &[
    "--python-version=3.11",
    "--implementation=cp",
    "--abi=cp311",
    "--platform=manylinux_2_28_x86_64",
    "--platform=manylinux_2_25_x86_64",
    "--platform=manylinux_2_17_x86_64",
    "--platform=manylinux2014_x86_64",
];

/// Gives the folder for `LIBTORCH`: the user's own if that variable is set, else the cached one, made when missing.
///
/// # Errors
///
/// Fails on systems that the recipe does not cover, or if a download or the unpacking fails.
pub fn ensure() -> Result<PathBuf> {
    if let Some(own) = std::env::var_os("LIBTORCH") {
        return Ok(PathBuf::from(own));
    }
    let folder = cache()?.join(format!("libtorch-{VERSION}"));
    // The folder gets this name only when it is whole.
    if folder.is_dir() {
        return Ok(folder);
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        bail!(
            "the libtorch recipe is for Linux on x86-64: here, unpack libtorch {VERSION} yourself and set LIBTORCH to its folder"
        );
    }
    say(&format!("setting up libtorch {VERSION} in {} (a download of 544 MB, once)", folder.display()));
    let work = cache()?.join(format!("libtorch-{VERSION}.part-{}", std::process::id()));
    let made = make(&work).and_then(|()| {
        fs::rename(work.join("libtorch"), &folder).with_context(|| format!("cannot create {}", folder.display()))
    });
    // Best effort: what is left of a failed setup only takes space.
    let _ = fs::remove_dir_all(&work);
    made.map(|()| folder)
}

fn make(work: &Path) -> Result<()> {
    let python = python::ensure_pip()?;
    let (wheels, unpacked) = (work.join("wheels"), work.join("libtorch"));
    fs::create_dir_all(unpacked.join("lib")).with_context(|| format!("cannot create {}", unpacked.display()))?;
    let requirements = work.join("libtorch.txt");
    fs::write(&requirements, REQUIREMENTS)?;
    run(Command::new(&python)
        .args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes"])
        .args(WHEEL_TAGS)
        .arg("--dest")
        .arg(&wheels)
        .arg("-r")
        .arg(&requirements))?;
    let script = work.join("unpack_libtorch.py");
    fs::write(&script, UNPACK)?;
    let mut files = fs::read_dir(&wheels)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    run(Command::new(&python).arg(&script).arg(&unpacked).args(&files))?;
    empty_library(work, &unpacked.join("lib").join("libtorch.so"))
}

/// Links a shared object with nothing in it but its name.
fn empty_library(work: &Path, library: &Path) -> Result<()> {
    let source = work.join("empty.c");
    fs::write(&source, "")?;
    capture(Command::new("gcc").args(["-shared", "-fPIC", "-Wl,-soname,libtorch.so", "-o"]).arg(library).arg(&source))
        .context("a C compiler is needed to finish libtorch (Debian: apt-get install gcc)")?;
    Ok(())
}

//! The archive of the real-time sanitizer, which the tests of the audio thread link: Debian packages of Clang 20 and later have it.

use std::path::{Path, PathBuf};

use super::apt;
use crate::process::say;

/// Packages that have it, the newest first.
const PACKAGES: [&str; 3] = ["libclang-rt-22-dev", "libclang-rt-21-dev", "libclang-rt-20-dev"];
/// Where they put it: below the folder of each version.
const FOLDER: &str = "/usr/lib";
const ARCHIVE: &str = "libclang_rt.rtsan-x86_64.a";

/// Path of the archive; installs it where that is possible. None on a system that has no package with it, or where it cannot be installed, which
/// is told.
pub fn ensure() -> Option<PathBuf> {
    if let Some(found) = find() {
        return Some(found);
    }
    if !cfg!(target_arch = "x86_64") {
        return None;
    }
    let offered = || PACKAGES.into_iter().find(|package| apt::available(package));
    let package = offered().or_else(|| apt::refresh().then(offered).flatten())?;
    if let Err(error) = apt::ensure(&[&[package]]) {
        say(&format!("{package} cannot be installed: {error:#}"));
    }
    find()
}

/// The archive of any installed version: `/usr/lib/llvm-N/lib/clang/N/lib/linux/`.
fn find() -> Option<PathBuf> {
    let versions = std::fs::read_dir(FOLDER).ok()?.flatten().map(|entry| entry.path());
    let named = versions.filter_map(|path| {
        let version = path.file_name()?.to_str()?.strip_prefix("llvm-")?.to_owned();
        Some(path.join("lib/clang").join(version).join("lib/linux").join(ARCHIVE))
    });
    named.into_iter().find(|path: &PathBuf| Path::is_file(path))
}

//! Where things are: the workspace, its target folder, the bundles, and the cache that outlives a clone.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process::{capture, cargo};

/// The folders that every command needs.
pub struct Paths {
    /// The workspace's root, where `Cargo.toml` and the README are.
    pub root: PathBuf,
    /// Cargo's target folder, wherever the user's settings put it.
    pub target: PathBuf,
}

impl Paths {
    /// Asks cargo, so that `CARGO_TARGET_DIR` and the user's cargo configuration are respected.
    ///
    /// # Errors
    ///
    /// Fails if cargo does not describe the workspace.
    pub fn find() -> Result<Self> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().context("xtask's folder has no parent folder")?.to_path_buf();
        let metadata = capture(cargo(&root).args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: serde_json::Value =
            serde_json::from_str(&metadata).context("`cargo metadata` printed something that is not JSON")?;
        let target = metadata["target_directory"].as_str().context("`cargo metadata` names no target folder")?;
        Ok(Self { root, target: PathBuf::from(target) })
    }

    /// The folder of the finished plug-ins and the standalone program.
    pub fn bundled(&self) -> PathBuf {
        self.target.join("bundled")
    }

    /// The VST3 bundle, a folder on every system.
    pub fn vst3(&self) -> PathBuf {
        self.bundled().join("Heptode.vst3")
    }

    /// The CLAP bundle, a file except on macOS.
    pub fn clap(&self) -> PathBuf {
        self.bundled().join("Heptode.clap")
    }

    /// The standalone program, or on macOS its application folder.
    pub fn standalone(&self) -> PathBuf {
        self.bundled().join(match std::env::consts::OS {
            "macos" => "Heptode.app",
            "windows" => "Heptode.exe",
            _ => "Heptode",
        })
    }
}

/// The user's home folder.
///
/// # Errors
///
/// Fails if the system names no home folder.
pub fn home() -> Result<PathBuf> {
    std::env::home_dir().context("the home folder is unknown: set HOME")
}

/// Downloads that outlive a clone: `$HEPTODE_CACHE`, else `~/.cache/heptode`.
///
/// # Errors
///
/// Fails if neither variable nor home folder is known.
pub fn cache() -> Result<PathBuf> {
    match std::env::var_os("HEPTODE_CACHE") {
        Some(folder) => Ok(PathBuf::from(folder)),
        None => Ok(home()?.join(".cache").join("heptode")),
    }
}

/// `path` relative to the current folder where that is shorter to read.
pub fn short(path: &Path) -> String {
    std::env::current_dir()
        .ok()
        .and_then(|here| path.strip_prefix(here).ok().map(Path::to_path_buf))
        .unwrap_or_else(|| path.to_path_buf())
        .display()
        .to_string()
}

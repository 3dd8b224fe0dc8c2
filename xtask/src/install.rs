//! Puts the bundles where hosts look for them, for this user only, and the command line into cargo's own folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::bundle;
use crate::paths::{Paths, home};
use crate::process::{cargo, run, say};

/// Builds, then copies the plug-ins and installs `heptode`.
///
/// # Errors
///
/// Fails if something cannot be built, or if a folder of the user cannot be written to.
pub fn install(paths: &Paths) -> Result<()> {
    bundle::set_up_and_bundle(paths)?;
    let folders = PluginFolders::of_this_system()?;
    replace(&paths.vst3(), &folders.vst3)?;
    replace(&paths.clap(), &folders.clap)?;
    if paths.standalone().exists() {
        replace(&paths.standalone(), &folders.programs)?;
    }
    // `--path` builds in the workspace's target folder, so the dependencies that are built already are used.
    run(cargo(&paths.root).args(["install", "--path", "engine", "--bin", "heptode", "--force", "--locked"]))?;
    say("done: rescan plug-ins in your host, or try `heptode info`");
    Ok(())
}

/// Where this user's plug-ins and programs live.
struct PluginFolders {
    vst3: PathBuf,
    clap: PathBuf,
    programs: PathBuf,
}

impl PluginFolders {
    fn of_this_system() -> Result<Self> {
        let home = home()?;
        Ok(match std::env::consts::OS {
            "macos" => {
                let plugins = home.join("Library/Audio/Plug-Ins");
                Self { vst3: plugins.join("VST3"), clap: plugins.join("CLAP"), programs: home.join("Applications") }
            }
            "windows" => {
                let local = std::env::var_os("LOCALAPPDATA").map(PathBuf::from).context("LOCALAPPDATA is not set")?;
                let common = local.join("Programs").join("Common");
                Self {
                    vst3: common.join("VST3"),
                    clap: common.join("CLAP"),
                    programs: local.join("Programs").join("Heptode"),
                }
            }
            _ => Self { vst3: home.join(".vst3"), clap: home.join(".clap"), programs: home.join(".local/bin") },
        })
    }
}

/// Puts a copy of `bundle` into `folder`. The old one is moved aside only when the new copy is complete: a host that
/// scans meanwhile never sees half a plug-in, and one that has the old one open keeps it.
fn replace(bundle: &Path, folder: &Path) -> Result<()> {
    let name = bundle.file_name().context("a bundle has no name")?;
    let target = folder.join(name);
    let aside = |mark: &str| folder.join(format!(".{}.{mark}-{}", name.to_string_lossy(), std::process::id()));
    let (fresh, old) = (aside("new"), aside("old"));
    let copied = copy_tree(bundle, &fresh).and_then(|()| {
        if target.exists() {
            fs::rename(&target, &old)?;
        }
        fs::rename(&fresh, &target)
    });
    // Best effort: left-overs are hidden files that no host loads.
    let _ = remove_any(&fresh);
    let _ = remove_any(&old);
    copied.with_context(|| format!("cannot install {}", target.display()))?;
    say(&format!("installed {}", target.display()));
    Ok(())
}

fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.is_dir() {
        fs::create_dir_all(to.parent().unwrap_or(to))?;
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_tree(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

fn remove_any(path: &Path) -> std::io::Result<()> {
    if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}

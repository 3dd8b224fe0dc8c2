//! Debian packages: installs what is missing when that is permitted, else says exactly what to type.
//!
//! On systems without `dpkg` nothing is checked here: the compiler's own message names a missing library.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process::{capture, run, say, succeeds};

/// Compiling and linking the plug-in and the standalone program.
pub const BUILD: &[&str] = &["gcc", "libc6-dev", "pkg-config", "libasound2-dev", "libjack-jackd2-dev"];
/// The small VST3 host of the demo and of the host tests links the X client library.
pub const HOST: &[&str] = &["libxcb1-dev"];
/// libtorch's C++ side, Python for the download, a software GPU for the pictures of the editor, X for real windows, fonts for names in
/// Hebrew, Arabic, Chinese, Japanese and Korean.
pub const TEST: &[&str] = &[
    "g++",
    "python3",
    "python3-venv",
    "xvfb",
    "mesa-vulkan-drivers",
    "libvulkan1",
    "libx11-6",
    "libx11-xcb1",
    "libxkbcommon-x11-0",
    "libegl1",
    "libgl1-mesa-dri",
    "libfontconfig1",
    "fonts-dejavu-core",
    "fonts-wqy-microhei",
];
/// Python for ONNX Runtime, and a synthesizer that the bench measures.
pub const PEERS: &[&str] = &["python3", "python3-venv", "libfluidsynth3"];
/// The trainer alone.
pub const TRAINER: &[&str] = &["gcc", "g++", "libc6-dev", "python3", "python3-venv"];
/// The sound font that the factory corpus is rendered from.
pub const FACTORY_SOUNDS: &[&str] = &["fluid-soundfont-gm"];
/// What a wide corpus is made of besides; about 350 MB to download. Their licences stand in trainer/src/corpus/sources.json.
pub const WIDE_SOUNDS: &[&str] = &["fluid-soundfont-gs", "musescore-general-soundfont-lossless", "hydrogen-drumkits"];

/// Makes sure that the Debian packages in `groups` are installed.
///
/// # Errors
///
/// Fails if packages are missing and cannot be installed; without the right to install them, names the command to type.
pub fn ensure(groups: &[&[&str]]) -> Result<()> {
    if !succeeds(Command::new("dpkg-query").arg("--version")) {
        return Ok(());
    }
    let missing: Vec<&str> = groups.concat().into_iter().filter(|package| !installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get install -y --no-install-recommends {}", missing.join(" "));
    let Some(rights) = Rights::find() else {
        bail!(
            "system packages are missing and there is no right to install them. Run this, then try again:\n\n    sudo {line}\n"
        );
    };
    say(&format!("installing {} system package(s): {}", missing.len(), missing.join(" ")));
    if !missing.iter().all(|package| available(package)) {
        run(rights.apt_get().args(["update", "-q"]))?;
    }
    let install =
        |rights: &Rights| run(rights.apt_get().args(["install", "-y", "-q", "--no-install-recommends"]).args(&missing));
    // A package list from months ago names versions that the mirror no longer has: refresh it once and try again.
    install(&rights).or_else(|_| {
        run(rights.apt_get().args(["update", "-q"]))?;
        install(&rights)
    })
}

/// How packages may be installed here.
enum Rights {
    Root,
    PasswordlessSudo,
}

impl Rights {
    fn find() -> Option<Self> {
        if capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
            Some(Self::Root)
        } else if succeeds(Command::new("sudo").args(["-n", "true"])) {
            Some(Self::PasswordlessSudo)
        } else {
            None
        }
    }

    fn apt_get(&self) -> Command {
        let mut command = match self {
            Self::Root => Command::new("env"),
            Self::PasswordlessSudo => {
                let mut sudo = Command::new("sudo");
                sudo.args(["-n", "env"]);
                sudo
            }
        };
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"]);
        command
    }
}

fn installed(package: &str) -> bool {
    capture(Command::new("dpkg-query").args(["-W", "-f", "${db:Status-Status}\n", package]))
        .is_ok_and(|status| status.lines().any(|line| line == "installed"))
}

/// Fetches apt's lists of packages, which may be months old and lack what came since; `false` where that is not possible.
pub fn refresh() -> bool {
    let is_there = succeeds(Command::new("apt-get").arg("--version"));
    is_there && Rights::find().is_some_and(|rights| run(rights.apt_get().args(["update", "-q"])).is_ok())
}

/// Whether apt's present lists offer the package: on a bare image they are empty.
pub fn available(package: &str) -> bool {
    capture(Command::new("apt-cache").args(["show", "--no-all-versions", package])).is_ok_and(|page| !page.is_empty())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::{FACTORY_SOUNDS, WIDE_SOUNDS};

    #[test]
    fn the_packages_are_those_of_the_trainer_s_sources() {
        let table = include_str!("../../../trainer/src/corpus/sources.json");
        let sources: Vec<Value> = serde_json::from_str(table).expect("the table of sources is JSON");
        let packages = |taken_for: &str| -> BTreeSet<String> {
            let chosen = sources.iter().filter(|source| source["use"] == taken_for);
            chosen.filter_map(|source| Some(source["package"].as_str()?.to_owned())).collect()
        };
        let listed =
            |packages: &[&str]| -> BTreeSet<String> { packages.iter().map(|name| (*name).to_owned()).collect() };
        assert_eq!(packages("factory"), listed(FACTORY_SOUNDS));
        assert_eq!(packages("wide"), listed(WIDE_SOUNDS));
    }
}

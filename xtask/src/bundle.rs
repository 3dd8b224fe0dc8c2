//! The release bundles: `Heptode.vst3`, `Heptode.clap` and the standalone program, in `target/bundled`.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::paths::{Paths, short};
use crate::process::{cargo, run, say, succeeds};
use crate::setup::apt;

/// The package that becomes the bundles; `bundler.toml` gives it the name Heptode.
const PACKAGE: &str = "plugin";

/// Sets up what is missing, builds and bundles.
pub fn set_up_and_bundle(paths: &Paths) -> Result<()> {
    apt::ensure(&[apt::BUILD])?;
    bundle(paths)
}

/// Builds with the present system and bundles.
pub fn bundle(paths: &Paths) -> Result<()> {
    let standalone = standalone_builds();
    let mut build = cargo(&paths.root);
    build.args(["build", "--release", "--package", PACKAGE]);
    if standalone {
        build.args(["--features", "standalone"]);
    } else {
        say(
            "no standalone program: the ALSA or JACK development files are missing (libasound2-dev, libjack-jackd2-dev)",
        );
    }
    run(&mut build)?;
    if !standalone {
        remove_old_standalone(paths)?;
    }
    // The bundler reads bundler.toml from, and writes below, the folder that it makes the current one.
    std::env::set_current_dir(&paths.root).context("cannot enter the workspace's root")?;
    nice_plug_xtask::bundle(&paths.target, PACKAGE, &["--release".to_owned()], false)
        .context("the plug-in was built but could not be bundled")?;
    for bundle in [paths.vst3(), paths.clap()] {
        if !bundle.exists() {
            bail!("{} is missing: the library does not export that plug-in format", short(&bundle));
        }
    }
    Ok(())
}

/// The standalone program links the system's audio libraries, which only Linux needs extra packages for.
fn standalone_builds() -> bool {
    !cfg!(target_os = "linux") || succeeds(Command::new("pkg-config").args(["--exists", "alsa", "jack"]))
}

/// The bundler takes whatever program lies in the target folder: one from an earlier build would be stale.
fn remove_old_standalone(paths: &Paths) -> Result<()> {
    let program = paths.target.join("release").join(format!("{PACKAGE}{}", std::env::consts::EXE_SUFFIX));
    if program.exists() {
        std::fs::remove_file(&program).with_context(|| format!("cannot remove the outdated {}", program.display()))?;
    }
    Ok(())
}

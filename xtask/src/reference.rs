//! `cargo xtask reference`: trains the models of the report that Heptode grew from and, for as long as the best of them, ours; measures
//! them and a finished pack of ours on the same corpus; and writes `models/REFERENCE.md`. Everything can be interrupted and goes on
//! where it stopped.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::paths::Paths;
use crate::process::{cargo, run, say};
use crate::setup::{apt, libtorch};
use crate::train::quiet_threads;

/// A model and its part of the time. A shared outer auto-encoder is trained once, with `raw-ae`.
struct Share {
    model: &'static str,
    part: f64,
    outer_from: Option<&'static str>,
}

/// All models of the report, those that others take their outer auto-encoder from first. With [`OURS`] the parts sum to 1.
const SHARES: [Share; 7] = [
    Share { model: "stft-vae", part: 0.26, outer_from: None },
    Share { model: "mlp", part: 0.105, outer_from: None },
    Share { model: "rnn", part: 0.105, outer_from: None },
    Share { model: "raw-ae", part: 0.12, outer_from: None },
    Share { model: "raw-deep", part: 0.05, outer_from: Some("raw-ae") },
    Share { model: "raw-vae", part: 0.05, outer_from: Some("raw-ae") },
    Share { model: "raw-vqvae", part: 0.05, outer_from: Some("raw-ae") },
];
/// Part of the time that ours gets: that of the report's best model.
const OURS: f64 = SHARES[0].part;
/// What it is called where it is missing.
const EQUAL: &str = "ours at an equal budget";
/// What is measured beyond single sounds. Said here, so that rows of other amounts are measured again.
const AMOUNTS: [&str; 8] = ["--lines", "40", "--knob-sounds", "2", "--random", "100", "--visqol", "16"];
const PAGE: &str = "models/REFERENCE.md";

/// What to train on, and for how long.
#[derive(Args)]
pub struct Options {
    /// Corpus folder, made by `trainer corpus` or `cargo xtask train`
    #[arg(long, default_value = "data/factory/corpus")]
    corpus: PathBuf,
    /// Time for all trainings together
    #[arg(long, default_value_t = 120.0)]
    minutes: f64,
    /// Threads of the trainings; measuring always takes one
    #[arg(long, default_value_t = 2)]
    threads: u32,
    /// Seed of every random choice
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Our pack beside them
    #[arg(long, default_value = "models/factory")]
    pack: PathBuf,
    /// Time that the pack was trained for, in minutes, if it is known
    #[arg(long)]
    pack_minutes: Option<f64>,
    /// Most sounds of each split that are measured; 0 means all, which takes hours
    #[arg(long, default_value_t = 120)]
    limit: usize,
    /// Python that may have visqol-python
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    /// Where checkpoints and rows go; the page goes to models/REFERENCE.md
    #[arg(long, default_value = "data/reference")]
    out: PathBuf,
    /// Write the page here instead
    #[arg(long)]
    page: Option<PathBuf>,
}

/// Starts the trainer.
struct Trainer {
    program: PathBuf,
    libtorch: PathBuf,
}

impl Trainer {
    fn build(paths: &Paths) -> Result<Self> {
        let libtorch = libtorch::ensure()?;
        run(cargo(&paths.root).env("LIBTORCH", &libtorch).args(["build", "--release", "--package", "trainer"]))?;
        Ok(Self { program: paths.target.join("release").join("trainer"), libtorch })
    }

    fn command(&self, threads: u32, words: &[&str]) -> Command {
        let mut program = Command::new(&self.program);
        quiet_threads(&mut program);
        program.env("LIBTORCH", &self.libtorch).args(["--threads", &threads.to_string()]).args(words);
        program
    }
}

/// Trains, measures and writes the page; a second call goes on where an earlier one stopped.
///
/// # Errors
///
/// Fails if there is no corpus, if something cannot be set up or built, or if models are missing from the page.
pub fn reference(paths: &Paths, options: &Options) -> Result<()> {
    ensure!(options.minutes.is_finite() && options.minutes > 0.0, "--minutes must be above 0");
    if !options.corpus.join("corpus.json").exists() {
        bail!(
            "{} holds no corpus; make one with `cargo xtask train` or name one with --corpus",
            options.corpus.display()
        );
    }
    apt::ensure(&[apt::TRAINER])?;
    let trainer = Trainer::build(paths)?;
    let (ours, mut missing) = (Ours::new(options), Vec::new());
    // One model that fails, most often for want of time, must not cost the others theirs.
    let mut try_out = |name: &'static str, outcome: Result<()>| {
        if let Err(error) = outcome {
            say(&format!("{error:#}; going on without {name}"));
            missing.push(name);
        }
    };
    for share in SHARES {
        try_out(share.model, train(&trainer, &share, options));
    }
    try_out(EQUAL, ours.make(&trainer, options));
    ensure!(missing.len() <= SHARES.len(), "no model could be trained: see the messages above");
    let mut rows = Vec::new();
    for share in SHARES.iter().filter(|share| !missing.contains(&share.model)) {
        rows.push(measure(&trainer, share.model, &Subject::Run(options.out.join(share.model)), options)?);
    }
    rows.push(measure(&trainer, "pack", &Subject::Pack(options.pack.clone(), options.pack_minutes), options)?);
    if !missing.contains(&EQUAL) {
        rows.push(measure(&trainer, "ours", &Subject::Pack(ours.pack, Some(ours.minutes)), options)?);
    }
    write_page(paths, &trainer, &rows, options)?;
    ensure!(
        missing.is_empty(),
        "the page lacks {}: see the messages above; with more --minutes the same command trains what is missing",
        missing.join(", ")
    );
    Ok(())
}

/// Trains a model of the report.
fn train(trainer: &Trainer, share: &Share, options: &Options) -> Result<()> {
    let mut command = trainer.command(options.threads, &["reference", "train", "--model", share.model]);
    command.arg("--corpus").arg(&options.corpus);
    command.arg("--out").arg(options.out.join(share.model)).args(["--seed", &options.seed.to_string()]);
    command.args(["--minutes", &(options.minutes * share.part).to_string()]);
    if let Some(from) = share.outer_from {
        command.arg("--outer-from").arg(options.out.join(from));
    }
    run(&mut command)
}

/// What a row is measured of.
enum Subject {
    /// A run folder of a model of the report.
    Run(PathBuf),
    /// A pack, and its time of training in minutes where it is known.
    Pack(PathBuf, Option<f64>),
}

/// Measures a row and says where it is.
fn measure(trainer: &Trainer, name: &str, of: &Subject, options: &Options) -> Result<PathBuf> {
    let row = options.out.join(format!("{name}.json"));
    let mut command = trainer.command(1, &["reference", "measure"]);
    let folder = match of {
        Subject::Run(run) => {
            command.arg("--run").arg(run);
            run
        }
        Subject::Pack(pack, minutes) => {
            command.arg("--pack").arg(pack);
            if let Some(minutes) = minutes {
                command.args(["--training-minutes", &minutes.to_string()]);
            }
            pack
        }
    };
    command.arg("--corpus").arg(&options.corpus).args(["--limit", &options.limit.to_string()]);
    command.arg("--python").arg(&options.python);
    measure_once(command.args(AMOUNTS).arg("--out").arg(&row), folder, &row)?;
    Ok(row)
}

fn write_page(paths: &Paths, trainer: &Trainer, rows: &[PathBuf], options: &Options) -> Result<()> {
    let page = options.page.clone().unwrap_or_else(|| paths.root.join(PAGE));
    let mut table = trainer.command(1, &["reference", "table"]);
    table.args(rows).arg("--out").arg(&page).args(["--date", &today()?, "--machine", &machine(options.threads)]);
    run(table.args(["--minutes", &options.minutes.to_string()]))
}

/// Our model from nothing, trained for as long as the report's best.
struct Ours {
    minutes: f64,
    run: PathBuf,
    pack: PathBuf,
}

impl Ours {
    /// Another budget is another run: unlike the report's models, ours anneals to the end of its time.
    fn new(options: &Options) -> Self {
        let minutes = options.minutes * OURS;
        let folder = |ending: &str| options.out.join(format!("heptode-{minutes:.1}{ending}"));
        Self { minutes, run: folder(""), pack: folder("-pack") }
    }

    /// Trains it on the processor as the others are, and writes its pack, unless that is done.
    fn make(&self, trainer: &Trainer, options: &Options) -> Result<()> {
        let mut train = trainer.command(options.threads, &["train", "--device", "cpu", "--without-held-out"]);
        train.arg("--corpus").arg(&options.corpus).arg("--out").arg(&self.run);
        train.args(["--minutes", &self.minutes.to_string(), "--seed", &options.seed.to_string()]);
        run(&mut train)?;
        // The model card is written last.
        if changed(&self.pack.join("README.md")) >= weights_changed(&self.run) {
            return Ok(());
        }
        let mut export = trainer.command(options.threads, &["export", "--id", "heptode-equal", "--in-tune"]);
        export.arg("--run").arg(&self.run).arg("--corpus").arg(&options.corpus).arg("--out").arg(&self.pack);
        run(export.args(["--name", &format!("Heptode, {:.0} minutes", self.minutes)]))
    }
}

/// Measures unless there is a row of the same command that is no older than the weights `of` which it was measured.
fn measure_once(command: &mut Command, of: &Path, row: &Path) -> Result<()> {
    let note = row.with_extension("of.txt");
    let words: Vec<String> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let words = words.join(" ");
    let same = std::fs::read_to_string(&note).is_ok_and(|before| before == words);
    if row.exists() && same && changed(&note) >= weights_changed(of) {
        say(&format!("using the figures in {}", row.display()));
        return Ok(());
    }
    run(command)?;
    // Written last: an interrupted measurement is done again.
    std::fs::write(&note, words).with_context(|| format!("cannot write {}", note.display()))
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|about| about.modified()).ok()
}

/// When the newest weights of a run's folder or of a pack, file or folder, were written.
fn weights_changed(of: &Path) -> Option<SystemTime> {
    let Ok(entries) = std::fs::read_dir(of) else { return changed(of) };
    let paths = entries.flatten().map(|entry| entry.path());
    let weights =
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "safetensors" || ending == "onnx"));
    weights.filter_map(|path| changed(&path)).max()
}

/// Kind of processor, threads and system: what a reader needs to judge times, and no more.
fn machine(threads: u32) -> String {
    let information = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = |key: &str| {
        let line = information.lines().find(|line| line.starts_with(key))?;
        line.split_once(':').map(|(_, name)| name.trim().to_owned())
    };
    let processor = named("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    format!("{processor}, {cores} cores, {threads} threads, {}", std::env::consts::OS)
}

/// The day in UTC, as YYYY-MM-DD.
fn today() -> Result<String> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock stands before 1970")?.as_secs();
    let (year, month, day) = civil_date((seconds / 86_400) as i64);
    Ok(format!("{year:04}-{month:02}-{day:02}"))
}

/// Year, month and day of a day counted from 1 January 1970, in the Gregorian calendar (Howard Hinnant,
/// "chrono-compatible low-level date algorithms").
fn civil_date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        assert_eq!(civil_date(0), (1970, 1, 1));
        assert_eq!(civil_date(11_016), (2000, 2, 29));
        assert_eq!(civil_date(19_753), (2024, 1, 31));
        assert_eq!(civil_date(20_453), (2025, 12, 31));
    }

    #[test]
    fn the_parts_make_up_the_whole_and_shared_models_come_first() {
        assert!((SHARES.iter().map(|share| share.part).sum::<f64>() + OURS - 1.0).abs() < 1e-9);
        assert_eq!(SHARES[0].model, "stft-vae", "ours gets the time of the report's best");
        for (index, share) in SHARES.iter().enumerate() {
            let known = |from: &str| SHARES[..index].iter().any(|earlier| earlier.model == from);
            assert!(share.outer_from.is_none_or(known), "{} needs a model that is not trained yet", share.model);
        }
    }
}

//! `cargo xtask test`: every check there is, on a machine that may have nothing but Rust. Also what CI runs.
//!
//! All steps run even after one has failed, so that one run tells everything; the last lines name what failed.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::paths::Paths;
use crate::process::{capture, cargo, run, say, succeeds};
use crate::setup::{apt, libtorch, python, rtsan};
use crate::train::quiet_threads;
use crate::{bundle, features, licences};

/// Tests that run a second time with assertions on, as options of `cargo test`: programs of the audio thread, then modules of another one.
const AUDIO_THREAD_TESTS: &[&str] = &["--test", "realtime", "--test", "plugin_realtime"];
const CHECKED_TESTS: &[&str] = &["--test", "laws", "properties::"];
/// Release code with assertions; see `Cargo.toml`.
const CHECKED: &str = "bench";

/// What to leave out.
#[derive(Args)]
pub struct Options {
    /// Leave out the trainer, which needs libtorch: for systems that the libtorch recipe does not cover
    #[arg(long)]
    no_trainer: bool,
}

/// Tests that ran, over all steps.
#[derive(Default)]
struct Counts {
    passed: u64,
    failed: u64,
    ignored: u64,
}

struct Session<'a> {
    root: &'a Path,
    /// Where libtorch is, when the trainer takes part.
    libtorch: Option<PathBuf>,
    /// The archive of the real-time sanitizer, where the system has it.
    rtsan: Option<PathBuf>,
    counts: Counts,
    failed_steps: Vec<&'static str>,
}

/// Sets up and runs everything.
///
/// # Errors
///
/// Fails if a step failed, and names all that did.
pub fn test(paths: &Paths, options: &Options) -> Result<()> {
    let libtorch = set_up(options)?;
    let rtsan = rtsan::ensure();
    let mut session =
        Session { root: &paths.root, libtorch, rtsan, counts: Counts::default(), failed_steps: Vec::new() };
    session.step("format", |s| run(cargo(s.root).args(["fmt", "--all", "--check"])));
    session.step("licences", |_| licences::check(paths));
    session.step("features", |_| features::check(paths));
    session.step("bundles", |_| bundle::bundle(paths));
    // The release profile throughout, so that the dependencies are compiled once.
    session.step("tests", |s| s.count(s.workspace("test", "release").arg("--no-fail-fast")));
    session.step("lints", |s| run(s.workspace("clippy", "release").args(["--all-targets", "--", "-D", "warnings"])));
    // Assertions, of the framework too, are on only here.
    session.step("tests of the audio thread, with assertions and the real-time sanitizer", |s| {
        s.count(&mut s.sanitized())?;
        s.count(s.workspace("test", CHECKED).args(CHECKED_TESTS))
    });
    session.finish()
}

/// Gets everything that the checks need; gives libtorch's folder unless the trainer is left out.
fn set_up(options: &Options) -> Result<Option<PathBuf>> {
    apt::ensure(&[apt::BUILD, apt::HOST, apt::TEST])?;
    rust_components()?;
    python::ensure()?;
    if options.no_trainer {
        say("without the trainer and its tests");
        return Ok(None);
    }
    libtorch::ensure().map(Some)
}

/// Minimal Rust installations lack the formatter and the linter.
fn rust_components() -> Result<()> {
    for (probe, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if !succeeds(Command::new("cargo").args([probe, "--version"])) {
            capture(Command::new("rustup").args(["component", "add", component]))
                .with_context(|| format!("`cargo {probe}` is missing: install Rust's component {component}"))?;
        }
    }
    Ok(())
}

impl Session<'_> {
    fn step(&mut self, name: &'static str, work: impl FnOnce(&mut Self) -> Result<()>) {
        say(&format!("step: {name}"));
        let started = Instant::now();
        match work(self) {
            Ok(()) => say(&format!("{name}: passed in {:.0} s", started.elapsed().as_secs_f32())),
            Err(error) => {
                say(&format!("{name}: FAILED: {error:#}"));
                self.failed_steps.push(name);
            }
        }
    }

    /// A command of cargo over all crates that take part.
    fn workspace(&self, command: &str, profile: &str) -> Command {
        let mut cargo = cargo(self.root);
        cargo.args([command, "--profile", profile, "--workspace"]).args(bundle::standalone_feature());
        match &self.libtorch {
            Some(folder) => {
                cargo.env("LIBTORCH", folder);
                quiet_threads(&mut cargo);
            }
            None => {
                cargo.args(["--exclude", "trainer"]);
            }
        }
        cargo
    }

    /// The tests of the audio thread with assertions, linked with the real-time sanitizer where there is one.
    fn sanitized(&self) -> Command {
        let mut cargo = self.workspace("test", CHECKED);
        cargo.args(AUDIO_THREAD_TESTS);
        match &self.rtsan {
            Some(archive) => {
                cargo.env("RTSAN_ENABLE", "1").env("RTSAN_LIB_PATH", archive);
                cargo.args(["--features", "tests/rtsan"]);
            }
            None => say("without the real-time sanitizer: this system has no package with its archive"),
        }
        cargo
    }

    /// Runs tests with their output shown, and adds up the harness's own totals.
    fn count(&mut self, command: &mut Command) -> Result<()> {
        say(&format!("{command:?}"));
        let mut child = command.stdout(Stdio::piped()).spawn().context("cargo could not be started")?;
        let output = child.stdout.take().context("cargo's output is not readable")?;
        for line in BufReader::new(output).lines() {
            let line = line.context("cargo's output is not text")?;
            println!("{line}");
            self.counts.add(&line);
        }
        let status = child.wait()?;
        if !status.success() {
            bail!("cargo test failed ({status})");
        }
        Ok(())
    }

    fn finish(self) -> Result<()> {
        let Counts { passed, failed, ignored } = self.counts;
        println!("{passed} passed, {failed} failed, {ignored} ignored");
        if !self.failed_steps.is_empty() {
            bail!("failed: {}", self.failed_steps.join("; "));
        }
        println!("all checks passed");
        Ok(())
    }
}

impl Counts {
    /// Reads a line such as `test result: ok. 5 passed; 0 failed; 0 ignored; …`.
    fn add(&mut self, line: &str) {
        let Some(totals) = line.strip_prefix("test result: ") else { return };
        let words: Vec<&str> = totals.split([' ', ';']).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2) {
            let Ok(count) = pair[0].parse::<u64>() else { continue };
            match pair[1] {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn totals_of_the_harness_are_added_up() {
        let mut counts = Counts::default();
        counts.add("test result: ok. 5 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.1s");
        counts.add("test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out");
        counts.add("test some::name ... ok");
        assert_eq!((counts.passed, counts.failed, counts.ignored), (8, 1, 2));
    }
}

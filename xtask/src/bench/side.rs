//! One of several programs that are measured in turn: a line in asks for a round, a line out brings its figures.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::say;

/// Rounds whose figures are thrown away: first runs touch cold memory.
const WARM_UP_ROUNDS: usize = 4;

/// A running program and the figures that it has reported.
pub struct Side {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    runs: Vec<Value>,
}

impl Side {
    /// Starts the program and gives what it says about itself.
    ///
    /// # Errors
    ///
    /// Fails if the program cannot be started, or ends without a line of JSON.
    pub fn start(command: &mut Command) -> Result<(Self, Value)> {
        say(&format!("{command:?}"));
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{command:?} could not be started"))?;
        let requests = child.stdin.take().context("the program has no standard input")?;
        let answers = BufReader::new(child.stdout.take().context("the program has no standard output")?);
        let mut side = Self { child, requests, answers, runs: Vec::new() };
        let about = side.answer()?;
        Ok((side, about))
    }

    /// Has the program do one round; its figures count if `keep`.
    fn round(&mut self, keep: bool) -> Result<()> {
        writeln!(self.requests, "round").context("the program has ended")?;
        let Value::Array(runs) = self.answer()? else { bail!("a round's answer is not a list") };
        if keep {
            self.runs.extend(runs);
        }
        Ok(())
    }

    /// All kept figures of one name.
    pub fn values(&self, part: &str) -> Vec<f64> {
        self.runs.iter().filter_map(|run| run[part].as_f64()).collect()
    }

    fn answer(&mut self) -> Result<Value> {
        let mut line = String::new();
        if self.answers.read_line(&mut line).context("the program's answer is not text")? == 0 {
            bail!("the program ended ({}): its message is above", self.child.wait()?);
        }
        serde_json::from_str(&line).with_context(|| format!("`{}` is not JSON", line.trim()))
    }
}

/// Turn by turn, so that a busy machine slows all alike; every second round goes the other way.
///
/// # Errors
///
/// Fails if one of the programs ends.
pub fn take_turns(sides: &mut [Side], rounds: usize) -> Result<()> {
    let bar = indicatif::ProgressBar::new((WARM_UP_ROUNDS + rounds) as u64);
    for round in 0..WARM_UP_ROUNDS + rounds {
        let keep = round >= WARM_UP_ROUNDS;
        let mut turn = |side: &mut Side| side.round(keep);
        if round % 2 == 0 {
            sides.iter_mut().try_for_each(&mut turn)?;
        } else {
            sides.iter_mut().rev().try_for_each(&mut turn)?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

impl Drop for Side {
    fn drop(&mut self) {
        // A program ends when its input does, but an error may come while it is at work.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

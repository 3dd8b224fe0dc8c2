//! One of the two programs of an interleaved measurement: a line in asks for a round, a line out brings its times.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::say;

/// A running program and the times that it has reported.
pub struct Side {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    runs: Vec<Value>,
}

impl Side {
    /// Starts the program and gives what it says about itself.
    pub fn start(command: &mut Command) -> Result<(Self, Value)> {
        say(&format!("{command:?}"));
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{command:?} could not be started"))?;
        let requests = child.stdin.take().context("no way to ask the program")?;
        let answers = BufReader::new(child.stdout.take().context("no way to hear the program")?);
        let mut side = Self { child, requests, answers, runs: Vec::new() };
        let about = side.answer()?;
        Ok((side, about))
    }

    /// Has the program do one round; its times count if `keep`.
    pub fn round(&mut self, keep: bool) -> Result<()> {
        writeln!(self.requests, "round").context("the program has ended")?;
        let Value::Array(runs) = self.answer()? else { bail!("a round's answer is not a list") };
        if keep {
            self.runs.extend(runs);
        }
        Ok(())
    }

    /// All kept times of one part, in milliseconds.
    pub fn times(&self, part: &str) -> Vec<f64> {
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

impl Drop for Side {
    fn drop(&mut self) {
        // Both programs end when their input does, but an error may come while one is at work.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The middle value; NaN of none.
pub fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]),
    }
}

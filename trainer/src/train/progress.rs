//! What a person and a later reader see of a run: a progress bar and a log of one JSON object per line.

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

const LOG_NAME: &str = "log.jsonl";
/// Without a terminal a line is printed this often.
const QUIET_INTERVAL: Duration = Duration::from_secs(30);
const BAR_STEPS: u64 = 10_000;

/// One line of the log.
#[derive(Debug)]
pub struct Record(Map<String, Value>);

impl Record {
    /// Figures of a step.
    pub fn new(stage: &str, kind: &str, step: u64, elapsed_s: f64, figures: &[(&str, f64)]) -> Self {
        let mut fields = Map::new();
        fields.insert("stage".into(), json!(stage));
        fields.insert("kind".into(), json!(kind));
        fields.insert("step".into(), json!(step));
        fields.insert("elapsed_s".into(), json!((elapsed_s * 10.0).round() / 10.0));
        fields.extend(figures.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        Self(fields)
    }
}

/// Bar and log of one stage.
#[derive(Debug)]
pub struct Progress {
    log: fs::File,
    bar: ProgressBar,
    stage: &'static str,
    evaluation: String,
    last_line: Option<Instant>,
}

impl Progress {
    /// Opens the log, which loses what an aborted run wrote of this stage beyond `step`.
    ///
    /// # Errors
    /// The log cannot be read or written.
    pub fn open(run: &Path, stage: &'static str, step: u64) -> Result<Self> {
        let path = run.join(LOG_NAME);
        trim_log(&path, stage, step)?;
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        let bar = if std::io::stderr().is_terminal() { ProgressBar::new(BAR_STEPS) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{prefix:8} [{bar:32}] {percent}% {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        bar.set_prefix(stage);
        Ok(Self { log, bar, stage, evaluation: String::new(), last_line: None })
    }

    /// Appends a line.
    ///
    /// # Errors
    /// The log cannot be written.
    pub fn log(&mut self, record: &Record) -> Result<()> {
        let line = serde_json::to_string(&record.0)?;
        writeln!(self.log, "{line}").context("cannot write the log of the run")
    }

    /// Shows where the stage stands.
    pub fn show(&mut self, done: f64, remaining_s: f64, figures: &[(&'static str, f64)]) {
        let minutes = remaining_s / 60.0;
        let message = format!("{} | {} | {minutes:.1} min left", list(figures), self.evaluation);
        self.bar.set_position((done * BAR_STEPS as f64) as u64);
        if self.bar.is_hidden() && self.last_line.is_none_or(|last| last.elapsed() >= QUIET_INTERVAL) {
            eprintln!("{} {:.1} % {message}", self.stage, done * 100.0);
            self.last_line = Some(Instant::now());
        }
        self.bar.set_message(message);
    }

    /// Remembers the last evaluation for display.
    pub fn show_evaluation(&mut self, figures: &[(&'static str, f64)]) {
        self.evaluation = list(figures);
    }

    /// Ends the bar.
    pub fn finish(&self, figures: &[(&'static str, f64)]) {
        self.bar.finish_and_clear();
        eprintln!("{} finished: {}", self.stage, list(figures));
    }
}

fn list(figures: &[(&'static str, f64)]) -> String {
    figures.iter().map(|(name, value)| format!("{name} {value:.3}")).collect::<Vec<_>>().join(" ")
}

fn trim_log(path: &PathBuf, stage: &str, step: u64) -> Result<()> {
    let Ok(text) = fs::read_to_string(path) else { return Ok(()) };
    let belongs = |line: &&str| {
        let Ok(value) = serde_json::from_str::<Value>(line) else { return false };
        value["stage"] != stage || value["step"].as_u64().is_some_and(|at| at <= step)
    };
    let kept: String = text.lines().filter(belongs).flat_map(|line| [line, "\n"]).collect();
    crate::files::write_atomically(path, kept.as_bytes())
}

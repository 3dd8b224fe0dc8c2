//! ViSQOL by the Python package `visqol-python`, where Python has it: a second opinion, never a figure of its own.
//!
//! A child process measures a list of WAV files; about 1.4 s a pair on one core.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use engine::sample::{resample, write_wav};
use serde::Serialize;

/// Rate that ViSQOL's audio mode is made for.
const RATE_HZ: u32 = 48_000;
/// The support-vector mapping, which comes with the package: the other one needs an optional part of it.
const SCRIPT: &str = "\
import sys, logging
logging.disable(logging.WARNING)
from visqol import VisqolApi
api = VisqolApi()
api.create(mode='audio', use_lattice_model=False)
for line in sys.stdin.read().splitlines():
    truth, made = line.split('\\t')
    print(api.measure(truth, made).moslqo)
";

/// What a report says of ViSQOL.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Visqol {
    /// Why there is no figure, or what it is beside.
    pub remark: String,
    /// Mean opinion score per split and path, [1, 5].
    pub scores: Vec<Score>,
}

/// One score.
#[derive(Clone, Debug, Serialize)]
pub struct Score {
    /// Split and path.
    pub of: String,
    /// Sounds that were measured.
    pub sounds: usize,
    /// Their mean score.
    pub mean_score: f64,
}

/// The package, found.
#[derive(Clone, Debug)]
pub struct Package {
    python: PathBuf,
}

impl Package {
    /// Looks for the package; the error says how to get it.
    ///
    /// # Errors
    /// What a report says instead of scores: Python cannot be started or lacks the package.
    pub fn find(python: &std::path::Path) -> Result<Self, String> {
        let check =
            Command::new(python).args(["-c", "import visqol"]).stderr(Stdio::null()).stdin(Stdio::null()).status();
        match check {
            Ok(status) if status.success() => Ok(Self { python: python.to_owned() }),
            Ok(_) => Err(format!(
                "ViSQOL was left out: {} has no package visqol (pip install visqol-python, about 250 MB with what it needs)",
                python.display()
            )),
            Err(error) => Err(format!("ViSQOL was left out: {} cannot be started ({error})", python.display())),
        }
    }

    /// The same, with the error on the terminal.
    pub fn find_or_say(python: &std::path::Path) -> Option<Self> {
        Self::find(python).inspect_err(|remark| eprintln!("{remark}")).ok()
    }

    /// Scores of pairs of a sound and its remake.
    ///
    /// # Errors
    /// A file cannot be written, Python fails, or it gives another number of scores.
    pub fn measure(&self, pairs: &[(&[f32], &[f32])], rate_hz: u32) -> Result<Vec<f64>> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let mut list = String::new();
        for (index, (truth, made)) in pairs.iter().enumerate() {
            for (kind, samples, end) in [("truth", truth, '\t'), ("made", made, '\n')] {
                let path = folder.path().join(format!("{kind}{index}.wav"));
                write_wav(&path, &resample(samples, rate_hz, RATE_HZ)?, 1, RATE_HZ)?;
                list += &path.to_string_lossy();
                list.push(end);
            }
        }
        let input = folder.path().join("list.txt");
        std::fs::write(&input, list).context("cannot write a temporary file")?;
        let output = Command::new(&self.python)
            .args(["-c", SCRIPT])
            .stdin(std::fs::File::open(&input).context("cannot read a temporary file")?)
            .output()
            .context("cannot start Python")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        let last = complaint.lines().last().unwrap_or_default();
        ensure!(output.status.success(), "ViSQOL failed: {last}");
        let scores: Vec<f64> =
            String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| line.parse().ok()).collect();
        ensure!(scores.len() == pairs.len(), "ViSQOL gave {} scores for {} pairs", scores.len(), pairs.len());
        Ok(scores)
    }
}

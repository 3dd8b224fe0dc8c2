//! Renders the sounds of a score with `heptode`; a call that occurs several times is rendered once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use indicatif::ProgressBar;
use serde_json::Value;

use super::pack::{Latent, Pack};
use super::score::{Call, Point};
use crate::process::capture;
use crate::recording::Recording;

/// Sample rate of the examples in Hz: the files are a quarter smaller than at 44.1 kHz and hold all up to 16 kHz.
pub const RATE_HZ: u32 = 32_000;

/// The program `heptode` with a pack, and what it has rendered.
pub struct Player<'a> {
    /// Path of `heptode`.
    pub program: &'a Path,
    /// Pack whose sounds are played.
    pub pack: &'a Pack,
    /// Folder for the files that it writes.
    pub folder: &'a Path,
    /// Advanced by one for each call that is rendered.
    pub progress: &'a ProgressBar,
    known: BTreeMap<Vec<String>, Vec<Vec<f32>>>,
}

impl<'a> Player<'a> {
    /// Without any sound rendered.
    pub fn new(program: &'a Path, pack: &'a Pack, folder: &'a Path, progress: &'a ProgressBar) -> Self {
        Self { program, pack, folder, progress, known: BTreeMap::new() }
    }

    /// The mono sounds of a call at [`RATE_HZ`], full scale 1.
    ///
    /// # Errors
    ///
    /// Fails if `heptode` fails, or if what it wrote cannot be read.
    pub fn sounds(&mut self, call: &Call) -> Result<&[Vec<f32>]> {
        let words = self.words(call)?;
        if !self.known.contains_key(&words) {
            let sounds = self.call(&words)?;
            self.progress.inc(1);
            self.known.insert(words.clone(), sounds);
        }
        Ok(&self.known[&words])
    }

    /// The arguments of a call, without `--out`.
    ///
    /// # Errors
    ///
    /// Fails if the pack lacks a sound that the call names.
    pub fn words(&self, call: &Call) -> Result<Vec<String>> {
        let name = |sound: &str| self.pack.find(sound).map(|sound| sound.name.clone());
        Ok(match call {
            Call::Render { point, key, stretch } => {
                let (option, value) = self.point(point)?;
                let key = match (key, point) {
                    (Some(key), _) => *key,
                    (None, Point::Named(sound)) => self.pack.find(sound)?.key,
                    (None, _) => 60,
                };
                words(&["render", option, &value, "--key", &key.to_string(), "--stretch", &stretch.to_string()])
            }
            Call::Morph { from, to, steps, key } => {
                let (from, to, steps, key) = (name(from)?, name(to)?, steps.to_string(), key.to_string());
                words(&["morph", "--from", &from, "--to", &to, "--steps", &steps, "--key", &key])
            }
            Call::Vary { sound, amount, count } => {
                let (amount, count) = (amount.to_string(), count.to_string());
                words(&["vary", "--sound", &name(sound)?, "--amount", &amount, "--count", &count])
            }
        })
    }

    fn point(&self, point: &Point) -> Result<(&'static str, String)> {
        Ok(match point {
            Point::Named(sound) => ("--sound", self.pack.find(sound)?.name.clone()),
            Point::Random(seed) => ("--random", seed.to_string()),
            Point::Knobs(latent) => ("--latent", values(latent)),
            Point::Pad { corners, x, y } => {
                let mut mixed = Latent::default();
                for (corner, part) in corners.iter().zip([(1.0 - x) * (1.0 - y), x * (1.0 - y), (1.0 - x) * y, x * y]) {
                    let latent = self.pack.find(corner)?.latent;
                    mixed.iter_mut().zip(latent).for_each(|(mixed, value)| *mixed += part * value);
                }
                ("--latent", values(&mixed))
            }
        })
    }

    fn call(&self, words: &[String]) -> Result<Vec<Vec<f32>>> {
        let out = match words[0].as_str() {
            "render" => self.folder.join("note.wav"),
            series => self.folder.join(format!("{series}-{}", self.known.len())),
        };
        let mut command = Command::new(self.program);
        let reply = capture(command.args(words).args(["--rate", &RATE_HZ.to_string(), "--json", "--out"]).arg(&out))?;
        let reply: Value = serde_json::from_str(&reply).context("`heptode --json` printed something else")?;
        files(&reply).iter().map(|file| read(file)).collect()
    }
}

fn values(latent: &Latent) -> String {
    latent.map(|value| format!("{value:.4}")).join(",")
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The files named in the JSON of a command: one of `render`, several of the others.
fn files(reply: &Value) -> Vec<PathBuf> {
    let many = reply["files"].as_array().into_iter().flatten().filter_map(|file| file["file"].as_str());
    reply["out"].as_str().into_iter().chain(many).map(PathBuf::from).collect()
}

fn read(file: &Path) -> Result<Vec<f32>> {
    let recording = Recording::read(file)?;
    ensure!(recording.sample_rate_hz == RATE_HZ, "{} has another sample rate", file.display());
    Ok(recording.samples)
}

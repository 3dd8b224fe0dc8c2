//! Sounds that are rendered one after the other into numbered files: what `morph` and `vary` share.

use std::path::{Path, PathBuf};

use engine::Latent;
use engine::files::Staged;
use engine::sample::stage_wav;
use serde_json::{Value, json};

use crate::args::SeriesArgs;
use crate::failure::Failure;
use crate::output::{noted, progress, result};
use crate::player::Player;
use crate::studio::Studio;

/// Points to render, and how.
pub(crate) struct Series<'a> {
    pub(crate) points: &'a [Latent],
    pub(crate) output: &'a SeriesArgs,
}

impl Series<'_> {
    /// Renders all, then puts all files in their places, then tells; `json` is completed with the files.
    pub(crate) fn render(&self, studio: &Studio, mut json: Value, notes: &[String]) -> Result<(), Failure> {
        let output = self.output;
        let mut player = Player::new(studio.model.clone())?;
        let folder = Folder::make(&output.out)?;
        let bar = progress(self.points.len(), "rendering");
        let mut staged = Vec::new();
        let mut files = Vec::new();
        for (path, latent) in self.paths().iter().zip(self.points) {
            let samples = player.play(latent, &output.playing)?;
            files.push(json!({ "file": path, "latent": latent, "samples": samples.len() }));
            staged.push(stage_wav(path, &samples, 1, output.playing.rate)?);
            bar.inc(1);
        }
        bar.finish_and_clear();
        staged.into_iter().try_for_each(Staged::keep).map_err(|error| folder.cannot_write(&error))?;
        let text = format!("{} files in {}\n{}", files.len(), output.out.display(), noted(notes));
        folder.keep();
        json["pack"] = studio.pack_json();
        json["key"] = output.playing.key.into();
        json["rate_hz"] = output.playing.rate.into();
        json["files"] = files.into();
        result(output.common.json, &text, &json)
    }

    /// `01.wav`, `02.wav`, … with as many digits as the last one needs.
    fn paths(&self) -> Vec<PathBuf> {
        let count = self.points.len();
        let digits = count.to_string().len().max(2);
        (1..=count).map(|n| self.output.out.join(format!("{n:0digits$}.wav"))).collect()
    }
}

/// The folder to write into. One that was made for files that never came is removed again.
struct Folder<'a> {
    path: &'a Path,
    is_new: bool,
}

impl<'a> Folder<'a> {
    fn make(path: &'a Path) -> Result<Self, Failure> {
        let is_new = !path.exists();
        std::fs::create_dir_all(path)
            .map_err(|error| Failure::failed(format!("cannot make the folder {}: {error}", path.display())))?;
        Ok(Self { path, is_new })
    }

    fn cannot_write(&self, error: &dyn std::fmt::Display) -> Failure {
        Failure::failed(format!("cannot write into {}: {error}", self.path.display()))
    }

    fn keep(mut self) {
        self.is_new = false;
    }
}

impl Drop for Folder<'_> {
    fn drop(&mut self) {
        if self.is_new {
            // Fails when there is something in it, which is then not ours to remove.
            let _ = std::fs::remove_dir(self.path);
        }
    }
}

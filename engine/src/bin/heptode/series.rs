//! Series of sounds in numbered files, as `morph` and `vary` write them. Main thread.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::sample::write_wav;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::args::SeriesArgs;
use crate::failure::Failure;
use crate::output::{noted, progress, result};
use crate::player::{Place, Player};

/// What to render, and how.
pub(crate) struct Series<'a> {
    pub(crate) places: &'a [Place],
    pub(crate) output: &'a SeriesArgs,
}

impl Series<'_> {
    /// Renders all sounds, then moves all files into the folder, then prints the result; `json` is completed with the files.
    pub(crate) fn render(&self, mut player: Player, mut json: Value, notes: &[String]) -> Result<(), Failure> {
        let output = self.output;
        let stage = Stage::open(&output.out)?;
        let bar = progress(self.places.len(), "rendering");
        let mut files = Vec::new();
        for (name, place) in self.names().iter().zip(self.places) {
            let samples = player.play(place, &output.playing)?;
            stage.write(name, &samples, output.playing.rate)?;
            files.push(
                json!({ "file": output.out.join(name), "latent": player.point(place), "samples": samples.len() }),
            );
            bar.inc(1);
        }
        bar.finish_and_clear();
        stage.finish(&self.names())?;
        let text = format!("{} files in {}\n{}", files.len(), output.out.display(), noted(notes));
        json["key"] = output.playing.key.into();
        json["rate_hz"] = output.playing.rate.into();
        json["files"] = files.into();
        result(output.common.json, &text, &json)
    }

    /// `01.wav`, `02.wav`, … with as many digits as the last one needs.
    fn names(&self) -> Vec<String> {
        let count = self.places.len();
        let digits = count.to_string().len().max(2);
        (1..=count).map(|n| format!("{n:0digits$}.wav")).collect()
    }
}

/// A hidden folder inside the destination, which holds the files until all are complete. When it is dropped or the user interrupts,
/// nothing is left.
struct Stage {
    waiting: TempDir,
    folder: PathBuf,
    /// Whether the destination was created here, and is removed again on failure.
    is_new: bool,
    interrupted: Arc<AtomicBool>,
}

impl Stage {
    fn open(folder: &Path) -> Result<Self, Failure> {
        let is_new = !folder.exists();
        std::fs::create_dir_all(folder)
            .map_err(|error| Failure::failed(format!("cannot make the folder {}: {error}", folder.display())))?;
        let waiting = tempfile::Builder::new().prefix(".heptode-").tempdir_in(folder);
        let waiting = waiting.map_err(|error| cannot_write(folder, &error))?;
        let interrupted = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&interrupted);
        // Without a handler an interrupt ends the program at once, which is then all that is lost.
        let _ = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
        Ok(Self { waiting, folder: folder.to_owned(), is_new, interrupted })
    }

    fn write(&self, name: &str, samples: &[f32], rate_hz: u32) -> Result<(), Failure> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(Failure::failed("interrupted: nothing was written"));
        }
        if self.folder.join(name).is_dir() {
            return Err(cannot_write(&self.folder.join(name), &"there is a folder of this name"));
        }
        Ok(write_wav(&self.waiting.path().join(name), samples, 1, rate_hz)?)
    }

    fn finish(mut self, names: &[String]) -> Result<(), Failure> {
        for name in names {
            let place = self.folder.join(name);
            std::fs::rename(self.waiting.path().join(name), &place).map_err(|error| cannot_write(&place, &error))?;
        }
        self.is_new = false;
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if self.is_new {
            // A folder that cannot be removed holds files of others.
            let _ = std::fs::remove_dir_all(self.waiting.path());
            let _ = std::fs::remove_dir(&self.folder);
        }
    }
}

fn cannot_write(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::failed(format!("cannot write {}: {error}", path.display()))
}

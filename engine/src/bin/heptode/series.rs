//! Series of sounds in numbered files, as `morph` and `vary` write them. Main thread.

use std::path::{Path, PathBuf};

use engine::sample::write_wav;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::args::SeriesArgs;
use crate::failure::Failure;
use crate::interrupt;
use crate::output::{noted, path_text, progress, result};
use crate::overwrite::refuse_overwriting;
use crate::player::{Place, Player};
use crate::studio::Named;

/// A series whose destination was checked.
pub(crate) struct Series<'a> {
    output: &'a SeriesArgs,
    /// `01.wav`, `02.wav`, … with as many digits as the last one needs.
    names: Vec<String>,
}

impl<'a> Series<'a> {
    /// Of `count` sounds, made from the files `inputs`. Fails when a file cannot be written or would be written over an input.
    pub(crate) fn new(count: usize, output: &'a SeriesArgs, inputs: &[&Path]) -> Result<Self, Failure> {
        let names = numbered(count);
        let places: Vec<PathBuf> = names.iter().map(|name| output.out.join(name)).collect();
        check_places(&[inputs, &[output.common.pack()]].concat(), &places)?;
        Ok(Self { output, names })
    }

    /// Renders all sounds, then moves all files into the folder, then prints the result; `json` is completed with the files and what
    /// there is to say of `sounds`.
    pub(crate) fn render(
        &self,
        places: &[Place],
        mut player: Player,
        sounds: &[&Named],
        mut json: Value,
    ) -> Result<(), Failure> {
        let output = self.output;
        let stage = Stage::open(&output.out)?;
        let bar = progress(places.len(), "rendering");
        let mut files = Vec::new();
        for (name, place) in self.names.iter().zip(places) {
            let samples = player.play(place, &output.playing)?;
            stage.write(name, &samples, output.playing.rate)?;
            let file = path_text(&output.out.join(name));
            files.push(json!({ "file": file, "latent": player.point(place), "samples": samples.len() }));
            bar.inc(1);
        }
        bar.finish_and_clear();
        stage.finish(&self.names)?;
        let recordings: String = sounds.iter().map(|sound| sound.recording_text()).collect();
        let notes: Vec<String> = sounds.iter().flat_map(|sound| sound.notes.clone()).collect();
        let text = format!("{} files in {}\n{recordings}{}", files.len(), output.out.display(), noted(&notes));
        json["key"] = output.playing.key.into();
        json["rate_hz"] = output.playing.rate.into();
        json["files"] = files.into();
        json["notes"] = notes.into();
        result(output.common.json, &text, &json)
    }
}

/// `01.wav`, `02.wav`, … with as many digits as the last one needs.
pub(crate) fn numbered(count: usize) -> Vec<String> {
    let digits = count.to_string().len().max(2);
    (1..=count).map(|n| format!("{n:0digits$}.wav")).collect()
}

/// Fails when a file cannot be written or would be written over an input.
pub(crate) fn check_places(inputs: &[&Path], places: &[PathBuf]) -> Result<(), Failure> {
    refuse_overwriting(inputs, places)?;
    match places.iter().find(|place| place.metadata().is_ok_and(|meta| !meta.is_file())) {
        Some(place) => Err(cannot_write(place, &"there is something with this name that is not a regular file")),
        None => Ok(()),
    }
}

/// A hidden folder inside the destination, which holds the files until all are complete. When it is dropped or the user interrupts,
/// nothing is left.
pub(crate) struct Stage {
    // Dropped before the folders that it lies in.
    waiting: TempDir,
    folder: PathBuf,
    new_folders: NewFolders,
}

/// The folders of a path that were not there before, the innermost first: they are removed again on failure, unless others put something
/// into them.
struct NewFolders(Vec<PathBuf>);

impl NewFolders {
    fn make(folder: &Path) -> Result<Self, Failure> {
        let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
        let new = Self(folder.ancestors().take_while(is_missing).map(Path::to_owned).collect());
        std::fs::create_dir_all(folder)
            .map_err(|error| Failure::failed(format!("cannot make the folder {}: {error}", folder.display())))?;
        Ok(new)
    }
}

impl Drop for NewFolders {
    fn drop(&mut self) {
        for folder in &self.0 {
            // A folder that cannot be removed holds files of others.
            let _ = std::fs::remove_dir(folder);
        }
    }
}

impl Stage {
    pub(crate) fn open(folder: &Path) -> Result<Self, Failure> {
        interrupt::watch();
        let new_folders = NewFolders::make(folder)?;
        let waiting = tempfile::Builder::new().prefix(".heptode-").tempdir_in(folder);
        let waiting = waiting.map_err(|error| cannot_write(folder, &error))?;
        Ok(Self { waiting, folder: folder.to_owned(), new_folders })
    }

    /// Fails when the user has interrupted the work.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        interrupt::check()
    }

    pub(crate) fn write(&self, name: &str, samples: &[f32], rate_hz: u32) -> Result<(), Failure> {
        self.check()?;
        Ok(write_wav(&self.waiting.path().join(name), samples, 1, rate_hz)?)
    }

    pub(crate) fn finish(mut self, names: &[String]) -> Result<(), Failure> {
        for name in names {
            let place = self.folder.join(name);
            std::fs::rename(self.waiting.path().join(name), &place).map_err(|error| cannot_write(&place, &error))?;
        }
        self.new_folders.0.clear();
        Ok(())
    }
}

fn cannot_write(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::failed(format!("cannot write {}: {error}", path.display()))
}

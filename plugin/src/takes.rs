//! Series of takes of a sound of chance that are written to files, one job for each take, so that other jobs need not wait for all of them.
//! Main and job thread; never the audio thread.

use std::fs::create_dir_all;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::decode::assets::Assets;
use engine::decode::source::Source;
use engine::decode::whole::WholeSound;
use engine::files::{file_stem, free_path};
use engine::link::SoundSpec;
use engine::sample::write_wav;
use parking_lot::Mutex;

/// Takes of which each has the seed after that of the one before.
pub struct TakeSeries {
    /// Where the files go; made if it is missing.
    pub folder: PathBuf,
    /// Name of the sound, of which the names of the files are made.
    pub name: String,
    /// What makes them.
    pub source: Arc<dyn Source>,
    /// The first one.
    pub first: SoundSpec,
    /// What they go on from.
    pub assets: Assets,
    /// Number of takes.
    pub count: usize,
    /// How many have been written.
    pub done: usize,
    /// Its ticket, see [`TakeExport`].
    pub ticket: u64,
}

impl TakeSeries {
    /// Makes the next take and writes it, under a name that no file of the folder has.
    ///
    /// # Errors
    /// Why there is no file, in one line; the series stands where it was.
    pub fn write_next(&mut self) -> Result<(), String> {
        let seed = self.first.seed.wrapping_add(self.done as u64);
        let spec = SoundSpec { seed, ..self.first };
        let take = WholeSound::make(&*self.source, &spec, self.assets.clone()).map_err(|error| error.to_string())?;
        let (folder, rate_hz) = (&self.folder, take.sample_rate_hz as u32);
        create_dir_all(folder).map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))?;
        let path = free_path(folder, &format!("{} seed {seed}", self.name), "wav", None);
        write_wav(&path, &take.interleaved(), take.channels.len() as u16, rate_hz)
            .map_err(|error| error.to_string())?;
        self.done += 1;
        Ok(())
    }
}

/// The folder of the takes of a sound.
pub fn folder_of(exports: &Path, name: &str) -> PathBuf {
    exports.join(file_stem(&format!("{name} takes"), "Takes"))
}

/// How far a series is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakeProgress {
    /// Name of the sound.
    pub name: String,
    /// How many takes have been written.
    pub done: usize,
    /// How many are wanted.
    pub count: usize,
}

/// The series that is being written, at most one.
#[derive(Default)]
pub struct TakeExport(Mutex<(u64, Option<TakeProgress>)>);

impl TakeExport {
    /// Begins a series of `count` takes; its ticket, or none while another one is written.
    pub fn begin(&self, name: &str, count: usize) -> Option<u64> {
        let mut now = self.0.lock();
        if now.1.is_some() {
            return None;
        }
        *now = (now.0 + 1, Some(TakeProgress { name: name.to_owned(), done: 0, count }));
        Some(now.0)
    }

    /// Notes how many takes of the series with this ticket have been written; `false` if it has ended.
    pub fn step(&self, ticket: u64, done: usize) -> bool {
        let mut now = self.0.lock();
        let is_wanted = now.0 == ticket;
        match &mut now.1 {
            Some(progress) if is_wanted => progress.done = done,
            _ => return false,
        }
        true
    }

    /// Ends the series that is being written.
    pub fn end(&self) {
        self.0.lock().1 = None;
    }

    /// How far it is.
    pub fn progress(&self) -> Option<TakeProgress> {
        self.0.lock().1.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_series_is_written_at_a_time_and_one_that_was_ended_goes_no_further() {
        let export = TakeExport::default();
        let first = export.begin("Rain", 8).expect("none is being written");
        assert!(export.begin("Dog", 8).is_none() && export.step(first, 3));
        assert_eq!(export.progress().map(|progress| (progress.done, progress.count)), Some((3, 8)));
        export.end();
        assert!(!export.step(first, 4) && export.progress().is_none());
        let second = export.begin("Dog", 2).expect("the first one has ended");
        assert!(!export.step(first, 4) && export.step(second, 1));
    }
}

//! The folder of the user's presets, together with those that are built in. Main and worker threads: it reads and writes files.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::factory::factory;
use super::favourites;
use super::place::{PRESET_EXTENSION, Place, is_preset};
use super::query::PresetEntry;
use crate::files::free_path;
use crate::folders;
use crate::state::{Preset, PresetLabel, StateError};

/// Where deleted presets go, within the folder.
const TRASH: &str = "Trash";
/// Below this likeness of names, from 0 to 1, nothing is suggested for a name that is not found.
const LEAST_LIKENESS: f64 = 0.4;

/// Why something cannot be done with a preset. Nothing is changed then.
#[derive(Debug, thiserror::Error)]
pub enum PresetError {
    /// The file cannot be used.
    #[error("cannot use the preset {path}: {reason}")]
    File {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// There is none of that name.
    #[error("there is no preset called “{name}”{}", suggestion.as_ref().map(|near| format!("; did you mean “{near}”?")).unwrap_or_default())]
    Unknown {
        /// The name.
        name: String,
        /// The nearest name, if one is near.
        suggestion: Option<String>,
    },
    /// There are several of that name.
    #[error("{count} presets are called “{name}”; give the file of the one that is meant")]
    Ambiguous {
        /// The name.
        name: String,
        /// How many.
        count: usize,
    },
    /// A built-in preset is to be changed.
    #[error("“{0}” is built in and cannot be changed; save it under another name")]
    BuiltIn(String),
    /// The list of favourites cannot be used.
    #[error("cannot use the list of favourites {path}: {reason}")]
    Favourites {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

/// All presets, and what is wrong with files that are none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PresetListing {
    /// Those that can be read: the built-in ones, then the user's, each by category and name.
    pub entries: Vec<PresetEntry>,
    /// One line for each file that cannot.
    pub faults: Vec<String>,
}

/// Where presets are looked for and kept.
#[derive(Debug, Clone, PartialEq)]
pub struct PresetLibrary {
    /// The user's folder; it need not exist.
    pub folder: PathBuf,
}

impl PresetLibrary {
    /// Of the user who runs the program.
    #[must_use]
    pub fn of_user() -> Self {
        Self { folder: folders::presets() }
    }

    /// All presets. Reads every file of the folder; a damaged one becomes a line among the faults.
    #[must_use]
    pub fn list(&self) -> PresetListing {
        let mut faults = Vec::new();
        let favourites = favourites::load(&self.folder).unwrap_or_else(|reason| {
            faults.push(self.favourites_fault(reason).to_string());
            Default::default()
        });
        let entry = |place: Place, label: PresetLabel| PresetEntry {
            is_favourite: favourites.contains(&place.id()),
            place,
            label,
        };
        let mut entries: Vec<_> =
            factory().iter().map(|preset| entry(factory_place(preset), preset.label.clone())).collect();
        for path in self.files() {
            match PresetLabel::load(&path) {
                Ok(label) => entries.push(entry(Place::File(path), label)),
                Err(error) => faults.push(unusable(&path, error).to_string()),
            }
        }
        entries.sort_by_cached_key(|entry| {
            let key = |text: &str| text.to_lowercase();
            (entry.place.file().is_some(), key(&entry.label.category), key(&entry.label.name), entry.place.clone())
        });
        PresetListing { entries, faults }
    }

    /// What is wrong with each file of the folder whose sound cannot be used, [`Self::list`]'s faults among them. Reads every file whole.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        let of_favourites =
            favourites::load(&self.folder).err().map(|reason| self.favourites_fault(reason).to_string());
        let of_files = self.files().into_iter().filter_map(|path| {
            let problem = load_whole(&path).err()?;
            Some(problem.to_string())
        });
        of_favourites.into_iter().chain(of_files).collect()
    }

    /// Files with the ending of a preset, in order of names.
    fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| is_preset(path)).collect();
        files.sort();
        files
    }

    /// Reads a preset.
    ///
    /// # Errors
    /// [`PresetError`] for one that is not there or cannot be used.
    pub fn load(&self, place: &Place) -> Result<Preset, PresetError> {
        match place {
            Place::File(path) => load_file(path),
            Place::Factory(name) => {
                let found = factory().iter().find(|preset| preset.label.name == *name);
                found.cloned().ok_or_else(|| PresetError::Unknown { name: name.clone(), suggestion: None })
            }
        }
    }

    /// The place of what a word names: a file where it is a path or there is one, else a preset by its name, the user's own first.
    ///
    /// # Errors
    /// [`PresetError::Unknown`] and [`PresetError::Ambiguous`].
    pub fn find(&self, word: &OsStr) -> Result<Place, PresetError> {
        let (path, text) = (Path::new(word), word.to_string_lossy());
        if is_preset(path) || text.contains(['/', '\\']) {
            return Ok(Place::File(path.to_owned()));
        }
        let entries = self.list().entries;
        // Equal but for capitals and blanks around it.
        let wanted = text.trim().to_lowercase();
        let is_wanted = |entry: &&PresetEntry| entry.label.name.trim().to_lowercase() == wanted;
        let (own, built_in): (Vec<_>, Vec<_>) =
            entries.iter().filter(is_wanted).partition(|entry| entry.place.file().is_some());
        match (own.as_slice(), built_in.as_slice()) {
            ([one], _) | ([], [one, ..]) => Ok(one.place.clone()),
            ([], []) => Err(PresetError::Unknown { name: text.into_owned(), suggestion: nearest(&entries, &wanted) }),
            (several, _) => Err(PresetError::Ambiguous { name: text.into_owned(), count: several.len() }),
        }
    }

    /// Writes a new file, which takes its name from the preset's.
    ///
    /// # Errors
    /// [`PresetError::File`] when it cannot be written.
    pub fn save_as(&self, preset: &Preset) -> Result<Place, PresetError> {
        std::fs::create_dir_all(&self.folder).map_err(|error| fault(&self.folder, error))?;
        let path = free_path(&self.folder, &preset.label.name, PRESET_EXTENSION, None);
        preset.save(&path).map_err(|error| unusable(&path, error))?;
        Ok(Place::File(path))
    }

    /// Writes over the file of a preset.
    ///
    /// # Errors
    /// [`PresetError`] for a built-in one, and when the file cannot be written.
    pub fn save(&self, place: &Place, preset: &Preset) -> Result<(), PresetError> {
        let path = own_file(place)?;
        preset.save(path).map_err(|error| unusable(path, error))
    }

    /// Gives a preset another name, and its file the name that goes with it.
    ///
    /// # Errors
    /// [`PresetError`] for a built-in one, one that cannot be read, and when the file cannot be written.
    pub fn rename(&self, place: &Place, name: &str) -> Result<Place, PresetError> {
        let path = own_file(place)?;
        let mut preset = load_file(path)?;
        preset.label.name = name.trim().to_owned();
        let target = free_path(path.parent().unwrap_or(&self.folder), name, PRESET_EXTENSION, Some(path));
        // Where letters differ in capitals alone, both names may be those of one file: what is new is written under the old name.
        preset.save(path).map_err(|error| unusable(path, error))?;
        std::fs::rename(path, &target).map_err(|error| fault(&target, error))?;
        let renamed = Place::File(target);
        self.move_favourite(place, Some(&renamed));
        Ok(renamed)
    }

    /// Moves a preset's file to the trash, and returns where it is now.
    ///
    /// # Errors
    /// [`PresetError`] for a built-in one, and when the file cannot be moved.
    pub fn delete(&self, place: &Place) -> Result<PathBuf, PresetError> {
        let path = own_file(place)?;
        let trash = self.folder.join(TRASH);
        std::fs::create_dir_all(&trash).map_err(|error| fault(&trash, error))?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let target = free_path(&trash, &stem, PRESET_EXTENSION, None);
        std::fs::rename(path, &target).map_err(|error| fault(path, error))?;
        self.move_favourite(place, None);
        Ok(target)
    }

    /// Marks a preset as a favourite, or takes the mark away.
    ///
    /// # Errors
    /// [`PresetError::Favourites`] when the list is damaged or cannot be written.
    pub fn set_favourite(&self, place: &Place, is_favourite: bool) -> Result<(), PresetError> {
        let mut favourites = favourites::load(&self.folder).map_err(|reason| self.favourites_fault(reason))?;
        let id = place.id();
        let is_news = if is_favourite { favourites.insert(id) } else { favourites.remove(&id) };
        if is_news {
            favourites::save(&self.folder, favourites).map_err(|reason| self.favourites_fault(reason))?;
        }
        Ok(())
    }

    /// Carries the mark of a favourite over to another place. What cannot be written then is a mark, not a sound: no failure.
    fn move_favourite(&self, from: &Place, to: Option<&Place>) {
        let Ok(mut favourites) = favourites::load(&self.folder) else { return };
        if from.id() != to.map(Place::id).unwrap_or_default() && favourites.remove(&from.id()) {
            favourites.extend(to.map(Place::id));
            let _ = favourites::save(&self.folder, favourites);
        }
    }

    fn favourites_fault(&self, reason: String) -> PresetError {
        PresetError::Favourites { path: favourites::path(&self.folder).display().to_string(), reason }
    }
}

fn factory_place(preset: &Preset) -> Place {
    Place::Factory(preset.label.name.clone())
}

fn own_file(place: &Place) -> Result<&Path, PresetError> {
    place.file().ok_or_else(|| match place {
        Place::Factory(name) => PresetError::BuiltIn(name.clone()),
        Place::File(path) => fault(path, "it is no file"),
    })
}

fn load_file(path: &Path) -> Result<Preset, PresetError> {
    Preset::load(path).map_err(|error| unusable(path, error))
}

/// A state error that names its file is not to name it twice.
fn unusable(path: &Path, error: StateError) -> PresetError {
    match error {
        StateError::File { reason, .. } => fault(path, reason),
        other => fault(path, other),
    }
}

/// Reads a preset with all the sound in it.
fn load_whole(path: &Path) -> Result<(), PresetError> {
    let preset = load_file(path)?;
    let recordings =
        preset.document.corners.iter().chain(&preset.document.knobs).filter_map(|sound| sound.audio.as_ref());
    let mut zones = preset.document.frozen.iter().chain(recordings);
    zones.try_for_each(|zone| zone.to_samples().map(drop)).map_err(|error| fault(path, error))
}

fn fault(path: &Path, reason: impl ToString) -> PresetError {
    PresetError::File { path: path.display().to_string(), reason: reason.to_string() }
}

/// The name nearest to `wanted`, which is in small letters.
fn nearest(entries: &[PresetEntry], wanted: &str) -> Option<String> {
    let likeness = |entry: &PresetEntry| strsim::sorensen_dice(&entry.label.name.to_lowercase(), wanted);
    let best = entries.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) >= LEAST_LIKENESS).then(|| best.label.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_told_by_its_file() {
        let library = PresetLibrary { folder: "/no/such/folder".into() };
        let gone = Place::File("/no/such/folder/a.heptode-preset".into());
        assert!(matches!(library.load(&gone), Err(PresetError::File { .. })));
        assert!(library.list().faults.is_empty(), "a folder that is not there holds no presets");
    }
}

//! Presets of this instrument: loading one, saving the present sound, going to the next. Main and job threads; it reads and writes
//! files, so never the audio thread.

use std::path::PathBuf;
use std::sync::Arc;

use engine::params::TABLE;
use engine::presets::{Place, PresetError, Query};
use engine::state::{Preset, PresetLabel, StateDocument};

use super::{Outcome, Session};
use crate::jobs::{Job, PresetJob};
use crate::params::ParamId;
use crate::project::{Edit, Origin, PresetBase, Project};

/// The preset that a project came from, as the window shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresetTitle {
    /// Its id in the library.
    pub id: String,
    /// Its name when it was loaded or saved.
    pub name: String,
    /// Whether the project has changed since.
    pub is_changed: bool,
}

impl Session {
    /// The preset that the project came from. The one of a recalled project is read by a job: until that is done, nothing has changed.
    pub fn preset_title(self: &Arc<Self>) -> Option<PresetTitle> {
        let project = self.store.project();
        let Origin { id, name } = project.origin.clone()?;
        let mut base = self.preset_base.lock();
        let known = base.as_ref().filter(|base| base.is_of(&id));
        let is_changed = known.is_some_and(|base| base.differs(self.places(), &project));
        if known.is_none() {
            *base = Some(PresetBase::asked(&id));
            drop(base);
            self.run(Job::Preset(PresetJob::Compare));
        }
        Some(PresetTitle { id, name, is_changed })
    }

    /// All parameters on the host's 0…1, in the order of the table.
    fn places(&self) -> impl Iterator<Item = f32> {
        ParamId::all().map(|id| self.params.get(id).normalized())
    }

    /// Reads the preset that the project came from.
    pub fn read_preset_base(&self) {
        let Some(Origin { id, .. }) = self.store.project().origin.clone() else { return };
        let preset = Place::of_id(&id, &self.presets.folder).and_then(|place| self.presets.load(&place).ok());
        let base = preset.map_or_else(|| PresetBase::gone(&id), |preset| self.base_of(&id, preset.document));
        *self.preset_base.lock() = Some(base);
    }

    fn base_of(&self, id: &str, document: StateDocument) -> PresetBase {
        let places = ParamId::all().map(|id| self.params.get(id).normalize(id.spec().saved(&document.params)));
        PresetBase::new(id, places.collect(), Project::of_document(document, None))
    }

    /// Takes a preset in place of the present project, as one step to undo; the editor, which alone may write parameters, sets them by gestures
    /// when it next looks. Its pack is looked for as that of a recalled project is. The window stays, and so
    /// do the learned controllers, and the tuning if the preset has none.
    ///
    /// # Errors
    /// [`PresetError`]; the project is then as it was.
    pub fn load_preset(&self, place: &Place) -> Result<(), PresetError> {
        let Preset { label, document } = self.presets.load(place)?;
        *self.preset_base.lock() = Some(self.base_of(&place.id(), document.clone()));
        let values = TABLE.iter().map(|spec| spec.saved(&document.params)).collect();
        let params = document.params.clone();
        let project = Project::of_document(document, None);
        let origin = Some(Origin { id: place.id(), name: label.name.clone() });
        let now = self.store.project();
        let tuning = if project.tuning.is_none() { Arc::clone(&now.tuning) } else { Arc::clone(&project.tuning) };
        // What the user's own controllers move stays, whatever is browsed.
        let controllers = if now.controllers.is_empty() { project.controllers } else { now.controllers };
        let project = Project { view: now.view, origin, tuning, controllers, ..project };
        let revision = self.store.load_preset(label.name, project.document(params, project.frozen.to_vec()));
        self.deliver(Outcome::ParametersTo(values, revision));
        self.jobs.wake();
        Ok(())
    }

    /// Saves the present sound as a new preset, from which the project then comes.
    ///
    /// # Errors
    /// [`PresetError`] when the file cannot be written.
    pub fn save_preset(&self, label: PresetLabel) -> Result<Place, PresetError> {
        let preset = self.present_as(label);
        let place = self.presets.save_as(&preset)?;
        self.came_from(&place, preset);
        Ok(place)
    }

    /// Saves the present sound over a preset of the user's, which keeps its label unless another one is given.
    ///
    /// # Errors
    /// [`PresetError`] for a built-in one, for one without a label that can be read where none is given, and when the file cannot be written.
    pub fn overwrite_preset(&self, place: &Place, label: Option<PresetLabel>) -> Result<(), PresetError> {
        let label = label.map_or_else(|| self.presets.load(place).map(|preset| preset.label), Ok)?;
        let preset = self.present_as(label);
        self.presets.save(place, &preset)?;
        self.came_from(place, preset);
        Ok(())
    }

    /// Gives a preset of the user's another name; a project that came from it goes with it.
    ///
    /// # Errors
    /// As [`engine::presets::PresetLibrary::rename`].
    pub fn rename_preset(&self, place: &Place, name: &str) -> Result<(), PresetError> {
        let renamed = self.presets.rename(place, name)?;
        if self.is_from(place) {
            self.store.apply(Edit::SetOrigin(Some(Origin { id: renamed.id(), name: name.trim().to_owned() })));
        }
        Ok(())
    }

    /// Moves a preset of the user's to the trash, and returns where it is now. A project that came from it stays, and comes from none.
    ///
    /// # Errors
    /// As [`engine::presets::PresetLibrary::delete`].
    pub fn delete_preset(&self, place: &Place) -> Result<PathBuf, PresetError> {
        let trashed = self.presets.delete(place)?;
        if self.is_from(place) {
            self.store.apply(Edit::SetOrigin(None));
        }
        Ok(trashed)
    }

    fn is_from(&self, place: &Place) -> bool {
        self.store.project().origin.as_ref().is_some_and(|origin| origin.id == place.id())
    }

    /// Loads the preset `by` places after the one that the project came from among those that `query` finds, in the order of the list and
    /// around its ends; without one, the first or the last.
    ///
    /// # Errors
    /// [`PresetError`] of loading it.
    pub fn step_preset(&self, by: isize, query: &Query) -> Result<(), PresetError> {
        let entries = self.presets.list().entries;
        let origin = self.store.project().origin.clone();
        let now = origin.and_then(|origin| entries.iter().position(|entry| entry.place.id() == origin.id));
        let found: Vec<usize> = (0..entries.len()).filter(|index| query.matches(&entries[*index])).collect();
        // Where the present one is among them, or would be.
        let before = found.partition_point(|index| now.is_some_and(|now| *index < now)) as isize;
        let is_found = now.is_some_and(|now| found.contains(&now));
        let next = if is_found || by < 0 { before + by } else { before + by - 1 };
        if found.is_empty() {
            return Ok(());
        }
        self.load_preset(&entries[found[next.rem_euclid(found.len() as isize) as usize]].place)
    }

    /// The present sound without what belongs to the window and to this project alone.
    fn present_as(&self, label: PresetLabel) -> Preset {
        let document = self.saved_document();
        let project =
            Project { view: None, origin: None, fitted: None, ..Project::of_document(document.clone(), None) };
        Preset { label, document: project.document(document.params, document.frozen) }
    }

    fn came_from(&self, place: &Place, Preset { label, document }: Preset) {
        let id = place.id();
        *self.preset_base.lock() = Some(self.base_of(&id, document));
        self.store.apply(Edit::SetOrigin(Some(Origin { id, name: label.name })));
    }
}

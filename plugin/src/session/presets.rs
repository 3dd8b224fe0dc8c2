//! Presets of this instrument: loading one, saving the present sound, going to the next. Main and job threads; it reads and writes
//! files, so never the audio thread.

use engine::params::TABLE;
use engine::presets::{Place, PresetError};
use engine::state::{Preset, PresetLabel};

use super::{Outcome, Session};
use crate::project::{Edit, Origin, Project};

impl Session {
    /// Takes a preset in place of the present project, as one step to undo; the editor, which alone may write parameters, sets them by gestures
    /// when it next looks. Its pack is looked for as that of a recalled project is. The window stays.
    ///
    /// # Errors
    /// [`PresetError`]; the project is then as it was.
    pub fn load_preset(&self, place: &Place) -> Result<(), PresetError> {
        let Preset { label, document } = self.presets.load(place)?;
        let values = TABLE.iter().map(|spec| spec.saved(&document.params)).collect();
        let params = document.params.clone();
        let project = Project::of_document(document, None);
        let origin = Some(Origin { id: place.id(), name: label.name.clone() });
        let project = Project { view: self.store.project().view, origin, ..project };
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
        self.came_from(&place, preset.label.name);
        Ok(place)
    }

    /// Saves the present sound over a preset of the user's.
    ///
    /// # Errors
    /// [`PresetError`] for a built-in one, and when the file cannot be written.
    pub fn overwrite_preset(&self, place: &Place, label: PresetLabel) -> Result<(), PresetError> {
        let preset = self.present_as(label);
        self.presets.save(place, &preset)?;
        self.came_from(place, preset.label.name);
        Ok(())
    }

    /// Loads the preset `by` places after the one that the project came from, in the order of the list and around its ends; without one,
    /// the first or the last.
    ///
    /// # Errors
    /// [`PresetError`] of loading it.
    pub fn step_preset(&self, by: isize) -> Result<(), PresetError> {
        let places: Vec<Place> = self.presets.list().entries.into_iter().map(|entry| entry.place).collect();
        let origin = self.store.project().origin.clone();
        let now = origin.and_then(|origin| places.iter().position(|place| place.id() == origin.id));
        let count = places.len() as isize;
        let next = match now {
            Some(now) => now as isize + by,
            None if by < 0 => -1,
            None => 0,
        };
        let place = (count > 0).then(|| places.get(next.rem_euclid(count) as usize)).flatten();
        place.map_or(Ok(()), |place| self.load_preset(place))
    }

    /// The present sound without what belongs to the window and to this project alone.
    fn present_as(&self, label: PresetLabel) -> Preset {
        let document = self.saved_document();
        let project = Project { view: None, origin: None, ..Project::of_document(document.clone(), None) };
        Preset { label, document: project.document(document.params, document.frozen) }
    }

    fn came_from(&self, place: &Place, name: String) {
        self.store.apply(Edit::SetOrigin(Origin { id: place.id(), name }));
    }
}

//! The project as it is saved, and the decode that a save relies on. Host threads and the job thread; it locks and compresses
//! audio, so never the audio thread. Nothing here waits for a decode.

use engine::params::{Controls, ParamId, ParamSpec};
use engine::state::StateDocument;

use super::Session;
use crate::freezer::decoded;

impl Session {
    /// The document of the newest project and parameters, with the zones in use as they sound now. A project of another pack, or
    /// one of which nothing is decoded yet, keeps the zones that it came with.
    pub fn saved_document(&self) -> StateDocument {
        // Project, parameters and decoded zones of one and the same pack.
        let _whole = self.pack_change.lock();
        let project = self.store.project();
        let controls = self.heard_controls();
        let is_here = self.loaded_pack().is_some_and(|loaded| project.pack.is_same(&loaded.catalogue.pack));
        let mut frozen = match self.freezer.lock().as_mut().filter(|_| is_here) {
            Some(freezer) => freezer.freeze(&controls),
            None => Vec::new(),
        };
        if frozen.is_empty() {
            frozen = project.frozen.to_vec();
        }
        let mut values = self.params.values_by_id();
        values.extend(self.moved().map(|(spec, value)| (spec.id.to_owned(), value)));
        project.document(values, frozen)
    }

    /// The controls as the host has them, without its modulation, and where learned controllers have moved them.
    fn heard_controls(&self) -> Controls {
        let mut controls = self.params.plain_controls(&self.store.scene());
        self.moved().for_each(|(spec, value)| spec.set(&mut controls, value));
        controls
    }

    /// Parameters that learned controllers have moved away from where the host has them, with their values in their own units.
    fn moved(&self) -> impl Iterator<Item = (&'static ParamSpec, f32)> {
        let place = |id: ParamId| Some((id.spec(), self.controllers.heard(id)?));
        ParamId::all().filter_map(place).map(|(spec, place)| (spec, spec.scale.value(place)))
    }

    /// Has the sound of the current point decoded if no zone of it is: a host that does not process asks for none, and a project
    /// that is saved then would hold no sound for a machine without its pack.
    pub(super) fn prepare_save(&self) {
        let Some(loaded) = self.loaded_pack().filter(|_| !self.is_frozen()) else { return };
        let controls = self.heard_controls();
        if decoded(&loaded, &controls).is_empty() {
            let key = loaded.player.sound().map_or(f32::from(loaded.catalogue.middle_root), |sound| sound.spec.key);
            loaded.player.preview(controls.spec(loaded.player.source(), key));
        }
    }
}

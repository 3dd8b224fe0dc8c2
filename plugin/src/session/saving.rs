//! The project as it is saved. Host threads; it may decode, so never the audio thread.

use engine::state::StateDocument;

use super::Session;

impl Session {
    /// The document of the newest project and parameters, with the zones in use as they sound now. A project of another pack
    /// keeps the zones that it came with.
    pub fn saved_document(&self) -> StateDocument {
        // Project, parameters and decoded zones of one and the same pack.
        let _whole = self.pack_change.lock();
        let project = self.store.project();
        let controls = self.params.plain_controls(&self.store.scene());
        let is_here = self.loaded_pack().is_some_and(|loaded| project.pack.is_same(&loaded.catalogue.pack));
        let frozen = match self.freezer.lock().as_mut().filter(|_| is_here) {
            Some(freezer) => freezer.freeze(&controls),
            None => project.frozen.to_vec(),
        };
        project.document(self.params.values_by_id(), frozen)
    }
}

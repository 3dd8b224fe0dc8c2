//! Between a project and the document that a host keeps of it. Pure functions; any thread but the audio thread.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::state::{FrozenZone, STATE_VERSION, SoundState, StateDocument};
use engine::tuning::Tuning;

use super::{Fitted, Origin, Project, View};

/// The window's place among the document's further fields. Frozen.
const VIEW_FIELD: &str = "editor";
/// The preset that a project came from, among the document's further fields. Frozen.
const ORIGIN_FIELD: &str = "preset";
/// Where the controls were put that follow the chosen sound, among the document's further fields. Frozen.
const FITTED_FIELD: &str = "fitted";

impl Project {
    /// The document of this project with these parameters and frozen zones.
    pub fn document(&self, params: BTreeMap<String, f32>, frozen: Vec<FrozenZone>) -> StateDocument {
        let mut unknown = self.unknown.clone();
        if let Some(view) = self.view {
            unknown.insert(VIEW_FIELD.to_owned(), view.write());
        }
        if let Some(origin) = &self.origin {
            unknown.insert(ORIGIN_FIELD.to_owned(), origin.to_value());
        }
        if let Some(fitted) = &self.fitted {
            unknown.insert(FITTED_FIELD.to_owned(), fitted.to_value());
        }
        StateDocument {
            version: STATE_VERSION,
            params,
            pack: self.pack.clone(),
            corners: self.corners.each_ref().map(|sound| SoundState::clone(sound)),
            knobs: self.knobs.as_deref().cloned(),
            seed: self.seed,
            routes: self.routes,
            steps: self.steps,
            pad_path: self.pad_path,
            controllers: self.controllers,
            tuning: Tuning::clone(&self.tuning),
            prime: self.prime.clone(),
            frozen,
            unknown,
        }
    }

    /// The project of a document. One that does not name a window keeps `view_now`.
    pub fn of_document(document: StateDocument, view_now: Option<View>) -> Self {
        let mut unknown = document.unknown;
        let view = unknown.remove(VIEW_FIELD).as_ref().and_then(View::read);
        let origin = unknown.remove(ORIGIN_FIELD).as_ref().and_then(Origin::of_value);
        let fitted = unknown.remove(FITTED_FIELD).as_ref().and_then(Fitted::of_value);
        Self {
            origin,
            fitted,
            corners: document.corners.map(Arc::new),
            knobs: document.knobs.map(Arc::new),
            pack: document.pack,
            seed: document.seed,
            routes: document.routes,
            steps: document.steps,
            pad_path: document.pad_path,
            controllers: document.controllers,
            tuning: Arc::new(document.tuning),
            prime: document.prime,
            frozen: Arc::new(document.frozen),
            unknown,
            view: view.or(view_now),
        }
    }
}

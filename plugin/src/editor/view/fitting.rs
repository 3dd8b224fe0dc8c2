//! Controls that follow the sound that is chosen, and the line that tells it. Main thread.

use std::sync::Arc;

use egui::Ui;
use engine::state::SoundState;

use super::EditorView;
use crate::params::ParamId;
use crate::project::{Edit, of_category};

/// How long the line is shown, in seconds: long enough to be found and read.
const TOLD_S: f64 = 8.0;
/// Values nearer than this on the host's 0…1 are the same: hosts round what they keep.
const SAME: f32 = 1e-4;

/// What was fitted last, and when that was first shown.
#[derive(Default)]
pub(super) struct FitRemark {
    text: String,
    since_s: Option<f64>,
}

impl FitRemark {
    /// The line, while it is to be shown.
    pub(super) fn shown(&mut self, ui: &Ui) -> Option<&str> {
        let now_s = ui.input(|input| input.time);
        let since_s = *self.since_s.get_or_insert(now_s);
        (!self.text.is_empty() && now_s - since_s < TOLD_S).then_some(self.text.as_str())
    }
}

impl EditorView {
    /// Puts the controls that follow the chosen sound where they fit it: a part of the step that chooses it.
    pub(super) fn fit_to(&mut self, sound: &Arc<SoundState>) {
        let Some(fitted) = self.session.store.project().fitted.clone() else { return };
        // A recording is in no list.
        let loaded = self.session.loaded_pack().filter(|_| sound.audio.is_none());
        let named =
            loaded.as_ref().and_then(|loaded| loaded.catalogue.sounds.iter().find(|known| known.name == sound.name));
        // A loop is held as rain is.
        let unlisted = if sound.endless.is_some() { "rain" } else { "" };
        let category = named.map_or(unlisted, |named| named.category.as_str());
        let place = |id: ParamId, value: f32| self.gestures.param(id).normalize(value);
        let is_at = |id: ParamId, value: f32| (place(id, value) - self.gestures.normalized(id)).abs() < SAME;
        let (next, moves) = fitted.plan(&of_category(category, &sound.name), is_at);
        let mut told = Vec::new();
        for (id, value) in moves {
            let place = self.gestures.param(id).normalize(value);
            self.gestures.put(id, place);
            // A host takes the value over later, so it is not read back.
            let text = self.gestures.param(id).text(place);
            told.push(format!("{} {}", id.spec().name.to_lowercase(), text.to_lowercase()));
        }
        let text =
            if told.is_empty() { String::new() } else { format!("Fitted to {}: {}", sound.name, told.join(", ")) };
        self.fit_remark = FitRemark { text, since_s: None };
        if next != fitted {
            self.session.store.apply(Edit::SetFitted(next));
        }
    }
}

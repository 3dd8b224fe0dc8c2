//! MIDI controllers in the window: learning one for a parameter, and the host's parameters that follow those that are moved. Main thread; what
//! the audio thread hears comes by atomics.

use std::collections::BTreeMap;

use egui::{Key, Ui};
use engine::params::ControllerMap;

use super::EditorView;
use super::frame_state::FrameState;
use crate::editor::learning::Asked;
use crate::params::ParamId;
use crate::project::Edit;

/// Seconds without a message after which the gesture of a controller ends: longer than the pauses of a slow hand.
const GESTURE_S: f64 = 0.5;
/// Places nearer than this on 0…1 are the same: hosts round what they keep.
const SAME: f32 = 1e-4;

/// The parameters whose gestures a controller has begun, each with the time in seconds of its last message.
#[derive(Default)]
pub(super) struct Following {
    moved: BTreeMap<ParamId, f64>,
}

impl EditorView {
    /// Has controllers learned as the menus of the controls ask for it, and moves parameters to where controllers have moved them.
    pub(super) fn follow_controllers(&mut self, ui: &Ui, now: &FrameState) {
        let map = now.controllers;
        self.gestures.learning.map = map;
        match self.gestures.learning.take_asked() {
            Some(Asked::Learn(id)) => {
                self.gestures.learning.waiting = Some(id);
                self.session.controllers.listen();
            }
            Some(Asked::Forget(id)) => {
                let controller = map.controller_of(id).unwrap_or_default();
                self.set_controllers(map.with(id, None), format!("CC {controller} off {}", self.name_of(id, now)));
            }
            None => {}
        }
        if let Some(id) = self.gestures.learning.waiting {
            self.wait_for_controller(ui, id, now);
        }
        self.follow_moves(ui.input(|input| input.time));
    }

    fn wait_for_controller(&mut self, ui: &Ui, id: ParamId, now: &FrameState) {
        let learned = self.session.controllers.learned();
        if let Some(controller) = learned {
            let change = format!("CC {controller} on {}", self.name_of(id, now));
            self.set_controllers(now.controllers.with(id, Some(controller)), change);
        }
        if learned.is_some() || ui.input(|input| input.key_pressed(Key::Escape)) {
            self.gestures.learning.waiting = None;
            self.session.controllers.stop_listening();
        }
    }

    fn set_controllers(&self, map: ControllerMap, change: String) {
        self.session.store.apply(Edit::SetControllers { map, change });
    }

    /// A parameter that the user holds stays with the user.
    fn follow_moves(&mut self, now_s: f64) {
        for id in ParamId::all() {
            let is_held_by_hand = self.gestures.holds(id) && !self.following.moved.contains_key(&id);
            let Some(place) = (!is_held_by_hand).then(|| self.session.controllers.follow(id)).flatten() else {
                continue;
            };
            if (self.gestures.normalized(id) - place).abs() >= SAME {
                self.gestures.take(id);
                self.gestures.drag_to(id, place);
                self.following.moved.insert(id, now_s);
            }
        }
        let gestures = &mut self.gestures;
        self.following.moved.retain(|id, last_s| {
            let goes_on = now_s - *last_s < GESTURE_S;
            if !goes_on {
                gestures.release(*id);
            }
            goes_on
        });
    }

    /// Whether a parameter waits for its controller or follows one.
    pub(super) fn is_learning_or_following(&self) -> bool {
        self.gestures.learning.waiting.is_some() || !self.following.moved.is_empty()
    }
}

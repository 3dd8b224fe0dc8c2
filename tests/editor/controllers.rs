//! Parameters learn MIDI controllers in the window, and move them.

use std::sync::Arc;

use egui::Key;
use egui_kittest::SnapshotResults;
use egui_kittest::kittest::Queryable;
use engine::audio::{Event, EventKind};
use engine::params::Controls;
use plugin::controllers::ControllerEnd;
use plugin::params::ParamId;

use super::harness::{EditorHarness, Told};

const NUMBER: u8 = 21;
/// Steps in which the gesture of a controller ends: 0.5 s at 30 frames a second, and some more.
const REST_STEPS: usize = 20;

/// A window and the audio thread's end of its controllers.
struct Desk {
    editor: EditorHarness,
    end: ControllerEnd,
}

impl Desk {
    fn open() -> Self {
        let editor = EditorHarness::open(1.0, false);
        Self { end: ControllerEnd::new(Arc::clone(&editor.session.controllers)), editor }
    }

    /// A block in which a controller is moved, and one after it; where the tested parameter is heard in the first.
    fn turn(&mut self, value: f32, id: ParamId) -> f32 {
        let kind = EventKind::Controller { channel: 2, controller: NUMBER, value };
        let heard = self.block(&[Event { offset: 0, kind }]);
        self.editor.harness.run_steps(2);
        self.block(&[]);
        id.spec().scale.place(id.spec().of(&heard))
    }

    fn block(&mut self, events: &[Event]) -> Controls {
        let scene = self.editor.audio.scene();
        let params = &self.editor.session.params;
        self.end.begin_block(&scene, params);
        let controls = self.end.hear(&scene.controllers, events, params, params.controls(&scene));
        self.end.end_block();
        controls
    }

    fn choose(&mut self, control: &str, line: &str) {
        self.editor.harness.get_by_label(control).click_secondary();
        self.editor.harness.run_steps(3);
        self.editor.harness.get_by_label(line).click();
        self.editor.harness.run_steps(3);
    }

    fn controller_of(&self, id: ParamId) -> Option<u8> {
        self.editor.session.store.project().controllers.controller_of(id)
    }

    fn undo_name(&self) -> Option<String> {
        self.editor.session.store.history(|history| history.names())[0].clone()
    }
}

#[test]
fn the_next_controller_is_learned_as_one_step_and_moves_its_parameters() {
    let mut desk = Desk::open();
    let before = desk.editor.session.params.get(ParamId::TILT).normalized();
    desk.choose("Tilt Tilt", "Learn MIDI controller");
    assert!(desk.editor.harness.query_by_label_contains("Move a controller").is_some());
    assert_eq!(desk.turn(0.3, ParamId::TILT), before, "it is learned, not moved");
    assert_eq!((desk.controller_of(ParamId::TILT), desk.undo_name().as_deref()), (Some(NUMBER), Some("CC 21 on Tilt")));
    assert!(desk.editor.harness.query_by_label_contains("Move a controller").is_none());
    // The same controller for another parameter.
    desk.choose("Latent 3 Decay", "Learn MIDI controller");
    desk.turn(0.4, ParamId::TILT);
    desk.editor.harness.run_steps(REST_STEPS);
    assert_eq!(desk.undo_name().as_deref(), Some("Tilt"), "the first one has moved");
    assert_eq!(desk.controller_of(ParamId::latent(2)), Some(NUMBER));
    desk.editor.told();
    let ids = [ParamId::latent(2), ParamId::TILT];
    for value in [0.6, 0.9, 0.7] {
        let heard = desk.turn(value, ParamId::TILT);
        assert!((heard - value).abs() < 1e-5, "at once, with or without a window");
        assert!(ids.iter().all(|id| (desk.editor.session.params.get(*id).normalized() - value).abs() < 1e-5));
    }
    desk.editor.harness.run_steps(REST_STEPS);
    let told = desk.editor.told();
    for id in ids {
        let of_id = |wanted: Told| told.iter().filter(|told| **told == wanted).count();
        assert_eq!((of_id(Told::Begin(id)), of_id(Told::End(id))), (1, 1), "one gesture");
    }
    desk.choose("Tilt Tilt", "Forget CC 21");
    assert_eq!(desk.controller_of(ParamId::TILT), None);
    desk.editor.harness.get_by_label("Undo").click();
    desk.editor.harness.run_steps(3);
    assert_eq!(desk.controller_of(ParamId::TILT), Some(NUMBER));
}

#[test]
fn escape_cancels_and_what_the_hand_moves_afterwards_is_the_hands() {
    let mut desk = Desk::open();
    desk.choose("Tilt Tilt", "Learn MIDI controller");
    desk.editor.harness.key_press(Key::Escape);
    desk.editor.harness.run_steps(2);
    desk.turn(0.3, ParamId::TILT);
    assert_eq!(desk.controller_of(ParamId::TILT), None);
    desk.choose("Tilt Tilt", "Learn MIDI controller");
    desk.turn(0.4, ParamId::TILT);
    desk.turn(0.9, ParamId::TILT);
    desk.editor.harness.run_steps(REST_STEPS);
    desk.editor.set_by_host(ParamId::TILT, 0.25);
    let heard = desk.block(&[]);
    desk.editor.harness.run_steps(3);
    assert!((ParamId::TILT.spec().scale.place(heard.tilt_db_per_octave) - 0.25).abs() < 1e-5);
    assert!((desk.editor.session.params.get(ParamId::TILT).normalized() - 0.25).abs() < 1e-5);
}

#[test]
fn a_control_that_waits_looks_right() {
    let mut results = SnapshotResults::new();
    let mut desk = Desk::open();
    desk.choose("Tilt Tilt", "Learn MIDI controller");
    desk.turn(0.4, ParamId::TILT);
    desk.editor.harness.run_steps(REST_STEPS);
    desk.choose("Latent 3 Decay", "Learn MIDI controller");
    desk.editor.harness.get_by_label("Tilt Tilt").click_secondary();
    desk.editor.harness.run_steps(12);
    results.extend(desk.editor.compare("learn_100", 1.0));
}

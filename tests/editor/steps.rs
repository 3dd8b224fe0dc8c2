//! Undo and redo, the slider that follows a touch, and the sound that is played when it is chosen.

use std::sync::Arc;

use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable;
use engine::audio::EventKind;
use plugin::params::ParamId;
use plugin::project::Project;
use support::Random;

use super::harness::EditorHarness;
use super::knob;

/// Steps until the slider has glided: 150 ms at 30 frames a second, and some more.
const GLIDE_STEPS: usize = 12;
/// Rounding between a parameter's value and the host's 0…1.
const SAME: f32 = 1e-5;

fn params(editor: &EditorHarness) -> Vec<f32> {
    ParamId::all().map(|id| editor.session.params.get(id).normalized()).collect()
}

fn state(editor: &EditorHarness) -> (Vec<f32>, Arc<Project>) {
    (params(editor), editor.session.store.project())
}

fn assert_same(a: &(Vec<f32>, Arc<Project>), b: &(Vec<f32>, Arc<Project>), what: &str) {
    for ((a, b), id) in a.0.iter().zip(&b.0).zip(ParamId::all()) {
        assert!((a - b).abs() < SAME, "{what}: {} is {a}, not {b}", id.spec().id);
    }
    assert_eq!((&a.1.corners, &a.1.knobs, &a.1.pack), (&b.1.corners, &b.1.knobs, &b.1.pack), "{what}");
}

fn press(editor: &mut EditorHarness, modifiers: Modifiers, key: Key) {
    editor.harness.key_press_modifiers(modifiers, key);
    editor.harness.run_steps(2);
}

fn any_edit(editor: &mut EditorHarness, random: &mut Random) {
    match random.below(5) {
        0 => editor.harness.get_by_label("Random").click(),
        1 => editor.harness.get_by_label("Vary").click(),
        2 => editor.harness.get_by_label(["Deep Kick", "Slap Bass", "Rim Shot"][random.below(3)]).click(),
        3 => {
            let place = knob(editor, "Latent 3 Decay");
            let to = place - vec2(0.0, random.below(60) as f32 - 30.0);
            editor.drag(place, to);
            editor.drop_at(to);
        }
        _ => {
            let row = editor.harness.get_by_label("Fretless Bass").rect().center();
            editor.harness.hover_at(row);
            editor.harness.run_steps(2);
            let corner = ["A", "B", "C", "D"][random.below(4)];
            editor.harness.get_by_label(&format!("Put Fretless Bass on corner {corner}")).click();
        }
    }
    editor.harness.run_steps(GLIDE_STEPS);
}

#[test]
fn undo_all_returns_the_first_state_and_redo_all_the_last() {
    for seed in 1..=3 {
        let mut random = Random::new(seed);
        let mut editor = EditorHarness::open(1.0, false);
        let first = state(&editor);
        for _ in 0..10 {
            any_edit(&mut editor, &mut random);
        }
        let last = state(&editor);
        let names = |editor: &EditorHarness| editor.session.store.history(|history| history.names());
        while names(&editor)[0].is_some() {
            press(&mut editor, Modifiers::COMMAND, Key::Z);
        }
        assert_same(&state(&editor), &first, "undo all");
        while names(&editor)[1].is_some() {
            press(&mut editor, Modifiers::COMMAND, Key::Y);
        }
        assert_same(&state(&editor), &last, "redo all");
    }
}

#[test]
fn a_touch_of_the_pad_makes_it_heard_and_a_turn_of_a_knob_brings_the_knobs_back() {
    for follows in [true, false] {
        let mut editor = EditorHarness::open(1.0, false);
        editor.session.store.change_view(|view| view.morph_follows = follows);
        let morph = |editor: &EditorHarness| editor.session.params.get(ParamId::MORPH).plain();
        let pad = editor.harness.get_by_label("Pad").rect();
        editor.drag(pad.center(), pad.center() + vec2(30.0, 10.0));
        editor.drop_at(pad.center() + vec2(30.0, 10.0));
        editor.harness.run_steps(GLIDE_STEPS);
        assert_eq!(morph(&editor), if follows { 1.0 } else { 0.0 });
        let place = knob(&editor, "Latent 3 Decay");
        editor.drag(place, place - vec2(0.0, 20.0));
        editor.drop_at(place - vec2(0.0, 20.0));
        editor.harness.run_steps(GLIDE_STEPS);
        assert_eq!(morph(&editor), 0.0);
    }
}

#[test]
fn a_slider_that_the_host_moves_does_not_move_by_itself() {
    /// Steps after which the host is taken to have ended: a second at 30 frames a second, and some more.
    const ENDED_STEPS: usize = 40;
    let morph = |editor: &EditorHarness| editor.session.params.get(ParamId::MORPH).normalized();
    let touch_pad = |editor: &mut EditorHarness| {
        let pad = editor.harness.get_by_label("Pad").rect();
        editor.drag(pad.center(), pad.center() + vec2(30.0, 10.0));
        editor.drop_at(pad.center() + vec2(30.0, 10.0));
        editor.harness.run_steps(GLIDE_STEPS);
    };
    let mut editor = EditorHarness::open(1.0, false);
    for place in [0.001, 0.002, 0.004] {
        editor.set_by_host(ParamId::MORPH, place);
        editor.harness.run_steps(2);
    }
    touch_pad(&mut editor);
    assert!((morph(&editor) - 0.004).abs() < SAME, "under automation: {}", morph(&editor));
    editor.harness.run_steps(ENDED_STEPS);
    touch_pad(&mut editor);
    assert_eq!(morph(&editor), 1.0, "after it");
}

#[test]
fn knobs_and_pad_that_the_host_moves_leave_the_slider_where_it_is() {
    for place in [0.0, 1.0] {
        let mut editor = EditorHarness::open(1.0, false);
        editor.set_by_host(ParamId::MORPH, place);
        for step in 0..60_u8 {
            for id in [ParamId::PAD_X, ParamId::PAD_Y, ParamId::latent(2)] {
                editor.set_by_host(id, f32::from(step) / 60.0);
            }
            editor.harness.step();
        }
        assert_eq!(editor.session.params.get(ParamId::MORPH).normalized(), place);
    }
}

#[test]
fn a_sound_that_is_chosen_is_played_unless_that_is_switched_off() {
    for plays in [true, false] {
        let mut editor = EditorHarness::open(1.0, false);
        editor.session.store.change_view(|view| view.plays_choice = plays);
        editor.harness.get_by_label("Deep Kick").click();
        let mut heard = Vec::new();
        for _ in 0..60 {
            // A host that processes.
            editor.audio.scene();
            editor.harness.step();
            heard.extend(std::iter::from_fn(|| editor.audio.next_note()));
        }
        let ons = heard.iter().filter(|note| matches!(note, EventKind::NoteOn { .. })).count();
        let offs = heard.iter().filter(|note| matches!(note, EventKind::NoteOff { .. })).count();
        assert_eq!((ons, offs), if plays { (1, 1) } else { (0, 0) });
    }
}

#[test]
fn vary_gives_the_next_seed_in_a_pack_of_chance_and_leaves_the_knobs() {
    let mut editor = EditorHarness::open_by_chance();
    let before = params(&editor);
    let seed = |editor: &EditorHarness| editor.session.store.project().seed;
    for next in 1..=2 {
        editor.harness.get_by_label("Vary").click();
        editor.harness.run_steps(2);
        assert_eq!(seed(&editor), next);
    }
    assert_eq!(params(&editor), before);
    press(&mut editor, Modifiers::COMMAND, Key::Z);
    assert_eq!(seed(&editor), 1, "undone");
}

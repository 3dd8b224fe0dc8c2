//! Controls that follow the sound that is chosen: as a part of the step, unless they were set by hand, and never for what was loaded.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use engine::presets::{Place, factory};
use plugin::jobs::{Job, PresetJob};
use plugin::params::ParamId;

use super::harness::EditorHarness;

fn values(editor: &EditorHarness) -> [f32; 3] {
    ["hold", "release", "vary"]
        .map(|id| editor.session.params.get(ParamId::named(id).expect("a parameter")).plain())
        .map(|value| (value * 1e3).round() / 1e3)
}

fn choose(editor: &mut EditorHarness, name: &str) {
    editor.harness.get_by_label(name).click();
    editor.harness.run_steps(3);
}

const FIRST: [f32; 3] = [3.0, 0.15, 0.0];
const STRUCK: [f32; 3] = [0.0, 0.15, 0.2];

#[test]
fn a_drum_plays_to_its_end_and_varies_and_undo_takes_both_back() {
    let mut editor = EditorHarness::open(1.0, false);
    assert_eq!(values(&editor), FIRST);
    choose(&mut editor, "Deep Kick");
    assert_eq!(values(&editor), STRUCK);
    choose(&mut editor, "Slap Bass");
    assert_eq!(values(&editor), FIRST);
    for wanted in [STRUCK, FIRST] {
        editor.harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
        editor.harness.run_steps(3);
        assert_eq!(values(&editor), wanted);
    }
    assert!(editor.session.store.project().knobs.is_none());
}

#[test]
fn what_was_set_by_hand_stays() {
    let mut editor = EditorHarness::open(1.0, false);
    let vary = ParamId::named("vary").expect("a parameter");
    editor.set_by_host(vary, 0.7);
    choose(&mut editor, "Deep Kick");
    assert_eq!(values(&editor), [0.0, 0.15, 0.7]);
    choose(&mut editor, "Slap Bass");
    assert_eq!(values(&editor), [3.0, 0.15, 0.7]);
}

#[test]
fn nothing_follows_in_a_preset_or_in_a_project_that_knows_of_nothing_to_follow() {
    let mut editor = EditorHarness::open(1.0, false);
    let place = Place::Factory(factory()[0].label.name.clone());
    editor.session.run(Job::Preset(PresetJob::Load(place)));
    editor.wait_until("the preset is loaded", |editor| !editor.session.is_busy());
    editor.harness.run_steps(3);
    let loaded = values(&editor);
    editor.harness.get_by_label("Search sounds").click();
    editor.harness.run_steps(2);
    editor.harness.event(egui::Event::Text("Deep kick 1".to_owned()));
    editor.harness.run_steps(2);
    choose(&mut editor, "Deep kick 1");
    assert_eq!(editor.session.store.project().knobs.as_ref().map(|sound| sound.name.as_str()), Some("Deep kick 1"));
    assert_eq!(values(&editor), loaded);
}

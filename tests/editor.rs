//! The editor without a host: what the user does reaches the parameters, the corners and the audio thread, and the
//! window looks as it should at 100 % and 200 %, at rest and in use.
//!
//! After a wanted change of looks: `UPDATE_SNAPSHOTS=force cargo test -p tests --test shell editor::`, then look at every picture
//! in `tests/snapshots/` before it is committed.

#[path = "editor/controllers.rs"]
mod controllers;
#[path = "editor/dropping.rs"]
mod dropping;
#[path = "editor/endless.rs"]
mod endless;
#[path = "editor/fitting.rs"]
mod fitting;
#[path = "editor/harness.rs"]
mod harness;
#[path = "editor/lists.rs"]
mod lists;
#[path = "editor/names.rs"]
mod names;
#[path = "editor/presets.rs"]
mod presets;
#[path = "editor/prime.rs"]
mod prime;
#[path = "editor/region_editor.rs"]
mod region_editor;
#[path = "editor/steps.rs"]
mod steps;
#[path = "editor/strip.rs"]
mod strip;
#[path = "editor/takes.rs"]
mod takes;

use egui::{Pos2, vec2};
use egui_kittest::SnapshotResults;
use egui_kittest::kittest::Queryable;
use engine::audio::{EventKind, NoteAddress};
use engine::pack::RandomPoints;
use engine::residual::{Pair, Residual, ZoneResidual};
use engine::spectral::{Frames, SpectralShape};
use harness::{EditorHarness, Told, catalogue};
use plugin::jobs::Job;
use plugin::loaded_pack::LoadedPack;
use plugin::params::ParamId;
use plugin::state::FIELD;
use plugin::target::Target;
use support::project::{change_sound, recall, saved};
use support::raw::raw_pack;
use support::wait::wait_until;

fn center(editor: &EditorHarness, label: &str) -> Pos2 {
    editor.harness.get_by_label(label).rect().center()
}

/// The disc of a knob lies in the upper half of its cell.
fn knob(editor: &EditorHarness, label: &str) -> Pos2 {
    let rect = editor.harness.get_by_label(label).rect();
    rect.center_top() + vec2(0.0, 26.0)
}

#[test]
fn dragging_a_knob_is_one_gesture_that_moves_the_parameter() {
    let mut editor = EditorHarness::open(1.0, false);
    let place = knob(&editor, "Latent 3 Decay");
    editor.drag(place, place - vec2(0.0, 60.0));
    editor.drop_at(place - vec2(0.0, 60.0));
    let told = editor.told();
    let id = ParamId::latent(2);
    assert_eq!(told.first(), Some(&Told::Begin(id)));
    assert_eq!(told.last(), Some(&Told::End(id)));
    assert_eq!(told.iter().filter(|told| matches!(told, Told::Begin(_))).count(), 1);
    assert!(editor.session.params.get(id).plain() > 1.0, "60 points up are a third of the range");
}

#[test]
fn a_double_click_brings_the_default_back() {
    let mut editor = EditorHarness::open(1.0, false);
    let place = knob(&editor, "Latent 1 Brightness");
    editor.drag(place, place - vec2(0.0, 40.0));
    editor.drop_at(place - vec2(0.0, 40.0));
    editor.harness.run_steps(30);
    for _ in 0..2 {
        editor.harness.drag_at(place);
        editor.harness.drop_at(place);
    }
    editor.harness.run_steps(2);
    assert_eq!(editor.session.params.get(ParamId::latent(0)).plain(), 0.0);
}

#[test]
fn a_typed_value_is_taken() {
    let mut editor = EditorHarness::open(1.0, false);
    editor.harness.get_by_label("Gain Gain").click_secondary();
    editor.harness.run_steps(2);
    editor.harness.get_by_label("Type a value").click();
    editor.harness.run_steps(3);
    editor.harness.event(egui::Event::Text("-12 dB".to_owned()));
    editor.harness.key_press(egui::Key::Enter);
    editor.harness.run_steps(3);
    assert!((editor.session.params.get(ParamId::GAIN).plain() + 12.0).abs() < 1e-3);
}

#[test]
fn a_stepped_knob_reaches_whole_semitones() {
    let mut editor = EditorHarness::open(1.0, false);
    let place = knob(&editor, "Coarse Coarse");
    editor.drag(place, place - vec2(0.0, 90.0));
    editor.drop_at(place - vec2(0.0, 90.0));
    assert_eq!(editor.session.params.get(ParamId::COARSE).plain(), 24.0);
}

#[test]
fn the_pad_follows_the_pointer() {
    let mut editor = EditorHarness::open(1.0, false);
    let rect = editor.harness.get_by_label("Pad").rect();
    editor.drag(rect.center(), rect.right_top() + vec2(-20.0, 20.0));
    editor.drop_at(rect.right_top() + vec2(-20.0, 20.0));
    assert!(editor.session.params.get(ParamId::PAD_X).plain() > 0.9);
    assert!(editor.session.params.get(ParamId::PAD_Y).plain() < 0.1);
    assert!(matches!(editor.told().last(), Some(Told::End(_))));
}

#[test]
fn a_click_on_a_sound_sends_the_knobs_there_and_morph_to_zero() {
    let mut editor = EditorHarness::open(1.0, false);
    editor.harness.get_by_label("Deep Kick").click();
    editor.harness.run_steps(3);
    let wanted = catalogue().sounds.into_iter().find(|sound| sound.name == "Deep Kick").expect("in the catalogue");
    for (axis, sigma) in wanted.latent.into_iter().enumerate() {
        assert!((editor.session.params.get(ParamId::latent(axis)).plain() - sigma).abs() < 1e-4);
    }
    assert_eq!(editor.session.params.get(ParamId::MORPH).plain(), 0.0);
    assert_eq!(editor.session.store.project().knobs.as_ref().map(|sound| sound.name.as_str()), Some("Deep Kick"));
}

#[test]
fn a_recorded_sound_stays_on_the_knobs_while_it_is_heard() {
    let mut editor = EditorHarness::open(1.0, false);
    editor.harness.get_by_label("Deep Kick").click();
    editor.harness.run_steps(3);
    let shape = SpectralShape::DEFAULT;
    let silence = Frames::silent(shape.mel_bands, shape.frame_count);
    let residual = Residual::between(Pair { wanted: &silence, made: &silence }, &shape);
    let zone = ZoneResidual { root_key: 60, residual };
    change_sound(&editor.session.store, Target::Knobs, |sound| sound.residual = Some(zone));
    let turn = |editor: &mut EditorHarness, points: f32| {
        let place = knob(editor, "Latent 3 Decay");
        editor.drag(place, place - vec2(0.0, points));
        editor.drop_at(place - vec2(0.0, points));
        editor.session.store.project().knobs.as_ref().map(|sound| sound.name.clone())
    };
    // A point is a thirtieth of a σ, and half a σ away nothing is left of a recording.
    assert_eq!(turn(&mut editor, 5.0).as_deref(), Some("Deep Kick"));
    assert_eq!(turn(&mut editor, 30.0), None);
}

#[test]
fn a_sound_dragged_to_a_corner_is_heard_there() {
    let mut editor = EditorHarness::open(1.0, false);
    let pad = editor.harness.get_by_label("Pad").rect();
    let target = pad.right_bottom() - vec2(40.0, 40.0);
    let from = center(&editor, "Slap Bass");
    editor.drag(from, target);
    editor.drop_at(target);
    let project = editor.session.store.project();
    assert_eq!(project.corners[3].name, "Slap Bass");
    assert_eq!(editor.audio.scene().corners[3], project.corners[3].latent);
}

#[test]
fn corner_buttons_of_a_row_do_the_same() {
    let mut editor = EditorHarness::open(1.0, false);
    let row = center(&editor, "Fretless Bass");
    editor.harness.hover_at(row);
    editor.harness.run_steps(2);
    editor.harness.get_by_label("Put Fretless Bass on corner B").click();
    editor.harness.run_steps(2);
    assert_eq!(editor.session.store.project().corners[1].name, "Fretless Bass");
}

#[test]
fn search_narrows_the_list() {
    let mut editor = EditorHarness::open(1.0, false);
    editor.harness.get_by_label("Search sounds").click();
    editor.harness.run_steps(2);
    editor.harness.event(egui::Event::Text("snare".to_owned()));
    editor.harness.run_steps(2);
    assert!(editor.harness.query_by_label("Tight Snare").is_some());
    assert!(editor.harness.query_by_label("Slap Bass").is_none());
}

#[test]
fn files_are_listed_and_folders_open() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("Kit")).expect("writable");
    for name in ["door.wav", "notes.txt", "rain.FLAC", ".hidden.wav"] {
        std::fs::write(folder.path().join(name), b"").expect("writable");
    }
    let mut editor = EditorHarness::open(1.0, false);
    editor.harness.get_by_label("Import").click();
    editor.harness.run_steps(3);
    // The list first shows the home folder; jobs are done in order, so this one comes after it.
    editor.session.run(Job::List(folder.path().to_owned()));
    editor.wait_until("the folder is listed", |editor| editor.harness.query_by_label("door.wav").is_some());
    assert!(editor.harness.query_by_label("rain.FLAC").is_some());
    assert!(editor.harness.query_by_label("Kit").is_some());
    assert!(editor.harness.query_by_label("notes.txt").is_none());
    assert!(editor.harness.query_by_label(".hidden.wav").is_none());
}

#[test]
fn export_writes_a_file_and_says_where() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("new folder").join("sound.wav");
    let editor = EditorHarness::open(1.0, false);
    let sound =
        editor.session.loaded_pack().and_then(|loaded| loaded.player.sound()).expect("the still engine has one");
    editor.session.run(Job::Export { path: path.clone(), sound });
    wait_until("the file is written", || !editor.session.is_busy());
    assert!(path.is_file());
    assert!(editor.session.store.notices.all()[0].text.contains("sound.wav"));
}

#[test]
fn random_moves_all_knobs_and_undo_returns() {
    let mut editor = EditorHarness::open(1.0, false);
    editor.harness.get_by_label("Random").click();
    editor.harness.run_steps(2);
    let moved = (0..7).filter(|axis| editor.session.params.get(ParamId::latent(*axis)).plain() != 0.0).count();
    assert_eq!(moved, 7);
    // Where the sounds of the pack lie, by the same seed as the editor's.
    for (axis, place) in RandomPoints::new(1).anywhere(&catalogue().distribution).into_iter().enumerate() {
        assert!((editor.session.params.get(ParamId::latent(axis)).plain() - place).abs() < 1e-4);
    }
    editor.harness.get_by_label("Undo").click();
    editor.harness.run_steps(2);
    assert!((0..7).all(|axis| editor.session.params.get(ParamId::latent(axis)).plain().abs() < 1e-5));
}

#[test]
fn the_keyboard_plays_and_lets_go() {
    let mut editor = EditorHarness::open(1.0, false);
    let rect = editor.harness.get_by_label("Keyboard").rect();
    let place = rect.left_bottom() + vec2(8.0, -4.0);
    editor.drag(place, place);
    assert!(
        matches!(editor.audio.next_note(), Some(EventKind::NoteOn { note, .. }) if note == NoteAddress::key(0, 36))
    );
    editor.drop_at(place);
    assert!(
        matches!(editor.audio.next_note(), Some(EventKind::NoteOff { notes, .. }) if notes == NoteAddress::key(0, 36))
    );
}

#[test]
fn packs_are_listed_and_a_click_plays_one() {
    let mut editor = EditorHarness::open(1.0, false);
    editor.harness.get_by_label("Packs").click();
    editor.wait_until("the packs are listed", |editor| editor.harness.query_by_label("Heptode factory").is_some());
    editor.harness.get_by_label("Heptode factory").click();
    editor.wait_until("the pack plays", |editor| !editor.session.store.notices.all().is_empty());
    let messages: Vec<String> = editor.session.store.notices.all().into_iter().map(|notice| notice.text).collect();
    assert_eq!(messages, ["“Heptode factory” plays now."]);
    assert_eq!(editor.session.store.project().pack.id, "heptode-factory");
}

#[test]
fn a_message_can_be_dismissed() {
    let mut editor = EditorHarness::open(1.0, false);
    editor.session.store.notices.fault("Something to read");
    editor.harness.run_steps(3);
    editor.harness.get_by_label("Dismiss message").click();
    editor.harness.run_steps(3);
    assert!(editor.session.store.notices.all().is_empty());
}

#[test]
fn a_project_of_another_pack_plays_its_frozen_sound_until_it_is_moved() {
    let before = saved(&EditorHarness::open(1.0, false).session);
    let elsewhere = before[FIELD].replace("0123", "4567");
    let mut editor = EditorHarness::open(1.0, false);
    recall(&editor.session, &[(FIELD.to_owned(), elsewhere.clone())].into());
    assert!(editor.session.is_frozen());
    assert_eq!(editor.session.store.notices.all().len(), 1);
    assert_eq!(saved(&editor.session)[FIELD], elsewhere, "it is saved as it came");
    editor.harness.run_steps(2);
    editor.harness.get_by_label("Frozen · move to Factory").click();
    editor.harness.run_steps(2);
    assert!(!editor.session.is_frozen());
    assert_eq!(saved(&editor.session), before);
}

#[test]
fn looks_right_at_rest() {
    let mut results = SnapshotResults::new();
    for (scale, name) in [(1.0, "rest_100"), (2.0, "rest_200")] {
        let mut editor = EditorHarness::open(scale, false);
        results.extend(editor.compare(name, scale));
    }
}

#[test]
fn a_pack_of_classes_shows_their_names_and_which_knobs_do_nothing() {
    let mut editor = EditorHarness::open(1.0, false);
    let player = editor.session.loaded_pack().expect("a pack is loaded").player.clone();
    let model = engine::decode::load::load(&raw_pack(4_000).into()).expect("its own weights");
    editor.session.install(LoadedPack::new(model, player));
    editor.harness.run_steps(2);
    for (axis, label) in
        ["Gravel", "Snow", "not used", "not used", "not used", "not used", "not used"].iter().enumerate()
    {
        editor.harness.get_by_label(&format!("Latent {} {label}", axis + 1));
    }
}

#[test]
fn looks_right_in_use() {
    let mut results = SnapshotResults::new();
    for (scale, name) in [(1.0, "use_100"), (2.0, "use_200")] {
        let mut editor = EditorHarness::open(scale, true);
        editor.harness.get_by_label("Tight Snare").click();
        editor.harness.run_steps(2);
        let knob_place = knob(&editor, "Latent 5 Harmonics");
        editor.drag(knob_place, knob_place - vec2(0.0, 40.0));
        editor.drop_at(knob_place - vec2(0.0, 40.0));
        let morph = editor.harness.get_by_label("Morph").rect();
        let morph_place = morph.left_bottom() + vec2(morph.width() * 0.6, -14.0);
        editor.drag(morph_place, morph_place);
        editor.drop_at(morph_place);
        editor.session.store.notices.note("Exported to /home/ana/Music/Heptode/Tight Snare.wav");
        let pad = editor.harness.get_by_label("Pad").rect();
        editor.drag(pad.center(), pad.lerp_inside(vec2(0.8, 0.3)));
        results.extend(editor.compare(name, scale));
    }
}

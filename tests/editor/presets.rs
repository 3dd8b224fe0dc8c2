//! Presets in the window: the list loads, marks, renames and deletes; the head steps and tells a change; the dialog saves.

use egui::{Event, Key};
use egui_kittest::SnapshotResults;
use egui_kittest::kittest::Queryable;
use engine::audio::EventKind;
use engine::presets::{Place, PresetLibrary, factory};
use engine::state::{Preset, PresetLabel};
use plugin::jobs::{Job, PresetJob};
use plugin::params::ParamId;

use super::harness::EditorHarness;

/// The built-in presets as they are listed: by category and name.
fn listed(place: usize) -> &'static Preset {
    let mut all: Vec<&Preset> = factory().iter().collect();
    all.sort_by_key(|preset| (preset.label.category.to_lowercase(), preset.label.name.to_lowercase()));
    all[place]
}

/// With the list of presets shown.
fn open(scale: f32) -> EditorHarness {
    let mut editor = EditorHarness::open(scale, false);
    show_list(&mut editor);
    editor
}

fn show_list(editor: &mut EditorHarness) {
    editor.harness.get_by_label("Presets").click();
    editor.harness.run_steps(2);
    let first = listed(0).label.name.as_str();
    editor.wait_until("the presets are listed", |editor| editor.harness.query_by_label(first).is_some());
}

/// Has a preset saved whose file is that of `name`.
fn save(editor: &mut EditorHarness, label: PresetLabel) -> Place {
    let place = editor.session.save_preset(label).expect("writable");
    editor.session.run(Job::Preset(PresetJob::List));
    settle(editor);
    place
}

/// Turns the third knob; a preset brings its pack, which names the knobs otherwise than the harness.
fn turn(editor: &mut EditorHarness) {
    let place = editor.harness.get_by_label_contains("Latent 3 ").rect().center_top() + egui::vec2(0.0, 26.0);
    editor.drag(place, place - egui::vec2(0.0, 30.0));
    editor.drop_at(place - egui::vec2(0.0, 30.0));
}

fn settle(editor: &mut EditorHarness) {
    editor.harness.run_steps(2);
    editor.wait_until("the jobs are done", |editor| !editor.session.is_busy());
    editor.harness.run_steps(3);
}

fn click(editor: &mut EditorHarness, label: &str) {
    editor.harness.get_by_label(label).click();
    settle(editor);
}

fn type_into(editor: &mut EditorHarness, label: &str, text: &str) {
    editor.harness.get_by_label(label).click();
    editor.harness.run_steps(2);
    editor.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    editor.harness.event(Event::Text(text.to_owned()));
    editor.harness.run_steps(2);
}

fn origin(editor: &EditorHarness) -> Option<String> {
    editor.session.store.project().origin.as_ref().map(|origin| origin.name.clone())
}

fn params(editor: &EditorHarness) -> Vec<f32> {
    ParamId::all().map(|id| editor.session.params.get(id).normalized()).collect()
}

fn own(editor: &EditorHarness) -> Vec<String> {
    let entries = PresetLibrary { folder: editor.presets.path().to_owned() }.list().entries;
    let own = entries.into_iter().filter(|entry| entry.place.file().is_some());
    own.map(|entry| entry.label.name).collect()
}

fn messages(editor: &EditorHarness) -> Vec<String> {
    editor.session.store.notices.all().into_iter().map(|notice| notice.text).collect()
}

#[test]
fn a_click_loads_a_preset_as_one_step_and_the_head_tells_a_change() {
    let mut editor = open(1.0);
    let before = params(&editor);
    let preset = listed(1);
    let name = preset.label.name.as_str();
    click(&mut editor, name);
    assert_eq!(origin(&editor).as_deref(), Some(name));
    for id in ParamId::all() {
        let (now, wanted) = (editor.session.params.get(id).plain(), id.spec().saved(&preset.document.params));
        assert!((now - wanted).abs() < 1e-3, "{}: {now}, not {wanted}", id.spec().id);
    }
    let whole = format!("Preset {name}");
    assert!(editor.harness.query_by_label(&whole).is_some());
    turn(&mut editor);
    assert!(editor.harness.query_by_label(&format!("{whole}, changed")).is_some());
    for _ in 0..2 {
        editor.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::Z);
        editor.harness.run_steps(3);
    }
    assert_eq!(origin(&editor), None, "two steps: the turn, and the preset");
    for ((now, before), id) in params(&editor).iter().zip(&before).zip(ParamId::all()) {
        assert!((now - before).abs() < 1e-5, "{}", id.spec().id);
    }
}

#[test]
fn a_preset_that_is_loaded_is_played_unless_that_is_switched_off() {
    for plays in [true, false] {
        let mut editor = open(1.0);
        editor.session.store.change_view(|view| view.plays_choice = plays);
        editor.harness.get_by_label(&listed(0).label.name).click();
        let mut ons = 0;
        for _ in 0..60 {
            // A host that processes.
            editor.audio.scene();
            editor.harness.step();
            std::thread::sleep(std::time::Duration::from_millis(2));
            let notes = std::iter::from_fn(|| editor.audio.next_note());
            ons += notes.filter(|note| matches!(note, EventKind::NoteOn { .. })).count();
        }
        assert_eq!(ons, usize::from(plays));
    }
}

#[test]
fn arrows_of_the_head_go_around_the_list() {
    let mut editor = EditorHarness::open(1.0, false);
    let names = || editor_names(&editor);
    let (first, last) = (names().first().cloned(), names().last().cloned());
    click(&mut editor, "Previous preset");
    assert_eq!(origin(&editor), last);
    click(&mut editor, "Next preset");
    assert_eq!(origin(&editor), first);
}

#[test]
fn arrows_of_the_head_follow_the_search_while_the_list_is_shown() {
    let mut editor = open(1.0);
    let all = editor_names(&editor);
    let word = all[all.len() / 2].clone();
    type_into(&mut editor, "Search presets", &word);
    for arrow in ["Next preset", "Next preset", "Previous preset"] {
        click(&mut editor, arrow);
        assert!(origin(&editor).is_some_and(|name| name.contains(&word)), "{arrow}: {:?}", origin(&editor));
    }
    editor.harness.get_by_label("Sounds").click();
    editor.harness.run_steps(2);
    click(&mut editor, "Next preset");
    assert!(origin(&editor).is_some_and(|name| !name.contains(&word)), "all of them again");
}

fn editor_names(editor: &EditorHarness) -> Vec<String> {
    editor.session.presets.list().entries.into_iter().map(|entry| entry.label.name).collect()
}

#[test]
fn arrow_keys_load_the_next_preset_and_enter_the_one_with_the_focus() {
    let mut editor = open(1.0);
    let names = editor_names(&editor);
    click(&mut editor, &names[0]);
    editor.harness.key_press(Key::ArrowDown);
    settle(&mut editor);
    assert_eq!(origin(&editor).as_ref(), Some(&names[1]));
    editor.session.load_preset(&Place::Factory(names[0].clone())).expect("built in");
    editor.harness.key_press(Key::Enter);
    settle(&mut editor);
    assert_eq!(origin(&editor).as_ref(), Some(&names[1]));
}

#[test]
fn search_and_favourites_narrow_the_list() {
    let mut editor = open(1.0);
    let [first, second] = [0, 1].map(|place| listed(place).label.name.as_str());
    let place = editor.harness.get_by_label(second).rect().center();
    editor.harness.hover_at(place);
    editor.harness.run_steps(2);
    click(&mut editor, &format!("Favourite: {second}"));
    click(&mut editor, "Fav");
    let shows = |editor: &EditorHarness, name: &str| editor.harness.query_by_label(name).is_some();
    assert!(shows(&editor, second) && !shows(&editor, first));
    click(&mut editor, "Fav");
    type_into(&mut editor, "Search presets", first);
    assert!(shows(&editor, first) && !shows(&editor, second));
}

#[test]
fn the_dialog_saves_a_preset_with_its_label_and_save_writes_over_it() {
    let mut editor = open(1.0);
    click(&mut editor, "Save");
    type_into(&mut editor, "Preset name", "Mine");
    type_into(&mut editor, "Preset author", "Ana");
    type_into(&mut editor, "Preset category", "Bass");
    type_into(&mut editor, "Preset tags", "round, mono ,");
    type_into(&mut editor, "Preset notes", "Low keys.");
    click(&mut editor, "Save preset");
    let saved = |editor: &EditorHarness| {
        let place = Place::of_id("Mine.heptode-preset", editor.presets.path()).expect("a file's name");
        editor.session.presets.load(&place).expect("saved")
    };
    let label = PresetLabel {
        name: "Mine".to_owned(),
        author: "Ana".to_owned(),
        category: "Bass".to_owned(),
        tags: vec!["round".to_owned(), "mono".to_owned()],
        notes: "Low keys.".to_owned(),
    };
    assert_eq!(saved(&editor).label, label);
    assert_eq!(messages(&editor), ["Saved as Mine.heptode-preset."]);
    assert!(editor.harness.query_by_label("Preset Mine").is_some());
    turn(&mut editor);
    click(&mut editor, "Save");
    assert_eq!(saved(&editor).document.params, editor.session.params.values_by_id());
    assert_eq!(saved(&editor).label, label, "the label stays");
    assert!(editor.harness.query_by_label("Preset Mine").is_some(), "nothing differs any more");
    assert_eq!(own(&editor), ["Mine"]);
}

#[test]
fn a_name_that_is_taken_replaces_and_escape_leaves_all_as_it_is() {
    let mut editor = open(1.0);
    save(&mut editor, PresetLabel::new("Mine"));
    click(&mut editor, "Save as …");
    type_into(&mut editor, "Preset name", "mine");
    assert!(editor.harness.query_by_label("Save preset").is_none());
    click(&mut editor, "Replace");
    assert_eq!(own(&editor), ["mine"]);
    click(&mut editor, "Save as …");
    type_into(&mut editor, "Preset name", "Other");
    editor.harness.key_press(Key::Escape);
    settle(&mut editor);
    assert!(editor.harness.query_by_label("Preset name").is_none());
    assert_eq!(own(&editor), ["mine"]);
}

#[test]
fn presets_of_the_user_are_renamed_and_deleted_and_a_built_in_one_is_not() {
    let mut editor = open(1.0);
    save(&mut editor, PresetLabel::new("Mine"));
    type_into(&mut editor, "Search presets", "mine");
    click(&mut editor, "Mine");
    editor.harness.key_press(Key::F2);
    editor.harness.run_steps(3);
    type_into(&mut editor, "Preset name", "Mine too");
    editor.harness.key_press(Key::Enter);
    settle(&mut editor);
    assert_eq!((own(&editor), origin(&editor)), (vec!["Mine too".to_owned()], Some("Mine too".to_owned())));
    let row = editor.harness.get_by_label("Mine too").rect().center();
    editor.harness.hover_at(row);
    editor.harness.run_steps(2);
    click(&mut editor, "Delete Mine too");
    assert_eq!((own(&editor), origin(&editor)), (Vec::new(), None));
    assert_eq!(std::fs::read_dir(editor.presets.path().join("Trash")).expect("the trash").count(), 1);
    editor.session.run(Job::Preset(PresetJob::Delete(Place::Factory(listed(0).label.name.clone()))));
    settle(&mut editor);
    let built_in = messages(&editor).pop().unwrap_or_default();
    assert!(built_in.starts_with("Nothing was deleted: “") && built_in.lines().count() == 1, "{built_in}");
}

#[test]
fn files_that_are_no_presets_are_listed_with_the_reason_and_one_that_is_gone_is_told() {
    let mut editor = EditorHarness::open(1.0, false);
    let path = editor.presets.path().join("bad.heptode-preset");
    std::fs::write(&path, b"{").expect("writable");
    show_list(&mut editor);
    type_into(&mut editor, "Search presets", "bad");
    let row = editor.harness.get_by_label_contains("bad.heptode-preset").rect().center();
    editor.drag(row, row);
    editor.drop_at(row);
    assert_eq!(origin(&editor), None, "the row does nothing");
    editor.session.run(Job::Preset(PresetJob::Load(Place::File(path))));
    settle(&mut editor);
    let message = messages(&editor).pop().unwrap_or_default();
    assert!(message.starts_with("Nothing was loaded: cannot use the preset "), "{message}");
    assert_eq!(origin(&editor), None);
}

#[test]
fn a_recalled_project_is_compared_with_its_preset() {
    let mut first = open(1.0);
    let name = listed(2).label.name.clone();
    click(&mut first, &name);
    let state = support::project::saved(&first.session);
    let mut editor = EditorHarness::open(1.0, false);
    support::project::recall(&editor.session, &state);
    settle(&mut editor);
    // What is recalled here is the project; the parameters are the host's to set.
    assert!(editor.harness.query_by_label(&format!("Preset {name}, changed")).is_some());
    for (id, place) in ParamId::all().zip(params(&first)) {
        editor.set_by_host(id, place);
    }
    editor.harness.run_steps(2);
    assert!(editor.harness.query_by_label(&format!("Preset {name}")).is_some());
}

#[test]
fn presets_look_right() {
    let mut results = SnapshotResults::new();
    let mut editor = open(1.0);
    save(&mut editor, PresetLabel { category: "Bass".to_owned(), ..PresetLabel::new("Low and slow") });
    editor.session.presets.set_favourite(&Place::Factory(listed(1).label.name.clone()), true).expect("writable");
    editor.session.run(Job::Preset(PresetJob::List));
    settle(&mut editor);
    click(&mut editor, &listed(3).label.name);
    turn(&mut editor);
    let row = editor.harness.get_by_label(&listed(0).label.name).rect().center();
    editor.harness.hover_at(row);
    editor.harness.run_steps(30);
    results.extend(editor.compare("presets_100", 1.0));
    click(&mut editor, "Save as …");
    editor.harness.run_steps(10);
    results.extend(editor.compare("preset_dialog_100", 1.0));
}

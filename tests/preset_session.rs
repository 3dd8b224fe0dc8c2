//! Presets in an instrument: loading is one step of project and parameters, saving keeps what sounds, stepping goes around the list.

use std::path::PathBuf;
use std::sync::Arc;

use engine::presets::{Place, PresetLibrary, Query, factory};
use engine::state::{PresetLabel, SoundState};
use plugin::library::Library;
use plugin::params::ParamId;
use plugin::project::{Edit, ProjectStore, View};
use plugin::session::{Outcome, Session};
use plugin::worker;
use tempfile::TempDir;

/// With no pack loaded, and presets in a folder of its own.
fn instance() -> (TempDir, Arc<Session>) {
    let folder = TempDir::new().unwrap();
    let presets = PresetLibrary { folder: folder.path().to_owned() };
    let (store, _audio) = ProjectStore::new();
    (folder, worker::open_with(store, Library { folder: PathBuf::from("no packs here") }, presets))
}

fn origin(session: &Session) -> Option<String> {
    session.store.project().origin.clone().map(|origin| origin.name)
}

#[test]
fn a_preset_takes_corners_knobs_and_all_parameters_and_leaves_the_window() {
    let (_folder, session) = instance();
    let view = View { width: 1_300.0, ..View::default() };
    session.store.apply(Edit::SetView(view));
    let preset = &factory()[0];
    let before = session.store.project();
    session.load_preset(&Place::Factory(preset.label.name.clone())).unwrap();
    let project = session.store.project();
    assert_eq!(project.corners.each_ref().map(|sound| SoundState::clone(sound)), preset.document.corners);
    assert_eq!(project.knobs.as_deref(), preset.document.knobs.as_ref());
    assert_eq!(project.view, Some(view.limited()));
    assert_eq!(origin(&session), Some(preset.label.name.clone()));
    let outcomes = session.take_outcomes();
    let [Outcome::ParametersTo(values, revision)] = outcomes.as_slice() else { panic!("one outcome") };
    assert_eq!(*revision, session.store.revision());
    for (id, value) in ParamId::all().zip(values) {
        assert_eq!(*value, id.spec().saved(&preset.document.params), "{}", id.spec().id);
    }
    let step = session.store.history(|history| history.undo()).expect("one step");
    assert_eq!(step.name, format!("preset {}", preset.label.name));
    session.restore(step.project.expect("of the project").reversed());
    let back = session.store.project();
    assert_eq!((&back.knobs, &back.origin), (&before.knobs, &before.origin));
}

#[test]
fn a_preset_that_cannot_be_read_changes_nothing() {
    let (folder, session) = instance();
    let path = folder.path().join("bad.heptode-preset");
    std::fs::write(&path, b"{\"version\":77,\"name\":\"x\"}").unwrap();
    let before = session.store.project();
    let message = session.load_preset(&Place::File(path)).unwrap_err().to_string();
    assert!(message.contains("newer Heptode"), "{message}");
    assert!(Arc::ptr_eq(&before, &session.store.project()) && session.take_outcomes().is_empty());
}

#[test]
fn what_is_saved_comes_back_without_the_window_and_stepping_goes_around() {
    let (_folder, session) = instance();
    session.store.apply(Edit::SetView(View::default()));
    session.store.apply(Edit::set_corner(1, SoundState::new("Door", [0.5; 7])));
    let place = session.save_preset(PresetLabel::new("Mine / 1")).unwrap();
    assert_eq!(origin(&session).as_deref(), Some("Mine / 1"));
    let saved = session.presets.load(&place).unwrap();
    assert_eq!((saved.document.corners[1].name.as_str(), saved.document.unknown.len()), ("Door", 0));
    assert_eq!(saved.document.params, session.params.values_by_id());

    let names: Vec<String> = session.presets.list().entries.into_iter().map(|entry| entry.label.name).collect();
    assert_eq!(names.last().map(String::as_str), Some("Mine / 1"), "the user's come last");
    for name in names.iter().chain(&names[..1]) {
        session.step_preset(1, &Query::default()).unwrap();
        assert_eq!(origin(&session).as_ref(), Some(name));
    }
    session.step_preset(-1, &Query::default()).unwrap();
    assert_eq!(origin(&session).as_deref(), Some("Mine / 1"));
    session.overwrite_preset(&place, Some(PresetLabel::new("Mine again"))).unwrap();
    assert_eq!(session.presets.load(&place).unwrap().label.name, "Mine again");
}

#[test]
fn steps_stay_among_what_is_looked_for() {
    let (_folder, session) = instance();
    let entries = session.presets.list().entries;
    let category = entries[entries.len() / 2].label.category.clone();
    let query = Query { category: Some(category.clone()), ..Query::default() };
    let place_of = |name: &str| entries.iter().position(|entry| entry.label.name == name).unwrap();
    let found: Vec<&str> =
        entries.iter().filter(|entry| query.matches(entry)).map(|entry| entry.label.name.as_str()).collect();
    assert!(found.len() > 1 && found.len() < entries.len());
    // From the last one of the list, which is not looked for, around its end; then within.
    session.load_preset(&entries.last().unwrap().place).unwrap();
    for name in found.iter().chain(&found[..1]) {
        session.step_preset(1, &query).unwrap();
        assert_eq!(origin(&session).as_deref(), Some(*name));
    }
    session.step_preset(-1, &query).unwrap();
    assert_eq!(origin(&session).as_deref(), found.last().copied());
    // From one before the first that is looked for.
    session.load_preset(&entries[place_of(found[0]) - 1].place).unwrap();
    session.step_preset(1, &query).unwrap();
    assert_eq!(origin(&session).as_deref(), Some(found[0]));
    session.load_preset(&entries[place_of(found[0]) - 1].place).unwrap();
    session.step_preset(-1, &query).unwrap();
    assert_eq!(origin(&session).as_deref(), found.last().copied(), "around the beginning");
    let none = Query { text: "no preset is called like this".to_owned(), ..Query::default() };
    session.step_preset(1, &none).unwrap();
    assert_eq!(origin(&session).as_deref(), found.last().copied(), "nothing was found");
}

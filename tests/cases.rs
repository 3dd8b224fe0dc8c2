//! Audio files as people have them, on the way that a drop on the window takes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::state::SoundState;
use inputs::{Case, KEY_TOLERANCE, Read, START_TOLERANCE_S, Want, cases};
use plugin::jobs::Job;
use plugin::library::Library;
use plugin::project::ProjectStore;
use plugin::session::Session;
use plugin::target::Target;
use plugin::worker;
use support::wait::wait_until;

const CORNER: usize = 2;

/// What is said after a file was dropped on a corner.
fn drop_on_corner(session: &Arc<Session>, path: PathBuf) -> String {
    session.run(Job::Import { path, target: Target::Corner(CORNER), revision: session.store.revision() });
    wait_until("the job ends", || !session.is_busy());
    session.store.notices.all().pop().map_or_else(String::new, |notice| notice.text)
}

/// What is not as expected after a file was dropped.
fn differences(case: &Case, before: &SoundState, after: &SoundState, said: &str) -> Vec<String> {
    let is_refused = said.starts_with("Nothing was imported");
    match &case.want {
        Want::Refused(part) if is_refused && said.contains(part) && before == after => Vec::new(),
        Want::Refused(part) => vec![format!("not refused with “{part}”, or changed: {said}")],
        Want::Read(_) if is_refused => vec![said.to_owned()],
        Want::Read(want) => reading(want, Path::new(&case.name), after, said),
    }
}

fn reading(want: &Read, name: &Path, sound: &SoundState, said: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |is_right: bool, what: String| wrong.extend((!is_right).then_some(what));
    let stem = name.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    check(sound.name == stem, format!("it is called {:?}", sound.name));
    let start_s = sound.cut.as_ref().map_or(f64::NAN, |cut| cut.start_s);
    let is_there = want.start_s.is_none_or(|want| (start_s - want).abs() <= START_TOLERANCE_S);
    check(is_there, format!("begins at {start_s:.4} s, not {:?}", want.start_s));
    // The project has the nearest whole key beside the sound.
    let key = sound.audio.as_ref().map_or(f64::NAN, |audio| f64::from(audio.root_key));
    let is_near = want.key.is_none_or(|want| (key - want).abs() <= KEY_TOLERANCE + 0.5);
    check(is_near, format!("at key {key}, not {:?}", want.key));
    let is_noted = want.note.is_none_or(|note| said.contains(note));
    check(is_noted, format!("no word of {:?} in {said:?}", want.note));
    wrong
}

#[test]
fn files_of_all_kinds_stand_on_a_corner_with_what_is_in_them_or_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _audio) = ProjectStore::new();
    let session = worker::open(store, Library { folder: PathBuf::from("no packs here") });
    session.load();
    let corner = || session.store.project().corners[CORNER].clone();
    let mut wrong = Vec::new();
    for case in cases() {
        let before = corner();
        let said = drop_on_corner(&session, case.put(folder.path()));
        let found = differences(&case, &before, &corner(), &said);
        wrong.extend(found.into_iter().map(|what| format!("{}: {what}", case.name.to_string_lossy())));
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

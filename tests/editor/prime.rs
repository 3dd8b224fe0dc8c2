//! The prime in the window: a file that is dropped on it or chosen becomes one, and it can be changed, removed and taken back.

use std::path::{Path, PathBuf};

use egui::Pos2;
use egui_kittest::SnapshotResults;
use egui_kittest::kittest::Queryable;
use engine::decode::load::load;
use engine::link::AssetId;
use engine::state::Prime;
use plugin::loaded_pack::LoadedPack;
use plugin::notices::Weight;
use plugin::state::FIELD;
use support::project::{recall, saved};
use support::raw::raw_pack;

use super::dropping;
use super::harness::EditorHarness;

const RATE_HZ: u32 = 44_100;

/// The window with a pack of kind `raw`.
fn opened() -> EditorHarness {
    let mut editor = EditorHarness::open(1.0, false);
    let player = editor.session.loaded_pack().expect("a pack is loaded").player.clone();
    let model = load(&raw_pack(4_000).into()).expect("its own weights");
    editor.session.install(LoadedPack::new(model, player));
    editor.harness.run_steps(2);
    editor
}

fn write(folder: &Path, name: &str, length_s: f32, level: f32) -> PathBuf {
    let tone = |n: u32| level * (n as f32 * 0.05).cos();
    let samples: Vec<f32> = (0..(length_s * RATE_HZ as f32) as u32).map(tone).collect();
    let path = folder.join(name);
    engine::sample::write_wav(&path, &samples, 1, RATE_HZ).expect("the file is written");
    path
}

/// Drops files beside the pad, and waits until they are read.
fn drop_files(editor: &mut EditorHarness, paths: &[PathBuf]) {
    dropping::drop_files(editor, Pos2::new(600.0, 120.0), paths);
    editor.wait_until("the files are read", |editor| !editor.session.is_busy());
    editor.harness.run_steps(3);
}

fn click(editor: &mut EditorHarness, label: &str) {
    editor.harness.get_by_label(label).click();
    editor.harness.run_steps(3);
}

fn prime(editor: &EditorHarness) -> Option<Prime> {
    editor.session.store.project().prime.clone()
}

/// Name, length and whether it is kept.
fn shown(editor: &EditorHarness) -> Option<(String, f32, bool)> {
    prime(editor).map(|prime| (prime.name, prime.length_ms, prime.keep))
}

fn faults(editor: &EditorHarness) -> Vec<String> {
    let notices = editor.session.store.notices.all();
    notices.into_iter().filter(|notice| notice.weight == Weight::Fault).map(|notice| notice.text).collect()
}

fn heard(editor: &EditorHarness) -> AssetId {
    editor.session.store.scene().assets.prime
}

#[test]
fn a_dropped_file_is_the_prime_and_each_change_can_be_taken_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut editor = opened();
    assert!(heard(&editor).is_none());
    let sounds = editor.session.store.project().corners.clone();
    drop_files(&mut editor, &[write(folder.path(), "knock.wav", 0.4, 0.5)]);
    assert_eq!(shown(&editor), Some(("knock.wav".to_owned(), 20.0, true)), "{:?}", faults(&editor));
    assert_eq!(editor.session.store.project().corners, sounds, "nothing was imported");
    let first = heard(&editor);
    assert!(!first.is_none());
    click(&mut editor, "Keep");
    assert!(prime(&editor).is_some_and(|prime| !prime.keep) && heard(&editor) != first);
    let length = editor.harness.get_by_label("Length of the prime").rect().center();
    editor.drag(length, length + egui::vec2(60.0, 0.0));
    editor.drop_at(length + egui::vec2(60.0, 0.0));
    let length_ms = prime(&editor).map_or(0.0, |prime| prime.length_ms);
    assert!(length_ms > 30.0 && length_ms < 80.0, "{length_ms} ms after a drag of 60 points");
    click(&mut editor, "Remove the prime knock.wav");
    assert!(prime(&editor).is_none() && heard(&editor).is_none());
    click(&mut editor, "Undo");
    assert_eq!(shown(&editor), Some(("knock.wav".to_owned(), length_ms, false)));
    // On a slow machine the drag is more than one step.
    while prime(&editor).is_some_and(|prime| prime.length_ms != 20.0) {
        click(&mut editor, "Undo");
    }
    assert_eq!(shown(&editor), Some(("knock.wav".to_owned(), 20.0, false)));
    click(&mut editor, "Undo");
    assert_eq!(shown(&editor), Some(("knock.wav".to_owned(), 20.0, true)));
    assert_eq!(heard(&editor), first, "the same prime has the same id");
    click(&mut editor, "Undo");
    assert!(prime(&editor).is_none());
    click(&mut editor, "Redo");
    assert_eq!(heard(&editor), first);
}

#[test]
fn a_file_that_cannot_be_one_changes_nothing_and_another_one_keeps_the_length() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut editor = opened();
    drop_files(&mut editor, &[write(folder.path(), "silent.wav", 0.4, 0.0)]);
    assert!(prime(&editor).is_none());
    let text = faults(&editor).pop().unwrap_or_default();
    assert!(text.starts_with("The prime was not taken: ") && text.contains("silent"), "{text}");
    let both = [write(folder.path(), "a.wav", 0.4, 0.5), write(folder.path(), "b.wav", 0.4, 0.5)];
    drop_files(&mut editor, &both);
    assert_eq!(shown(&editor), Some(("a.wav".to_owned(), 20.0, true)));
    assert!(faults(&editor).contains(&"Sounds go on from one recording: of those files “a.wav” is taken.".to_owned()));
    click(&mut editor, "Keep");
    drop_files(&mut editor, &both[1..]);
    assert_eq!(shown(&editor), Some(("b.wav".to_owned(), 20.0, false)));
    drop_files(&mut editor, &[folder.path().join("gone.wav")]);
    assert_eq!(shown(&editor), Some(("b.wav".to_owned(), 20.0, false)), "what was there stays");
    drop_files(&mut editor, &[write(folder.path(), "short.wav", 0.0101, 0.5)]);
    assert_eq!(shown(&editor), Some(("short.wav".to_owned(), 10.0, false)), "as much as there is");
}

#[test]
fn it_is_saved_with_the_project_and_other_packs_neither_show_nor_lose_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut editor = opened();
    drop_files(&mut editor, &[write(folder.path(), "knock.wav", 0.4, 0.5)]);
    let kept = prime(&editor);
    let state = saved(&editor.session);
    assert!(!state[FIELD].contains("tmp"), "the file's folder is not told of");
    let mut other = EditorHarness::open(1.0, false);
    recall(&other.session, &state);
    other.harness.run_steps(3);
    assert_eq!(prime(&other), kept);
    assert!(other.harness.query_by_label("Remove the prime knock.wav").is_none(), "this pack takes none");
    let saved_again: serde_json::Value = serde_json::from_str(&saved(&other.session)[FIELD]).expect("JSON");
    let before: serde_json::Value = serde_json::from_str(&state[FIELD]).expect("JSON");
    assert_eq!(saved_again["prime"], before["prime"]);
}

#[test]
fn looks_right() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut results = SnapshotResults::new();
    let mut editor = opened();
    click(&mut editor, "File …");
    click(&mut editor, "Sounds");
    drop_files(&mut editor, &[write(folder.path(), "Knock on an old door 3.wav", 0.4, 0.5)]);
    let notices = editor.session.store.notices.all();
    notices.iter().for_each(|notice| editor.session.store.notices.dismiss(notice.number));
    editor.harness.hover_at(Pos2::new(4.0, 4.0));
    editor.harness.run_steps(12);
    results.extend(editor.compare("prime_100", 1.0));
}

//! The order and the length of the browser's lists.

use std::path::Path;

use egui_kittest::kittest::{NodeT, Queryable};
use engine::pack::{Manifest, NamedSound, PackInfo};
use plugin::catalogue::Catalogue;
use plugin::folder::{EntryKind, list};
use plugin::jobs::Job;

use super::harness::EditorHarness;

/// More than any sample folder; creating them takes a second.
const MANY: usize = 20_000;

fn fill(folder: &Path, names: &[&str]) {
    for name in names {
        match name.strip_suffix('/') {
            Some(name) => std::fs::create_dir(folder.join(name)).expect("writable"),
            None => std::fs::write(folder.join(name), b"").expect("writable"),
        }
    }
}

#[test]
fn folders_come_first_numbers_count_and_files_that_are_not_read_are_listed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fill(
        folder.path(),
        &["kick 10.wav", "Kit 10/", "Kick 3.OPUS", "kick 2.flac", "a.heptode", "notes.txt", ".hidden.wav", "kit 9/"],
    );
    let entries = list(folder.path()).expect("the folder is there");
    let found: Vec<_> = entries.iter().map(|entry| (entry.kind, entry.name.to_string_lossy())).collect();
    let wanted = [
        (EntryKind::Folder, "kit 9"),
        (EntryKind::Folder, "Kit 10"),
        (EntryKind::Pack, "a.heptode"),
        (EntryKind::Audio, "kick 2.flac"),
        (EntryKind::NotRead("Opus"), "Kick 3.OPUS"),
        (EntryKind::Audio, "kick 10.wav"),
    ];
    assert_eq!(found, wanted.map(|(kind, name)| (kind, name.into())));
    let error = list(&folder.path().join("gone")).expect_err("there is no such folder");
    assert!(error.starts_with("Cannot read "), "{error}");
}

#[test]
fn sounds_are_in_the_same_order() {
    let names = ["Kick 10", "kick 2", "Élan", "Kick 3", "zither", "elan 2"];
    let sounds =
        names.map(|name| NamedSound { name: name.to_owned(), category: "All".to_owned(), latent: [0.0; 7], key: 60 });
    let factory = engine::pack::Pack::factory_manifest().expect("the factory pack is there").0;
    let manifest = Manifest { sounds: sounds.to_vec(), ..factory };
    let catalogue = Catalogue::new(PackInfo::of_latents(&manifest, "hash"));
    let sorted: Vec<&str> = catalogue.sounds.iter().map(|sound| sound.name.as_str()).collect();
    assert_eq!(sorted, ["Élan", "elan 2", "kick 2", "Kick 3", "Kick 10", "zither"]);
}

#[test]
fn a_large_folder_is_listed_whole_and_only_the_rows_in_sight_are_drawn() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for number in 0..MANY {
        std::fs::File::create(folder.path().join(format!("hit {number}.wav"))).expect("writable");
    }
    let entries = list(folder.path()).expect("the folder is there");
    assert_eq!(entries.len(), MANY);
    assert!(entries.iter().enumerate().all(|(number, entry)| entry.name == *format!("hit {number}.wav")));
    let mut editor = EditorHarness::open(1.0, false);
    editor.harness.get_by_label("Import").click();
    editor.harness.run_steps(3);
    editor.session.run(Job::List(folder.path().to_owned()));
    editor.wait_until("the folder is listed", |editor| editor.harness.query_by_label("hit 0.wav").is_some());
    let drawn = editor.harness.query_all_by_label_contains("hit ").count();
    assert!((10..60).contains(&drawn), "{drawn} rows are drawn");
}

#[test]
fn a_file_that_is_not_read_is_off_and_says_why() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fill(folder.path(), &["song.opus", "kick.wav"]);
    let mut editor = EditorHarness::open(1.0, false);
    editor.harness.get_by_label("Import").click();
    editor.harness.run_steps(3);
    editor.session.run(Job::List(folder.path().to_owned()));
    editor.wait_until("the folder is listed", |editor| editor.harness.query_by_label("song.opus").is_some());
    let row = editor.harness.get_by_label("song.opus");
    assert!(row.accesskit_node().is_disabled());
    let place = row.rect().center();
    editor.harness.hover_at(place);
    editor.harness.run_steps(40);
    let reason = "Opus files are not read. Convert them to WAV, AIFF or FLAC first.";
    assert!(editor.harness.query_by_label(reason).is_some(), "the reason is shown");
    editor.drag(place, place);
    editor.drop_at(place);
    assert!(!editor.session.is_busy() && editor.session.store.notices.all().is_empty(), "nothing is imported");
}

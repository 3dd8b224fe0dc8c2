//! Files that the system drops on the window.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{DroppedFile, Pos2, vec2};
use egui_kittest::kittest::Queryable;
use plugin::notices::Weight;

use super::harness::EditorHarness;

const RATE_HZ: u32 = 44_100;

/// A file as a window system hands it over.
#[derive(Debug)]
struct Dropped(PathBuf);

impl DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

/// Drops files as the window system does.
pub fn drop_files(editor: &mut EditorHarness, place: Pos2, paths: &[PathBuf]) {
    editor.harness.hover_at(place);
    editor.harness.step();
    for path in paths {
        editor.harness.input_mut().dropped_files.push(Arc::new(Dropped(path.clone())));
    }
    editor.harness.run_steps(2);
}

/// A decaying tone of half a second.
fn write(folder: &Path, name: &str, pitch_hz: f32) -> PathBuf {
    let tone = |n: u32| {
        let time_s = n as f32 / RATE_HZ as f32;
        0.5 * (-6.0 * time_s).exp() * (std::f32::consts::TAU * pitch_hz * time_s).sin()
    };
    let samples: Vec<f32> = (0..RATE_HZ / 2).map(tone).collect();
    let path = folder.join(name);
    engine::sample::write_wav(&path, &samples, 1, RATE_HZ).expect("the file is written");
    path
}

fn corners(editor: &EditorHarness) -> [String; 4] {
    editor.session.store.project().corners.each_ref().map(|sound| sound.name.clone())
}

#[test]
fn several_files_take_the_corner_under_the_pointer_and_those_that_follow() {
    let folder = tempfile::tempdir().expect("a folder");
    let files: Vec<PathBuf> = [10, 9, 2, 1, 30, 11]
        .iter()
        .map(|number| write(folder.path(), &format!("kick {number}.wav"), 60.0 + *number as f32))
        .collect();
    let mut editor = EditorHarness::open_with_model();
    let pad = editor.harness.get_by_label("Pad").rect();
    drop_files(&mut editor, pad.left_bottom() + vec2(40.0, -40.0), &files);
    editor.wait_until("all are imported", |editor| !editor.session.is_busy());
    assert_eq!(corners(&editor), ["kick 9", "kick 10", "kick 1", "kick 2"], "from corner C on");
    let notices = editor.session.store.notices.all();
    let faults: Vec<&str> =
        notices.iter().filter(|notice| notice.weight == Weight::Fault).map(|notice| notice.text.as_str()).collect();
    assert_eq!(faults, ["There are places for 4 files. Left out: “kick 11.wav”, “kick 30.wav”."]);
}

#[test]
fn files_beside_the_pad_go_to_the_knobs_first_and_others_are_refused_with_a_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = vec![write(folder.path(), "b.wav", 220.0), write(folder.path(), "a.wav", 110.0)];
    let opus = folder.path().join("song.opus");
    std::fs::write(&opus, b"").expect("writable");
    files.push(opus);
    let mut editor = EditorHarness::open_with_model();
    let wave = Pos2::new(600.0, 120.0);
    drop_files(&mut editor, wave, &files);
    editor.wait_until("all are imported", |editor| !editor.session.is_busy());
    editor.harness.run_steps(2);
    let project = editor.session.store.project();
    assert_eq!(project.knobs.as_ref().map(|sound| sound.name.as_str()), Some("a"));
    assert_eq!(project.corners[0].name, "b");
    let notices = editor.session.store.notices.all();
    let refused = notices.iter().find(|notice| notice.weight == Weight::Fault).expect("a fault is told");
    assert!(refused.text.starts_with("“song.opus” was not taken. Opus files are not read."), "{}", refused.text);
}

#[test]
fn a_dropped_folder_is_shown_and_a_dropped_pack_that_is_none_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let kit = folder.path().join("Kit");
    std::fs::create_dir(&kit).expect("writable");
    std::fs::write(kit.join("snare 1.wav"), b"").expect("writable");
    let pack = folder.path().join("broken.heptode");
    std::fs::write(&pack, b"no pack").expect("writable");
    let mut editor = EditorHarness::open(1.0, false);
    drop_files(&mut editor, Pos2::new(600.0, 120.0), &[kit, pack]);
    editor.wait_until("the folder is listed", |editor| editor.harness.query_by_label("snare 1.wav").is_some());
    editor.wait_until("the pack is refused", |editor| !editor.session.is_busy());
    let notices = editor.session.store.notices.all();
    assert!(notices.iter().any(|notice| notice.text.starts_with("The pack was not taken:")), "{notices:?}");
}

#[test]
fn a_dropped_scale_and_map_are_heard_and_can_be_removed_and_what_is_none_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("writable");
        path
    };
    let files = [
        write("fifths.scl", "fifths\n1\n3/2\n"),
        write("low.kbm", "0\n0\n127\n60\n69\n430\n"),
        write("worse.scl", "cut\n7\n1.0\n"),
    ];
    let mut editor = EditorHarness::open(1.0, false);
    editor.harness.get_by_label("Play").click();
    drop_files(&mut editor, Pos2::new(600.0, 120.0), &files);
    editor.wait_until("the files are read", |editor| !editor.session.is_busy());
    editor.harness.run_steps(2);
    let pitch = |editor: &EditorHarness, key: u8| editor.session.store.scene().pitches.pitch(key).expect("it sounds");
    let [a, next] = [69, 70].map(|key| pitch(&editor, key));
    assert!((a - engine::units::hz_to_key(430.0)).abs() < 1e-9 && (next - a - 12.0 * 1.5_f64.log2()).abs() < 1e-9);
    let notices = editor.session.store.notices.all();
    let fault = notices.iter().find(|notice| notice.weight == Weight::Fault).expect("a fault is told");
    assert_eq!(fault.text, "“worse.scl” was not taken: it ends before note 2 of 7.");
    for label in ["Remove the scale fifths", "Remove the keyboard map low"] {
        editor.harness.get_by_label(label).click();
        editor.harness.run_steps(3);
    }
    assert!(editor.session.store.project().tuning.is_none());
    editor.harness.get_by_label("Undo").click();
    editor.harness.run_steps(3);
    assert!((pitch(&editor, 69) - a).abs() < 1e-9, "undo brings the map back");
}

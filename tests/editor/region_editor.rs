//! The import region_editor: another region and key for an imported sound, and the way back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Key, Modifiers, vec2};
use egui_kittest::SnapshotResults;
use egui_kittest::kittest::Queryable;
use engine::audio::{EventKind, NoteAddress};
use engine::state::{Cut, FrozenZone, SoundState};
use plugin::jobs::Job;
use plugin::notices::Offer;
use plugin::params::ParamId;
use plugin::project::Edit;
use plugin::target::Target;

use super::harness::EditorHarness;

const RATE_HZ: u32 = 44_100;

/// Four plucked notes, one every 2.5 s after a rest: A3, D4, F4, A4.
fn phrase() -> Vec<f32> {
    (0..RATE_HZ * 11)
        .map(|n| {
            let time_s = n as f32 / RATE_HZ as f32 - 0.4;
            let note = (time_s / 2.5).floor().clamp(0.0, 3.0);
            let since_s = time_s - 2.5 * note;
            let pitch_hz = [220.0, 293.66, 349.23, 440.0][note as usize];
            let partial = |number: f32| (std::f32::consts::TAU * pitch_hz * number * since_s).sin() / number;
            let body = (-1.8 * since_s).exp() * (since_s * 300.0).min(1.0);
            if time_s < 0.0 { 0.0 } else { 0.5 * body * (partial(1.0) + 0.5 * partial(2.0) + 0.3 * partial(3.0)) }
        })
        .collect()
}

fn write(folder: &Path) -> PathBuf {
    let path = folder.join("Kalimba phrase.wav");
    engine::sample::write_wav(&path, &phrase(), 1, RATE_HZ).expect("the file is written");
    path
}

/// The first note of the phrase as an import leaves it.
fn imported(file: Option<PathBuf>) -> SoundState {
    let samples = &phrase()[17_600..17_600 + 88_064];
    let cut = Cut { start_s: 0.399, found_key: Some(57.0), key_confidence: 0.98, ..Cut::default() };
    SoundState {
        audio: FrozenZone::from_samples(57, RATE_HZ, samples).ok(),
        cut: Some(cut),
        file,
        ..SoundState::new("Kalimba phrase", [0.5; 7])
    }
}

fn open(editor: &mut EditorHarness, sound: SoundState) {
    editor.session.store.apply(Edit::set_corner(2, sound));
    editor.harness.run_steps(2);
    editor.harness.get_by_label("Region and key of corner C").click();
    editor.harness.run_steps(3);
    editor.wait_until("the file is seen", |editor| !editor.session.is_busy());
    editor.harness.run_steps(3);
}

fn cut(editor: &EditorHarness) -> Cut {
    editor.session.store.project().corners[2].cut.clone().expect("an import")
}

#[test]
fn region_and_key_are_taken_and_cancel_brings_all_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut editor = EditorHarness::open_with_model();
    let before = imported(Some(write(folder.path())));
    open(&mut editor, before.clone());
    assert!(editor.harness.query_by_label("Pad").is_none(), "the region_editor lies over the pad");

    editor.harness.get_by_label("Key up").click();
    editor.wait_until("the key is taken", |editor| cut(editor).chosen_key == Some(58.0));
    let raised = editor.session.store.project().corners[2].clone();
    assert_eq!(raised.audio.as_ref().map(|audio| audio.root_key), Some(58));
    assert!(raised.latent != before.latent && raised.residual.is_some());
    editor.harness.get_by_label("Detected").click();
    editor.wait_until("the key is found", |editor| cut(editor).chosen_key.is_none());

    let picture = editor.harness.get_by_label("Region").rect();
    let third_note = picture.left_center() + vec2(8.0 + 0.49 * (picture.width() - 16.0), 0.0);
    editor.drag(third_note, third_note);
    editor.drop_at(third_note);
    editor.wait_until("the region is taken", |editor| cut(editor).is_start_chosen && !editor.session.is_busy());
    let third = cut(&editor);
    assert!((third.start_s - 5.39).abs() < 0.05, "{} s", third.start_s);
    assert!(third.found_key.is_some_and(|key| (key - 65.0).abs() < 0.1), "{:?}", third.found_key);
    editor.harness.key_press(Key::ArrowRight);
    editor.harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    editor.wait_until("the nudge is taken", |editor| cut(editor).start_s != third.start_s && !editor.session.is_busy());
    assert!((cut(&editor).start_s - third.start_s - 0.011).abs() < 1e-9);

    editor.harness.key_press(Key::Escape);
    editor.harness.run_steps(3);
    assert_eq!(*editor.session.store.project().corners[2], before);
    assert!(editor.harness.query_by_label("Pad").is_some());
    assert!(editor.session.store.notices.all().is_empty());
}

#[test]
fn the_wheel_enlarges_around_the_pointer() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut editor = EditorHarness::open_with_model();
    open(&mut editor, imported(Some(write(folder.path()))));
    let picture = editor.harness.get_by_label("Region").rect();
    editor.harness.hover_at(picture.center());
    editor.harness.step();
    editor.harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, 240.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    });
    editor.harness.run_steps(30);
    let place = picture.center() + vec2(0.125 * (picture.width() - 16.0), 0.0);
    editor.drag(place, place);
    editor.drop_at(place);
    editor.wait_until("the region is taken", |editor| cut(editor).is_start_chosen);
    // Four times as large: an eighth of the picture is a thirty-second of the eleven seconds.
    let start_s = cut(&editor).start_s;
    assert!((start_s - (5.5 + 11.0 / 32.0)).abs() < 0.05, "{start_s} s");
}

#[test]
fn done_does_not_wait_and_the_last_choice_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut editor = EditorHarness::open_with_model();
    open(&mut editor, imported(Some(write(folder.path()))));
    for _ in 0..3 {
        editor.harness.get_by_label("Key up").click();
        editor.harness.run_steps(9);
    }
    editor.harness.get_by_label("Key down").click();
    editor.harness.step();
    editor.harness.get_by_label("Done").click();
    editor.harness.run_steps(2);
    assert!(editor.harness.query_by_label("Pad").is_some());
    editor.wait_until("the key is taken", |editor| !editor.session.is_busy());
    assert_eq!(cut(&editor).chosen_key, Some(59.0));
}

#[test]
fn a_region_editor_that_is_opened_again_goes_on_from_what_is_on_its_way() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut editor = EditorHarness::open_with_model();
    open(&mut editor, imported(Some(write(folder.path()))));
    editor.harness.get_by_label("Key up").click();
    editor.harness.step();
    editor.harness.get_by_label("Done").click();
    editor.harness.run_steps(2);
    editor.harness.get_by_label("Region and key of corner C").click();
    editor.harness.run_steps(2);
    editor.harness.get_by_label("Key up").click();
    editor.wait_until("both keys are taken", |editor| cut(editor).chosen_key == Some(59.0));
    editor.harness.get_by_label("Cancel").click();
    editor.harness.run_steps(2);
    assert_eq!(cut(&editor).chosen_key, Some(58.0), "what was done before stays");
}

#[test]
fn cancel_after_a_change_of_packs_brings_the_point_of_the_new_pack() {
    let mut editor = EditorHarness::open_with_model();
    let before = imported(None);
    editor.session.store.apply(Edit::set_corner(2, before.clone()));
    editor.harness.run_steps(2);
    editor.session.adopt_pack();
    editor.harness.get_by_label("Region and key of corner C").click();
    editor.harness.run_steps(2);
    editor.harness.get_by_label("Key up").click();
    editor.wait_until("the key is taken", |editor| cut(editor).chosen_key == Some(58.0));
    editor.harness.get_by_label("Cancel").click();
    editor.harness.run_steps(2);
    let back = editor.session.store.project().corners[2].clone();
    assert!(back.cut == before.cut && back.latent != before.latent && back.residual.is_some());
}

#[test]
fn silence_is_refused_in_one_line_and_the_sound_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("One hit.wav");
    let mut samples = phrase();
    samples[70_000..].fill(0.0);
    engine::sample::write_wav(&path, &samples, 1, RATE_HZ).expect("the file is written");
    let mut editor = EditorHarness::open_with_model();
    let before = imported(Some(path));
    open(&mut editor, before.clone());
    let picture = editor.harness.get_by_label("Region").rect();
    editor.drag(picture.center(), picture.center());
    editor.drop_at(picture.center());
    editor.wait_until("it is refused", |editor| !editor.session.store.notices.all().is_empty());
    let messages: Vec<String> = editor.session.store.notices.all().into_iter().map(|notice| notice.text).collect();
    assert!(messages.len() == 1 && messages[0].contains("stays as it was: the recording is silent"), "{messages:?}");
    assert_eq!(*editor.session.store.project().corners[2], before);
}

#[test]
fn without_its_file_a_sound_keeps_its_region_and_can_take_another_key() {
    let mut editor = EditorHarness::open_with_model();
    open(&mut editor, imported(Some("/no such folder/Kalimba phrase.wav".into())));
    let picture = editor.harness.get_by_label("Region").rect();
    editor.drag(picture.center(), picture.center());
    editor.drop_at(picture.center());
    editor.harness.key_press(Key::ArrowDown);
    editor.wait_until("the key is taken", |editor| cut(editor).chosen_key == Some(56.0));
    assert!(!cut(&editor).is_start_chosen);
    assert_eq!(cut(&editor).start_s, 0.399);
}

#[test]
fn listening_goes_to_the_corner_and_back() {
    let mut editor = EditorHarness::open(1.0, false);
    open(&mut editor, imported(None));
    let place = editor.harness.get_by_label("Listen").rect().center();
    editor.drag(place, place);
    assert!(
        matches!(editor.audio.next_note(), Some(EventKind::NoteOn { note, .. }) if note == NoteAddress::key(0, 57))
    );
    let places = |editor: &EditorHarness| {
        [ParamId::PAD_X, ParamId::PAD_Y, ParamId::MORPH].map(|id| editor.session.params.get(id).plain())
    };
    assert_eq!(places(&editor), [0.0, 1.0, 1.0]);
    editor.drop_at(place);
    assert!(
        matches!(editor.audio.next_note(), Some(EventKind::NoteOff { notes, .. }) if notes == NoteAddress::key(0, 57))
    );
    editor.harness.get_by_label("Done").click();
    editor.harness.run_steps(2);
    assert_eq!(places(&editor), [0.5, 0.5, 0.0]);

    // Another pack closes the region_editor; pad and morph go back all the same.
    open(&mut editor, imported(None));
    let place = editor.harness.get_by_label("Listen").rect().center();
    editor.drag(place, place);
    editor.drop_at(place);
    assert_eq!(places(&editor), [0.0, 1.0, 1.0]);
    editor.session.adopt_pack();
    editor.harness.run_steps(2);
    assert_eq!(places(&editor), [0.5, 0.5, 0.0]);
}

#[test]
fn another_sound_on_the_corner_closes_the_region_editor() {
    let mut editor = EditorHarness::open(1.0, false);
    open(&mut editor, imported(None));
    editor.session.store.apply(Edit::set_corner(2, SoundState::new("Harp", [0.0; 7])));
    editor.harness.run_steps(2);
    assert!(editor.harness.query_by_label("Pad").is_some());
    assert_eq!(editor.session.store.project().corners[2].name, "Harp");
}

#[test]
fn a_long_file_is_imported_at_once_and_its_region_is_offered() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut editor = EditorHarness::open_with_model();
    editor.session.run(Job::Import {
        path: write(folder.path()),
        target: Target::Knobs,
        revision: editor.session.store.revision(),
    });
    editor.wait_until("it is imported", |editor| !editor.session.is_busy());
    editor.harness.run_steps(3);
    let knobs = editor.session.store.project().knobs.clone().expect("the knobs are at the sound");
    assert_eq!(knobs.cut.as_ref().map(|cut| cut.is_start_chosen), Some(false));
    editor.harness.get_by_label("Region and key …").click();
    editor.wait_until("the region editor is open", |editor| editor.harness.query_by_label("Region").is_some());
    assert!(editor.session.store.notices.all().is_empty(), "an offer that was taken goes");
    editor.harness.get_by_label("Key up").click();
    editor.wait_until("the key is taken", |editor| {
        let knobs = editor.session.store.project().knobs.clone();
        knobs.is_some_and(|sound| sound.cut.as_ref().is_some_and(|cut| cut.chosen_key.is_some()))
    });
    editor.harness.get_by_label("Cancel").click();
    editor.harness.run_steps(4);
    let back = editor.session.store.project().knobs.clone().expect("the knobs are at the sound");
    assert_eq!((back.latent, back.cut.as_ref().and_then(|cut| cut.chosen_key)), (knobs.latent, None));
    let place = editor.session.params.get(ParamId::latent(0)).plain();
    assert!((place - knobs.latent[0]).abs() < 1e-4);
}

#[test]
fn looks_right_with_the_region_editor_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write(folder.path());
    let mut results = SnapshotResults::new();
    for (scale, name) in [(1.0, "sheet_100"), (2.0, "sheet_200")] {
        let mut editor = EditorHarness::open(scale, false);
        let mut sound = imported(Some(path.clone()));
        if let Some(cut) = &mut sound.cut {
            (cut.start_s, cut.is_start_chosen, cut.found_key, cut.key_confidence) = (5.39, true, Some(65.12), 0.97);
        }
        open(&mut editor, sound);
        results.extend(editor.compare(name, scale));
    }
}

#[test]
fn looks_right_after_an_import() {
    let mut editor = EditorHarness::open(1.0, false);
    for corner in [0, 3] {
        editor.session.store.apply(Edit::set_corner(corner, imported(None)));
    }
    editor.session.store.apply(Edit::MoveToSound(Some(Arc::new(imported(None)))));
    let offer = Offer {
        target: Target::Corner(0),
        name: "Kalimba phrase".to_owned(),
        revision: editor.session.store.revision(),
    };
    let text = "“Kalimba phrase” is now on corner A; used the first 2.0 s after the onset at 0.40 s.";
    editor.session.store.notices.note_with_offer(text, Some(offer));
    editor.harness.run_steps(2);
    editor.compare("imported_100", 1.0);
    editor.session.store.apply(Edit::set_corner(0, SoundState::new("Harp", [0.0; 7])));
    editor.harness.run_steps(2);
    assert!(editor.harness.query_by_label("Region and key …").is_none(), "the sound of the offer is gone");
}

#[test]
fn looks_right_without_the_file() {
    let mut editor = EditorHarness::open(1.0, false);
    let sound = imported(Some("/home/ana/Kalimba phrase.wav".into()));
    editor.session.store.apply(Edit::MoveToSound(Some(Arc::new(sound))));
    editor.harness.run_steps(2);
    editor.harness.get_by_label("Region and key of the knobs").click();
    editor.harness.run_steps(3);
    editor.wait_until("the recording is seen", |editor| !editor.session.is_busy());
    editor.harness.run_steps(3);
    editor.compare("sheet_kept_100", 1.0);
}

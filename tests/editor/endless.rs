//! An imported sound is made endless in the window, saved, taken back, and cancelled.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui_kittest::SnapshotResults;
use egui_kittest::kittest::Queryable;
use engine::state::{FrozenZone, SoundState};
use plugin::endless::Stage;
use plugin::project::{Edit, Project};
use plugin::target::Target;
use support::project::{recall, saved};
use support::rain::rain;

use super::harness::EditorHarness;

const RATE_HZ: u32 = 44_100;
const CORNER: Target = Target::Corner(2);

fn write(folder: &Path, name: &str, channels: &[Vec<f32>]) -> PathBuf {
    let path = folder.join(name);
    let interleaved: Vec<f32> =
        (0..channels[0].len()).flat_map(|n| channels.iter().map(move |channel| channel[n])).collect();
    engine::sample::write_wav(&path, &interleaved, channels.len() as u16, RATE_HZ).expect("the file is written");
    path
}

/// Half a second of rain as an import leaves it.
fn imported(file: PathBuf) -> SoundState {
    let audio = FrozenZone::from_samples(60, RATE_HZ, &rain(1, 0.5, RATE_HZ)[0]).ok();
    SoundState { audio, file: Some(file), ..SoundState::new("Rain", [0.5; 7]) }
}

/// The window with three seconds of stereo rain on corner C.
fn opened(folder: &Path) -> EditorHarness {
    let mut editor = EditorHarness::open(1.0, false);
    let path = write(folder, "Rain.wav", &rain(2, 3.0, RATE_HZ));
    editor.session.store.apply(Edit::set_corner(2, imported(path)));
    editor.harness.run_steps(2);
    editor
}

fn project(editor: &EditorHarness) -> Arc<Project> {
    editor.session.store.project()
}

fn ask(editor: &mut EditorHarness) {
    assert!(editor.session.ask_endless(CORNER));
    editor.wait_until("it is looked at", |editor| !matches!(editor.session.endless(), Stage::Reading(_)));
}

fn wait(editor: &mut EditorHarness) {
    editor.wait_until("it ends", |editor| matches!(editor.session.endless(), Stage::Nothing));
}

fn told(editor: &EditorHarness) -> Vec<String> {
    editor.session.store.notices.all().into_iter().map(|notice| notice.text).collect()
}

#[test]
fn a_recording_is_made_endless_saved_and_taken_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut editor = opened(folder.path());
    let before = project(&editor);
    editor.harness.get_by_label("Region and key of corner C").click();
    editor.harness.run_steps(3);
    editor.wait_until("the file is seen", |editor| !editor.session.is_busy());
    editor.harness.run_steps(3);
    editor.harness.get_by_label("Make endless …").click();
    editor.harness.run_steps(2);
    editor.wait_until("it is looked at", |editor| matches!(editor.session.endless(), Stage::Ready(..)));
    editor.harness.run_steps(3);
    let mut results: SnapshotResults = editor.compare("endless_dialog", 1.0);
    editor.harness.get_by_label("Make").click();
    editor.harness.run_steps(2);
    wait(&mut editor);
    editor.harness.run_steps(3);
    results.extend(editor.compare("endless_made", 1.0));

    let made = project(&editor).corners[2].clone();
    let samples = made.endless.as_ref().expect("a loop").samples().expect("whole").clone();
    assert_eq!((made.name.as_str(), samples.channels.len()), ("Rain (endless)", 2));
    assert_eq!(samples.channels[0].len(), 4 * RATE_HZ as usize);
    assert!(samples.channels[0] != samples.channels[1], "stereo stays stereo");
    assert_eq!((made.latent, &made.audio), (before.corners[2].latent, &before.corners[2].audio));
    assert!(told(&editor).iter().any(|text| text.contains("“Rain (endless)” is now on corner C: 4.0 s, near")));

    let document = saved(&editor.session);
    let other = EditorHarness::open(1.0, false);
    recall(&other.session, &document);
    let recalled = project(&other).corners[2].clone();
    assert_eq!(recalled.endless.as_ref().expect("a loop").samples().expect("whole"), &samples);
    assert_eq!(saved(&other.session), document);

    assert_eq!(
        editor.session.store.history(|history| history.names())[0].as_deref(),
        Some("Rain (endless) on corner C")
    );
    let step = editor.session.store.history(|history| history.undo()).and_then(|step| step.project).expect("a step");
    editor.session.restore(step.clone().reversed());
    assert!(Arc::ptr_eq(&project(&editor).corners[2], &before.corners[2]));
    editor.session.restore(step);
    assert_eq!(*project(&editor).corners[2], *made);
    assert!(!editor.session.ask_endless(CORNER), "it is endless already");
}

#[test]
fn cancel_leaves_the_project_as_it_was_and_a_second_request_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut editor = opened(folder.path());
    let before = project(&editor);
    ask(&mut editor);
    editor.session.make_endless(8.0);
    assert!(!editor.session.ask_endless(CORNER));
    assert!(told(&editor)[0].contains("“Rain” is being made endless: wait for it, or cancel it."));
    editor.session.cancel_endless();
    wait(&mut editor);
    assert_eq!(told(&editor), Vec::<String>::new(), "the message has gone with the work");
    // A second one, cancelled in the dialog.
    ask(&mut editor);
    editor.session.leave_endless();
    assert!(matches!(editor.session.endless(), Stage::Nothing));
    editor.session.make_endless(1.0);
    assert_eq!(project(&editor).corners, before.corners);
    // The window and the instance go while one is made.
    ask(&mut editor);
    editor.session.make_endless(8.0);
    let weak = Arc::downgrade(&editor.session);
    drop(editor);
    assert!(weak.upgrade().is_none(), "nothing holds the session");
}

#[test]
fn a_place_that_has_changed_keeps_what_stands_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut editor = opened(folder.path());
    ask(&mut editor);
    editor.session.make_endless(1.0);
    editor.session.store.apply(Edit::set_corner(2, SoundState::new("Cello", [0.1; 7])));
    wait(&mut editor);
    editor.wait_until("it is told", |editor| !told(editor).is_empty());
    assert_eq!(project(&editor).corners[2].name, "Cello");
    assert!(told(&editor)[0].contains("was not placed"));
}

#[test]
fn what_cannot_be_made_endless_gets_one_line_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, channels, reason) in [
        ("Short.wav", vec![rain(1, 0.1, RATE_HZ)[0].clone()], "a texture is made of at least 0.25 s"),
        ("Silent.wav", vec![vec![0.0; 44_100]], "silen"),
    ] {
        let mut editor = EditorHarness::open(1.0, false);
        let path = write(folder.path(), name, &channels);
        editor.session.store.apply(Edit::set_corner(2, imported(path)));
        let before = project(&editor);
        ask(&mut editor);
        wait(&mut editor);
        editor.wait_until("it is told", |editor| !told(editor).is_empty());
        let lines = told(&editor);
        assert!(
            lines.len() == 1 && lines[0].starts_with("“Rain” cannot be made endless: ") && lines[0].contains(reason),
            "{lines:?}"
        );
        assert!(Arc::ptr_eq(&project(&editor), &before));
    }
}

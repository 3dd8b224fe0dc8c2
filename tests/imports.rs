//! An audio file in the plug-in: its point and its recording stay with the project, and another pack can place it anew.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nice_plug::prelude::Params;
use plugin::errands::Errand;
use plugin::library::Library;
use plugin::scene::{AudioEnd, Desk};
use plugin::session::{Outcome, Session, Target};
use plugin::state::FIELD;

/// Farthest that a point moves when its recording was kept in 24 bits: whether a step of the fit helped can hang on a rounding.
const SAME_SIGMA: f32 = 0.02;

/// A session with the factory pack. The audio end only has to live.
fn session() -> (Arc<Session>, AudioEnd) {
    let (desk, audio) = Desk::new();
    let session = Session::new(desk, Library { folder: PathBuf::from("no packs here") });
    session.load();
    assert!(session.rig().is_some(), "the factory pack loads");
    (session, audio)
}

fn wait(session: &Session) {
    let started = Instant::now();
    while session.is_busy() {
        assert!(started.elapsed() < Duration::from_secs(20), "the errand ends");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A plucked tone at A3, with silence before it.
fn recording(folder: &std::path::Path) -> std::path::PathBuf {
    let path = folder.join("Plucked A3.wav");
    let samples: Vec<f32> =
        (0..70_000)
            .map(|n| (n as f32 - 3000.0) / 48_000.0)
            .map(|time_s| {
                if time_s < 0.0 { 0.0 } else { (-3.0 * time_s).exp() * (time_s * 220.0 * std::f32::consts::TAU).sin() }
            })
            .collect();
    engine::sample::write_wav(&path, &samples, 1, 48_000).expect("the file is written");
    path
}

#[test]
fn an_imported_sound_keeps_its_recording_and_moves_to_another_pack() {
    let folder = tempfile::tempdir().expect("a folder");
    let (session, _audio) = session();
    session.run(Errand::Import { path: recording(folder.path()), target: Target::Corner(2), era: 0 });
    session.run(Errand::Import { path: recording(folder.path()), target: Target::Knobs, era: 0 });
    wait(&session);
    let corner = session.desk.project().corners[2].clone();
    assert_eq!(corner.name, "Plucked A3");
    assert_eq!(corner.audio.as_ref().map(|audio| audio.root_key), Some(57), "the key is found");
    let outcomes = session.take_outcomes();
    let [Outcome::KnobsTo(knobs)] = outcomes.as_slice() else { panic!("the knobs are sent to the sound") };
    assert_eq!((knobs.latent, knobs.audio.is_some()), (corner.latent, true));

    // As if saved with another pack, whose point for the sound was another one.
    let saved = session.params.serialize_fields();
    let hash = session.rig().expect("loaded").catalogue.pack.hash.clone();
    let elsewhere = saved[FIELD].replace(&hash, &"5".repeat(hash.len()));
    session.params.deserialize_fields(&[(FIELD.to_owned(), elsewhere)].into());
    assert!(session.is_frozen(), "the zone in use was saved, though no host has processed yet");
    session.desk.change(|project| project.corners[2].latent = [2.0; 7]);
    session.thaw();
    wait(&session);
    let moved = session.desk.project().corners[2].clone();
    let distance = moved.latent.iter().zip(&corner.latent).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(distance < SAME_SIGMA, "the recording was placed {distance} σ from where it was");
    assert!(!session.is_frozen());
}

#[test]
fn a_file_without_sound_changes_nothing_and_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("silence.wav");
    engine::sample::write_wav(&path, &[0.0; 20_000], 1, 44_100).expect("the file is written");
    let (session, _audio) = session();
    let before = session.desk.project().corners;
    for path in [path, folder.path().join("missing.wav")] {
        session.run(Errand::Import { path, target: Target::Corner(0), era: 0 });
    }
    wait(&session);
    assert_eq!(session.desk.project().corners, before);
    let messages: Vec<String> = session.desk.notices.all().into_iter().map(|notice| notice.text).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages.iter().all(|message| message.starts_with("Nothing was imported")), "{messages:?}");
}

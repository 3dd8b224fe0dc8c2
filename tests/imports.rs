//! An audio file in the plug-in: its point and its recording stay with the project, and another pack can place it anew.

use std::path::PathBuf;
use std::sync::Arc;

use engine::decode::Pipeline;
use engine::decode::latent::decode;
use engine::import::Choice;
use engine::link::SourceId;
use engine::measure::LogMelMeter;
use engine::params::Controls;
use engine::state::{FrozenZone, SoundState};
use plugin::jobs::Job;
use plugin::library::Library;
use plugin::project::{AudioEnd, Edit, ProjectStore};
use plugin::reimport::RegionChange;
use plugin::session::{Outcome, Session};
use plugin::state::FIELD;
use plugin::target::Target;
use plugin::worker;
use support::project::{change_sound, recall, saved, saved_with_zones};
use support::wait::wait_until;

/// Farthest that a point moves when its recording was kept in 24 bits: whether a step of the fit helped can hang on a rounding.
const SAME_SIGMA: f32 = 0.02;

/// A session with the factory pack. The audio end only has to live.
fn session() -> (Arc<Session>, AudioEnd) {
    let (store, audio) = ProjectStore::new();
    let session = worker::open(store, Library { folder: PathBuf::from("no packs here") });
    session.load();
    assert!(session.loaded_pack().is_some(), "the factory pack loads");
    (session, audio)
}

fn wait(session: &Session) {
    wait_until("the job ends", || !session.is_busy());
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
    session.run(Job::Import {
        path: recording(folder.path()),
        target: Target::Corner(2),
        revision: session.store.revision(),
    });
    session.run(Job::Import {
        path: recording(folder.path()),
        target: Target::Knobs,
        revision: session.store.revision(),
    });
    wait(&session);
    let corner = session.store.project().corners[2].clone();
    assert_eq!(corner.name, "Plucked A3");
    assert_eq!(corner.audio.as_ref().map(|audio| audio.root_key), Some(57), "the key is found");
    let outcomes = session.take_outcomes();
    let [Outcome::KnobsTo(knobs, _)] = outcomes.as_slice() else { panic!("the knobs are sent to the sound") };
    assert_eq!((knobs.latent, knobs.audio.is_some()), (corner.latent, true));

    // As if saved with another pack, whose point for the sound was another one.
    let saved = saved_with_zones(&session);
    let hash = session.loaded_pack().expect("loaded").catalogue.pack.hash.clone();
    let elsewhere = saved[FIELD].replace(&hash, &"5".repeat(hash.len()));
    recall(&session, &[(FIELD.to_owned(), elsewhere)].into());
    assert!(session.is_frozen(), "the zone in use was saved, though no host has processed yet");
    change_sound(&session.store, Target::Corner(2), |sound| sound.latent = [2.0; 7]);
    session.adopt_pack();
    wait(&session);
    let moved = session.store.project().corners[2].clone();
    let distance = moved.latent.iter().zip(&corner.latent).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(distance < SAME_SIGMA, "the recording was placed {distance} σ from where it was");
    assert!(!session.is_frozen());
}

/// The sound that is decoded for the pad at `(x, y)`, as the workers do it.
fn decoded(session: &Session, pad: (f32, f32), fidelity: f32, key: f32) -> Vec<f32> {
    let loaded = session.loaded_pack().expect("a pack is loaded");
    let mut pipeline = Pipeline::new(loaded.latents().expect("with its graphs")).expect("memory");
    let controls = Controls {
        pad_x: pad.0,
        pad_y: pad.1,
        morph: 1.0,
        fidelity,
        ..session.params.controls(&session.store.scene())
    };
    let spec = controls.spec(SourceId(0), key);
    let assets = session.store.assets().resolve(&spec.assets).expect("the assets are there");
    decode(&mut pipeline, &spec, &assets).expect("the graphs run")
}

/// The recording of [`recording`], brought from its key 57 to the root of its zone, at the pack's rate.
fn at_root() -> Vec<f32> {
    let ratio = 2.0_f32.powf(3.0 / 12.0);
    let mut samples = vec![0.0; 88_064];
    for (n, sample) in samples.iter_mut().enumerate() {
        let time_s = (n as f32 / 44_100.0 - 0.001) * ratio;
        if (0.0..1.395).contains(&time_s) {
            *sample = (-3.0 * time_s).exp() * (time_s * 220.0 * std::f32::consts::TAU).sin();
        }
    }
    samples
}

#[test]
fn a_pad_corner_gives_its_recording_back_as_far_as_fidelity_says() {
    const RECORDING_DB: f32 = 1.8;
    let folder = tempfile::tempdir().expect("a folder");
    let (session, _audio) = session();
    let another_corner = decoded(&session, (1.0, 0.0), 1.0, 60.0);
    session.run(Job::Import {
        path: recording(folder.path()),
        target: Target::Corner(2),
        revision: session.store.revision(),
    });
    wait(&session);
    let mut meter = LogMelMeter::default();
    let mut error_db = |fidelity| {
        let sound = decoded(&session, (0.0, 1.0), fidelity, 60.0);
        meter.measure(&at_root(), &sound).mean_db()
    };
    let errors_db = [0.0, 0.5, 1.0].map(&mut error_db);
    assert!(errors_db[2] < RECORDING_DB && errors_db.is_sorted_by(|a, b| a > b), "{errors_db:?} dB");
    assert!(decoded(&session, (1.0, 0.0), 1.0, 60.0) == another_corner, "it is heard in another corner");
    let another_zone = [0.0, 1.0].map(|fidelity| decoded(&session, (0.0, 1.0), fidelity, 72.0));
    assert!(another_zone[0] == another_zone[1], "it is heard in another zone");

    // The project keeps what makes the sound.
    let saved = saved(&session);
    let (again, _audio) = self::session();
    recall(&again, &saved);
    assert!(decoded(&again, (0.0, 1.0), 1.0, 60.0) == decoded(&session, (0.0, 1.0), 1.0, 60.0), "the project forgot");
}

#[test]
fn a_sound_of_the_pack_brings_its_residual_wherever_it_stands() {
    let (session, _audio) = session();
    let loaded = session.loaded_pack().expect("a pack is loaded");
    let residuals = loaded.model.as_ref().expect("with its graphs").residuals();
    let has_middle = |name: &str| residuals.of(name).iter().any(|zone| zone.root_key == 60);
    let sound = loaded.catalogue.sounds.iter().find(|sound| has_middle(&sound.name)).expect("a recorded sound");
    session.store.apply(Edit::set_corner(1, SoundState::new(&sound.name, sound.latent)));
    let heard = |fidelity| decoded(&session, (1.0, 0.0), fidelity, 60.0);
    assert!(heard(1.0) != heard(0.0), "nothing is added");

    assert!(!session.store.knobs_are_recorded());
    session.store.apply(Edit::MoveToSound(Some(Arc::new(SoundState::new(&sound.name, sound.latent)))));
    assert!(session.store.knobs_are_recorded());
    // A sound of that name at another point is one of another pack, and one with samples is the user's.
    change_sound(&session.store, Target::Corner(1), |sound| sound.latent[3] += 0.01);
    assert!(heard(1.0) == heard(0.0), "something is added");
    let audio = FrozenZone::from_samples(60, 44_100, &[0.5; 2000]).expect("packed");
    change_sound(&session.store, Target::Knobs, |sound| sound.audio = Some(audio));
    assert!(!session.store.knobs_are_recorded());
}

/// Three tones, each a second and a half: A3, D4, A4.
fn long_recording(folder: &std::path::Path) -> std::path::PathBuf {
    let path = folder.join("Three tones.wav");
    let tone = |time_s: f32| {
        let pitch_hz = [220.0, 293.665, 440.0][((time_s / 1.5) as usize).min(2)];
        let since_s = time_s % 1.5;
        (-3.0 * since_s).exp() * (since_s * pitch_hz * std::f32::consts::TAU).sin()
    };
    let samples: Vec<f32> = (0..198_450).map(|n| tone(n as f32 / 44_100.0)).collect();
    engine::sample::write_wav(&path, &samples, 1, 44_100).expect("the file is written");
    path
}

/// Asks for another region and key of what stands on corner C.
fn change(session: &Arc<Session>, region_s: Option<f64>, key: Option<f32>) {
    wish_at(Target::Corner(2), session, region_s, key);
}

fn wish_at(target: Target, session: &Arc<Session>, region_s: Option<f64>, key: Option<f32>) {
    let revision = session.store.revision();
    let sound = session.store.project().sound_at(target).cloned().expect("a sound stands there");
    let ticket = session.region_changes(target).next();
    session.run(Job::ChangeRegion(Box::new(RegionChange {
        sound,
        target,
        choice: Choice { key, region_s },
        ticket,
        revision,
    })));
}

#[test]
fn the_choice_of_region_and_key_stays_with_the_project() {
    let folder = tempfile::tempdir().expect("a folder");
    let (session, _audio) = session();
    let path = long_recording(folder.path());
    session.run(Job::Import { path: path.clone(), target: Target::Corner(2), revision: session.store.revision() });
    wait(&session);
    let corner = || session.store.project().corners[2].clone();
    let found = corner().cut.clone().expect("it was cut out of a file");
    assert!(!found.is_start_chosen && found.found_key.is_some_and(|key| (key - 57.0).abs() < 0.1), "{found:?}");
    let offer = session.store.notices.all().remove(0).offer.expect("there is more in the file");
    assert_eq!(offer.target, Target::Corner(2));
    assert!(session.store.offer_stands(&offer));
    change_sound(&session.store, Target::Corner(2), |sound| {
        let cut = sound.cut.as_mut().expect("it was cut out of a file");
        cut.unknown.insert("of a later version".to_owned(), true.into());
    });

    // Of three wishes the last one counts.
    change(&session, Some(0.5), None);
    change(&session, Some(3.0), None);
    change(&session, Some(1.5), Some(50.0));
    wait(&session);
    let chosen = corner();
    let cut = chosen.cut.clone().expect("it was cut out of a file");
    assert_eq!((cut.start_s, cut.is_start_chosen, cut.chosen_key), (1.5, true, Some(50.0)));
    assert!(cut.found_key.is_some_and(|key| (key - 62.0).abs() < 0.1), "{cut:?}");
    assert_eq!(chosen.audio.as_ref().map(|audio| audio.root_key), Some(50));

    // Saved and opened again, the recording takes another key although nobody knows its file.
    let saved = saved(&session);
    assert!(!saved[FIELD].contains("Three tones.wav"));
    assert!(saved[FIELD].contains("of a later version"));
    let (again, _audio) = self::session();
    recall(&again, &saved);
    assert_eq!(again.store.project().corners[2].cut, Some(cut));
    std::fs::remove_file(path).expect("it is there");
    change(&again, Some(1.5), None);
    wait(&again);
    let detected = again.store.project().corners[2].clone();
    assert_eq!(detected.audio.as_ref().map(|audio| audio.root_key), Some(62));
    assert!(detected.cut.as_ref().is_some_and(|cut| cut.unknown.contains_key("of a later version")));
    assert_eq!(
        detected.cut.as_ref().map(|cut| (cut.start_s, cut.is_start_chosen, cut.chosen_key)),
        Some((1.5, true, None))
    );
    change(&again, Some(0.0), None);
    change(&session, Some(0.0), None);
    wait(&again);
    wait(&session);
    for (session, reason) in [(&again, "is not known"), (&session, "cannot read")] {
        let last = session.store.notices.all().pop().expect("a message");
        assert!(last.text.starts_with("“Three tones” stays as it was") && last.text.contains(reason), "{}", last.text);
        assert_eq!(session.store.project().corners[2].cut.as_ref().map(|cut| cut.start_s), Some(1.5));
    }
}

#[test]
fn the_project_has_another_key_of_the_knobs_at_once_and_turned_knobs_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let (session, _audio) = session();
    session.run(Job::Import {
        path: recording(folder.path()),
        target: Target::Knobs,
        revision: session.store.revision(),
    });
    wait(&session);
    let Some(Outcome::KnobsTo(before, _)) = session.take_outcomes().pop() else { panic!("the knobs are sent to it") };
    session.store.apply(Edit::MoveToSound(Some(Arc::clone(&before))));
    wish_at(Target::Knobs, &session, None, Some(50.0));
    assert!(session.pending_changes(Target::Knobs).choice().is_some_and(|choice| choice.key == Some(50.0)));
    wait(&session);
    assert!(!session.pending_changes(Target::Knobs).is_busy());
    let now = session.store.project().knobs.clone().expect("it stands there");
    assert_eq!(now.cut.as_ref().and_then(|cut| cut.chosen_key), Some(50.0));
    let Some(Outcome::KnobsMoved(step)) = session.take_outcomes().pop() else { panic!("the knobs follow") };
    assert_eq!((step.left, step.point), (before.latent, now.latent));
    assert!(step.holds(session.store.revision(), &[0.0; 7]) && !step.holds(session.store.revision(), &[-3.0; 7]));
}

#[test]
fn another_sound_is_not_overwritten_by_the_point_of_the_one_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let (session, _audio) = session();
    session.run(Job::Import {
        path: recording(folder.path()),
        target: Target::Corner(2),
        revision: session.store.revision(),
    });
    wait(&session);
    session.adopt_pack();
    let other = SoundState::new("Another", [0.5; 7]);
    session.store.apply(Edit::set_corner(2, other.clone()));
    wait(&session);
    assert_eq!(*session.store.project().corners[2], other);
}

#[test]
fn only_the_newest_question_about_a_file_is_answered() {
    let (session, _audio) = session();
    let tickets = [session.surveys.next(), session.surveys.next()];
    for ticket in tickets {
        session.run(Job::Survey { sound: Arc::default(), ticket });
    }
    wait(&session);
    let outcomes = session.take_outcomes();
    assert!(matches!(outcomes.as_slice(), [Outcome::Surveyed(ticket, _)] if *ticket == tickets[1]));
}

#[test]
fn a_file_without_sound_changes_nothing_and_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("silence.wav");
    engine::sample::write_wav(&path, &[0.0; 20_000], 1, 44_100).expect("the file is written");
    let (session, _audio) = session();
    let before = session.store.project().corners.clone();
    for path in [path, folder.path().join("missing.wav")] {
        session.run(Job::Import { path, target: Target::Corner(0), revision: session.store.revision() });
    }
    wait(&session);
    assert_eq!(session.store.project().corners, before);
    let messages: Vec<String> = session.store.notices.all().into_iter().map(|notice| notice.text).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages.iter().all(|message| message.starts_with("Nothing was imported")), "{messages:?}");
}

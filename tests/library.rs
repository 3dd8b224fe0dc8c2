//! The user's packs in the plug-in: taken into the library, played, found again by projects, refused when they are bad.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};

use engine::decode::PackModel;
use engine::instrument::{Meters, SoundView, Status};
use engine::link::{SoundSpec, SourceId};
use engine::pack::{AnyPack, GRAPHS, Pack};
use engine::state::{FrozenZone, SoundState};
use plugin::jobs::Job;
use plugin::library::Library;
use plugin::loaded_pack::LoadedPack;
use plugin::player::Player;
use plugin::project::{AudioEnd, Edit, ProjectStore};
use plugin::session::{Outcome, Session};
use plugin::target::Target;
use plugin::worker;
use support::foley;
use support::project::{hand_over, recall, saved, saved_with_zones};
use support::raw::raw_pack;
use support::wait::{PATIENCE, wait_until};

/// A session that looks for packs in `folder`. The audio end only has to live.
fn session(folder: &Path) -> (Arc<Session>, AudioEnd) {
    let (store, audio) = ProjectStore::new();
    let session = worker::open(store, Library { folder: folder.to_owned() });
    session.load();
    (session, audio)
}

/// The factory's graphs under another name, with its sounds turned round.
fn users_pack(file: &Path, name: &str) {
    let factory = Pack::factory().expect("valid");
    let mut manifest = factory.manifest().clone();
    manifest.id = "users".to_owned();
    manifest.name = name.to_owned();
    manifest.sounds.iter_mut().for_each(|sound| sound.latent.iter_mut().for_each(|z| *z = -*z));
    let graphs: BTreeMap<_, _> = GRAPHS.map(|graph| (graph.to_owned(), factory.graph(graph).to_vec())).into();
    Pack::assemble(manifest, graphs).expect("valid").save_archive(file).expect("written");
}

fn run(session: &Arc<Session>, job: Job) {
    session.run(job);
    wait_until("the job ends", || !session.is_busy());
}

fn pack_name(session: &Session) -> String {
    session.loaded_pack().expect("a pack is loaded").catalogue.pack_name.clone()
}

fn messages(session: &Session) -> Vec<String> {
    session.store.notices.all().into_iter().map(|notice| notice.text).collect()
}

#[test]
fn a_users_pack_is_played_and_found_again() {
    let (downloads, library) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let file = downloads.path().join("mine.heptode");
    users_pack(&file, "Mine");
    let (first, _audio) = session(library.path());
    let corner = first.store.project().corners[1].clone();
    run(&first, Job::AddPack(file));
    assert_eq!(pack_name(&first), "Mine");
    let moved = first.store.project();
    assert_eq!(moved.pack.id, "users");
    assert_eq!(moved.corners[1].name, corner.name, "both packs have the sound");
    assert_eq!(moved.corners[1].latent, corner.latent.map(|z| -z), "at a point of its own");
    let saved = saved_with_zones(&first);

    let (with, _audio) = session(library.path());
    recall(&with, &saved);
    assert_eq!((pack_name(&with), with.is_frozen()), ("Mine".to_owned(), false));
    assert!(messages(&with).is_empty(), "{:?}", messages(&with));

    let elsewhere = tempfile::tempdir().expect("a folder");
    let (without, _audio) = session(elsewhere.path());
    recall(&without, &saved);
    assert!(without.is_frozen());
    assert_eq!(messages(&without).len(), 1, "{:?}", messages(&without));
    users_pack(&elsewhere.path().join("copied by gestures.heptode"), "Mine");
    recall(&without, &saved);
    assert_eq!(
        (pack_name(&without), without.is_frozen()),
        ("Mine".to_owned(), false),
        "it adopts the pack when the pack returns"
    );
}

#[test]
fn packs_of_classes_are_played_as_others_are_and_take_no_recordings() {
    a_pack_of_classes_is_played(&raw_pack(4_000).into(), "Gravel");
    a_pack_of_classes_is_played(&foley::pack().into(), "Dog-bark");
}

/// `first_class` is the first of its classes by name.
fn a_pack_of_classes_is_played(pack: &AnyPack, first_class: &str) {
    let info = pack.info();
    let names: Vec<&str> = info.sounds.iter().map(|sound| sound.name.as_str()).collect();
    let (downloads, library) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let file = downloads.path().join("classes.heptode");
    pack.save_archive(&file).expect("written");
    let (first, _audio) = session(library.path());
    let damaged = downloads.path().join("damaged.heptode");
    let whole = std::fs::read(&file).expect("read");
    std::fs::write(&damaged, &whole[..whole.len() / 2]).expect("written");
    let before = pack_name(&first);
    run(&first, Job::AddPack(damaged));
    assert_eq!((pack_name(&first), messages(&first).len()), (before, 1), "a damaged one is refused");
    first.store.apply(Edit::SetSeed(3));
    run(&first, Job::AddPack(file));
    assert_eq!(pack_name(&first), info.name);
    assert!(messages(&first)[1].contains("do not change its sounds"), "{:?}", messages(&first));
    let project = first.store.project();
    let axes = first.loaded_pack().expect("a pack is loaded").catalogue.axes.clone();
    assert_eq!(axes.iter().filter(|axis| axis.is_used()).count(), names.len());
    assert!(project.corners.iter().all(|corner| names.contains(&corner.name.as_str())));
    let sent = first.take_outcomes().into_iter().find_map(|news| match news {
        Outcome::KnobsTo(sound, _) => Some(sound.name.clone()),
        _ => None,
    });
    assert_eq!(sent.as_deref(), Some(first_class), "the knobs go to a class");
    let saved = saved_with_zones(&first);

    let recording = downloads.path().join("knock.wav");
    engine::sample::write_wav(&recording, &[0.5; 4_000], 1, 44_100).expect("written");
    let import = Job::Import { path: recording, target: Target::Corner(0), revision: first.store.revision() };
    run(&first, import);
    assert!(messages(&first).iter().any(|text| text.contains("no latent space")), "{:?}", messages(&first));

    let (with, _audio) = session(library.path());
    recall(&with, &saved);
    assert_eq!((pack_name(&with), with.is_frozen()), (info.name.clone(), false));
    assert_eq!(with.store.project().seed, 3, "and its take");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let (without, _audio) = session(elsewhere.path());
    recall(&without, &saved);
    assert!(without.is_frozen(), "without the pack the sound that was saved is played");
}

#[test]
fn a_new_version_of_a_pack_leaves_the_old_one_to_its_projects() {
    let (downloads, library) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let file = downloads.path().join("mine.heptode");
    let (first, _audio) = session(library.path());
    users_pack(&file, "Mine, first");
    run(&first, Job::AddPack(file.clone()));
    let saved = saved(&first);
    users_pack(&file, "Mine, second");
    run(&first, Job::AddPack(file));
    assert_eq!(pack_name(&first), "Mine, second");
    let names: Vec<String> = first.library.list().into_iter().map(|found| found.name).collect();
    assert_eq!(names[AnyPack::shipped_names().len()..], ["Mine, first", "Mine, second"]);
    recall(&first, &saved);
    assert_eq!(pack_name(&first), "Mine, first");
}

#[test]
fn a_project_whose_pack_is_broken_plays_its_frozen_sound() {
    let (downloads, library) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let file = downloads.path().join("mine.heptode");
    users_pack(&file, "Mine");
    let (first, _audio) = session(library.path());
    run(&first, Job::AddPack(file));
    let saved = saved_with_zones(&first);
    let model =
        first.loaded_pack().and_then(|loaded| loaded.model.as_ref().map(Arc::downgrade)).expect("a pack is loaded");
    drop(first);
    // A pack that is loaded is not read again; a worker may keep it for a moment.
    wait_until("the pack is dropped", || model.strong_count() == 0);
    // A folder, since its graph can be spoilt while its manifest stays.
    let broken = tempfile::tempdir().expect("a folder");
    let pack = Pack::open(&library.path().join("users.heptode")).expect("valid");
    pack.save_folder(&broken.path().join("users")).expect("written");
    std::fs::write(broken.path().join("users").join("decoder.onnx"), b"spoilt").expect("written");
    for load_first in [true, false] {
        let (store, _audio) = ProjectStore::new();
        let session = worker::open(store, Library { folder: broken.path().to_owned() });
        if load_first {
            session.load();
        }
        hand_over(&session, &saved);
        session.load();
        wait_until("the project is followed", || !session.is_busy());
        assert!(session.is_frozen(), "loaded first: {load_first}");
        assert_eq!(pack_name(&session), Pack::factory().expect("valid").manifest().name);
        assert!(messages(&session)[0].starts_with("The project's pack cannot be played"), "{:?}", messages(&session));
    }
}

#[test]
fn a_look_at_another_pack_loses_nothing() {
    let (downloads, library) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let file = downloads.path().join("mine.heptode");
    users_pack(&file, "Mine");
    let (session, _audio) = session(library.path());
    let own = SoundState::new("A name that no pack has", [0.5; 7]);
    session.store.apply(Edit::set_corner(3, own.clone()));
    run(&session, Job::AddPack(file));
    assert_ne!(*session.store.project().corners[3], own, "its point means nothing in the other pack");
    let factory = session.library.list().remove(0);
    run(&session, Job::ChangePack(factory));
    assert_eq!(*session.store.project().corners[3], own);
}

#[test]
fn a_bad_pack_changes_nothing_and_says_why() {
    let (downloads, library) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let (session, _audio) = session(library.path());
    let before = (pack_name(&session), session.store.project().corners.clone());
    let good = downloads.path().join("good.heptode");
    users_pack(&good, "Good");
    let bytes = std::fs::read(&good).expect("readable");
    let (noise, cut) = (downloads.path().join("noise.heptode"), downloads.path().join("cut.heptode"));
    std::fs::write(&noise, b"not a pack").expect("written");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).expect("written");
    for path in [noise, cut, downloads.path().join("missing.heptode")] {
        run(&session, Job::AddPack(path));
    }
    assert_eq!((pack_name(&session), session.store.project().corners.clone()), before);
    assert_eq!(messages(&session).len(), 3);
    assert!(
        messages(&session).iter().all(|text| text.starts_with("The pack was not taken")),
        "{:?}",
        messages(&session)
    );
    assert_eq!(std::fs::read_dir(library.path()).expect("a folder").count(), 0);
}

/// An engine that is busy with its new source until it is told to go on, and shows the old sound until then.
struct SlowEngine {
    old: Mutex<Option<Arc<SoundView>>>,
    asked: mpsc::Sender<()>,
    go_on: Mutex<mpsc::Receiver<()>>,
}

impl Player for SlowEngine {
    fn sound(&self) -> Option<Arc<SoundView>> {
        self.old.lock().expect("no panic").clone()
    }

    fn sounds(&self) -> Vec<Arc<SoundView>> {
        self.sound().into_iter().collect()
    }

    fn status(&self) -> Status {
        Status::default()
    }

    fn source(&self) -> SourceId {
        SourceId(0)
    }

    fn meters(&self) -> Meters {
        Meters::default()
    }

    fn preview(&self, _spec: SoundSpec) {}

    fn play_frozen(&self, _zones: &[FrozenZone]) -> Result<(), String> {
        Ok(())
    }

    fn play_pack(&self, _model: &Arc<dyn PackModel>) {
        self.asked.send(()).expect("the test listens");
        self.go_on.lock().expect("no panic").recv_timeout(PATIENCE).expect("the test says so");
        *self.old.lock().expect("no panic") = None;
    }
}

#[test]
fn a_save_while_a_pack_is_adopted_holds_no_sound_of_the_old_one() {
    let (store, _audio) = ProjectStore::new();
    let session = worker::open(store, Library { folder: "no packs here".into() });
    let model = plugin::library::factory().and_then(|factory| plugin::library::model(&factory)).expect("it loads");
    let ((asked, is_asked), (go_on, goes_on)) = (mpsc::channel(), mpsc::channel());
    let engine = Arc::new(SlowEngine { old: Mutex::default(), asked, go_on: Mutex::new(goes_on) });
    go_on.send(()).expect("the engine listens");
    session.install(LoadedPack::new(Arc::clone(&model), engine.clone()));
    is_asked.recv_timeout(PATIENCE).expect("the pack plays");

    let old = FrozenZone::from_samples(60, 44_100, &[0.5; 2000]).expect("packed");
    let mut document = session.store.project().document(BTreeMap::new(), vec![old.clone()]);
    document.pack.hash = "5".repeat(64);
    session.hand_over(Ok(Box::new(document)));
    wait_until("the frozen sound plays", || session.is_frozen() && !session.is_busy());
    let spec = session.params.plain_controls(&session.store.scene()).spec(SourceId(0), 60.0);
    let samples = old.to_samples().expect("unpacked");
    let view = SoundView { samples, channels: 1, sample_rate_hz: 44_100.0, spec, generation: 0 };
    *engine.old.lock().expect("no panic") = Some(Arc::new(view));

    let (adopting, saving) = (Arc::clone(&session), Arc::clone(&session));
    let adopted = std::thread::spawn(move || adopting.adopt_pack());
    is_asked.recv_timeout(PATIENCE).expect("the pack is adopted");
    let saved = std::thread::spawn(move || saving.saved_document());
    // Time in which a save that does not wait is done.
    std::thread::sleep(std::time::Duration::from_millis(300));
    go_on.send(()).expect("the engine listens");
    adopted.join().expect("the pack is adopted");
    let saved = saved.join().expect("the project is saved");
    assert_eq!(saved.pack.hash, model.pack_hash());
    let length = |zone: &FrozenZone| zone.to_samples().map(|samples| samples.len()).expect("unpacked");
    assert!(saved.frozen.iter().all(|zone| length(zone) != 2000), "the old sound is under the new pack");
}

//! The user's packs in the plug-in: taken into the library, played, found again by projects, refused when they are bad.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use engine::pack::{GRAPHS, Pack};
use engine::state::SoundState;
use nice_plug::prelude::Params;
use plugin::errands::Errand;
use plugin::library::Library;
use plugin::scene::{AudioEnd, Desk};
use plugin::session::Session;
use support::wait::wait_until;

/// A session that looks for packs in `folder`. The audio end only has to live.
fn session(folder: &Path) -> (Arc<Session>, AudioEnd) {
    let (desk, audio) = Desk::new();
    let session = Session::new(desk, Library { folder: folder.to_owned() });
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

fn run(session: &Arc<Session>, errand: Errand) {
    session.run(errand);
    wait_until("the errand ends", || !session.is_busy());
}

fn pack_name(session: &Session) -> String {
    session.rig().expect("a pack is loaded").catalogue.pack_name.clone()
}

fn messages(session: &Session) -> Vec<String> {
    session.desk.notices.all().into_iter().map(|notice| notice.text).collect()
}

#[test]
fn a_users_pack_is_played_and_found_again() {
    let (downloads, library) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let file = downloads.path().join("mine.heptode");
    users_pack(&file, "Mine");
    let (first, _audio) = session(library.path());
    let corner = first.desk.project().corners[1].clone();
    run(&first, Errand::AddPack(file));
    assert_eq!(pack_name(&first), "Mine");
    let moved = first.desk.project();
    assert_eq!(moved.pack.id, "users");
    assert_eq!(moved.corners[1].name, corner.name, "both packs have the sound");
    assert_eq!(moved.corners[1].latent, corner.latent.map(|z| -z), "at a point of its own");
    let saved = first.params.serialize_fields();

    let (with, _audio) = session(library.path());
    with.params.deserialize_fields(&saved);
    assert_eq!((pack_name(&with), with.is_frozen()), ("Mine".to_owned(), false));
    assert!(messages(&with).is_empty(), "{:?}", messages(&with));

    let elsewhere = tempfile::tempdir().expect("a folder");
    let (without, _audio) = session(elsewhere.path());
    without.params.deserialize_fields(&saved);
    assert!(without.is_frozen());
    assert_eq!(messages(&without).len(), 1, "{:?}", messages(&without));
    users_pack(&elsewhere.path().join("copied by hand.heptode"), "Mine");
    without.params.deserialize_fields(&saved);
    assert_eq!(
        (pack_name(&without), without.is_frozen()),
        ("Mine".to_owned(), false),
        "it thaws when the pack returns"
    );
}

#[test]
fn a_new_version_of_a_pack_leaves_the_old_one_to_its_projects() {
    let (downloads, library) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let file = downloads.path().join("mine.heptode");
    let (first, _audio) = session(library.path());
    users_pack(&file, "Mine, first");
    run(&first, Errand::AddPack(file.clone()));
    let saved = first.params.serialize_fields();
    users_pack(&file, "Mine, second");
    run(&first, Errand::AddPack(file));
    assert_eq!(pack_name(&first), "Mine, second");
    let names: Vec<String> = first.library.list().into_iter().map(|found| found.name).collect();
    assert_eq!(names[1..], ["Mine, first", "Mine, second"]);
    first.params.deserialize_fields(&saved);
    assert_eq!(pack_name(&first), "Mine, first");
}

#[test]
fn a_project_whose_pack_is_broken_plays_its_frozen_sound() {
    let (downloads, library) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let file = downloads.path().join("mine.heptode");
    users_pack(&file, "Mine");
    let (first, _audio) = session(library.path());
    run(&first, Errand::AddPack(file));
    let saved = first.params.serialize_fields();
    drop(first);
    // A folder, since its graph can be spoilt while its manifest stays.
    let broken = tempfile::tempdir().expect("a folder");
    let pack = Pack::open(&library.path().join("users.heptode")).expect("valid");
    pack.save_folder(&broken.path().join("users")).expect("written");
    std::fs::write(broken.path().join("users").join("decoder.onnx"), b"spoilt").expect("written");
    for load_first in [true, false] {
        let (desk, _audio) = Desk::new();
        let session = Session::new(desk, Library { folder: broken.path().to_owned() });
        if load_first {
            session.load();
        }
        session.params.deserialize_fields(&saved);
        session.load();
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
    session.desk.set_corner(3, own.clone());
    run(&session, Errand::AddPack(file));
    assert_ne!(session.desk.project().corners[3], own, "its point means nothing in the other pack");
    let factory = session.library.list().remove(0);
    run(&session, Errand::ChangePack(factory));
    assert_eq!(session.desk.project().corners[3], own);
}

#[test]
fn a_bad_pack_changes_nothing_and_says_why() {
    let (downloads, library) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let (session, _audio) = session(library.path());
    let before = (pack_name(&session), session.desk.project().corners);
    let good = downloads.path().join("good.heptode");
    users_pack(&good, "Good");
    let bytes = std::fs::read(&good).expect("readable");
    let (noise, cut) = (downloads.path().join("noise.heptode"), downloads.path().join("cut.heptode"));
    std::fs::write(&noise, b"not a pack").expect("written");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).expect("written");
    for path in [noise, cut, downloads.path().join("missing.heptode")] {
        run(&session, Errand::AddPack(path));
    }
    assert_eq!((pack_name(&session), session.desk.project().corners), before);
    assert_eq!(messages(&session).len(), 3);
    assert!(
        messages(&session).iter().all(|text| text.starts_with("The pack was not taken")),
        "{:?}",
        messages(&session)
    );
    assert_eq!(std::fs::read_dir(library.path()).expect("a folder").count(), 0);
}

//! What a new instance begins with, and that a project keeps its own.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use engine::pack::{Pack, PackInfo};
use engine::presets::PresetLibrary;
use plugin::catalogue::Catalogue;
use plugin::first_sound::{ON_CORNERS, on_knobs};
use plugin::library::Library;
use plugin::params::ParamId;
use plugin::project::ProjectStore;
use plugin::session::Session;
use plugin::worker;
use support::project::{recall, saved};

/// In a parameter's own unit, once it has been on the host's 0…1.
const ROUNDING: f32 = 1e-5;

/// What is put where it fits the first sound, and the amount of the route by which pressure gives vibrato.
const BEGUN: [(&str, f32); 4] = [("release", 0.3), ("width", 0.25), ("zone_crossfade", 0.4), ("route2", 0.02)];

fn session() -> Arc<Session> {
    let (store, _audio) = ProjectStore::new();
    let nowhere = || PathBuf::from("nothing here");
    worker::open_with(store, Library { folder: nowhere() }, PresetLibrary { folder: nowhere() })
}

#[test]
fn a_new_instance_plays_named_sounds_of_different_categories() {
    let (manifest, hash) = Pack::factory_manifest().expect("valid");
    let first = &on_knobs().expect("the factory pack has it").sound;
    let category = |name: &str| manifest.sound(name).expect("in the pack").category.clone();
    let categories: BTreeSet<String> =
        ON_CORNERS.iter().map(|name| category(name)).chain([category(&first.name)]).collect();
    assert_eq!(categories.len(), ON_CORNERS.len() + 1, "{categories:?}");
    let corners = Catalogue::new(PackInfo::of_latents(&manifest, &hash)).first_corners();
    assert_eq!(corners.each_ref().map(|sound| sound.name.as_str()), ON_CORNERS);
    let session = session();
    session.begin();
    assert_eq!(session.store.project().knobs.as_deref(), Some(first));
    assert_eq!(session.store.history(|history| history.names()), [None, None], "nothing to undo");
    for id in ParamId::all() {
        let axis = (0..first.latent.len()).find(|axis| ParamId::latent(*axis) == id);
        let begun = BEGUN.iter().find(|(name, _)| *name == id.spec().id).map(|(_, value)| *value);
        let wanted = axis.map_or(begun.unwrap_or(id.spec().default), |axis| first.latent[axis]);
        assert!((session.params.get(id).plain() - wanted).abs() < ROUNDING, "{}", id.spec().id);
    }
}

#[test]
fn a_project_that_was_saved_before_keeps_its_sounds() {
    let older = session();
    let state = saved(&older);
    let new = session();
    new.begin();
    recall(&new, &state);
    assert_eq!(new.store.project().knobs, None);
    assert_eq!(new.store.project().corners, older.store.project().corners);
}

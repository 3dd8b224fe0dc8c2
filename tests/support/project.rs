//! The project of a session as a host and a test see it: saved, recalled, and edited sound by sound.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::state::{SoundState, StateDocument};
use nice_plug::prelude::Params;
use plugin::project::{Edit, ProjectStore};
use plugin::session::Session;
use plugin::state::{FIELD, HostState};
use plugin::target::Target;

use crate::wait::wait_until;

/// What the framework saves of a session.
pub fn saved(session: &Arc<Session>) -> BTreeMap<String, String> {
    HostState::new(Arc::clone(session)).serialize_fields()
}

/// What the framework saves once a zone in use is decoded: a save does not wait for that.
pub fn saved_with_zones(session: &Arc<Session>) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    wait_until("a zone in use is saved", || {
        fields = saved(session);
        StateDocument::parse(&fields[FIELD]).is_ok_and(|document| !document.frozen.is_empty())
    });
    fields
}

/// Hands a state over as the framework does.
pub fn hand_over(session: &Arc<Session>, fields: &BTreeMap<String, String>) {
    HostState::new(Arc::clone(session)).deserialize_fields(fields);
}

/// Hands a state over and waits until its pack was looked for.
pub fn recall(session: &Arc<Session>, fields: &BTreeMap<String, String>) {
    hand_over(session, fields);
    wait_until("the project is followed", || !session.is_busy());
}

/// Changes the sound at `target`.
///
/// # Panics
/// If none stands there.
pub fn change_sound(store: &ProjectStore, target: Target, change: impl FnOnce(&mut SoundState)) {
    let mut sound = store.project().sound_at(target).map(|sound| SoundState::clone(sound)).expect("a sound");
    change(&mut sound);
    store.apply(Edit::ReplaceSound { target, sound: Arc::new(sound) });
}

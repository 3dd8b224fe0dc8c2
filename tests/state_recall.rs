//! What a host saves is what comes back; what cannot be read changes nothing and says so.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};

use engine::params::{FIRST_ROUTES, ModDestination, ModSource, PadPath, PathPoint, Route, Routes, StepLevels};
use engine::state::{Cut, SoundState};
use nice_plug::params::InternalParamMut;
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::PluginState;
use plugin::library::Library;
use plugin::params::{ParamId, Value};
use plugin::project::{AudioEnd, Edit, ProjectStore, View};
use plugin::session::Session;
use plugin::state::{FIELD, filter};
use plugin::worker;
use support::project::{hand_over, saved};
use support::wait::PATIENCE;

struct Instance {
    session: Arc<Session>,
    audio: AudioEnd,
}

impl Instance {
    /// With no pack loaded.
    fn fresh() -> Self {
        let (store, audio) = ProjectStore::new();
        Self { session: worker::open(store, Library { folder: PathBuf::from("no packs here") }), audio }
    }

    fn param(&self, id: ParamId) -> &Value {
        self.session.params.get(id)
    }

    /// As the framework loads a state.
    fn load(&self, mut state: PluginState) {
        filter(&mut state);
        for (name, value) in &state.params {
            let id = ParamId::all().find(|id| id.spec().id == name).expect("filtered");
            self.set(id, value);
        }
        hand_over(&self.session, &state.fields);
    }

    fn set(&self, id: ParamId, value: &ParamValue) {
        // SAFETY: the call is for whoever plays the framework's part, as this test does; it touches atomics alone.
        unsafe {
            match (self.param(id), value) {
                (Value::Real(param), ParamValue::F32(value)) => param._internal_set_plain_value(*value),
                (Value::Whole(param), ParamValue::I32(value)) => param._internal_set_plain_value(*value),
                (_, value) => panic!("{value:?} does not fit {}", id.spec().id),
            };
        }
    }

    fn save(&self) -> PluginState {
        PluginState { version: String::new(), params: BTreeMap::new(), fields: saved(&self.session) }
    }

    fn messages(&self) -> Vec<String> {
        self.session.store.notices.all().into_iter().map(|notice| notice.text).collect()
    }
}

const ROUTE: Route =
    Route { source: ModSource::Envelope2, via: ModSource::Velocity, destination: ModDestination::Tilt };

fn steps() -> StepLevels {
    StepLevels::FIRST.with(2, -0.25)
}

fn path() -> PadPath {
    PadPath::recorded(&[[0.0, 0.2, 0.3], [0.4, 0.9, 0.8]].map(PathPoint::from))
}

fn busy_instance() -> Instance {
    let instance = Instance::fresh();
    instance.set(ParamId::latent(0), &ParamValue::F32(-2.25));
    instance.set(ParamId::STRETCH, &ParamValue::F32(3.5));
    instance.set(ParamId::COARSE, &ParamValue::I32(-7));
    let mut document = instance.session.saved_document();
    document.seed = 0x0123_4567_89ab_cdef;
    document.routes[9] = ROUTE;
    document.steps = steps();
    document.pad_path = path();
    document.unknown.insert("from_the_future".to_owned(), serde_json::json!({ "a": [1, 2, 3] }));
    let store = &instance.session.store;
    store.apply(Edit::Recall(Box::new(document)));
    let cut = Some(Cut { start_s: 7.25, is_start_chosen: true, ..Cut::default() });
    let door = SoundState { cut, ..SoundState::new("A door", [0.1, 0.2, 0.3, -0.4, -0.5, 2.6, -3.0]) };
    store.apply(Edit::set_corner(2, door));
    store.apply(Edit::MoveToSound(Some(Arc::new(SoundState::new("Grand Piano", [1.0; 7])))));
    store.apply(Edit::SetView(View { width: 1400.0, height: 900.0, scale: 1.5, ..View::default() }));
    instance
}

fn edited(state: &PluginState, edit: impl FnOnce(&mut serde_json::Value)) -> PluginState {
    let mut document = serde_json::from_str(&state.fields[FIELD]).expect("the saved document is JSON");
    edit(&mut document);
    let fields = BTreeMap::from([(FIELD.to_owned(), document.to_string())]);
    PluginState { fields, ..state.clone() }
}

#[test]
fn all_that_makes_the_sound_comes_back() {
    let saved = busy_instance().save();
    let mut back = Instance::fresh();
    back.load(saved.clone());
    assert_eq!(back.save().fields, saved.fields);
    assert_eq!(back.param(ParamId::latent(0)).plain(), -2.25);
    assert_eq!(back.param(ParamId::COARSE).plain(), -7.0);
    let project = back.session.store.project();
    assert_eq!(project.corners[2].name, "A door");
    assert_eq!(project.corners[2].cut.as_ref().map(|cut| (cut.start_s, cut.is_start_chosen)), Some((7.25, true)));
    assert_eq!(project.view.map(|view| view.scale), Some(1.5));
    assert_eq!(back.audio.scene().corners[2], [0.1, 0.2, 0.3, -0.4, -0.5, 2.6, -3.0]);
    assert_eq!(back.audio.scene().seed, 0x0123_4567_89ab_cdef);
    let scene = back.audio.scene();
    assert_eq!((scene.routes[0], scene.routes[9]), (FIRST_ROUTES[0], ROUTE));
    let controls = back.session.params.controls(&scene);
    assert_eq!((controls.routes, controls.steps, controls.pad_path), (scene.routes, steps(), path()));
    assert!(back.messages().is_empty(), "{:?}", back.messages());
}

#[test]
fn a_state_that_cannot_be_read_changes_nothing_and_says_so() {
    let saved = busy_instance().save();
    let whole = saved.fields[FIELD].clone();
    let with_text = |text: &str| PluginState {
        fields: BTreeMap::from([(FIELD.to_owned(), text.to_owned())]),
        params: BTreeMap::from([("z1".to_owned(), ParamValue::F32(1.0))]),
        version: String::new(),
    };
    let newer = edited(&saved, |document| document["version"] = 99.into());
    let bad = [
        ("newer", newer),
        ("truncated", with_text(&whole[..whole.len() / 2])),
        ("empty", with_text("")),
        ("no document", with_text("null")),
        ("without our field", PluginState { fields: BTreeMap::new(), ..with_text("") }),
    ];
    for (what, state) in bad {
        let project = busy_instance();
        let before = project.save().fields;
        project.load(state);
        assert_eq!(project.save().fields, before, "{what}: something changed");
        assert_eq!(project.messages().len(), 1, "{what}: {:?}", project.messages());
    }
}

#[test]
fn a_project_from_before_a_parameter_sounds_as_it_did() {
    let saved = busy_instance().save();
    let project = busy_instance();
    assert_eq!(project.param(ParamId::TOUCH).plain(), 1.0, "a new instance is played with touch");
    project.load(edited(&saved, |document| {
        let params = document["params"].as_object_mut().expect("a table");
        params.remove("touch").expect("it is saved");
        params.remove("fidelity").expect("it is saved");
        document.as_object_mut().expect("a document").remove("routes").expect("they are saved");
    }));
    assert_eq!(project.session.store.project().routes, Routes::default());
    assert_eq!(project.param(ParamId::TOUCH).plain(), 0.0);
    assert_eq!(project.param(ParamId::FIDELITY).plain(), 1.0);
}

#[test]
fn values_out_of_range_are_brought_in_and_missing_ones_take_their_default() {
    let saved = busy_instance().save();
    let project = busy_instance();
    project.load(edited(&saved, |document| {
        document["params"]["z1"] = serde_json::json!(17.0);
        document["params"]["coarse"] = serde_json::json!(-300.0);
        document["params"].as_object_mut().expect("a table").remove("stretch");
    }));
    assert_eq!(project.param(ParamId::latent(0)).plain(), 3.0);
    assert_eq!(project.param(ParamId::COARSE).plain(), -24.0);
    assert_eq!(project.param(ParamId::STRETCH).plain(), 1.0);
}

#[test]
fn a_state_is_handed_over_while_somebody_holds_the_project() {
    let instance = busy_instance();
    let fields = saved(&instance.session);
    let session = Arc::clone(&instance.session);
    instance.session.store.apply_if(|_| {
        let (done, seen) = mpsc::channel();
        std::thread::spawn(move || {
            hand_over(&session, &fields);
            done.send(())
        });
        seen.recv_timeout(PATIENCE).expect("the host's thread does not wait for the project");
        None
    });
}

#[test]
fn a_save_right_after_a_load_gives_the_loaded_document() {
    let loaded = saved(&busy_instance().session);
    let later = Instance::fresh();
    let before = later.session.store.revision();
    for _ in 0..100 {
        later.load(PluginState { version: String::new(), params: BTreeMap::new(), fields: loaded.clone() });
        assert_eq!(saved(&later.session), loaded);
    }
    assert_eq!(later.session.store.revision().recalls, before.recalls + 100);
}

/// Only a state that the plug-in sends itself is restored on the audio thread.
#[test]
fn the_plugin_sends_itself_no_state() {
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugin/src");
    let mut folders = vec![PathBuf::from(sources)];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let text = std::fs::read_to_string(entry.path()).expect("text");
            assert!(!text.contains(".set_state("), "{}", entry.path().display());
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen} files were read");
}

//! What `heptode play` writes of a MIDI file is, bit by bit, what a host bounces of the plug-in with the same messages.

use std::sync::Arc;

use clack_host::prelude::PluginEntry;
use engine::audio::Synth;
use engine::decode::Model;
use engine::decode::assets::AssetTable;
use engine::instrument::{Pool, create};
use engine::midi::{Part, Performance, Song};
use engine::pack::Pack;
use engine::presets::factory;
use engine::scene;
use engine::state::{PackRef, StateDocument};
use inputs::midi::{Timed, controller, file, off, on};
use serde_json::Value;
use support::offline::{BOUNCE_RATE_HZ, HostEvent, OfflineHost, Recording};
use support::song;

const TICKS_PER_QUARTER: u16 = 96;
/// Without a tempo event a quarter note lasts half a second.
const SAMPLES_PER_TICK: usize = BOUNCE_RATE_HZ as usize / 2 / TICKS_PER_QUARTER as usize;
/// Presets of the factory pack that are played, beside the state of a new instance.
const PRESETS: usize = 4;

/// Chords, repeated notes, pedals, wheels and pressure on two channels.
fn messages() -> Vec<Timed> {
    let mut messages: Vec<Timed> = (0..10)
        .flat_map(|n| [on(n * 31, 0, 45 + 3 * n as u8, 60 + 6 * n as u8), off(n * 31 + 44, 0, 45 + 3 * n as u8)])
        .collect();
    messages.extend([
        controller(40, 0, 64, 127),
        controller(200, 0, 64, 0),
        controller(90, 0, 1, 80),
        controller(120, 0, 74, 100),
        (130, vec![0xe0, 0x11, 0x58]),
        (170, vec![0xd0, 90]),
        on(60, 1, 50, 100),
        (100, vec![0xe1, 0, 0x20]),
        (110, vec![0xa1, 50, 60]),
        off(260, 1, 50),
    ]);
    messages.sort_by_key(|(tick, _)| *tick);
    messages
}

/// Everything that a performance of the messages gives.
fn played(document: &StateDocument, model: &Arc<Model>) -> [Vec<f32>; 2] {
    let song = Song::parse(&file(0, TICKS_PER_QUARTER, &[messages()])).expect("a good file");
    let table = Arc::<AssetTable>::default();
    let controls = scene::controls(document, Some(model.residuals()), &table);
    let (mut synth, _instance): (Synth, _) = create(&Pool::global().expect("threads"), Arc::clone(model), table);
    synth.set_tuning(document.tuning.pitches());
    let part = Part::new(synth, controls).moved_by(document.controllers);
    song::played(Performance::new(&song, BOUNCE_RATE_HZ as u32, part))
}

/// The same messages, bounced by a host with the plug-in in this state.
fn bounced(entry: &PluginEntry, state: &Value, length: usize) -> Recording {
    let events = messages().into_iter().map(|(tick, message)| {
        let byte = |place: usize| message.get(place).copied().unwrap_or(0);
        (tick as usize * SAMPLES_PER_TICK, HostEvent::Midi([byte(0), byte(1), byte(2)]))
    });
    let mut host = OfflineHost::open(entry, Some(state.to_string().as_bytes()));
    let recording = host.render(&events.collect::<Vec<_>>(), length);
    host.close();
    recording
}

#[test]
fn a_midi_file_sounds_as_the_bounce_of_the_plug_in_bit_by_bit() {
    // SAFETY: the entry is that of the plug-in crate, which this program is linked with.
    let entry = unsafe { PluginEntry::load_from_raw(&plugin::clap_entry, c"") }.expect("the entry is valid");
    let pack = Pack::factory().expect("valid");
    let model = Arc::new(Model::load(&pack).expect("the factory graphs load"));
    let here = PackRef::new(&pack.manifest().id, pack.hash());
    let new: Value =
        serde_json::from_slice(&OfflineHost::open(&entry, None).close()).expect("the framework writes JSON");
    let own = new["fields"]["heptode"].as_str().expect("one field holds the document");
    let mut documents = vec![("a new instance", StateDocument::parse(own).expect("its own document"))];
    let presets = factory().iter().filter(|preset| preset.document.pack.is_same(&here));
    documents.extend(presets.take(PRESETS).map(|preset| (preset.label.name.as_str(), preset.document.clone())));
    for (name, document) in documents {
        let [left, right] = played(&document, &model);
        assert!(left.iter().any(|sample| sample.abs() > 0.01), "{name} sounds");
        let mut state = new.clone();
        state["fields"]["heptode"] = Value::String(document.to_json());
        let recording = bounced(&entry, &state, left.len());
        let first = (0..left.len()).find(|at| recording.left[*at] != left[*at] || recording.right[*at] != right[*at]);
        assert_eq!(first, None, "{name}: the first sample that differs, of {}", left.len());
    }
}

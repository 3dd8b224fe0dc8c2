//! What `heptode play` writes of a MIDI file is, bit by bit, what a host bounces of the plug-in with the same messages.

use std::sync::Arc;

use clack_host::events::{Match, Pckn};
use clack_host::prelude::PluginEntry;
use engine::audio::Synth;
use engine::decode::Model;
use engine::decode::assets::AssetTable;
use engine::instrument::{Pool, create};
use engine::midi::{DRUM_CHANNEL, Part, Performance, Song};
use engine::pack::Pack;
use engine::params::{Hold, ModDestination, ModSource, Route};
use engine::presets::factory;
use engine::scene;
use engine::state::{PackRef, StateDocument};
use inputs::midi::{Timed, controller, file, off, on, tempo};
use serde_json::Value;
use support::offline::{BLOCK_SAMPLES, BOUNCE_RATE_HZ, HostEvent, OfflineHost, Recording};
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

/// Lengths of a quarter note in microseconds with the ticks from which they hold. A host tells the tempo of a block at its beginning: each
/// change lies on the first sample of one.
const TEMPOS: [(u32, u32); 4] = [(0, 500_000), (128, 384_000), (256, 640_000), (416, 256_000)];
/// Keys of channel 10 by the sounds that play them.
const KIT: [(&str, &[u8]); 3] = [("Acoustic Snare", &[38]), ("Closed Hi-Hat", &[42, 44]), ("Open Hi-Hat", &[46])];

/// The sample of a tick under [`TEMPOS`].
fn sample_of(tick: u32) -> usize {
    let mut sample = 0;
    for (nth, (from, quarter_us)) in TEMPOS.into_iter().enumerate() {
        let to = TEMPOS.get(nth + 1).map_or(u32::MAX, |next| next.0).min(tick);
        let per_tick = quarter_us as usize * (BOUNCE_RATE_HZ as usize / 1_000) / 1_000 / usize::from(TICKS_PER_QUARTER);
        sample += to.saturating_sub(from) as usize * per_tick;
    }
    sample
}

/// Notes under changing tempos with ranges of the wheel, on plain channels and in a zone of MPE, and with drums on channel 10.
fn session() -> Vec<Timed> {
    let registered = |tick, channel, number, value| {
        [(101, 0), (100, number), (6, value)].map(|(controls, value)| controller(tick, channel, controls, value))
    };
    let wheel = |tick, channel: u8, value: u16| (tick, vec![0xe0 | channel, value as u8 & 0x7f, (value >> 7) as u8]);
    let mut messages: Vec<Timed> = TEMPOS.iter().map(|(tick, quarter_us)| tempo(*tick, *quarter_us)).collect();
    // Until tick 200 channels 1 and 2 stand alone, with ranges of 12 semitones and of 7 and a half.
    messages.extend([registered(0, 0, 0, 12), registered(0, 1, 0, 7)].concat());
    messages.push(controller(0, 1, 38, 50));
    messages.extend([
        on(4, 0, 52, 90),
        on(8, 1, 60, 70),
        wheel(20, 0, 12_000),
        wheel(33, 1, 1_000),
        wheel(90, 0, 8_192),
    ]);
    messages.extend([off(150, 0, 52), off(170, 1, 60), wheel(180, 1, 8_192)]);
    // Then a zone of five members.
    messages.extend(registered(200, 0, 6, 5));
    for note in 0..5_u8 {
        let (tick, channel) = (210 + 23 * u32::from(note), 1 + note);
        messages.extend([
            wheel(tick, channel, 8_192 + 400 * u16::from(note)),
            controller(tick, channel, 74, 40 + 12 * note),
            on(tick, channel, 50 + 5 * note, 70 + 9 * note),
            (tick + 11, vec![0xd0 | channel, 20 + 15 * note]),
            wheel(tick + 30, channel, 8_000 - 300 * u16::from(note)),
            off(tick + 190, channel, 50 + 5 * note),
        ]);
    }
    messages.extend([wheel(300, 0, 10_000), controller(310, 0, 64, 127), controller(470, 0, 64, 0)]);
    // Strokes, and hats that end each other.
    for beat in 0..10_u32 {
        let key = [38, 46, 42, 38, 46, 44][beat as usize % 6];
        messages.extend([
            on(3 + beat * 41, DRUM_CHANNEL, key, 70 + 5 * beat as u8),
            off(20 + beat * 41, DRUM_CHANNEL, key),
        ]);
    }
    messages.push(controller(140, DRUM_CHANNEL, 7, 90));
    messages.sort_by_key(|(tick, _)| *tick);
    messages
}

/// What follows the tempo and the position, which CLAP tells in steps of 2⁻³¹ beats: a delay, an LFO of each note, one that notes share, and a sequence.
fn in_time(document: &StateDocument) -> StateDocument {
    let mut document = document.clone();
    let values = [("delay", 0.5), ("delay_sync", 12.0), ("lfo1_sync", 12.0), ("lfo1_mode", 1.0), ("route3", -0.5)];
    let shared = [("lfo2_sync", 10.0), ("lfo2_mode", 0.0), ("route4", 0.3), ("steps_sync", 14.0), ("route5", 0.2)];
    document.params.extend(values.into_iter().chain(shared).map(|(id, value)| (id.to_owned(), value)));
    let routes = [
        (ModSource::Lfo1, ModDestination::Gain),
        (ModSource::Lfo2, ModDestination::Pan),
        (ModSource::Steps, ModDestination::Pitch),
    ];
    for (place, (source, destination)) in document.routes[2..].iter_mut().zip(routes) {
        *place = Route { source, via: ModSource::None, destination };
    }
    document
}

/// The document that plays a sound of the pack as a stroke.
fn stroke(document: &StateDocument, latent: [f32; 7]) -> StateDocument {
    let mut document = document.clone();
    document.params.extend((1..=7).map(|axis| format!("z{axis}")).zip(latent));
    document.params.extend([("hold".to_owned(), Hold::OneShot.value()), ("morph".to_owned(), 0.0)]);
    document
}

/// The events of one instance: those of the melodic one, or those of the drum that plays `keys` at `at`.
fn events_of(drum: Option<(&[u8], u8)>) -> Vec<(usize, HostEvent)> {
    let mut events = Vec::new();
    for (tick, message) in session().into_iter().filter(|(_, message)| message[0] < 0xf0) {
        let byte = |place: usize| message.get(place).copied().unwrap_or(0);
        let (kind, channel, sample) = (byte(0) & 0xf0, byte(0) & 0x0f, sample_of(tick));
        let midi = |key: u8| (sample, HostEvent::Midi([byte(0), key, byte(2)]));
        let Some((keys, at)) = drum else {
            if channel != DRUM_CHANNEL {
                events.push(midi(byte(1)));
            }
            continue;
        };
        let is_note = [0x80, 0x90].contains(&kind);
        if channel == DRUM_CHANNEL && kind == 0x90 && [42, 44].contains(&byte(1)) && keys.contains(&46) {
            events.push((sample, HostEvent::Choke(Pckn::new(0_u16, u16::from(channel), u16::from(at), Match::All))));
        }
        if channel == DRUM_CHANNEL && (!is_note || keys.contains(&byte(1))) {
            events.push(midi(if is_note { at } else { byte(1) }));
        }
    }
    events
}

#[test]
fn a_song_with_tempos_ranges_of_the_wheel_a_zone_and_drums_sounds_as_the_bounces_of_its_parts_bit_by_bit() {
    assert!(TEMPOS.iter().all(|(tick, _)| sample_of(*tick).is_multiple_of(BLOCK_SAMPLES)), "tempos begin with blocks");
    // SAFETY: the entry is that of the plug-in crate, which this program is linked with.
    let entry = unsafe { PluginEntry::load_from_raw(&plugin::clap_entry, c"") }.expect("the entry is valid");
    let model = Arc::new(Model::load(&Pack::factory().expect("valid")).expect("the factory graphs load"));
    let new: Value =
        serde_json::from_slice(&OfflineHost::open(&entry, None).close()).expect("the framework writes JSON");
    let own = new["fields"]["heptode"].as_str().expect("one field holds the document");
    let document = StateDocument::parse(own).expect("its own document");
    let song = Song::parse(&file(0, TICKS_PER_QUARTER, &[session()])).expect("a good file");
    let mut instances = Vec::new();
    let mut part = |document: &StateDocument| {
        let table = Arc::<AssetTable>::default();
        let controls = scene::controls(document, Some(model.residuals()), &table);
        let (synth, instance) = create(&Pool::global().expect("threads"), Arc::clone(&model), table);
        instances.push(instance);
        Part::new(synth, controls)
    };
    let melodic = in_time(&document);
    let mut performance = Performance::new(&song, BOUNCE_RATE_HZ as u32, part(&melodic));
    let mut parts = vec![(melodic, None)];
    for (name, keys) in KIT {
        let sound = model.sounds().iter().find(|sound| sound.name == name).expect("it is in the pack");
        let drum = stroke(&document, sound.latent);
        performance.add_drum(keys.iter().copied(), part(&drum), sound.key);
        parts.push((drum, Some((keys, sound.key))));
    }
    let played = song::played(performance);
    let length = played[0].len();
    let mut sums = [vec![0.0_f32; length], vec![0.0_f32; length]];
    for (nth, (document, drum)) in parts.into_iter().enumerate() {
        let mut state = new.clone();
        state["fields"]["heptode"] = Value::String(document.to_json());
        let mut host = OfflineHost::open(&entry, Some(state.to_string().as_bytes()));
        let at = |sample: usize| Some(song.tempo.transport_at(sample as u64, BOUNCE_RATE_HZ as u32));
        let recording = host.render_in_time(&events_of(drum), length, at);
        assert!(recording.left.iter().any(|sample| sample.abs() > 0.01), "part {nth} sounds");
        for (sum, side) in sums.iter_mut().zip([&recording.left, &recording.right]) {
            sum.iter_mut().zip(side).for_each(|(sum, sample)| *sum += sample);
        }
        host.close();
    }
    let first = (0..length).find(|at| (0..2).any(|side| sums[side][*at] != played[side][*at]));
    assert_eq!(first, None, "the first sample that differs, of {length}");
}

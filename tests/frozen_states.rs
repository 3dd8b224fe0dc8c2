//! States as version 0.1.0 saved them, kept in `tests/fixtures`: every value is still found, and they still sound as they did.
//!
//! `state_v1_named`: pack sounds on knobs and corners, every parameter off its default, window, unknown fields, one frozen zone.
//! `state_v1_imported`: two imported sounds with recording, residual and cut. `state_v1_frozen`: another pack, which plays its two
//! frozen zones. `sound_v1.json` holds the levels of what each plays, written at commit 8aafa8e, with the
//! plug-in of that version, by `cargo test --release -p tests --test frozen_states -- --ignored`; they are never written again.

use std::collections::BTreeMap;

use clack_host::prelude::PluginEntry;
use engine::state::StateDocument;
use realfft::RealFftPlanner;
use serde_json::{Value, json};
use support::offline::{BOUNCE_RATE_HZ, Bounce, Note, bounce};

const STATES: [(&str, &str); 3] = [
    ("named", include_str!("fixtures/state_v1_named.json")),
    ("imported", include_str!("fixtures/state_v1_imported.json")),
    ("frozen", include_str!("fixtures/state_v1_frozen.json")),
];
/// Levels by state, window and band in dB, rounded to 0.1 dB.
const SOUNDS: &str = include_str!("fixtures/sound_v1.json");

/// Largest difference of one level: processors differ in the order of sums, and random phases near the floor follow.
const LEVEL_TOLERANCE_DB: f32 = 1.0;
/// Mean difference of all levels of a state.
const MEAN_TOLERANCE_DB: f32 = 0.2;
/// Levels below this, in dB against a full-scale sine, count as this: relative differences are largest where next to nothing sounds.
const FLOOR_DB: f32 = -60.0;
/// Samples of a window: 50 ms.
const WINDOW: usize = 2400;
/// Octave bands from 60 Hz upwards.
const BANDS: usize = 8;
const LOWEST_HZ: f32 = 60.0;
const LENGTH: usize = 48_000;
/// Both keys lie in the zone that the states hold frozen.
const NOTES: [Note; 2] = [Note { key: 60, start: 0, end: 24_000 }, Note { key: 62, start: 24_000, end: 40_000 }];

/// The framework's field that holds the state document.
fn document_text(state: &str) -> String {
    let state: Value = serde_json::from_str(state).expect("the framework writes JSON");
    state["fields"]["heptode"].as_str().expect("one field holds the document").to_owned()
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).expect("the document is JSON")
}

fn play(state: &str) -> Bounce {
    // SAFETY: the entry is that of the plug-in crate, which this program is linked with.
    let entry = unsafe { PluginEntry::load_from_raw(&plugin::clap_entry, c"") }.expect("the entry is valid");
    bounce(&entry, state.as_bytes(), &NOTES, LENGTH)
}

/// Level of each band in each window, in dB against a full-scale sine.
fn levels_db(samples: &[f32]) -> Vec<[f32; BANDS]> {
    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(WINDOW);
    let (mut input, mut bins) = (fft.make_input_vec(), fft.make_output_vec());
    let bin_hz = BOUNCE_RATE_HZ as f32 / WINDOW as f32;
    let edge = |band: usize| (LOWEST_HZ * 2.0_f32.powi(band as i32) / bin_hz).round() as usize;
    samples
        .chunks_exact(WINDOW)
        .map(|window| {
            input.copy_from_slice(window);
            fft.process(&mut input, &mut bins).expect("buffers come from the plan");
            std::array::from_fn(|band| {
                let power: f32 = bins[edge(band)..edge(band + 1)].iter().map(|bin| bin.norm_sqr()).sum();
                let full_scale = (WINDOW as f32 / 2.0).powi(2);
                (10.0 * (power / full_scale).max(1e-20).log10()).max(FLOOR_DB)
            })
        })
        .collect()
}

#[test]
fn every_value_of_a_state_is_found() {
    for (name, state) in STATES {
        let text = document_text(state);
        let document = StateDocument::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(json_of(&document.to_json()), json_of(&text), "{name}: all fields and values come back");
        assert_eq!(document.params.len(), 22, "{name}: parameters");
        assert_eq!(document.corners.iter().filter(|corner| corner.name.is_empty()).count(), 0, "{name}: corners");
        document.frozen.iter().for_each(|zone| assert!(zone.to_samples().is_ok_and(|zone| zone.len() > 10_000)));
    }
}

#[test]
fn single_values_are_what_was_set() {
    let document = StateDocument::parse(&document_text(STATES[0].1)).expect("it loads");
    let wanted =
        [("morph", 0.625), ("coarse", -5.0), ("fine", 12.5), ("tilt", 1.25), ("touch", 1.5), ("stretch", 0.25)];
    wanted.iter().for_each(|(id, value)| assert_eq!(document.params[*id], *value, "{id}"));
    assert_eq!(document.seed, u64::MAX);
    assert_eq!(document.unknown["editor"], json!({ "width": 1280.0, "height": 840.0, "scale": 1.25 }));
    assert_eq!(document.unknown["wavetable"], json!({ "a": [1, 2.5, null] }));

    let document = StateDocument::parse(&document_text(STATES[1].1)).expect("it loads");
    let knobs = document.knobs.as_ref().expect("a sound is on the knobs");
    assert_eq!((knobs.name.as_str(), knobs.audio.is_some(), knobs.residual.is_some()), ("blip", true, true));
    let cut = document.corners[0].cut.as_ref().expect("corner A was cut out of its file");
    assert_eq!((cut.start_s, cut.is_start_chosen, cut.chosen_key), (0.17, true, Some(43.0)));
    assert_eq!(document.corners[0].unknown["aura"], "AAAA");

    let document = StateDocument::parse(&document_text(STATES[2].1)).expect("it loads");
    assert_eq!(document.frozen.iter().map(|zone| zone.root_key).collect::<Vec<_>>(), [43, 64]);
}

#[test]
fn states_sound_as_they_did_and_are_saved_again() {
    let stored: BTreeMap<String, Vec<[f32; BANDS]>> = serde_json::from_str(SOUNDS).expect("levels by state");
    for (name, state) in STATES {
        let bounce = play(state);
        let levels = levels_db(&bounce.samples);
        let wanted = &stored[name];
        assert_eq!(levels.len(), wanted.len(), "{name}: windows");
        assert!(wanted.iter().flatten().any(|level| *level > -40.0), "{name} sounds");
        let mut sum_db = 0.0;
        for (window, (levels, wanted)) in levels.iter().zip(wanted).enumerate() {
            for (band, (level, wanted)) in levels.iter().zip(wanted).enumerate() {
                let difference_db = (level - wanted).abs();
                assert!(
                    difference_db <= LEVEL_TOLERANCE_DB,
                    "{name}, window {window}, band {band}: {level} for {wanted} dB"
                );
                sum_db += difference_db;
            }
        }
        let mean_db = sum_db / (levels.len() * BANDS) as f32;
        assert!(mean_db <= MEAN_TOLERANCE_DB, "{name}: {mean_db} dB on average");
        let saved = String::from_utf8(bounce.saved).expect("the framework writes JSON");
        assert_kept(name, &json_of(&document_text(state)), &json_of(&document_text(&saved)));
    }
}

/// What was loaded is what is saved; zones are frozen anew, so theirs alone may differ.
fn assert_kept(name: &str, loaded: &Value, saved: &Value) {
    for (field, value) in loaded.as_object().expect("a document is an object") {
        if !["frozen", "params", "version", "pack"].contains(&field.as_str()) {
            assert_eq!(&saved[field], value, "{name}: {field}");
        }
    }
    let params = loaded["params"].as_object().expect("parameters by id");
    params.iter().for_each(|(id, value)| assert_eq!(&saved["params"][id], value, "{name}: {id}"));
}

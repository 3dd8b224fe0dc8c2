//! Parameters are a promise: projects and automation of every user name them by id, place and range.
//!
//! If this test fails, a promise was broken. Do not change the table to fit the code. A new parameter goes to the end of
//! the table in `engine/src/params/table.rs`, with a value `before` that leaves old projects sounding as they did, and then to the end of
//! the table here. An old one is never renamed, moved, re-ranged or removed; if it must go, it stays and does nothing.

use engine::params::{ParamId, Scale, TABLE};
use plugin::params::Parameters;

const ADVICE: &str = "a frozen parameter differs; read the head of tests/params_frozen.rs before you change anything";

/// Id, host name, smallest, default, largest, number of steps (0: continuous).
const FROZEN: [(&str, &str, f32, f32, f32, usize); 123] = [
    ("z1", "Latent 1", -3.0, 0.0, 3.0, 0),
    ("z2", "Latent 2", -3.0, 0.0, 3.0, 0),
    ("z3", "Latent 3", -3.0, 0.0, 3.0, 0),
    ("z4", "Latent 4", -3.0, 0.0, 3.0, 0),
    ("z5", "Latent 5", -3.0, 0.0, 3.0, 0),
    ("z6", "Latent 6", -3.0, 0.0, 3.0, 0),
    ("z7", "Latent 7", -3.0, 0.0, 3.0, 0),
    ("pad_x", "Pad X", 0.0, 0.5, 1.0, 0),
    ("pad_y", "Pad Y", 0.0, 0.5, 1.0, 0),
    ("morph", "Morph", 0.0, 0.0, 1.0, 0),
    ("stretch", "Stretch", 0.25, 1.0, 4.0, 0),
    ("formant", "Formant", -12.0, 0.0, 12.0, 0),
    ("tilt", "Tilt", -6.0, 0.0, 6.0, 0),
    ("attack", "Attack", 0.0, 0.0, 5.0, 0),
    ("decay", "Decay", 0.0, 2.0, 10.0, 0),
    ("sustain", "Sustain", 0.0, 1.0, 1.0, 0),
    ("release", "Release", 0.0, 0.15, 10.0, 0),
    ("coarse", "Coarse", -24.0, 0.0, 24.0, 48),
    ("fine", "Fine", -100.0, 0.0, 100.0, 0),
    ("gain", "Gain", -60.0, -6.0, 12.0, 0),
    ("fidelity", "Fidelity", 0.0, 1.0, 1.0, 0),
    ("touch", "Touch", 0.0, 1.0, 2.0, 0),
    ("hold", "Hold", 0.0, 3.0, 3.0, 3),
    ("voice_mode", "Voice mode", 0.0, 0.0, 2.0, 2),
    ("voices", "Voices", 1.0, 32.0, 32.0, 31),
    ("glide", "Glide", 0.0, 0.0, 5.0, 0),
    ("glide_law", "Glide law", 0.0, 0.0, 1.0, 1),
    ("glide_when", "Glide notes", 0.0, 0.0, 1.0, 1),
    ("unison", "Unison", 1.0, 1.0, 8.0, 7),
    ("unison_detune", "Unison detune", 0.0, 15.0, 100.0, 0),
    ("unison_spread", "Unison spread", 0.0, 0.6, 1.0, 0),
    ("unison_blend", "Unison blend", 0.0, 0.8, 1.0, 0),
    ("octave", "Octave", -4.0, 0.0, 4.0, 8),
    ("transpose", "Transpose", -12.0, 0.0, 12.0, 24),
    ("bend_up", "Bend up", 0.0, 2.0, 48.0, 48),
    ("bend_down", "Bend down", 0.0, 2.0, 48.0, 48),
    ("velocity_curve", "Velocity curve", -1.0, 0.0, 1.0, 0),
    ("velocity_level", "Velocity to level", 0.0, 1.0, 1.0, 0),
    ("start", "Start", 0.0, 0.0, 0.95, 0),
    ("width", "Width", 0.0, 0.0, 1.0, 0),
    ("amp_hold", "Amp hold", 0.0, 0.0, 5.0, 0),
    ("attack_curve", "Attack curve", -1.0, 0.0, 1.0, 0),
    ("drive", "Drive", 0.0, 0.0, 1.0, 0),
    ("ensemble", "Ensemble", 0.0, 0.0, 1.0, 0),
    ("ensemble_rate", "Ensemble rate", -4.0, -0.5, 3.0, 0),
    ("delay", "Delay", 0.0, 0.0, 1.0, 0),
    ("delay_time", "Delay time", 0.001, 0.375, 2.0, 0),
    ("delay_sync", "Delay sync", 0.0, 11.0, 19.0, 19),
    ("delay_feedback", "Delay feedback", 0.0, 0.35, 0.95, 0),
    ("reverb", "Reverb", 0.0, 0.0, 1.0, 0),
    ("reverb_size", "Reverb size", 0.0, 0.5, 1.0, 0),
    ("reverb_tone", "Reverb tone", 0.0, 0.5, 1.0, 0),
    ("arp", "Arpeggiator", 0.0, 0.0, 6.0, 6),
    ("arp_rate", "Arp rate", 0.0, 14.0, 18.0, 18),
    ("arp_octaves", "Arp octaves", 1.0, 1.0, 4.0, 3),
    ("arp_gate", "Arp gate", 0.05, 0.5, 1.0, 0),
    ("vary", "Variation", 0.0, 0.0, 1.0, 0),
    ("vary_count", "Variations", 2.0, 4.0, 8.0, 6),
    ("vary_order", "Variation order", 0.0, 0.0, 2.0, 2),
    ("filter", "Filter", 0.0, 0.0, 7.0, 7),
    ("cutoff", "Cutoff", 15.486_821, 135.076_23, 135.076_23, 0),
    ("resonance", "Resonance", 0.0, 0.0, 1.0, 0),
    ("filter_drive", "Filter drive", 0.0, 0.0, 36.0, 0),
    ("filter_env", "Filter envelope", -96.0, 0.0, 96.0, 0),
    ("filter_key", "Filter key", -1.0, 0.0, 2.0, 0),
    ("env2_delay", "Envelope 2 delay", 0.0, 0.0, 5.0, 0),
    ("env2_attack", "Envelope 2 attack", 0.0, 0.0, 5.0, 0),
    ("env2_hold", "Envelope 2 hold", 0.0, 0.0, 5.0, 0),
    ("env2_decay", "Envelope 2 decay", 0.0, 0.6, 10.0, 0),
    ("env2_sustain", "Envelope 2 sustain", 0.0, 0.0, 1.0, 0),
    ("env2_release", "Envelope 2 release", 0.0, 0.3, 10.0, 0),
    ("lfo1_shape", "LFO 1 shape", 0.0, 0.0, 6.0, 6),
    ("lfo1_rate", "LFO 1 rate", -6.643_856, 2.321_928, 5.643_856, 0),
    ("lfo1_sync", "LFO 1 sync", 0.0, 0.0, 19.0, 19),
    ("lfo1_phase", "LFO 1 phase", 0.0, 0.0, 1.0, 0),
    ("lfo1_delay", "LFO 1 delay", 0.0, 0.0, 5.0, 0),
    ("lfo1_fade", "LFO 1 fade", 0.0, 0.0, 5.0, 0),
    ("lfo1_mode", "LFO 1 notes", 0.0, 1.0, 2.0, 2),
    ("lfo2_shape", "LFO 2 shape", 0.0, 0.0, 6.0, 6),
    ("lfo2_rate", "LFO 2 rate", -6.643_856, -1.0, 5.643_856, 0),
    ("lfo2_sync", "LFO 2 sync", 0.0, 0.0, 19.0, 19),
    ("lfo2_phase", "LFO 2 phase", 0.0, 0.0, 1.0, 0),
    ("lfo2_delay", "LFO 2 delay", 0.0, 0.0, 5.0, 0),
    ("lfo2_fade", "LFO 2 fade", 0.0, 0.0, 5.0, 0),
    ("lfo2_mode", "LFO 2 notes", 0.0, 0.0, 2.0, 2),
    ("macro1", "Macro 1", 0.0, 0.0, 1.0, 0),
    ("macro2", "Macro 2", 0.0, 0.0, 1.0, 0),
    ("macro3", "Macro 3", 0.0, 0.0, 1.0, 0),
    ("macro4", "Macro 4", 0.0, 0.0, 1.0, 0),
    ("route1", "Route 1 amount", -1.0, 0.02, 1.0, 0),
    ("route2", "Route 2 amount", -1.0, 0.0, 1.0, 0),
    ("route3", "Route 3 amount", -1.0, 0.0, 1.0, 0),
    ("route4", "Route 4 amount", -1.0, 0.0, 1.0, 0),
    ("route5", "Route 5 amount", -1.0, 0.0, 1.0, 0),
    ("route6", "Route 6 amount", -1.0, 0.0, 1.0, 0),
    ("route7", "Route 7 amount", -1.0, 0.0, 1.0, 0),
    ("route8", "Route 8 amount", -1.0, 0.0, 1.0, 0),
    ("route9", "Route 9 amount", -1.0, 0.0, 1.0, 0),
    ("route10", "Route 10 amount", -1.0, 0.0, 1.0, 0),
    ("route11", "Route 11 amount", -1.0, 0.0, 1.0, 0),
    ("route12", "Route 12 amount", -1.0, 0.0, 1.0, 0),
    ("route13", "Route 13 amount", -1.0, 0.0, 1.0, 0),
    ("route14", "Route 14 amount", -1.0, 0.0, 1.0, 0),
    ("route15", "Route 15 amount", -1.0, 0.0, 1.0, 0),
    ("route16", "Route 16 amount", -1.0, 0.0, 1.0, 0),
    ("amp_delay", "Amp delay", 0.0, 0.0, 5.0, 0),
    ("fall_curve", "Fall curve", -1.0, 0.0, 1.0, 0),
    ("reverse", "Reverse", 0.0, 0.0, 1.0, 1),
    ("loop", "Loop", 0.0, 0.0, 1.0, 1),
    ("loop_start", "Loop start", 0.0, 0.25, 1.0, 0),
    ("loop_end", "Loop end", 0.0, 0.75, 1.0, 0),
    ("loop_fade", "Loop crossfade", 0.01, 0.05, 0.5, 0),
    ("steps_count", "Steps", 1.0, 8.0, 16.0, 15),
    ("steps_rate", "Steps rate", -6.643_856, 2.0, 5.643_856, 0),
    ("steps_sync", "Steps sync", 0.0, 12.0, 19.0, 19),
    ("steps_glide", "Steps glide", 0.0, 0.0, 1.0, 0),
    ("steps_mode", "Steps notes", 0.0, 0.0, 2.0, 2),
    ("path_play", "Path play", 0.0, 1.0, 2.0, 2),
    ("path_notes", "Path notes", 0.0, 0.0, 1.0, 1),
    ("path_speed", "Path speed", 0.25, 1.0, 4.0, 0),
    ("path_sync", "Path sync", 0.0, 0.0, 19.0, 19),
    ("temperature", "Temperature", 0.5, 1.0, 1.5, 0),
    ("zone_crossfade", "Zone crossfade", 0.0, 0.0, 1.0, 0),
];

/// Places on the host's 0…1 that automation depends on: id, value, place.
const CURVES: [(&str, f32, f32); 6] = [
    ("stretch", 1.0, 0.5),
    ("attack", 0.3125, 0.5),
    ("decay", 0.625, 0.5),
    ("release", 0.625, 0.5),
    ("gain", -24.0, 0.5),
    ("z1", 1.5, 0.75),
];

fn parameters() -> Parameters {
    Parameters::new()
}

#[test]
fn ids_order_ranges_and_defaults_are_as_promised() {
    let specs = TABLE;
    assert_eq!(specs.len(), FROZEN.len(), "{ADVICE}");
    let params = parameters();
    for ((id, spec), frozen) in ParamId::all().zip(&specs).zip(FROZEN) {
        let (min, max) = match spec.scale {
            Scale::Linear { min, max } | Scale::Skewed { min, max, .. } => (min, max),
            Scale::Steps { min, max } => (min as f32, max as f32),
        };
        let steps = params.get(id).steps().unwrap_or(0);
        assert_eq!((spec.id, spec.name, min, spec.default, max, steps), frozen, "{ADVICE}");
        assert!((params.get(id).plain() - frozen.3).abs() < 1e-6, "{}: {ADVICE}", spec.id);
    }
}

#[test]
fn the_host_sees_the_same_order() {
    let ids: Vec<String> = parameters().param_map().into_iter().map(|(id, _, _)| id).collect();
    assert_eq!(ids, FROZEN.map(|row| row.0), "{ADVICE}");
}

#[test]
fn automation_curves_stay() {
    let params = parameters();
    for (name, value, place) in CURVES {
        let id = ParamId::all().find(|id| id.spec().id == name).expect("the table names it");
        let found = params.get(id).normalize(value);
        assert!((found - place).abs() < 1e-4, "{name}: {value} lies at {found}, promised {place}; {ADVICE}");
    }
}

#[test]
fn every_value_reads_and_is_understood() {
    let params = parameters();
    for id in ParamId::all() {
        for step in 0..=20 {
            let place = step as f32 / 20.0;
            let text = params.get(id).text(place);
            let back = params.get(id).parse(&text).unwrap_or_else(|| panic!("“{text}” is not understood"));
            assert_eq!(params.get(id).text(back), text, "{} at {place}", id.spec().id);
        }
    }
}

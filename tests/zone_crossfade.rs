//! Laws of notes that crossfade between the zones of two roots. A fake source stands at the worker's border: its sine has one frequency at every
//! root, so that a note between two roots plays it at two.

use std::f64::consts::TAU;

use engine::audio::EventKind;
use engine::params::{Controls, Hold, VoiceControls};
use support::fake::{FAKE_AMPLITUDE, Rig, Timbre};
use support::script::{Script, on, point};

const RATE_HZ: f32 = 48_000.0;
const SINE_HZ: u32 = 1_000;
/// Amplitudes of the two sines, linear. What a sine leaks into the other's measure stays far below.
const TOLERANCE: f64 = 0.01;
/// Samples in which a note has begun, or has moved to another key.
const SETTLED: usize = 12_000;

fn crossfaded(zone_crossfade: f32, mode: f32) -> Controls {
    let voices = VoiceControls { zone_crossfade, mode, width: 0.0, ..point(0.0).voices };
    Controls { voices, ..point(0.0) }
}

fn play(controls: Controls, events: &[(usize, EventKind)], length: usize) -> Vec<f32> {
    let mut rig = Rig::new(Timbre::Fixed(SINE_HZ), RATE_HZ);
    rig.synth.set_offline(true);
    rig.synth.reset();
    Script::still(controls, events.to_vec(), length).play(&mut rig.synth, 512)
}

/// Amplitude of the sine of `root` in what a note at `key` plays, against the fake's, by a Hann window.
fn amplitude(played: &[f32], key: u8, root: u8) -> f64 {
    let hz = f64::from(SINE_HZ) * ((f64::from(key) - f64::from(root)) / 12.0).exp2();
    let [mut cosine, mut sine] = [0.0; 2];
    for (index, sample) in played.iter().enumerate() {
        let window = 1.0 - (TAU * index as f64 / played.len() as f64).cos();
        let angle = TAU * hz * index as f64 / f64::from(RATE_HZ);
        cosine += window * f64::from(*sample) * angle.cos();
        sine += window * f64::from(*sample) * angle.sin();
    }
    2.0 * f64::hypot(cosine, sine) / played.len() as f64 / f64::from(FAKE_AMPLITUDE)
}

/// Gains of the roots 48 and 60 at a key between them: equal half-way, alone at their roots, of constant power.
fn expected(key: u8, crossfade: f64) -> [f64; 2] {
    let part = ((f64::from(key) - 54.0) / 12.0 / crossfade.max(1e-9) + 0.5).clamp(0.0, 1.0);
    // The lower one plays alone at the middle key if there is no crossfade.
    let part = if crossfade == 0.0 { f64::from(u8::from(key > 54)) } else { part };
    [(part * TAU / 4.0).cos(), (part * TAU / 4.0).sin()]
}

fn assert_gains(played: &[f32], key: u8, crossfade: f32, what: &str) {
    let wanted = expected(key, f64::from(crossfade));
    for (root, wanted) in [48, 60].into_iter().zip(wanted) {
        let found = amplitude(played, key, root);
        assert!(
            (found - wanted).abs() < TOLERANCE,
            "{what}, key {key}, {crossfade}, root {root}: {found}, not {wanted}"
        );
    }
}

#[test]
fn a_note_between_two_roots_plays_both_of_their_zones() {
    for crossfade in [0.0, 0.25, 0.5, 1.0] {
        for key in [48, 50, 53, 54, 55, 58, 60] {
            for mode in [0.0, 1.0, 2.0] {
                let played = play(crossfaded(crossfade, mode), &[(0, on(key, 1.0))], 40_000);
                assert_gains(&played[SETTLED..], key, crossfade, &format!("mode {mode}"));
            }
        }
    }
}

#[test]
fn a_legato_note_takes_the_gains_of_its_new_key() {
    for (from, to) in [(48, 54), (54, 48), (50, 58), (58, 51), (60, 53)] {
        for crossfade in [0.0, 0.5, 1.0] {
            let events = [(0, on(from, 1.0)), (10_000, on(to, 1.0))];
            let played = play(crossfaded(crossfade, 2.0), &events, 60_000);
            assert_gains(&played[10_000 + SETTLED..], to, crossfade, &format!("legato from {from}"));
        }
    }
}

/// The note has no voice in the other zone, which would give the rest of its power.
#[test]
fn a_legato_note_that_began_in_one_zone_keeps_its_full_level() {
    for (from, to) in [(48, 54), (50, 57), (60, 55)] {
        let root = if to > 54 { 60 } else { 48 };
        let events = vec![(0, on(from, 1.0)), (20_000, on(to, 1.0))];
        let controls = vec![(0, crossfaded(0.0, 2.0)), (10_000, crossfaded(1.0, 2.0))];
        let mut rig = Rig::new(Timbre::Fixed(SINE_HZ), RATE_HZ);
        rig.synth.set_offline(true);
        rig.synth.reset();
        let played = Script { events, controls, length: 60_000 }.play(&mut rig.synth, 512);
        let found = amplitude(&played[20_000 + SETTLED..], to, root);
        assert!((found - 1.0).abs() < TOLERANCE, "from {from} to {to}: {found}");
    }
}

#[test]
fn beyond_the_outermost_roots_a_zone_plays_alone() {
    for (key, root) in [(20, 36), (30, 36), (90, 84), (100, 84)] {
        let alone = play(crossfaded(0.0, 0.0), &[(0, on(key, 1.0))], 30_000);
        assert_eq!(play(crossfaded(1.0, 0.0), &[(0, on(key, 1.0))], 30_000), alone);
        assert!((amplitude(&alone[SETTLED..], key, root) - 1.0).abs() < TOLERANCE, "key {key}");
    }
}

#[test]
fn many_notes_in_two_zones_end() {
    let mut rig = Rig::new(Timbre::Sine, RATE_HZ);
    rig.synth.set_offline(true);
    rig.synth.reset();
    let keys = (0..60).map(|nth| (usize::from(nth) * 200, on(37 + nth % 47, 1.0)));
    let controls = Controls { hold: Hold::OneShot.value(), ..crossfaded(1.0, 0.0) };
    let played = Script::still(controls, keys.collect(), 400_000).play(&mut rig.synth, 512);
    assert!(played.iter().all(|sample| sample.is_finite()));
    assert_eq!(rig.instance.status().playing_voices, 0, "every voice has ended");
}

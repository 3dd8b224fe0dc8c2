//! Laws of held notes that are let go, or whose sound is made anew: the release plays on from the loop, and a new sound joins at the same
//! place of it.

use engine::audio::EventKind;
use engine::params::{Controls, Hold, LoopControls};
use support::fake::{FAKE_LENGTH, FAKE_RATE_HZ, Rig, Sort, Timbre};
use support::listen::rms_db;
use support::script::{Script, off, on, point};

use crate::place::{LIFT, PlaceRig, known_loop_rig, place, place_rig};

const RATE_HZ: f32 = 48_000.0;
/// Level of a release against its time.
const LEVEL_TOLERANCE_DB: f32 = 0.3;
/// Level by which a place may be off: 3 samples of the source.
const PLACE_TOLERANCE: f32 = 2e-5;
/// Samples in which a new sound is made and crossfaded to: 16 ticks and 10 ms.
const SETTLED: usize = 2_048;

fn looped(first: f32) -> Controls {
    let looping = LoopControls { mode: 1.0, start: 0.3, end: 0.6, fade_s: 0.05 };
    Controls { hold: Hold::Sustained.value(), looping, ..point(first) }
}

/// Held by a loop that the worker finds, or one that is set.
fn holds() -> [Controls; 3] {
    [
        Controls { hold: Hold::Auto.value(), ..point(0.0) },
        Controls { hold: Hold::Sustained.value(), ..point(0.0) },
        looped(0.0),
    ]
}

#[test]
fn a_release_longer_than_the_sound_falls_at_its_pace_to_its_end() {
    const RELEASE_S: f32 = 8.0;
    const PIECE: usize = 9_600;
    let end = 40_000;
    let length = end + (RELEASE_S * RATE_HZ) as usize;
    for (sort, timbre) in [(Sort::Mono, Timbre::Sine), (Sort::Stereo, Timbre::Noise)] {
        for controls in holds() {
            let mut rig = Rig::of_sort(sort, timbre, RATE_HZ);
            rig.synth.set_offline(true);
            rig.synth.reset();
            let controls = Controls { release_s: RELEASE_S, ..controls };
            let events: Vec<(usize, EventKind)> = vec![(0, on(60, 1.0)), (end, off(60))];
            let [played, _] = Script::still(controls, events, length).play_stereo(&mut rig.synth, 512);
            let held_db = rms_db(&played[end - 3 * PIECE..end]);
            // Noise has another level in every piece of a loop.
            let tolerance_db = if timbre == Timbre::Noise { 1.0 } else { LEVEL_TOLERANCE_DB };
            for (nth, piece) in played[end..].chunks_exact(PIECE).enumerate() {
                let middle_s = (nth as f32 + 0.5) * PIECE as f32 / RATE_HZ;
                let off_db = rms_db(piece) - held_db + 60.0 * middle_s / RELEASE_S;
                assert!(
                    off_db.abs() < tolerance_db,
                    "{sort:?}, {controls:?}: {off_db} dB off {middle_s} s after the key"
                );
            }
        }
    }
}

#[test]
fn a_released_note_stays_in_its_loop() {
    let controls = Controls { release_s: 10.0, ..looped(0.0) };
    let end = 40_000;
    let length = 6 * 48_000;
    let mut rig = place_rig(RATE_HZ);
    let released = Script::still(controls, vec![(0, on(60, 1.0)), (end, off(60))], length).play(&mut rig.synth, 512);
    let mut rig = place_rig(RATE_HZ);
    let held = Script::still(controls, vec![(0, on(60, 1.0))], length).play(&mut rig.synth, 512);
    for at in (end..length).step_by(997) {
        let fallen = 10.0_f32.powf(-3.0 * (at - end + 1) as f32 / (10.0 * RATE_HZ));
        assert!(
            (released[at] / fallen - held[at]).abs() < 1e-3,
            "sample {at}: {}, not {}",
            released[at] / fallen,
            held[at]
        );
    }
    let places = held[2 * FAKE_LENGTH..].iter().map(|level| place(*level, 0.0) / FAKE_LENGTH as f64);
    let (least, most) = places.fold((1.0_f64, 0.0_f64), |(least, most), place| (least.min(place), most.max(place)));
    assert!(least > 0.24 && most < 0.61, "from {least} to {most} of the sound");
}

/// A held note whose first latent moves to 1 at `change`, and the same without the move.
fn moved(mut rig: impl FnMut() -> PlaceRig, controls: Controls, change: usize, length: usize) -> [Vec<f32>; 2] {
    [1.0, 0.0].map(|first| {
        let after = Controls { knobs: [first, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], ..controls };
        let controls = vec![(0, controls), (change, after)];
        Script { events: vec![(0, on(60, 1.0))], controls, length }.play(&mut rig().synth, 512)
    })
}

#[test]
fn a_sound_made_anew_while_a_note_is_held_joins_at_the_same_place_of_the_loop() {
    let length = 7 * 48_000;
    for change in [20_000, 70_003, 100_000, 200_000, 311_000] {
        for (what, is_known, controls) in [
            ("a loop that is set", false, looped(0.0)),
            ("a loop by construction", true, Controls { hold: Hold::Auto.value(), ..point(0.0) }),
        ] {
            let rig = || if is_known { known_loop_rig(RATE_HZ) } else { place_rig(RATE_HZ) };
            let [moved, still] = moved(rig, controls, change, length);
            for at in change + SETTLED..length {
                let off_by = moved[at] - still[at] - LIFT;
                assert!(off_by.abs() < PLACE_TOLERANCE, "{what}, changed at {change}: off by {off_by} at {at}");
            }
        }
    }
}

#[test]
fn a_stretched_sound_joins_at_the_same_place_of_the_loop() {
    let length = 5 * 48_000;
    for (change, stretch) in [(20_000, 2.0), (120_000, 2.0), (170_001, 0.5), (170_001, 4.0)] {
        let mut rig = place_rig(RATE_HZ);
        let after = Controls { stretch, ..looped(0.0) };
        let controls = vec![(0, looped(0.0)), (change, after)];
        let out = Script { events: vec![(0, on(60, 1.0))], controls, length }.play(&mut rig.synth, 512);
        let mut rig = place_rig(RATE_HZ);
        let still = Script::still(looped(0.0), vec![(0, on(60, 1.0))], length).play(&mut rig.synth, 512);
        // 16 ticks after the change the note crosses over, from where it is by then.
        let at = change + 64 * 16 + 512;
        let step = 1_024.0 * f64::from(FAKE_RATE_HZ / RATE_HZ);
        let (found, wanted) = (place(out[at], 0.0), place(still[at], 0.0));
        assert!((found - wanted).abs() < 1.5 * step, "{stretch} at {change}: place {found}, not {wanted}");
        // The middle one of several, since the loop turns now and then.
        let way = |nth: usize| place(out[at + (nth + 1) * 256], 0.0) - place(out[at + nth * 256], 0.0);
        let mut ways: Vec<f64> = (0..29).map(way).collect();
        ways.sort_by(f64::total_cmp);
        let pace = ways[14] / 256.0 * f64::from(RATE_HZ / FAKE_RATE_HZ);
        assert!((pace * f64::from(stretch) - 1.0).abs() < 0.01, "{stretch} at {change}: a pace of {pace}");
    }
}

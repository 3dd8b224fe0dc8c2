//! Laws of the controllers that act without being learned: 5 sets the time of glides, 71 moves the resonance and 74 the cut-off. Without them, at
//! their rest and once they have learned something else no bit changes.

use engine::audio::{EventKind, NoteAddress};
use engine::params::{ControllerMap, Controls, LearnedElsewhere, ModDestination, ModSource, ParamId, Route, Routes};
use support::fake::{Rig, Timbre};
use support::listen::rms_db;
use support::script::{BLOCK_SIZES, Script, on, point};

const RATE_HZ: f32 = 48_000.0;
const GLIDE_TIME: u8 = 5;
const RESONANCE: u8 = 71;
const BRIGHTNESS: u8 = 74;
const RESET: u8 = 121;
const LENGTH: usize = 24_000;
/// Sample at which controllers move under a note, and the one from which on they have come to rest.
const MOVED: usize = 6_011;
const SETTLED: usize = 12_000;
/// Semitones of the cut-off from the middle of its controller to either end.
const CUTOFF_SEMITONES: f32 = 96.0;
/// Level against that of the same note with its knobs there.
const TOLERANCE_DB: f32 = 0.3;

type Events = Vec<(usize, EventKind)>;

fn controller(at: usize, number: u8, value: u8) -> (usize, EventKind) {
    (at, EventKind::Controller { channel: 0, controller: number, value: f32::from(value) / 127.0 })
}

fn plain() -> Controls {
    Controls { routes: Routes::default(), ..point(0.3) }
}

fn filtered() -> Controls {
    let mut controls = plain();
    (controls.filter.kind, controls.filter.cutoff_key, controls.filter.resonance) = (2.0, 90.0, 0.3);
    controls
}

fn gliding() -> Controls {
    let mut controls = plain();
    (controls.voices.mode, controls.voices.glide_s) = (2.0, 0.05);
    controls
}

/// A note and, in [`gliding`], a glide to another one.
fn play_in(controls: Controls, mut events: Events, block: usize) -> Vec<f32> {
    let mut rig = Rig::new(Timbre::Noise, RATE_HZ);
    rig.synth.set_offline(true);
    rig.synth.reset();
    events.extend([(100, on(60, 1.0)), (MOVED + 2_000, on(67, 1.0))]);
    events.sort_by_key(|(at, _)| *at);
    Script::still(controls, events, LENGTH).play(&mut rig.synth, block)
}

fn play(controls: Controls, events: Events) -> Vec<f32> {
    play_in(controls, events, 333)
}

fn level_db(samples: &[f32]) -> f32 {
    rms_db(&samples[SETTLED..])
}

#[test]
fn at_rest_and_where_they_have_learned_something_else_they_change_no_bit() {
    let rest = || vec![controller(0, GLIDE_TIME, 0), controller(0, RESONANCE, 64), controller(MOVED, BRIGHTNESS, 64)];
    let moved = || vec![controller(0, GLIDE_TIME, 90), controller(0, RESONANCE, 99), controller(MOVED, BRIGHTNESS, 9)];
    let map = [GLIDE_TIME, RESONANCE, BRIGHTNESS]
        .into_iter()
        .zip([ParamId::TILT, ParamId::FINE, ParamId::FORMANT])
        .fold(ControllerMap::default(), |map, (number, id)| map.with(id, Some(number)));
    for (what, controls) in [("plain", plain()), ("filtered", filtered()), ("gliding", gliding())] {
        let reference = play(controls, Vec::new());
        assert!(play(controls, rest()) == reference, "{what}: at rest");
        assert!(play(controls, moved()) != reference, "{what}: moved");
        let learned = Controls { learned: LearnedElsewhere::of(&map), ..controls };
        assert!(play(learned, moved()) == reference, "{what}: learned elsewhere");
        let mut member = vec![controller(0, 101, 0), controller(0, 100, 6), controller(0, 6, 5)];
        let zone = play(controls, member.clone());
        member.push(controller(MOVED, BRIGHTNESS, 9));
        assert!(play(controls, member) == zone, "{what}: in a zone it is the timbre");
    }
}

#[test]
fn brightness_and_resonance_lie_where_their_knobs_would_at_every_value() {
    for at in [0, MOVED] {
        for value in [30, 45, 63, 65, 90, 127] {
            let part = ((f32::from(value) - 64.0) / 63.0).max(-1.0);
            for number in [BRIGHTNESS, RESONANCE] {
                let mut knob = filtered();
                match number {
                    BRIGHTNESS => knob.filter.cutoff_key += CUTOFF_SEMITONES * part,
                    _ => knob.filter.resonance = (knob.filter.resonance + part).clamp(0.0, 1.0),
                }
                // The knob itself ends at 20 kHz, above which the noise has little.
                let (found, wanted) = (
                    level_db(&play(filtered(), vec![controller(at, number, value)])),
                    level_db(&play(knob, Vec::new())),
                );
                let near = (found - wanted).abs() < if part > 0.5 { 1.0 } else { TOLERANCE_DB };
                assert!(near, "controller {number} at {value} from {at} on: {found} dB, not {wanted} dB");
            }
        }
    }
}

#[test]
fn brightness_is_heard_without_a_filter_and_opens_again() {
    let mut last_db = level_db(&play(plain(), Vec::new()));
    for value in [50, 30, 10, 0] {
        let darker_db = level_db(&play(plain(), vec![controller(MOVED, BRIGHTNESS, value)]));
        assert!(darker_db < last_db - 1.0, "{value}: {darker_db} dB after {last_db} dB");
        last_db = darker_db;
    }
    assert!(
        play(plain(), vec![controller(0, BRIGHTNESS, 127)]) == play(plain(), Vec::new()),
        "an open one opens no more"
    );
    let back = level_db(&play(plain(), vec![controller(1_000, BRIGHTNESS, 0), controller(MOVED, BRIGHTNESS, 64)]));
    assert!((back - level_db(&play(plain(), Vec::new()))).abs() < 1.0, "{back} dB in the middle again");
    let resonant = vec![controller(MOVED, BRIGHTNESS, 30), controller(MOVED, RESONANCE, 120)];
    let flat = level_db(&play(plain(), vec![controller(MOVED, BRIGHTNESS, 30)]));
    assert!(
        level_db(&play(plain(), resonant)) > flat + 3.0,
        "resonance is heard where brightness has closed the filter"
    );
}

#[test]
fn a_route_from_the_timbre_takes_the_place_of_brightness() {
    let mut controls = filtered();
    controls.routes[0] = Route { source: ModSource::Timbre, via: ModSource::None, destination: ModDestination::Pan };
    controls.motion.amounts[0] = 0.0001;
    let level = |events| {
        let mut rig = Rig::new(Timbre::Noise, RATE_HZ);
        rig.synth.set_offline(true);
        rig.synth.reset();
        let mut events: Events = events;
        events.push((100, on(60, 1.0)));
        let [left, _] = Script::still(controls, events, LENGTH).play_stereo(&mut rig.synth, 333);
        level_db(&left)
    };
    let (still, moved) = (level(Vec::new()), level(vec![controller(0, BRIGHTNESS, 0)]));
    assert!((still - moved).abs() < TOLERANCE_DB, "{still} and {moved} dB");
}

#[test]
fn controller_5_sets_the_time_of_glides_until_it_is_reset() {
    for value in [1, 40, 127, 0] {
        let mut knob = gliding();
        knob.voices.glide_s = ParamId::GLIDE.spec().scale.value(f32::from(value) / 127.0);
        // Back to the bottom of its way it has been moved all the same.
        let events = vec![controller(0, GLIDE_TIME, 100), controller(1, GLIDE_TIME, value)];
        assert!(play(gliding(), events.clone()) == play(knob, Vec::new()), "{value}");
        let reset: Events = events.into_iter().chain([controller(2, RESET, 0)]).collect();
        assert!(play(gliding(), reset) == play(gliding(), Vec::new()), "{value}: the knob's time again");
    }
}

#[test]
fn reset_all_controllers_leaves_brightness_and_resonance() {
    for number in [RESONANCE, BRIGHTNESS] {
        let moved = vec![controller(0, number, 20)];
        let reset: Events = moved.iter().copied().chain([controller(1, RESET, 0)]).collect();
        assert!(play(filtered(), reset) == play(filtered(), moved), "controller {number}");
    }
}

#[test]
fn a_zone_takes_glide_time_and_resonance_from_its_manager() {
    let zone: Events = vec![controller(0, 101, 0), controller(0, 100, 6), controller(0, 6, 5)];
    let play = |controls: Controls, number: u8| {
        let mut rig = Rig::new(Timbre::Noise, RATE_HZ);
        rig.synth.set_offline(true);
        rig.synth.reset();
        let on = |at, key| (at, EventKind::NoteOn { note: NoteAddress::key(3, key), velocity: 1.0 });
        let events = zone.iter().copied().chain([controller(1, number, 110), on(100, 60), on(8_000, 67)]).collect();
        Script::still(controls, events, LENGTH).play(&mut rig.synth, 333)
    };
    for (number, controls) in [(GLIDE_TIME, gliding()), (RESONANCE, filtered())] {
        assert!(play(controls, number) != play(controls, 16), "controller {number}");
    }
}

#[test]
fn they_sound_the_same_in_any_blocks() {
    let events =
        || vec![controller(301, RESONANCE, 100), controller(MOVED, BRIGHTNESS, 20), controller(7_003, BRIGHTNESS, 90)];
    for controls in [plain(), filtered()] {
        let reference = play_in(controls, events(), 8_192);
        for block in BLOCK_SIZES {
            assert!(play_in(controls, events(), block) == reference, "blocks of {block}");
        }
    }
}

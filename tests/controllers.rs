//! Laws of the channels' volume, pan and expression: their curves, whose notes they move, that they neither click nor depend on blocks.

use engine::audio::{EventKind, NoteAddress};
use engine::units::key_to_hz;

use support::fake::{FAKE_AMPLITUDE, Rig, Sort, Timbre};
use support::listen::{frequency_hz, rms_db};
use support::script::{BLOCK_SIZES, Script, point};

const RATE_HZ: f32 = 48_000.0;
const VOLUME: u8 = 7;
const PAN: u8 = 10;
const EXPRESSION: u8 = 11;
const VOLUME_FINE: u8 = 39;
const PAN_FINE: u8 = 42;
const EXPRESSION_FINE: u8 = 43;
const RESET: u8 = 121;
/// Level of a sine against what its controllers ask for.
const LEVEL_TOLERANCE_DB: f32 = 0.02;
const SILENT_DB: f32 = -90.0;
/// Pitch of a bent sine against what was asked for.
const PITCH_TOLERANCE_CENTS: f64 = 1.0;
/// Sample from which smoothed values have come to rest: ten time constants of 5 ms after the last event of these tests.
const SETTLED: usize = 6_000;
const LENGTH: usize = 16_000;

type Events = Vec<(usize, EventKind)>;

fn offline(sort: Sort, timbre: Timbre) -> Rig {
    let mut rig = Rig::of_sort(sort, timbre, RATE_HZ);
    rig.synth.set_offline(true);
    rig.synth.reset();
    rig
}

/// A controller at a value of [0, 127].
fn controller(channel: u8, number: u8, value: f32) -> EventKind {
    EventKind::Controller { channel, controller: number, value: value / 127.0 }
}

fn note(channel: u8, key: u8) -> EventKind {
    EventKind::NoteOn { note: NoteAddress::key(channel, key), velocity: 1.0 }
}

/// Channel 0 becomes the manager of a zone.
fn zone(members: u8) -> Events {
    [(101, 0), (100, 6), (6, members)].map(|(number, value)| (0, controller(0, number, f32::from(value)))).to_vec()
}

fn play(events: Events) -> [Vec<f32>; 2] {
    Script::still(point(0.0), events, LENGTH).play_stereo(&mut offline(Sort::Mono, Timbre::Sine).synth, 333)
}

/// Levels of both sides once all is at rest, with a note on channel 2.
fn settled_db(mut events: Events) -> [f32; 2] {
    events.push((100, note(2, 60)));
    events.sort_by_key(|(at, _)| *at);
    play(events).map(|side| rms_db(&side[SETTLED..]))
}

/// [`settled_db`] against a note without controllers: with the controllers before the note, and while it sounds.
fn changes_db(values: &[(u8, u8, f32)]) -> [[f32; 2]; 2] {
    let plain = settled_db(Vec::new());
    [0, 1_234].map(|at| {
        let events = values.iter().map(|(channel, number, value)| (at, controller(*channel, *number, *value)));
        let sides = settled_db(events.collect());
        [sides[0] - plain[0], sides[1] - plain[1]]
    })
}

fn assert_changes(what: &str, values: &[(u8, u8, f32)], wanted_db: [f32; 2]) {
    for (found, when) in changes_db(values).into_iter().zip(["before the note", "during it"]) {
        for (found_db, wanted_db) in found.into_iter().zip(wanted_db) {
            let both_silent = wanted_db < SILENT_DB && found_db < SILENT_DB;
            let near = (found_db - wanted_db).abs() < LEVEL_TOLERANCE_DB;
            assert!(both_silent || near, "{what}, {when}: {found_db} dB in place of {wanted_db} dB");
        }
    }
}

/// The curve of volume and expression of General MIDI 2.
fn curve_db(value: f32) -> f32 {
    40.0 * (value / 127.0).log10()
}

#[test]
fn volume_and_expression_follow_the_general_midi_curve_and_add_up() {
    for value in [0.0, 1.0, 20.0, 64.0, 100.0, 126.0, 127.0] {
        for (number, fine) in [(VOLUME, VOLUME_FINE), (EXPRESSION, EXPRESSION_FINE)] {
            let wanted_db = curve_db(value).max(-200.0);
            assert_changes(&format!("controller {number} at {value}"), &[(2, number, value)], [wanted_db; 2]);
            let finer_db = curve_db((value + 0.5).min(127.0));
            let pair = [(2, number, value), (2, fine, 64.0)];
            assert_changes(&format!("controllers {number} and {fine} at {value} and 64"), &pair, [finer_db; 2]);
        }
    }
    let both = [(2, VOLUME, 100.0), (2, EXPRESSION, 64.0)];
    assert_changes("both", &both, [curve_db(100.0) + curve_db(64.0); 2]);
    assert_changes("volume between two steps, as a VST3 host may send it", &[(2, VOLUME, 77.25)], [curve_db(77.25); 2]);
}

#[test]
fn pan_keeps_the_power_and_is_exact_in_the_middle_and_at_both_ends() {
    let sides = |position: f32| {
        let angle = (position + 1.0) * std::f32::consts::FRAC_PI_4;
        [angle.cos(), angle.sin()].map(|factor| (20.0 * (factor * 2.0_f32.sqrt()).log10()).max(-200.0))
    };
    for value in [2.0, 20.0, 63.0, 65.0, 100.0, 126.0, 32.5] {
        assert_changes(&format!("pan at {value}"), &[(2, PAN, value)], sides((value - 64.0) / 63.0));
    }
    let half = [(2, PAN, 90.0), (2, PAN_FINE, 64.0)];
    assert_changes("pan with a fine part", &half, sides((90.5 - 64.0) / 63.0));
    for left in [0.0, 1.0] {
        assert_changes("left", &[(2, PAN, left)], [3.01, -200.0]);
    }
    assert_changes("right", &[(2, PAN, 127.0)], [-200.0, 3.01]);
    let plain = play(vec![(100, note(2, 60))]);
    assert!(play(vec![(0, controller(2, PAN, 64.0)), (100, note(2, 60))]) == plain, "64 is the centre to the bit");
    assert!(play(vec![(0, controller(2, VOLUME, 127.0)), (100, note(2, 60))]) == plain, "127 is full to the bit");
}

#[test]
fn a_channels_controllers_move_its_own_notes_and_a_managers_those_of_its_members() {
    let of_channel = |channel, number, value| vec![(0, controller(channel, number, value))];
    let plain = settled_db(Vec::new());
    for number in [VOLUME, PAN, EXPRESSION] {
        assert_eq!(settled_db(of_channel(3, number, 10.0)), plain, "controller {number} of another channel");
        assert_eq!(settled_db(of_channel(0, number, 10.0)), plain, "controller {number} of no manager");
        let own = settled_db(of_channel(2, number, 10.0));
        let managed = settled_db([zone(5), of_channel(0, number, 10.0)].concat());
        assert_eq!(managed, own, "controller {number} of the manager");
        let joined = settled_db([of_channel(0, number, 10.0), zone(5)].concat());
        assert_eq!(joined, own, "controller {number} of the manager before the zone");
        let mut left = [zone(5), of_channel(0, number, 10.0)].concat();
        left.extend(zone(0).into_iter().map(|(_, kind)| (2_000, kind)));
        assert_eq!(settled_db(left), plain, "controller {number} of a former manager");
    }
    let both = settled_db([zone(5), of_channel(0, VOLUME, 100.0), of_channel(2, VOLUME, 64.0)].concat());
    assert!((both[0] - plain[0] - curve_db(100.0) - curve_db(64.0)).abs() < LEVEL_TOLERANCE_DB, "levels add up");
}

#[test]
fn reset_all_controllers_resets_expression_and_leaves_volume_and_pan() {
    let set = [(2, VOLUME, 100.0), (2, PAN, 20.0)];
    let [expected, _] = changes_db(&set);
    let reset = [(2, EXPRESSION, 30.0), (2, EXPRESSION_FINE, 99.0), (2, RESET, 0.0)];
    assert_changes("reset", &[&set[..], &reset].concat(), expected);
}

#[test]
fn a_restart_keeps_what_a_channel_was_set_to_and_a_reset_does_not() {
    let mut rig = offline(Sort::Mono, Timbre::Sine);
    let alone =
        |rig: &mut Rig| Script::still(point(0.0), vec![(0, note(2, 60))], LENGTH).play_stereo(&mut rig.synth, 333);
    let plain = alone(&mut rig);
    let set = [(VOLUME, 90.0), (PAN, 30.0), (101, 0.0), (100, 0.0), (6, 7.0)];
    let moved = [(EXPRESSION, 50.0), (64, 127.0)];
    let mut events: Events = set.iter().map(|(number, value)| (0, controller(2, *number, *value))).collect();
    rig.synth.reset();
    let mut with_note = events.clone();
    with_note.push((0, note(2, 60)));
    let expected = Script::still(point(0.0), with_note, LENGTH).play_stereo(&mut rig.synth, 333);
    events.extend(moved.iter().map(|(number, value)| (0, controller(2, *number, *value))));
    events.push((0, EventKind::PitchWheel { channel: 2, position: 1.0 }));
    Script::still(point(0.0), events, 1_000).play_stereo(&mut rig.synth, 333);
    rig.synth.restart();
    assert!(alone(&mut rig) == expected, "volume and pan stay; wheel, expression and pedal are reset");
    rig.synth.restart();
    let bent = vec![(0, EventKind::PitchWheel { channel: 2, position: 1.0 }), (0, note(2, 60))];
    let [left, _] = Script::still(point(0.0), bent, LENGTH).play_stereo(&mut rig.synth, 333);
    let cents = 1200.0 * (frequency_hz(&left[SETTLED..], RATE_HZ) / key_to_hz(67.0)).log2();
    assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "the range of the wheel stays: {cents:.2} cents off");
    rig.synth.reset();
    assert!(alone(&mut rig) == plain, "a reset restores all");
}

#[test]
fn a_controller_without_a_function_changes_nothing() {
    let plain = play(vec![(100, note(2, 60))]);
    for number in [0, 4, 5, 8, 32, 33, 40, 65, 71, 84, 91, 102, 119, 122] {
        assert!(play(vec![(0, controller(2, number, 77.0)), (100, note(2, 60))]) == plain, "controller {number}");
    }
}

#[test]
fn values_move_without_a_click() {
    let largest_step = |side: &[f32]| side.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    let hz = key_to_hz(60.0) as f32;
    // The steepest slopes of the sine and of a gain with the time constant of 5 ms, at the √2 of a hard pan.
    let slope = std::f32::consts::TAU * hz / RATE_HZ + 1.0 / (0.005 * RATE_HZ);
    let allowed = std::f32::consts::SQRT_2 * FAKE_AMPLITUDE * slope;
    for (number, values) in [(VOLUME, [0.0, 127.0]), (EXPRESSION, [0.0, 127.0]), (PAN, [0.0, 127.0])] {
        let moves = (0..40).map(|index| (3_000 + index * 311, controller(2, number, values[index % 2])));
        let events = [(0, note(2, 60))].into_iter().chain(moves).collect();
        for side in play(events) {
            let step = largest_step(&side[1_000..]);
            assert!(step < allowed, "controller {number}: a step of {step} where {allowed} is allowed");
        }
    }
}

#[test]
fn a_note_starts_at_its_channels_values_and_held_ones_move_to_them() {
    let events = vec![(0, note(2, 60)), (5_000, controller(2, VOLUME, 0.0)), (5_001, note(2, 67))];
    let [left, _] = play(events);
    assert!(rms_db(&left[5_064..5_128]) > -40.0, "the held note fades");
    let alone = play(vec![(0, note(2, 60)), (5_000, controller(2, VOLUME, 0.0))]);
    assert!(left == alone[0], "the new note is not heard");
    let [left, right] = play(vec![(5_000, controller(2, PAN, 127.0)), (5_001, note(2, 60))]);
    assert!(rms_db(&left) < SILENT_DB && rms_db(&right[5_100..]) > -20.0, "a panned note starts where it is");
}

#[test]
fn a_note_on_a_silent_channel_starts_at_its_pitch() {
    let wheel = |at, position| (at, EventKind::PitchWheel { channel: 2, position });
    let range = [(101, 0_u8), (100, 0), (6, 24)].map(|(number, value)| (0, controller(2, number, f32::from(value))));
    let events = [&range[..], &[wheel(5_000, 1.0), (5_001, note(2, 48))]].concat();
    let [left, _] = play(events);
    let cents = 1200.0 * (frequency_hz(&left[5_020..5_500], RATE_HZ) / key_to_hz(72.0)).log2();
    assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "{cents:.2} cents off in the first 10 ms");
}

#[test]
fn controllers_sound_the_same_in_any_blocks() {
    let at = |at, number, value| (at, controller(2, number, value));
    let mut events = zone(5);
    events.extend([
        (0, note(2, 60)),
        at(500, PAN, 20.0),
        at(1_501, VOLUME, 90.0),
        at(1_502, VOLUME_FINE, 33.0),
        (2_222, note(3, 67)),
        (2_500, controller(0, EXPRESSION, 50.0)),
        at(2_777, EXPRESSION, 3.0),
        (3_001, note(2, 72)),
        at(4_003, PAN, 127.0),
        at(5_555, RESET, 0.0),
        (6_001, controller(0, PAN, 1.0)),
    ]);
    for sort in [Sort::Mono, Sort::Stereo] {
        let script = Script::still(point(0.2), events.clone(), 8_000);
        let mut rig = offline(sort, Timbre::Noise);
        let reference = script.play_stereo(&mut rig.synth, 8_000);
        for block in BLOCK_SIZES {
            rig.synth.reset();
            assert!(script.play_stereo(&mut rig.synth, block) == reference, "{sort:?}, blocks of {block}");
        }
    }
}

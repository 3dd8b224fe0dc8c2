//! Laws of notes, channels and sides: who is meant by an event, what the host is told, what a stereo sound does.

use std::sync::atomic::Ordering;

use engine::audio::{Event, EventKind, Expression, NoteAddress, UNKNOWN_RELEASE};
use engine::params::Controls;
use engine::units::key_to_hz;

use support::fake::{RIGHT_LEVEL, Rig, Sort, Timbre};
use support::listen::{frequency_hz, rms_db};
use support::script::{Script, all_notes_off, all_sound_off, off, on, pedal, point};

const RATE_HZ: f32 = 48_000.0;
/// Level that sounds, and level that does not.
const HEARD_DB: f32 = -30.0;
const SILENT_DB: f32 = -90.0;
/// Pitch of a bent sine against what was asked for.
const PITCH_TOLERANCE_CENTS: f64 = 1.0;

fn offline(sort: Sort, timbre: Timbre) -> Rig {
    let mut rig = Rig::of_sort(sort, timbre, RATE_HZ);
    rig.synth.set_offline(true);
    rig.synth.reset();
    rig
}

fn short_release() -> Controls {
    Controls { release_s: 0.02, ..point(0.0) }
}

/// Levels of the notes of four addresses after `event`, each played alone with the event at 5000.
fn levels_after(event: EventKind, notes: &[NoteAddress]) -> Vec<f32> {
    let mut rig = offline(Sort::Mono, Timbre::Sine);
    let level = |note: &NoteAddress| {
        rig.synth.reset();
        let events = vec![(0, EventKind::NoteOn { note: *note, velocity: 1.0 }), (5_000, event)];
        rms_db(&Script::still(short_release(), events, 12_000).play(&mut rig.synth, 333)[9_000..])
    };
    notes.iter().map(level).collect()
}

fn note(port: u16, channel: u8, key: u8, id: i32) -> NoteAddress {
    NoteAddress { port: Some(port), channel: Some(channel), key: Some(key), id: Some(id) }
}

#[test]
fn an_event_reaches_the_notes_that_its_address_names_and_no_others() {
    let notes = [note(0, 0, 60, 1), note(0, 1, 60, 2), note(0, 0, 62, 3), note(1, 0, 60, 4)];
    let any = NoteAddress::ALL;
    // Address of the event, and which of the notes it ends.
    let cases = [
        (any, [true; 4]),
        (NoteAddress { id: Some(3), ..any }, [false, false, true, false]),
        (NoteAddress { channel: Some(1), ..any }, [false, true, false, false]),
        (NoteAddress { key: Some(60), ..any }, [true, true, false, true]),
        (NoteAddress { port: Some(1), ..any }, [false, false, false, true]),
        (NoteAddress { channel: Some(0), key: Some(60), id: Some(9), ..any }, [false; 4]),
        (note(0, 0, 60, 1), [true, false, false, false]),
    ];
    for (address, ends) in cases {
        for event in
            [EventKind::NoteOff { notes: address, velocity: UNKNOWN_RELEASE }, EventKind::Choke { notes: address }]
        {
            for (level_db, (note, ends)) in levels_after(event, &notes).into_iter().zip(notes.iter().zip(ends)) {
                let fits = if ends { level_db < SILENT_DB } else { level_db > HEARD_DB };
                assert!(fits, "{event:?} and {note:?}: {level_db} dB");
            }
        }
    }
}

#[test]
fn all_notes_off_and_all_sound_off_act_on_their_channel() {
    let notes = [NoteAddress::key(0, 60), NoteAddress::key(3, 60)];
    let modes = (124..=127).map(|number| controller(0, number, 0));
    for event in [all_notes_off(), all_sound_off()].into_iter().chain(modes) {
        let levels = levels_after(event, &notes);
        assert!(levels[0] < SILENT_DB && levels[1] > HEARD_DB, "{event:?}: {levels:?}");
    }
}

#[test]
fn what_releases_notes_leaves_them_to_a_pedal_that_is_down() {
    let mut rig = offline(Sort::Mono, Timbre::Sine);
    let mut levels = |event| {
        rig.synth.reset();
        let events = vec![(0, pedal(0, true)), (0, on(60, 1.0)), (5_000, event), (12_000, pedal(0, false))];
        let out = Script::still(short_release(), events, 20_000).play(&mut rig.synth, 333);
        [rms_db(&out[9_000..12_000]), rms_db(&out[16_000..])]
    };
    let modes = (123..=127).map(|number| controller(0, number, 0));
    let events = [EventKind::NoteOff { notes: NoteAddress::ALL, velocity: UNKNOWN_RELEASE }, off(60), on(60, 0.0)]
        .into_iter()
        .chain(modes);
    for event in events {
        let [held_db, after_db] = levels(event);
        assert!(held_db > HEARD_DB && after_db < SILENT_DB, "{event:?}: {held_db} dB, then {after_db} dB");
    }
    assert!(levels(all_sound_off())[0] < SILENT_DB, "All Sound Off does not wait for the pedal");
}

fn controller(channel: u8, controller: u8, value: u8) -> EventKind {
    EventKind::Controller { channel, controller, value: f32::from(value) / 127.0 }
}

/// Registered parameter `parameter` of a channel is set to `value`.
fn registered(channel: u8, parameter: u8, value: u8) -> [(usize, EventKind); 3] {
    controllers(channel, [(101, 0), (100, parameter), (6, value)])
}

/// Values of controllers at the start.
fn controllers<const N: usize>(channel: u8, values: [(u8, u8); N]) -> [(usize, EventKind); N] {
    values.map(|(number, value)| (0, controller(channel, number, value)))
}

fn wheel(channel: u8, position: f32) -> (usize, EventKind) {
    (0, EventKind::PitchWheel { channel, position })
}

#[test]
fn bend_follows_the_channel_its_range_and_its_zone() {
    let none = Vec::new();
    // Events before a note of key 60 on channel 2, and its bend in semitones.
    type Case = (&'static str, Vec<(usize, EventKind)>, f64);
    let cases: Vec<Case> = vec![
        ("another channel's wheel", vec![wheel(5, 1.0)], 0.0),
        ("its own wheel", vec![wheel(2, 1.0)], 2.0),
        ("a range of 12", [registered(2, 0, 12).to_vec(), vec![wheel(2, 0.5)]].concat(), 6.0),
        ("another channel's range", [registered(3, 0, 12).to_vec(), vec![wheel(2, 0.5)]].concat(), 1.0),
        ("a member of an MPE zone", [registered(0, 6, 7).to_vec(), vec![wheel(2, 0.25)]].concat(), 12.0),
        ("its zone's manager", [registered(0, 6, 7).to_vec(), vec![wheel(2, 0.25), wheel(0, 0.5)]].concat(), 13.0),
        ("reset", [registered(2, 0, 12).to_vec(), vec![wheel(2, 0.5), (0, controller(2, 121, 0))]].concat(), 0.0),
        ("cents", [&registered(2, 0, 1)[..], &controllers(2, [(38, 50)]), &[wheel(2, 1.0)]].concat(), 1.5),
        ("a cent more", [&registered(2, 0, 1)[..], &controllers(2, [(96, 0)]), &[wheel(2, -1.0)]].concat(), -1.01),
        ("a cent less", [&registered(2, 0, 1)[..], &controllers(2, [(97, 9)]), &[wheel(2, 1.0)]].concat(), 0.99),
        (
            "after the null parameter",
            [&registered(2, 0, 12)[..], &controllers(2, [(101, 127), (100, 127), (6, 1)]), &[wheel(2, 0.5)]].concat(),
            6.0,
        ),
        (
            "a non-registered parameter",
            [&controllers(2, [(99, 0), (98, 0), (6, 12), (38, 0)])[..], &[wheel(2, 0.5)]].concat(),
            1.0,
        ),
        ("nothing", none, 0.0),
    ];
    for (what, mut events, semitones) in cases {
        let mut rig = offline(Sort::Mono, Timbre::Sine);
        events.push((1, EventKind::NoteOn { note: NoteAddress::key(2, 60), velocity: 1.0 }));
        let out = Script::still(point(0.0), events, 24_000).play(&mut rig.synth, 512);
        let cents = 1200.0 * (frequency_hz(&out[6_000..], RATE_HZ) / key_to_hz(60.0 + semitones)).log2();
        assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "{what}: {cents:.3} cents off");
    }
}

#[test]
fn a_notes_own_tuning_gain_and_pan_are_its_own() {
    let express = |expression, value| EventKind::Expression { notes: note(0, 0, 60, 1), expression, value };
    let play = |expression| {
        let mut rig = offline(Sort::Mono, Timbre::Sine);
        let mut events = vec![(0, EventKind::NoteOn { note: note(0, 0, 60, 1), velocity: 1.0 })];
        events.extend(expression);
        let [left, right] = Script::still(point(0.0), events, 24_000).play_stereo(&mut rig.synth, 333);
        [left[6_000..].to_vec(), right[6_000..].to_vec()]
    };
    let plain_db = rms_db(&play(None)[0]);
    let [left, _] = play(Some((10, express(Expression::TuningSemitones, -5.0))));
    let cents = 1200.0 * (frequency_hz(&left, RATE_HZ) / key_to_hz(55.0)).log2();
    assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "{cents} cents");
    let [left, right] = play(Some((10, express(Expression::Gain, 0.5))));
    assert!((rms_db(&left) - plain_db + 6.02).abs() < 0.1 && left == right);
    let [left, right] = play(Some((10, express(Expression::Pan, 1.0))));
    assert!(rms_db(&left) < SILENT_DB, "{} dB on the left", rms_db(&left));
    assert!((rms_db(&right) - plain_db - 3.01).abs() < 0.1, "constant power");
    let other = EventKind::Expression { notes: note(0, 0, 60, 2), expression: Expression::Gain, value: 0.0 };
    assert_eq!(rms_db(&play(Some((10, other)))[0]), plain_db, "another note's");
    for wild in [f32::NAN, f32::INFINITY, 1e30, -1e30] {
        for expression in [Expression::TuningSemitones, Expression::Gain, Expression::Pan, Expression::Pressure] {
            let out = play(Some((10, express(expression, wild))));
            assert!(out.iter().flatten().all(|sample| sample.is_finite()), "{expression:?} of {wild}");
        }
    }
}

#[test]
fn the_same_key_again_releases_the_old_note_unless_ids_tell_them_apart() {
    let mut rig = offline(Sort::Mono, Timbre::Sine);
    let mut voices = |ids: [Option<i32>; 2]| {
        rig.synth.reset();
        let on = |id| EventKind::NoteOn { note: NoteAddress { id, ..NoteAddress::key(0, 60) }, velocity: 1.0 };
        Script::still(short_release(), vec![(0, on(ids[0])), (100, on(ids[1]))], 9_000).play(&mut rig.synth, 333);
        rig.instance.status().playing_voices
    };
    assert_eq!(voices([None, None]), 1);
    assert_eq!(voices([Some(4), None]), 1);
    assert_eq!(voices([Some(4), Some(4)]), 1);
    assert_eq!(voices([Some(4), Some(5)]), 2);
}

#[test]
fn the_host_is_told_of_every_voice_that_ends_once_and_in_time() {
    let mut rig = offline(Sort::Mono, Timbre::Sine);
    let (mut left, mut right) = ([0.0; 480], [0.0; 480]);
    let mut told = Vec::new();
    let mut render = |rig: &mut Rig, events: &[Event]| {
        rig.synth.render(events, &short_release(), &mut left, &mut right);
        told.extend(rig.synth.ended_notes().iter().map(|ended| (ended.note.key, ended.offset)));
    };
    let at = |offset, kind| Event { offset, kind };
    let notes: Vec<Event> = (0..40).map(|index| at(0, on(40 + index, 1.0))).collect();
    render(&mut rig, &notes);
    render(&mut rig, &[at(100, off(70)), at(200, EventKind::Choke { notes: NoteAddress::key(0, 71) })]);
    for _ in 0..10 {
        render(&mut rig, &[]);
    }
    render(&mut rig, &[at(7, EventKind::Choke { notes: NoteAddress::ALL })]);
    for _ in 0..4 {
        render(&mut rig, &[]);
    }
    assert!(told.iter().all(|(_, offset)| *offset <= 480));
    let mut keys: Vec<u8> = told.iter().filter_map(|(key, _)| *key).collect();
    keys.sort_unstable();
    assert_eq!(keys, (40..80).collect::<Vec<u8>>(), "each of the 40 notes once, the stolen ones too");
}

#[test]
fn a_stereo_sound_keeps_its_sides_and_a_mono_one_is_in_the_middle() {
    for sort in [Sort::Mono, Sort::Stereo, Sort::Longest] {
        let mut rig = offline(sort, Timbre::Noise);
        let script = Script::still(point(0.4), vec![(0, on(60, 1.0)), (3_000, on(67, 0.4))], 20_000);
        let [left, right] = script.play_stereo(&mut rig.synth, 333);
        let wanted = if sort == Sort::Mono { 1.0 } else { RIGHT_LEVEL };
        let worst = left.iter().zip(&right).map(|(l, r)| (l * wanted - r).abs()).fold(0.0, f32::max);
        assert!(rms_db(&left) > HEARD_DB && worst < 1e-5, "{sort:?}: {worst}");
        rig.synth.reset();
        assert_eq!(script.play_stereo(&mut rig.synth, 64), [left, right], "{sort:?}: in any blocks");
    }
}

#[test]
fn a_crossfade_between_a_mono_and_a_stereo_sound_keeps_both_sides_alive() {
    let mut rig = Rig::of_sort(Sort::Mono, Timbre::Fixed(300), RATE_HZ);
    let play = |rig: &mut Rig, length| Script::still(point(0.0), Vec::new(), length).play_stereo(&mut rig.synth, 64);
    support::wait::wait_until("the first sound", || {
        play(&mut rig, 640);
        rig.instance.status().decodes > 0
    });
    Script::still(point(0.0), vec![(0, on(60, 1.0))], 64).play(&mut rig.synth, 64);
    play(&mut rig, 4_800);
    let (stereo, _control) = support::fake::Fake::of_sort(Sort::Stereo, Timbre::Fixed(300));
    rig.instance.set_source(std::sync::Arc::new(stereo));
    support::wait::wait_until("both sides differ", || {
        let [left, right] = play(&mut rig, 64);
        assert!(left.iter().chain(&right).all(|sample| sample.abs() < 0.6), "no burst");
        left != right && rms_db(&left) > HEARD_DB
    });
    play(&mut rig, 1_200);
    let [left, right] = play(&mut rig, 2_400);
    assert!((rms_db(&right) - rms_db(&left) - 20.0 * RIGHT_LEVEL.log10()).abs() < 0.1);
}

#[test]
fn a_note_that_begins_as_another_pack_comes_sounds_at_once_and_moves_to_it() {
    /// Samples in which a note has begun.
    const BEGUN: usize = 256;
    let mut rig = Rig::new(Timbre::Fixed(300), RATE_HZ);
    let play = |rig: &mut Rig, events: &[(usize, EventKind)], length| {
        Script::still(Controls { release_s: 0.0, ..point(0.0) }, events.to_vec(), length).play(&mut rig.synth, 64)
    };
    support::wait::wait_until("the first sound", || {
        play(&mut rig, &[], 640);
        rig.instance.sound().is_some()
    });
    // The second pack comes before the first sound of the one before it.
    let packs = [400, 500].map(|hz| support::fake::Fake::new(Timbre::Fixed(hz)));
    for (nth, (pack, control)) in packs.into_iter().enumerate() {
        control.silent.store(true, Ordering::SeqCst);
        rig.instance.set_source(std::sync::Arc::new(pack));
        let begun = play(&mut rig, &[(0, on(60, 1.0))], BEGUN);
        assert!(rms_db(&begun) > HEARD_DB, "pack {nth}: {} dB", rms_db(&begun));
        let held = play(&mut rig, &[], 9_600);
        assert!(rms_db(&held) > HEARD_DB, "it goes on: {} dB", rms_db(&held));
        if nth == 0 {
            play(&mut rig, &[(0, off(60))], 9_600);
            continue;
        }
        control.silent.store(false, Ordering::SeqCst);
        support::wait::wait_until("the pack's sound is heard", || {
            let heard = play(&mut rig, &[], 4_800);
            assert!(rms_db(&heard) > HEARD_DB, "no gap: {} dB", rms_db(&heard));
            (frequency_hz(&heard, RATE_HZ) - 500.0).abs() < 1.0
        });
    }
}

#[test]
fn expressions_sound_the_same_in_any_blocks() {
    let express = |at, expression, value| (at, EventKind::Expression { notes: note(0, 0, 60, 1), expression, value });
    for sort in [Sort::Mono, Sort::Stereo] {
        let events = vec![
            (0, EventKind::NoteOn { note: note(0, 0, 60, 1), velocity: 1.0 }),
            express(500, Expression::Pan, -0.7),
            express(1_501, Expression::TuningSemitones, 3.0),
            express(2_777, Expression::Gain, 0.3),
            express(4_003, Expression::Pan, 0.9),
        ];
        let script = Script::still(point(0.2), events, 8_000);
        let mut rig = offline(sort, Timbre::Noise);
        let reference = script.play_stereo(&mut rig.synth, 8_000);
        for block in support::script::BLOCK_SIZES {
            rig.synth.reset();
            assert_eq!(script.play_stereo(&mut rig.synth, block), reference, "{sort:?}, blocks of {block}");
        }
    }
}

#[test]
fn a_message_on_the_manager_of_a_zone_reaches_its_members() {
    for event in [all_notes_off(), all_sound_off()] {
        let mut rig = offline(Sort::Mono, Timbre::Sine);
        let mut level = |members: u8| {
            rig.synth.reset();
            let mut events = registered(0, 6, members).to_vec();
            events.push((1, EventKind::NoteOn { note: NoteAddress::key(3, 60), velocity: 1.0 }));
            events.push((5_000, event));
            rms_db(&Script::still(short_release(), events, 12_000).play(&mut rig.synth, 333)[9_000..])
        };
        assert!(level(0) > HEARD_DB, "{event:?}: without a zone channels are apart");
        assert!(level(7) < SILENT_DB, "{event:?}");
    }
}

//! Laws of how keys become notes: one voice or many, glides, unison, pedals, transposition, the start of the sound, the attack. A fake source
//! stands at the worker's border.

use engine::audio::{Event, EventKind, NoteAddress, UNKNOWN_RELEASE};
use engine::params::{AmpControls, Controls, VoiceControls};
use engine::units::key_to_hz;
use support::Random;
use support::fake::{FAKE_LENGTH, FAKE_RATE_HZ, Rig, Timbre};
use support::listen::{frequency_hz, rms_db};
use support::script::{BLOCK_SIZES, Script, bend, choke, off, on, pedal, point};

const RATE_HZ: f32 = 48_000.0;
/// Pitch against what was asked for.
const PITCH_TOLERANCE_CENTS: f64 = 1.0;
/// Level that sounds, and level that does not.
const HEARD_DB: f32 = -30.0;
const SILENT_DB: f32 = -80.0;
/// Levels that should be alike.
const LEVEL_TOLERANCE_DB: f32 = 0.05;

fn rig(timbre: Timbre) -> Rig {
    let mut rig = Rig::new(timbre, RATE_HZ);
    rig.synth.set_offline(true);
    rig
}

fn voiced(voices: VoiceControls) -> Controls {
    Controls { voices, release_s: 0.01, hold: 2.0, ..point(0.0) }
}

fn plain() -> VoiceControls {
    point(0.0).voices
}

fn play(rig: &mut Rig, controls: Controls, events: &[(usize, EventKind)], length: usize) -> Vec<f32> {
    rig.synth.reset();
    let [left, right] = Script::still(controls, events.to_vec(), length).play_stereo(&mut rig.synth, 512);
    left.iter().zip(right).map(|(left, right)| 0.5 * (left + right)).collect()
}

fn assert_pitch(played: &[f32], key: f64) {
    let cents = 1200.0 * (frequency_hz(played, RATE_HZ) / key_to_hz(key)).log2();
    assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "{cents} cents from key {key}");
}

#[test]
fn a_monophonic_note_follows_the_last_key_that_is_held() {
    for mode in [1.0, 2.0] {
        let mut rig = rig(Timbre::Sine);
        let controls = voiced(VoiceControls { mode, ..plain() });
        let events = [
            (0, on(60, 1.0)),
            (10_000, on(67, 1.0)),
            (20_000, on(64, 1.0)),
            (30_000, off(67)),
            (40_000, off(64)),
            (50_000, off(60)),
        ];
        let played = play(&mut rig, controls, &events, 60_000);
        for (from, key) in [(4_000, 60.0), (14_000, 67.0), (24_000, 64.0), (34_000, 64.0), (44_000, 60.0)] {
            assert_pitch(&played[from..from + 5_000], key);
        }
        assert!(rms_db(&played[56_000..]) < SILENT_DB, "mode {mode}: the last key is up");
    }
}

#[test]
fn every_note_of_a_random_session_ends_and_is_told_in_every_mode() {
    for mode in [0.0, 1.0, 2.0] {
        for unison in [1.0, 3.0] {
            let mut rig = rig(Timbre::Sine);
            let mut random = Random::new(7);
            let controls = voiced(VoiceControls { mode, unison, limit: 5.0, glide_s: 0.05, ..plain() });
            let (mut left, mut right) = (vec![0.0; 700], vec![0.0; 700]);
            let (mut started, mut ended) = (0, 0);
            for step in 0..400 {
                let key = 58 + random.below(6) as u8;
                let kind = if step < 300 && random.below(2) == 0 {
                    started += 1;
                    let note = NoteAddress { id: Some(step), ..NoteAddress::key(0, key) };
                    EventKind::NoteOn { note, velocity: 1.0 }
                } else if step == 390 {
                    EventKind::NoteOff { notes: NoteAddress::ALL, velocity: UNKNOWN_RELEASE }
                } else {
                    off(key)
                };
                rig.synth.render(&[Event { offset: random.below(700), kind }], &controls, &mut left, &mut right);
                ended += rig.synth.ended_notes().len();
            }
            assert!(rig.synth.is_idle(), "mode {mode}, unison {unison}");
            assert_eq!(started, ended, "mode {mode}, unison {unison}: each note is told once");
        }
    }
}

#[test]
fn a_glide_ends_at_the_pitch_and_takes_its_time() {
    for (mode, glide_when) in [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (2.0, 1.0)] {
        let mut rig = rig(Timbre::Sine);
        let controls = voiced(VoiceControls { mode, glide_when, glide_s: 0.2, ..plain() });
        let up = if mode == 0.0 { vec![(9_000, off(60))] } else { vec![] };
        let events: Vec<_> = [(0, on(60, 1.0))].into_iter().chain(up).chain([(10_000, on(67, 1.0))]).collect();
        let played = play(&mut rig, controls, &events, 40_000);
        assert_pitch(&played[24_000..34_000], 67.0);
        let between = frequency_hz(&played[13_000..15_000], RATE_HZ);
        assert!((key_to_hz(60.5)..key_to_hz(66.5)).contains(&between), "mode {mode}: {between} Hz on the way");
    }
    let mut rig = rig(Timbre::Sine);
    let controls = voiced(VoiceControls { glide_s: 0.5, glide_when: 1.0, ..plain() });
    let played = play(&mut rig, controls, &[(0, on(60, 1.0)), (5_000, off(60)), (10_000, on(67, 1.0))], 20_000);
    assert_pitch(&played[12_000..18_000], 67.0);
}

#[test]
fn legato_moves_without_a_click() {
    let mut rig = rig(Timbre::Sine);
    let controls = voiced(VoiceControls { mode: 2.0, glide_s: 0.05, ..plain() });
    let played = play(&mut rig, controls, &[(0, on(60, 1.0)), (20_000, on(72, 1.0)), (40_000, off(72))], 60_000);
    let step = |range: std::ops::Range<usize>| {
        played[range].windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
    };
    // The steepest slope of the higher note bounds those of the way between, but where zones are crossfaded: two sines add up to √2 of one.
    let (highest, way) = (step(30_000..36_000), step(19_000..26_000).max(step(39_000..46_000)));
    assert!(way < std::f32::consts::SQRT_2 * highest, "a step of {way}, {highest} within the note");
}

#[test]
fn the_limit_of_notes_counts_notes_not_voices() {
    for unison in [1.0, 4.0] {
        let mut rig = rig(Timbre::Sine);
        let controls = voiced(VoiceControls { limit: 2.0, unison, unison_detune_cents: 0.0, ..plain() });
        rig.synth.reset();
        let (mut left, mut right) = (vec![0.0; 4_096], vec![0.0; 4_096]);
        let events: Vec<Event> = (0..4).map(|n| Event { offset: 0, kind: on(60 + n, 1.0) }).collect();
        rig.synth.render(&events, &controls, &mut left, &mut right);
        assert_eq!(rig.synth.ended_notes().len(), 2, "unison {unison}");
    }
}

#[test]
fn unison_keeps_loudness_and_pitch_and_is_wide() {
    let mut rig = rig(Timbre::Noise);
    let alone = play(&mut rig, voiced(plain()), &[(0, on(60, 1.0))], 40_000);
    for unison in 2..=8 {
        let voices = VoiceControls { unison: unison as f32, unison_detune_cents: 25.0, unison_spread: 0.0, ..plain() };
        let many = play(&mut rig, voiced(voices), &[(0, on(60, 1.0))], 40_000);
        let louder_db = rms_db(&many) - rms_db(&alone);
        assert!(louder_db.abs() < 1.0, "{unison} voices are {louder_db} dB louder");
        rig.synth.reset();
        let controls = voiced(VoiceControls { unison_spread: 1.0, ..voices });
        let script = Script::still(controls, vec![(0, on(60, 1.0))], 20_000);
        let [left, right] = script.play_stereo(&mut rig.synth, 512);
        assert!(left != right && (rms_db(&left) - rms_db(&right)).abs() < 1.0);
    }
}

#[test]
fn a_transposed_key_plays_there_and_ends_with_its_own_key() {
    let mut rig = rig(Timbre::Sine);
    let transposed = voiced(VoiceControls { octave: 1.0, transpose_semitones: -5.0, ..plain() });
    let script = Script {
        events: vec![(0, on(60, 1.0)), (20_000, off(60))],
        controls: vec![(0, transposed), (10_000, voiced(plain()))],
        length: 30_000,
    };
    rig.synth.reset();
    let played = script.play(&mut rig.synth, 512);
    assert_pitch(&played[2_000..18_000], 67.0);
    assert!(rms_db(&played[26_000..]) < SILENT_DB);
}

#[test]
fn the_sostenuto_pedal_holds_what_was_down_and_nothing_else() {
    let sostenuto = |down: bool| EventKind::Controller { channel: 0, controller: 66, value: f32::from(u8::from(down)) };
    let level = |events: &[(usize, EventKind)], from: usize| {
        let mut rig = rig(Timbre::Sine);
        rms_db(&play(&mut rig, voiced(plain()), events, 40_000)[from..from + 4_000])
    };
    let before = [(0, on(60, 1.0)), (1_000, sostenuto(true)), (2_000, off(60)), (20_000, sostenuto(false))];
    assert!(level(&before, 12_000) > HEARD_DB && level(&before, 30_000) < SILENT_DB);
    let after = [(0, sostenuto(true)), (1_000, on(60, 1.0)), (5_000, off(60))];
    assert!(level(&after, 12_000) < SILENT_DB);
    let both = [
        (0, on(60, 1.0)),
        (500, sostenuto(true)),
        (1_000, pedal(0, true)),
        (2_000, off(60)),
        (10_000, sostenuto(false)),
        (20_000, pedal(0, false)),
    ];
    assert!(level(&both, 14_000) > HEARD_DB && level(&both, 30_000) < SILENT_DB);
}

#[test]
fn soft_pedal_curve_and_amount_change_the_level() {
    let mut rig = rig(Timbre::Sine);
    let mut level = |voices: VoiceControls, velocity: f32, soft: bool| {
        let pedal = EventKind::Controller { channel: 0, controller: 67, value: f32::from(u8::from(soft)) };
        let controls = Controls { touch: 0.0, ..voiced(voices) };
        rms_db(&play(&mut rig, controls, &[(0, pedal), (0, on(60, velocity))], 10_000))
    };
    let hard = level(plain(), 1.0, false);
    assert!((hard - level(plain(), 0.5, false) - 12.04).abs() < LEVEL_TOLERANCE_DB);
    assert!(
        (hard - level(VoiceControls { velocity_level: 0.5, ..plain() }, 0.5, false) - 6.02).abs() < LEVEL_TOLERANCE_DB
    );
    assert!((hard - level(VoiceControls { velocity_level: 0.0, ..plain() }, 0.5, false)).abs() < LEVEL_TOLERANCE_DB);
    let mut curved = |curve| level(VoiceControls { velocity_curve: curve, ..plain() }, 0.5, false);
    assert!(
        (hard - curved(1.0) - 36.12).abs() < LEVEL_TOLERANCE_DB
            && (hard - curved(-1.0) - 4.01).abs() < LEVEL_TOLERANCE_DB
    );
    assert!((hard - level(plain(), 1.0, true) - 8.87).abs() < LEVEL_TOLERANCE_DB);
}

#[test]
fn the_wheel_reaches_its_ranges_unless_a_message_sets_another() {
    let mut rig = rig(Timbre::Sine);
    let controls = voiced(VoiceControls { bend_up_semitones: 7.0, bend_down_semitones: 12.0, ..plain() });
    let controller =
        |controller, step: u8| EventKind::Controller { channel: 0, controller, value: f32::from(step) / 127.0 };
    for (wheel, key) in [(2.0, 67.0), (-2.0, 48.0), (1.0, 63.5)] {
        let played = play(&mut rig, controls, &[(0, bend(wheel)), (0, on(60, 1.0))], 20_000);
        assert_pitch(&played[8_000..], key);
    }
    let set =
        [(0, controller(101, 0)), (0, controller(100, 0)), (0, controller(6, 3)), (0, bend(2.0)), (0, on(60, 1.0))];
    assert_pitch(&play(&mut rig, controls, &set, 20_000)[8_000..], 63.0);
}

#[test]
fn a_note_starts_within_its_sound() {
    let mut rig = rig(Timbre::Sine);
    let controls = Controls { voices: VoiceControls { start: 0.5, ..plain() }, hold: 1.0, ..point(0.0) };
    let played = play(&mut rig, controls, &[(0, on(60, 1.0))], 80_000);
    let end = played.iter().rposition(|sample| sample.abs() > 1e-4).unwrap_or(0);
    let expected = (FAKE_LENGTH as f32 / 2.0 * RATE_HZ / FAKE_RATE_HZ) as usize;
    assert!(end.abs_diff(expected) < 600, "it ends after {end} samples, half of the sound has {expected}");
}

#[test]
fn a_curved_attack_and_a_time_at_full_level_are_heard() {
    let mut rig = rig(Timbre::Sine);
    let mut level = |amp: AmpControls, from: usize| {
        let controls = Controls { attack_s: 0.2, decay_s: 0.02, sustain: 0.0, amp, ..voiced(plain()) };
        rms_db(&play(&mut rig, controls, &[(0, on(60, 1.0))], 30_000)[from..from + 1_000])
    };
    let early =
        [-1.0, 0.0, 1.0].map(|attack_curve| level(AmpControls { attack_curve, ..AmpControls::default() }, 2_000));
    assert!(early[0] > early[1] + 6.0 && early[1] > early[2] + 6.0, "{early:?}");
    let mut held = |hold_s| level(AmpControls { hold_s, ..AmpControls::default() }, 16_000);
    assert!(held(0.3) > HEARD_DB && held(0.0) < HEARD_DB - 30.0);
}

#[test]
fn a_delayed_note_begins_at_its_start_and_ends_unheard_when_it_is_let_go_or_choked() {
    const DELAY_SAMPLES: usize = 6_000;
    let mut rig = rig(Timbre::Sine);
    let delayed = |delay_s: f32| Controls { amp: AmpControls { delay_s, ..AmpControls::default() }, ..voiced(plain()) };
    let at_once = play(&mut rig, delayed(0.0), &[(100, on(60, 1.0))], 12_000);
    let later = play(&mut rig, delayed(DELAY_SAMPLES as f32 / RATE_HZ), &[(100, on(60, 1.0))], 12_000);
    assert!(later[..100 + DELAY_SAMPLES].iter().all(|sample| *sample == 0.0));
    let pairs = later[100 + DELAY_SAMPLES..].iter().zip(&at_once[100..]);
    assert!(pairs.clone().all(|(a, b)| (a - b).abs() < 1e-3), "it begins at its start");
    for end in [off(60), choke(60)] {
        let silent = play(&mut rig, delayed(0.125), &[(100, on(60, 1.0)), (1_000, end)], 12_000);
        assert!(silent.iter().all(|sample| *sample == 0.0));
        assert!(rig.synth.is_idle());
    }
}

#[test]
fn neither_mode_nor_unison_depends_on_the_size_of_blocks() {
    let mut rig = rig(Timbre::Noise);
    let controls = voiced(VoiceControls { mode: 2.0, unison: 3.0, glide_s: 0.1, ..plain() });
    let script = Script::still(controls, vec![(100, on(60, 1.0)), (7_777, on(70, 1.0)), (15_001, off(70))], 30_000);
    let mut first = None;
    for block in BLOCK_SIZES.into_iter().filter(|block| *block > 1) {
        rig.synth.reset();
        let played = script.play_stereo(&mut rig.synth, block);
        assert!(*first.get_or_insert_with(|| played.clone()) == played, "blocks of {block}");
    }
}

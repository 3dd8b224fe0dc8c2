//! Laws of notes that share a voice, and of voices that share a note: legato across zones, the return to a held key when a pedal goes up,
//! the loudness of every unison, the start within a sound. A fake source stands at the worker's border.

use engine::audio::{Event, EventKind, NoteAddress, UNKNOWN_RELEASE};
use engine::params::{Controls, VoiceControls};
use engine::units::key_to_hz;
use support::fake::{FAKE_AMPLITUDE, Rig, Timbre};
use support::listen::{frequency_hz, rms_db};
use support::script::{Script, off, on, pedal, point};

const RATE_HZ: f32 = 48_000.0;
/// Pitch against what was asked for.
const PITCH_TOLERANCE_CENTS: f64 = 1.0;
/// Level that sounds, and level that does not.
const HEARD_DB: f32 = -30.0;
const SILENT_DB: f32 = -80.0;
/// Power of detuned voices over a second against that of one: what is left of their beating.
const LOUDNESS_TOLERANCE_DB: f32 = 1.0;

fn voiced(voices: VoiceControls) -> Controls {
    Controls { voices, release_s: 0.01, ..point(0.0) }
}

fn plain() -> VoiceControls {
    point(0.0).voices
}

fn play(rate_hz: f32, controls: Controls, events: &[(usize, EventKind)], length: usize) -> Vec<f32> {
    let mut rig = Rig::new(Timbre::Sine, rate_hz);
    rig.synth.set_offline(true);
    rig.synth.reset();
    let [left, right] = Script::still(controls, events.to_vec(), length).play_stereo(&mut rig.synth, 512);
    left.iter().zip(right).map(|(left, right)| 0.5 * (left + right)).collect()
}

fn cents_off(played: &[f32], rate_hz: f32, key: f64) -> f64 {
    1200.0 * (frequency_hz(played, rate_hz) / key_to_hz(key)).log2()
}

fn sostenuto(down: bool) -> EventKind {
    EventKind::Controller { channel: 0, controller: 66, value: f32::from(u8::from(down)) }
}

#[test]
fn legato_keeps_the_time_in_the_sound_whatever_the_zones() {
    // The fake's sounds last 95 850 samples at their roots. A note that goes on at another key ends when its sound would have ended there.
    for (from, to) in [(72, 48), (48, 72), (60, 36), (60, 84), (60, 62), (62, 60)] {
        for (glide_s, hold) in [(0.0, 1.0), (0.1, 1.0), (0.1, 0.0)] {
            let controls = Controls { hold, ..voiced(VoiceControls { mode: 2.0, glide_s, ..plain() }) };
            let events = [(0, on(from, 1.0)), (60_000, on(to, 1.0))];
            let played = play(RATE_HZ, controls, &events, 80_000);
            let after = &played[68_000..78_000];
            assert!(rms_db(after) > HEARD_DB, "{from} to {to}, {glide_s} s: {} dB", rms_db(after));
            let cents = cents_off(after, RATE_HZ, f64::from(to));
            assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "{from} to {to}, {glide_s} s: {cents} cents");
        }
    }
}

#[test]
fn a_glide_ends_at_its_pitch_at_every_rate() {
    for rate_hz in [22_050.0, 44_100.0, 96_000.0] {
        for (mode, law) in [(0.0, 0.0), (1.0, 1.0), (2.0, 0.0)] {
            let voices = VoiceControls { mode, glide_s: 0.1, glide_law: law, ..plain() };
            let at = |part: f32| (part * rate_hz) as usize;
            let events = [(0, on(55, 1.0)), (at(0.3), on(64, 1.0)), (at(0.3) + 1, off(55))];
            let played = play(rate_hz, voiced(voices), &events, at(0.9));
            let cents = cents_off(&played[at(0.5)..], rate_hz, 64.0);
            assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "mode {mode} at {rate_hz} Hz: {cents} cents");
        }
    }
}

#[test]
fn a_pedal_that_goes_up_returns_to_the_key_that_is_held() {
    for mode in [1.0, 2.0] {
        for (down, up) in [(pedal(0, true), pedal(0, false)), (sostenuto(true), sostenuto(false))] {
            let events = [
                (0, on(60, 1.0)),
                (5_000, on(67, 1.0)),
                (6_000, down),
                (10_000, off(67)),
                (20_000, up),
                (40_000, off(60)),
            ];
            let played = play(RATE_HZ, voiced(VoiceControls { mode, ..plain() }), &events, 50_000);
            for (from, key) in [(12_000, 67.0), (24_000, 60.0)] {
                let cents = cents_off(&played[from..from + 7_000], RATE_HZ, key);
                assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "mode {mode}, {down:?}, at {from}: {cents} cents");
            }
            assert!(rms_db(&played[44_000..]) < SILENT_DB, "mode {mode}, {down:?}: it ends with its key");
        }
    }
}

#[test]
fn a_key_that_is_choked_while_another_one_sounds_is_told_once() {
    for mode in [1.0, 2.0] {
        for (what, ends) in [("choke", None), ("all sound off", Some(120)), ("note-off", Some(123))] {
            let mut rig = Rig::new(Timbre::Sine, RATE_HZ);
            rig.synth.set_offline(true);
            let notes = [60, 64].map(|key| NoteAddress { id: Some(i32::from(key)), ..NoteAddress::key(0, key) });
            let mut events: Vec<(usize, EventKind)> =
                notes.iter().map(|note| EventKind::NoteOn { note: *note, velocity: 1.0 }).map(|on| (0, on)).collect();
            events.push(match ends {
                None => (1, EventKind::Choke { notes: notes[0] }),
                Some(controller) => (1, EventKind::Controller { channel: 0, controller, value: 0.0 }),
            });
            events.extend(notes.map(|notes| (2, EventKind::NoteOff { notes, velocity: UNKNOWN_RELEASE })));
            let mut told = Vec::new();
            let (mut left, mut right) = ([0.0; 512], [0.0; 512]);
            for block in 0..20 {
                let due =
                    events.iter().filter(|(at, _)| *at == block).map(|(_, kind)| Event { offset: 7, kind: *kind });
                let due: Vec<Event> = due.collect();
                rig.synth.render(&due, &voiced(VoiceControls { mode, ..plain() }), &mut left, &mut right);
                told.extend(rig.synth.ended_notes().iter().filter_map(|ended| ended.note.id));
            }
            told.sort_unstable();
            assert_eq!(told, [60, 64], "mode {mode}, {what}");
        }
    }
}

#[test]
fn a_sostenuto_pedal_lets_go_of_what_leaves_its_zone() {
    let zone = |members: u8| [(101, 0), (100, 6), (6, members)].map(|(controller, value)| (controller, value));
    let message = |at: usize, (controller, value): (u8, u8)| {
        (at, EventKind::Controller { channel: 0, controller, value: f32::from(value) / 127.0 })
    };
    let note = NoteAddress::key(2, 60);
    let mut events: Vec<_> = zone(5).map(|values| message(0, values)).to_vec();
    events.push((1, EventKind::NoteOn { note, velocity: 1.0 }));
    events.push((1_000, sostenuto(true)));
    events.push((2_000, EventKind::NoteOff { notes: note, velocity: UNKNOWN_RELEASE }));
    events.extend(zone(0).map(|values| message(20_000, values)));
    let played = play(RATE_HZ, voiced(plain()), &events, 40_000);
    assert!(rms_db(&played[10_000..18_000]) > HEARD_DB, "the manager's pedal holds it");
    assert!(rms_db(&played[30_000..]) < SILENT_DB, "no pedal holds it any more");
}

#[test]
fn every_unison_has_the_loudness_of_one_voice() {
    let alone = rms_db(&play(RATE_HZ, voiced(plain()), &[(0, on(60, 1.0))], 60_000)[10_000..]);
    for unison in 2..=8 {
        for unison_blend in [0.0, 0.5, 1.0] {
            let voices = VoiceControls {
                unison: unison as f32,
                unison_blend,
                unison_spread: 0.0,
                unison_detune_cents: 40.0,
                ..plain()
            };
            let level_db = rms_db(&play(RATE_HZ, voiced(voices), &[(0, on(60, 1.0))], 60_000)[10_000..]);
            let change_db = level_db - alone;
            assert!(change_db.abs() < LOUDNESS_TOLERANCE_DB, "{unison} voices, blend {unison_blend}: {change_db} dB");
        }
    }
}

#[test]
fn a_note_that_starts_within_its_sound_does_not_click() {
    let step = |played: &[f32]| played.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    for start in [0.1, 0.123, 0.3, 0.77] {
        for unison in [1.0, 5.0] {
            let voices = VoiceControls { start, unison, unison_spread: 0.0, ..plain() };
            let played = play(RATE_HZ, voiced(voices), &[(100, on(72, 1.0))], 12_000);
            let slope = std::f32::consts::TAU * key_to_hz(72.0) as f32 / RATE_HZ * FAKE_AMPLITUDE;
            // Voices are at most √n times one in amplitude; a fade in adds less than the sound's own slope.
            assert!(step(&played) < 2.0 * slope * unison.sqrt(), "from {start}, {unison} voices: {}", step(&played));
        }
    }
}

//! Laws of a sample rate that changes while notes play, without a further reset: the synth goes on at the new rate at once, in tune, without
//! a note of before. Part of a program that counts allocations and frees.

use engine::audio::{Event, EventKind, NoteAddress, Synth, UNKNOWN_RELEASE};
use engine::params::{Controls, Hold};
use engine::units::key_to_hz;
use support::fake::{FAKE_AMPLITUDE, Rig, Sort, Timbre};
use support::guard::guarded;
use support::listen::{frequency_hz, rms_db};
use support::script::point;

const RATES_HZ: [f32; 9] = [48_000.0, 8_000.0, 384_000.0, 44_100.0, 192_000.0, 11_025.0, 96_000.0, 22_050.0, 48_000.0];
const KEYS: [u8; 5] = [48, 55, 60, 67, 72];
const BLOCK: usize = 256;
const PITCH_TOLERANCE_CENTS: f64 = 1.0;
const LEVEL_TOLERANCE_DB: f32 = 0.1;
/// No sample is larger: five notes of unison with a delay that feeds back.
const BOUND: f32 = 100.0;

/// Filter, second envelope, LFO, unison, glide and all effects at work.
fn busy() -> Controls {
    let mut controls = Controls { hold: Hold::Sustained.value(), release_s: 0.05, attack_s: 0.01, ..point(0.3) };
    (controls.filter.kind, controls.filter.cutoff_key, controls.filter.resonance) = (2.0, 80.0, 0.6);
    (controls.filter.envelope_semitones, controls.env2.decay_s) = (24.0, 0.2);
    (controls.voices.unison, controls.voices.glide_s, controls.voices.width) = (3.0, 0.1, 0.5);
    (controls.space.drive, controls.space.ensemble) = (0.3, 0.4);
    (controls.space.delay, controls.space.delay_sync, controls.space.delay_s) = (0.4, 0.0, 0.05);
    (controls.space.reverb, controls.space.reverb_size) = (0.4, 0.2);
    controls
}

fn note(channel: u8, key: u8) -> EventKind {
    EventKind::NoteOn { note: NoteAddress::key(channel, key), velocity: 0.7 }
}

fn note_off(channel: u8, key: u8) -> EventKind {
    EventKind::NoteOff { notes: NoteAddress::key(channel, key), velocity: UNKNOWN_RELEASE }
}

fn all(kind: fn(u8, u8) -> EventKind) -> Vec<Event> {
    (0_u8..)
        .zip(KEYS)
        .map(|(channel, key)| Event { offset: 3 * usize::from(channel), kind: kind(channel, key) })
        .collect()
}

/// The left side of `seconds` at a rate, behind events in the first block. Nothing is allocated or freed meanwhile.
fn play(synth: &mut Synth, controls: &Controls, events: &[Event], rate_hz: f32, seconds: f32) -> Vec<f32> {
    let mut out = Vec::new();
    let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
    for block in 0..(seconds * rate_hz) as usize / BLOCK + 1 {
        let due = if block == 0 { events } else { &[] };
        assert_eq!(guarded(|| synth.render(due, controls, &mut left, &mut right)), 0, "{rate_hz} Hz");
        let is_bounded = left.iter().chain(&right).all(|sample| sample.is_finite() && sample.abs() < BOUND);
        assert!(is_bounded, "{rate_hz} Hz, block {block}");
        out.extend_from_slice(&left);
    }
    out
}

#[test]
fn notes_end_at_a_new_rate_and_those_that_follow_end_with_their_keys() {
    for (sort, is_offline) in [(Sort::Mono, false), (Sort::Stereo, false), (Sort::Mono, true)] {
        let mut rig = Rig::of_sort(sort, Timbre::Noise, RATES_HZ[0]);
        rig.synth.set_offline(is_offline);
        let controls = busy();
        for rate_hz in RATES_HZ {
            let what = format!("{sort:?} at {rate_hz} Hz, offline {is_offline}");
            assert_eq!(guarded(|| rig.synth.set_sample_rate(rate_hz)), 0, "{what}");
            assert!(rig.synth.is_idle(), "{what}: what was held before has ended");
            // The keys of before go up only now.
            let stale = play(&mut rig.synth, &controls, &all(note_off), rate_hz, 0.02);
            assert!(stale.iter().all(|sample| *sample == 0.0), "{what}: nothing is left of before");
            let mut heard = play(&mut rig.synth, &controls, &all(note), rate_hz, 0.1);
            rig.wait_for_decodes(3);
            heard.extend(play(&mut rig.synth, &controls, &[], rate_hz, 0.2));
            assert!(rms_db(&heard) > -40.0, "{what}: {} dB", rms_db(&heard));
            play(&mut rig.synth, &controls, &all(note_off), rate_hz, 3.0);
            assert_eq!(rig.instance.status().playing_voices, 0, "{what}: no note is left");
            // They are held when the rate changes.
            play(&mut rig.synth, &controls, &all(note), rate_hz, 0.1);
            assert!(rig.instance.status().playing_voices > 0, "{what}");
        }
    }
}

#[test]
fn a_note_after_the_change_has_its_pitch_and_level() {
    let expected_db = 20.0 * (FAKE_AMPLITUDE / 2f32.sqrt()).log10();
    let mut rig = Rig::new(Timbre::Sine, RATES_HZ[0]);
    rig.synth.set_offline(true);
    let controls = Controls { hold: Hold::Sustained.value(), ..point(0.0) };
    for rate_hz in RATES_HZ {
        rig.synth.set_sample_rate(rate_hz);
        let note =
            |key: u8| [Event { offset: 0, kind: EventKind::NoteOn { note: NoteAddress::key(0, key), velocity: 1.0 } }];
        let out = play(&mut rig.synth, &controls, &note(67), rate_hz, 0.4);
        let steady = &out[(0.05 * rate_hz) as usize..];
        let cents = 1200.0 * (frequency_hz(steady, rate_hz) / key_to_hz(67.0)).log2();
        assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "{rate_hz} Hz: {cents} cents");
        let level_db = rms_db(steady) - expected_db;
        assert!(level_db.abs() < LEVEL_TOLERANCE_DB, "{rate_hz} Hz: {level_db} dB");
    }
}

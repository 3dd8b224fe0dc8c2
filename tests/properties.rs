//! Laws of the synth, over matrices of block sizes, rates and keys. A fake source stands at the worker's border.

use engine::audio::EventKind;
use engine::link::SLOTS;
use engine::params::Controls;
use engine::units::key_to_hz;
use support::Random;
use support::fake::{FAKE_AMPLITUDE, Rig, Timbre};
use support::listen::{frequency_hz, rms_db};
use support::script::{BLOCK_SIZES, Script, all_notes_off, all_sound_off, bend, choke, off, on, pedal, point};

/// Pitch of a played sine against equal temperament.
const PITCH_TOLERANCE_CENTS: f64 = 1.0;
/// Level of the same sound at different rates.
const LEVEL_TOLERANCE_DB: f32 = 0.1;
/// Level during a crossfade against the level before.
const CROSSFADE_TOLERANCE_DB: f32 = 0.5;
/// What folds over, against the sound that causes it.
const ALIAS_LIMIT_DB: f32 = -60.0;

/// An offline rig, so that every sound is there when it is wanted.
fn offline_rig(timbre: Timbre, rate_hz: f32) -> Rig {
    let mut rig = Rig::new(timbre, rate_hz);
    rig.synth.set_offline(true);
    rig.synth.reset();
    rig
}

/// Notes in several zones, overlaps, a repeated key, a bend, a choke.
fn phrase() -> Vec<(usize, EventKind)> {
    vec![
        (0, on(60, 1.0)),
        (700, on(50, 0.7)),
        (1501, bend(2.0)),
        (2000, on(60, 0.5)),
        (3333, off(50)),
        (4097, on(74, 0.9)),
        (5000, choke(74)),
        (6400, bend(0.0)),
        (7001, on(67, 0.8)),
        (8000, all_notes_off()),
    ]
}

fn shaped() -> Controls {
    Controls { attack_s: 0.003, decay_s: 0.2, sustain: 0.6, release_s: 0.05, gain_db: -3.0, ..point(0.5) }
}

/// Knob, pad, tuning and gain move at samples that fit no grid.
fn moving(length: usize) -> Vec<(usize, Controls)> {
    let at = |sample: usize| {
        let phase = sample as f32 / length as f32;
        let mut controls =
            Controls { pad_x: phase, morph: 0.5 * phase, fine_cents: 30.0 * phase, gain_db: -6.0 * phase, ..shaped() };
        controls.corners[1] = [1.0, -1.0, 0.5, 0.0, 2.0, 0.0, -2.0];
        controls.knobs[0] = (phase * 9.0).sin();
        controls
    };
    (0..length).step_by(437).map(|sample| (sample, at(sample))).collect()
}

fn assert_same(reference: &[f32], other: &[f32], what: &str) {
    let differs = reference.iter().zip(other).position(|(a, b)| a.to_bits() != b.to_bits());
    assert_eq!(differs, None, "{what}: first different sample");
    assert_eq!(reference.len(), other.len(), "{what}: length");
}

#[test]
fn a_static_point_sounds_the_same_in_any_blocks_live_and_offline() {
    for rate_hz in [44_100.0, 48_000.0, 96_000.0] {
        let mut rig = Rig::new(Timbre::Noise, rate_hz);
        let script = Script::still(shaped(), phrase(), 12_000);
        // Idle ticks until the main zone and its neighbours are decoded.
        for _ in 0..200 {
            Script::still(shaped(), Vec::new(), 64).play(&mut rig.synth, 64);
        }
        rig.wait_for_decodes(3);
        for _ in 0..50 {
            Script::still(shaped(), Vec::new(), 64).play(&mut rig.synth, 64);
        }
        rig.synth.reset();
        let reference = script.play(&mut rig.synth, script.length);
        assert!(rms_db(&reference) > -40.0, "the phrase is heard");
        for block in BLOCK_SIZES {
            rig.synth.reset();
            assert_same(
                &reference,
                &script.play(&mut rig.synth, block),
                &format!("live, {rate_hz} Hz, blocks of {block}"),
            );
        }
        assert_eq!(rig.instance.status().late_count, 0, "every sound was there");
        for block in BLOCK_SIZES {
            let mut fresh = offline_rig(Timbre::Noise, rate_hz);
            assert_same(
                &reference,
                &script.play(&mut fresh.synth, block),
                &format!("offline, {rate_hz} Hz, blocks of {block}"),
            );
        }
    }
}

#[test]
fn a_sound_ends_on_the_same_sample_in_any_blocks() {
    for (rate_hz, key, velocity) in
        [(48_000.0, 95, 1.0), (48_000.0, 95, 0.4), (44_100.0, 97, 0.1), (96_000.0, 101, 0.4)]
    {
        let mut rig = offline_rig(Timbre::Noise, rate_hz);
        let script = Script::still(point(0.3), vec![(5, on(key, velocity))], (1.2 * rate_hz) as usize);
        let reference = script.play(&mut rig.synth, 8192);
        let end = reference.iter().rposition(|sample| *sample != 0.0).expect("a sound");
        assert!(end + 100 < reference.len(), "key {key} ends within the script");
        for block in BLOCK_SIZES {
            rig.synth.reset();
            let what = format!("key {key}, velocity {velocity}, blocks of {block}");
            assert_same(&reference, &script.play(&mut rig.synth, block), &what);
        }
    }
}

#[test]
fn the_sustain_pedal_holds_released_notes_of_its_channel() {
    let mut rig = offline_rig(Timbre::Sine, 48_000.0);
    let level_db = |rig: &mut Rig, events| {
        rig.synth.reset();
        let sound = Script::still(Controls { release_s: 0.02, ..point(0.0) }, events, 30_000).play(&mut rig.synth, 333);
        [rms_db(&sound[10_000..15_000]), rms_db(&sound[25_000..])]
    };
    let [held, let_go] =
        level_db(&mut rig, vec![(0, pedal(0, true)), (0, on(60, 1.0)), (2000, off(60)), (20_000, pedal(0, false))]);
    assert!(held > -20.0 && let_go < -100.0, "held {held} dB, let go {let_go} dB");
    let [other_channel, _] = level_db(&mut rig, vec![(0, pedal(1, true)), (0, on(60, 1.0)), (2000, off(60))]);
    assert!(other_channel < -100.0, "{other_channel} dB");
    let [_, pressed] = level_db(&mut rig, vec![(0, pedal(0, true)), (0, on(60, 1.0)), (20_000, pedal(0, false))]);
    assert!(pressed > -20.0, "a key that is down does not end with the pedal: {pressed} dB");
}

#[test]
fn offline_automation_sounds_the_same_in_any_blocks_and_with_a_slow_worker() {
    let length = 20_000;
    let script = Script { events: phrase(), controls: moving(length), length };
    for rate_hz in [8_000.0, 48_000.0, 384_000.0] {
        let mut reference = None;
        for (block, pause_us) in
            BLOCK_SIZES.map(|block| (block, 1_000)).into_iter().chain([(64, 10_000), (1024, 10_000), (333, 0)])
        {
            let mut rig = offline_rig(Timbre::Noise, rate_hz);
            rig.control.render_pause_us.store(pause_us, std::sync::atomic::Ordering::SeqCst);
            let out = script.play(&mut rig.synth, block);
            let reference = reference.get_or_insert_with(|| out.clone());
            assert_same(reference, &out, &format!("{rate_hz} Hz, blocks of {block}, pause {pause_us} µs"));
            assert!(!rig.synth.render_failed());
        }
    }
}

#[test]
fn an_offline_render_repeats_after_reset_and_after_live_play() {
    let length = 16_000;
    let script = Script { events: phrase(), controls: moving(length), length };
    let mut rig = offline_rig(Timbre::Noise, 48_000.0);
    let first = script.play(&mut rig.synth, 512);
    rig.synth.reset();
    assert_same(&first, &script.play(&mut rig.synth, 512), "after reset");
    rig.synth.set_offline(false);
    script.play(&mut rig.synth, 100);
    rig.synth.set_offline(true);
    rig.synth.reset();
    assert_same(&first, &script.play(&mut rig.synth, 512), "after live play");
}

#[test]
fn keys_are_in_tune_and_level_at_every_rate() {
    let expected_db = 20.0 * (FAKE_AMPLITUDE / 2f32.sqrt()).log10();
    for rate_hz in [8_000.0, 22_050.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0, 384_000.0] {
        let mut rig = offline_rig(Timbre::Sine, rate_hz);
        for key in (24..=96).step_by(9) {
            rig.synth.reset();
            let length = (0.45 * rate_hz) as usize;
            let out = Script::still(point(0.0), vec![(0, on(key, 1.0))], length).play(&mut rig.synth, 512);
            let steady = &out[(0.05 * rate_hz) as usize..];
            let cents = 1200.0 * (frequency_hz(steady, rate_hz) / key_to_hz(f64::from(key))).log2();
            assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "key {key} at {rate_hz} Hz: {cents:.3} cents");
            // Whole periods only, so that the level of a low key is not that of its phase.
            let period = f64::from(rate_hz) / key_to_hz(f64::from(key));
            let whole = ((steady.len() as f64 / period).floor() * period) as usize;
            let level_db = rms_db(&steady[..whole]) - expected_db;
            assert!(level_db.abs() < LEVEL_TOLERANCE_DB, "key {key} at {rate_hz} Hz: {level_db:.3} dB");
        }
    }
}

#[test]
fn what_lies_above_the_new_nyquist_is_not_heard() {
    let sound_db = 20.0 * (FAKE_AMPLITUDE / 2f32.sqrt()).log10();
    for (hz, coarse_semitones) in
        [(13_000, 12.0), (16_000, 12.0), (19_000, 12.0), (21_500, 12.0), (9_000, 24.0), (15_000, 19.0), (21_000, 5.0)]
    {
        let mut rig = offline_rig(Timbre::Fixed(hz), 44_100.0);
        let controls = Controls { coarse_semitones, ..point(0.0) };
        let out = Script::still(controls, vec![(0, on(60, 1.0))], 8_000).play(&mut rig.synth, 512);
        let alias_db = rms_db(&out[1_000..]) - sound_db;
        assert!(alias_db < ALIAS_LIMIT_DB, "{hz} Hz up by {coarse_semitones} semitones: {alias_db:.1} dB");
    }
}

#[test]
fn bend_and_tuning_move_the_pitch() {
    let mut rig = offline_rig(Timbre::Sine, 48_000.0);
    let cases = [(0.0, 0.0, 2.0), (12.0, 0.0, 0.0), (-7.0, 25.0, -1.5)];
    for (coarse_semitones, fine_cents, semitones) in cases {
        rig.synth.reset();
        let controls = Controls { coarse_semitones, fine_cents, ..point(0.0) };
        let events = vec![(0, on(60, 1.0)), (10, bend(semitones))];
        let out = Script::still(controls, events, 24_000).play(&mut rig.synth, 512);
        let wanted = 60.0 + f64::from(coarse_semitones + fine_cents / 100.0 + semitones);
        let cents = 1200.0 * (frequency_hz(&out[6_000..], 48_000.0) / key_to_hz(wanted)).log2();
        assert!(cents.abs() < PITCH_TOLERANCE_CENTS, "{coarse_semitones} {fine_cents} {semitones}: {cents:.3} cents");
    }
}

/// Level in eight windows over each crossfade, against the level of the whole, for a point that jumps every 4800 samples.
fn crossfade_levels_db(timbre: Timbre, step: f32) -> Vec<f32> {
    const JUMP: usize = 4_800;
    // A request made on the tick of the jump takes over 16 ticks later, and the crossfade takes 10 ms.
    const TAKE_OVER: usize = 1_024;
    const WINDOW: usize = 480 / 8;
    let mut rig = offline_rig(timbre, 48_000.0);
    let length = 84_000;
    let controls: Vec<_> =
        (0..length).step_by(JUMP).enumerate().map(|(index, at)| (at, point(step * (index % 7) as f32))).collect();
    let mut power = [0.0f64; 8];
    let (mut whole, mut count) = (0.0f64, 0usize);
    for key in [84, 83, 79, 88] {
        rig.synth.reset();
        let script = Script { events: vec![(0, on(key, 1.0))], controls: controls.clone(), length };
        let out = script.play(&mut rig.synth, 512);
        for jump in (JUMP..length - JUMP).step_by(JUMP) {
            for (window, power) in power.iter_mut().enumerate() {
                let start = jump + TAKE_OVER + window * WINDOW;
                *power += out[start..start + WINDOW].iter().map(|x| f64::from(x * x)).sum::<f64>() / WINDOW as f64;
            }
            whole += out[jump + 2_400..jump + 4_320].iter().map(|x| f64::from(x * x)).sum::<f64>() / 1_920.0;
            count += 1;
        }
    }
    power.iter().map(|power| (10.0 * (power / count as f64 / (whole / count as f64)).log10()) as f32).collect()
}

#[test]
fn crossfades_keep_the_level() {
    for timbre in [Timbre::Sine, Timbre::Noise] {
        for (window, level_db) in crossfade_levels_db(timbre, 0.4).into_iter().enumerate() {
            assert!(level_db.abs() < CROSSFADE_TOLERANCE_DB, "{timbre:?}, window {window} of 8: {level_db:.2} dB");
        }
    }
}

#[test]
fn every_note_ends_after_its_note_off() {
    let mut random = Random::new(7);
    for round in 0..40 {
        let mut rig = offline_rig(Timbre::Noise, 48_000.0);
        let release_s = random.below(100) as f32 / 1000.0;
        let controls = Controls {
            attack_s: random.below(50) as f32 / 100.0,
            decay_s: random.below(50) as f32 / 100.0,
            sustain: random.below(3) as f32 / 2.0,
            release_s,
            ..point(0.0)
        };
        let mut events = Vec::new();
        for _ in 0..20 {
            let key = random.below(128) as u8;
            let start = random.below(9_000);
            events.push((start, on(key, 1.0)));
            events.push((start + random.below(2_000), off(key)));
        }
        // A note-off may come before the last note-on of its key: all are released at the end.
        events.push((11_000, all_notes_off()));
        events.sort_by_key(|(at, _)| *at);
        // −80 dB is reached after 4/3 of the release time.
        let silent_from = 11_000 + (48_000.0 * (release_s.max(0.002) * 1.34)) as usize + 128;
        let out = Script::still(controls, events, silent_from + 1_000).play(&mut rig.synth, 333);
        assert!(out[silent_from..].iter().all(|sample| *sample == 0.0), "round {round} is silent after the release");
        assert_eq!(rig.instance.status().playing_voices, 0, "round {round} has no voices left");
    }
}

#[test]
fn choke_and_all_sound_off_end_within_their_fade_without_a_click() {
    for (kind, still_sounds) in [(choke(60), true), (all_sound_off(), false)] {
        let mut rig = offline_rig(Timbre::Fixed(200), 48_000.0);
        let controls = Controls { release_s: 10.0, ..point(0.0) };
        let events = vec![(0, on(60, 1.0)), (0, on(72, 0.1)), (9_000, kind)];
        let out = Script::still(controls, events, 12_000).play(&mut rig.synth, 512);
        let after = rms_db(&out[9_241..]);
        assert!(if still_sounds { (-55.0..-40.0).contains(&after) } else { after < -120.0 }, "{kind:?}: {after:.1} dB");
        assert!(largest_step(&out[100..]) < 0.02, "{kind:?} clicks: {}", largest_step(&out[100..]));
    }
}

fn largest_step(samples: &[f32]) -> f32 {
    samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

#[test]
fn a_stolen_note_fades_and_the_new_one_begins_on_its_sample() {
    let mut rig = offline_rig(Timbre::Fixed(200), 48_000.0);
    let controls = Controls { attack_s: 0.002, ..point(0.0) };
    // The first note is loud and will be the oldest; 31 faint ones fill the voices.
    let mut events = vec![(0, on(60, 1.0))];
    events.extend((0..31).map(|index| (64, on(61 + index, 0.03))));
    let without = Script::still(controls, events.clone(), 12_000).play(&mut rig.synth, 512);
    assert_eq!(rig.instance.status().playing_voices, 32);
    rig.synth.reset();
    events.push((9_003, on(100, 0.03)));
    let with = Script::still(controls, events, 12_000).play(&mut rig.synth, 512);
    // The loud sine itself moves by 0.013 a sample, the fade by another 0.004.
    assert!(largest_step(&with[200..]) < 0.025, "click of {}", largest_step(&with[200..]));
    assert!(rms_db(&with[9_200..]) < rms_db(&without[9_200..]) - 20.0, "the loud note has gone");
    assert_same(&without[..9_003], &with[..9_003], "before the theft");
    assert_ne!(without[9_003], with[9_003], "the new note begins on its sample");
    assert_eq!(rig.instance.status().playing_voices, 32);
}

#[test]
fn more_notes_than_voices_at_once_stay_bounded_and_end() {
    let mut rig = offline_rig(Timbre::Noise, 48_000.0);
    let mut events: Vec<_> = (0..500).map(|index| (index / 10, on((index % 128) as u8, 1.0))).collect();
    events.push((2_000, all_sound_off()));
    let script = Script::still(point(0.0), events, 3_000);
    script.play(&mut rig.synth, 100);
    assert_eq!(rig.instance.status().playing_voices, 0);
}

#[test]
fn wild_input_gives_finite_samples() {
    let mut random = Random::new(11);
    for rate_hz in [8_000.0, 44_100.0, 384_000.0, f32::NAN, 0.0] {
        let mut rig = Rig::new(Timbre::Noise, rate_hz);
        rig.synth.set_offline(random.below(2) == 0);
        for _ in 0..60 {
            let mut wild = |scale: f32| match random.below(6) {
                0 => f32::NAN,
                1 => f32::INFINITY,
                _ => scale * (random.below(2_001) as f32 / 1_000.0 - 1.0),
            };
            let controls = Controls {
                knobs: [wild(5.0), wild(5.0), 0.0, 0.0, 0.0, 0.0, wild(1e30)],
                pad_x: wild(2.0),
                morph: wild(2.0),
                stretch: wild(1.0),
                attack_s: wild(0.1),
                release_s: wild(0.1),
                coarse_semitones: wild(200.0),
                gain_db: wild(10.0),
                ..point(0.0)
            };
            let wheel = wild(200.0);
            let key = random.below(256) as u8;
            let events = [(random.below(50), on(key, 1.0)), (50, bend(wheel)), (900, off(key))];
            let script = Script::still(controls, events.to_vec(), random.below(2_000));
            let out = script.play(&mut rig.synth, 1 + random.below(700));
            assert!(out.iter().all(|sample| sample.is_finite()));
        }
    }
}

#[test]
fn an_empty_call_handles_its_events() {
    let mut rig = offline_rig(Timbre::Sine, 48_000.0);
    let event = engine::audio::Event { offset: 0, kind: on(60, 1.0) };
    rig.synth.render(&[event], &point(0.0), &mut [], &mut []);
    let (mut out, mut right) = ([0.0; 512], [0.0; 512]);
    rig.synth.render(&[], &point(0.0), &mut out, &mut right);
    assert!(rms_db(&out) > -20.0);
    assert!(SLOTS >= support::fake::FAKE_ROOTS.len());
}

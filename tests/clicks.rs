//! Laws of steps: what is stolen, choked or let go, what glides, and a pack or a whole state that is changed under a held note, spreads
//! nothing over the spectrum that the same without the step does not have. A fake source of a low sine stands at the worker's border.

use std::sync::Arc;

use engine::audio::{Event, EventKind};
use engine::params::{Controls, Hold, ModDestination};
use engine::presets::factory;
use engine::scene;
use realfft::RealFftPlanner;
use support::fake::{Fake, Rig, Timbre};
use support::listen::rms_db;
use support::script::{Script, all_sound_off, choke, off, on, point};
use support::wait::wait_until;

const RATE_HZ: f32 = 48_000.0;
/// What a step adds above [`SPREAD_FROM_HZ`], against a full-scale sine.
const CLICK_LIMIT_DB: f32 = -60.0;
const SPREAD_FROM_HZ: f32 = 6_000.0;
/// By how much more may be there than in the references, where these have partials of their own.
const MORE_DB: f32 = 3.0;
const TONE: Timbre = Timbre::Fixed(200);
const SIZE: usize = 1_024;

fn rig(timbre: Timbre) -> Rig {
    let mut rig = Rig::new(timbre, RATE_HZ);
    rig.synth.set_offline(true);
    rig.synth.reset();
    rig
}

fn held() -> Controls {
    Controls { hold: Hold::Sustained.value(), ..point(0.3) }
}

fn play(
    rig: &mut Rig,
    controls: Vec<(usize, Controls)>,
    events: &[(usize, EventKind)],
    length: usize,
) -> [Vec<f32>; 2] {
    rig.synth.reset();
    Script { events: events.to_vec(), controls, length }.play_stereo(&mut rig.synth, 512)
}

/// The loudest level above [`SPREAD_FROM_HZ`] of any [`SIZE`] samples, in dB below a full-scale sine, by a squared Hann window.
fn spread_db(samples: &[f32]) -> f32 {
    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(SIZE);
    let (mut input, mut bins) = (fft.make_input_vec(), fft.make_output_vec());
    let window = |n: usize| (0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / SIZE as f32).cos()).powi(2);
    let first_bin = (SPREAD_FROM_HZ / RATE_HZ * SIZE as f32) as usize;
    let full: f32 = (0..SIZE).map(|n| window(n).powi(2)).sum::<f32>() * SIZE as f32 / 4.0;
    let mut loudest = 0.0_f32;
    for first in (0..samples.len() - SIZE).step_by(SIZE / 4) {
        input.iter_mut().zip(&samples[first..]).enumerate().for_each(|(n, (slot, sample))| *slot = sample * window(n));
        fft.process(&mut input, &mut bins).expect("lengths fit");
        loudest = loudest.max(bins[first_bin..].iter().map(|bin| bin.norm_sqr()).sum());
    }
    10.0 * (loudest / full).max(1e-20).log10()
}

fn loudest_spread_db(sides: &[Vec<f32>; 2], from: usize) -> f32 {
    sides.iter().map(|side| spread_db(&side[from..])).fold(f32::NEG_INFINITY, f32::max)
}

/// What is left of `with` when `without` is taken away.
fn difference(with: &[Vec<f32>; 2], without: &[Vec<f32>; 2]) -> [Vec<f32>; 2] {
    [0, 1].map(|side| with[side].iter().zip(&without[side]).map(|(with, without)| with - without).collect())
}

#[test]
fn a_step_in_level_is_measured() {
    let tone = |n: usize| 0.5 * (std::f32::consts::TAU * 200.0 * n as f32 / RATE_HZ).cos();
    let steady: Vec<f32> = (0..8_192).map(tone).collect();
    assert!(spread_db(&steady) < -90.0, "{}", spread_db(&steady));
    let cut: Vec<f32> = (0..8_192).map(|n| if n < 4_080 { tone(n) } else { 0.0 }).collect();
    assert!(spread_db(&cut) > -45.0, "{}", spread_db(&cut));
    let sine: Vec<f32> = (0..8_192).map(|n| (std::f32::consts::TAU * 9_000.0 * n as f32 / RATE_HZ).sin()).collect();
    assert!(spread_db(&sine).abs() < 0.1, "{}", spread_db(&sine));
}

#[test]
fn a_stolen_note_does_not_click() {
    let mut rig = rig(TONE);
    for unison in [1.0, 4.0] {
        for mode in [0.0, 1.0] {
            let mut controls = held();
            (controls.voices.limit, controls.voices.mode, controls.voices.unison) = (1.0, mode, unison);
            controls.voices.unison_detune_cents = 5.0;
            // The thief comes at any phase of what it steals.
            for at in (20_000..20_240).step_by(37) {
                let with = play(&mut rig, vec![(0, controls)], &[(0, on(60, 1.0)), (at, on(62, 0.8))], 30_000);
                let thief = play(&mut rig, vec![(0, controls)], &[(at, on(62, 0.8))], 30_000);
                let stolen = difference(&with, &thief);
                assert!(rms_db(&stolen[0][at - 4_000..at]) > -20.0, "it has sounded");
                assert!(rms_db(&stolen[0][at + 400..]) < -90.0, "it has gone");
                let spread_db = loudest_spread_db(&stolen, 4_000);
                assert!(spread_db < CLICK_LIMIT_DB, "mode {mode}, unison {unison}, stolen at {at}: {spread_db} dB");
            }
        }
    }
}

#[test]
fn what_is_choked_silenced_or_let_go_does_not_click() {
    let mut rig = rig(TONE);
    for (what, kind, release_s) in
        [("choke", choke(60), 0.0), ("all sound off", all_sound_off(), 0.0), ("note-off", off(60), 0.02)]
    {
        let controls = Controls { release_s, ..held() };
        for at in (20_000..20_240).step_by(37) {
            let ended = play(&mut rig, vec![(0, controls)], &[(0, on(60, 1.0)), (at, kind)], 30_000);
            let spread_db = loudest_spread_db(&ended, 4_000);
            assert!(rms_db(&ended[0][at + 3_000..]) < -90.0, "{what} ends it");
            assert!(spread_db < CLICK_LIMIT_DB, "{what} at {at}: {spread_db} dB");
        }
    }
}

#[test]
fn a_glide_does_not_click_where_it_begins_crosses_zones_and_ends() {
    let mut rig = rig(Timbre::Sine);
    for (from, to) in [(36, 43), (60, 41), (38, 62), (48, 47)] {
        for (glide_s, law) in [(0.02, 0.0), (0.1, 0.0), (0.1, 1.0), (0.0, 0.0)] {
            for at in [20_000, 20_061, 20_130] {
                let mut controls = held();
                (controls.voices.mode, controls.voices.glide_s, controls.voices.glide_law) = (2.0, glide_s, law);
                let played = play(&mut rig, vec![(0, controls)], &[(0, on(from, 1.0)), (at, on(to, 1.0))], 48_000);
                let spread_db = loudest_spread_db(&played, 4_000);
                assert!(spread_db < CLICK_LIMIT_DB, "{from} to {to} in {glide_s} s at {at}: {spread_db} dB");
            }
        }
    }
}

#[test]
fn a_state_that_is_loaded_under_a_held_note_does_not_click() {
    let mut rig = rig(TONE);
    let states: Vec<(&str, Controls)> = factory()
        .iter()
        .map(|preset| {
            let mut controls = scene::controls(&preset.document, None, &rig.assets);
            // A note that goes on, and no other notes than it.
            (controls.hold, controls.arp.mode, controls.sustain) = (Hold::Sustained.value(), 0.0, 1.0);
            (controls.corners, controls.knobs, controls.seed) = ([[0.0; 7]; 4], [0.0; 7], 0);
            // A note that leaves the middle leaves the width, which is for notes in the middle, at once.
            for (amount, route) in controls.motion.amounts.iter_mut().zip(&controls.routes) {
                *amount = if route.destination == ModDestination::Pan { 0.0 } else { *amount };
            }
            (preset.label.name.as_str(), controls)
        })
        .collect();
    let steps = [30_000, 45_017, 60_040];
    let note = [(0, on(60, 1.0))];
    let still: Vec<f32> = states
        .iter()
        .map(|(_, controls)| loudest_spread_db(&play(&mut rig, vec![(0, *controls)], &note, 75_000), 20_000))
        .collect();
    let mut loud = Vec::new();
    for (nth, (name, first)) in states.iter().enumerate() {
        let next = (nth + 1) % states.len();
        let (other, second) = &states[next];
        let controls = vec![(0, *first), (steps[0], *second), (steps[1], *first), (steps[2], *second)];
        let moved = loudest_spread_db(&play(&mut rig, controls, &note, 75_000), 20_000);
        if moved >= CLICK_LIMIT_DB.max(still[nth].max(still[next]) + MORE_DB) {
            loud.push(format!("{name} to {other}: {moved} dB, alone {} and {} dB", still[nth], still[next]));
        }
    }
    assert!(loud.is_empty(), "{}", loud.join("\n"));
}

#[test]
fn an_effect_that_is_turned_up_under_a_note_does_not_click() {
    type TurnUp = fn(&mut Controls);
    let mut rig = rig(TONE);
    let effects: [(&str, TurnUp); 5] = [
        ("width", |controls| controls.voices.width = 1.0),
        ("ensemble", |controls| controls.space.ensemble = 1.0),
        ("drive", |controls| controls.space.drive = 0.3),
        ("delay", |controls| controls.space.delay = 0.5),
        ("reverb", |controls| controls.space.reverb = 0.5),
    ];
    for (name, turn_up) in effects {
        let mut on_at = held();
        turn_up(&mut on_at);
        for at in (20_000..20_240).step_by(37) {
            let controls = vec![(0, held()), (at, on_at), (at + 12_000, held()), (at + 24_000, on_at)];
            let played = play(&mut rig, controls, &[(0, on(60, 1.0))], 60_000);
            let spread_db = loudest_spread_db(&played, 4_000);
            assert!(spread_db < CLICK_LIMIT_DB, "{name} at {at}: {spread_db} dB");
        }
    }
}

#[test]
fn a_low_pass_that_a_controller_brings_in_under_a_note_does_not_click() {
    const BRIGHTNESS: u8 = 74;
    let mut rig = rig(TONE);
    let brightness =
        |value: u8| EventKind::Controller { channel: 0, controller: BRIGHTNESS, value: f32::from(value) / 127.0 };
    for value in [63, 40, 20, 0] {
        for at in (20_000..20_240).step_by(37) {
            let events = [(0, on(60, 1.0)), (at, brightness(value)), (at + 12_000, brightness(64))];
            let spread_db = loudest_spread_db(&play(&mut rig, vec![(0, held())], &events, 48_000), 4_000);
            assert!(spread_db < CLICK_LIMIT_DB, "{value} at {at}: {spread_db} dB");
        }
    }
}

#[test]
fn a_pack_that_is_switched_under_a_held_note_does_not_click() {
    for is_offline in [true, false] {
        let mut rig = Rig::new(TONE, RATE_HZ);
        rig.synth.set_offline(is_offline);
        let (mut left, mut right) = ([0.0; 256], [0.0; 256]);
        let mut played = Vec::new();
        for turn in 0..4_u32 {
            for block in 0..100 {
                let events = [Event { offset: 0, kind: on(60, 1.0) }];
                let due = if turn == 0 && block == 0 { &events[..] } else { &[] };
                rig.synth.render(due, &held(), &mut left, &mut right);
                played.extend_from_slice(&left);
                if block == 10 && !is_offline {
                    // The new sound with its loop: live, time does not wait for it.
                    wait_until("the sound is there", || {
                        rig.instance.sound().is_some_and(|sound| sound.spec.source == rig.instance.source())
                    });
                }
            }
            let (next, _control) = Fake::new(Timbre::Fixed(230 + 30 * turn));
            rig.instance.set_source(Arc::new(next));
        }
        let first = played.iter().position(|sample| *sample != 0.0).expect("it sounds");
        let spread_db = spread_db(&played[first + 4_000..]);
        assert!(spread_db < CLICK_LIMIT_DB, "offline {is_offline}: {spread_db} dB");
        let crossings = |part: &[f32]| part.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
        for (turn, hz) in [200, 230, 260, 290].into_iter().enumerate() {
            let end = (turn + 1) * 100 * 256;
            let heard = &played[end - 9_600..end];
            let wanted = hz / 5;
            let found = crossings(heard);
            assert!(
                found.abs_diff(wanted) <= 1,
                "offline {is_offline}, turn {turn}: {found} periods in 0.2 s, not {wanted}"
            );
        }
    }
}

//! Laws of automation that is no number or out of range, for every parameter of the table: a value beyond the range is the range's end, one
//! that is no number is the value before, to the bit, and the next good value works. A fake source stands at the worker's border.

use engine::audio::{Event, EventKind};
use engine::params::{
    Controls, Hold, ModDestination, ModSource, PadPath, ParamSpec, PathPoint, Route, TABLE, Transport,
};
use support::Random;
use support::fake::{Rig, Timbre};
use support::script::{Script, bend, off, on, point};

const RATE_HZ: f32 = 48_000.0;
const LENGTH: usize = 11_000;
/// Samples at which the wild value comes, and at which a good one follows.
const WILD_AT: usize = 4_000;
const GOOD_AT: usize = 6_000;
/// No sample is larger: two notes of unison behind a ringing filter, a drive and a delay that feeds back.
const BOUND: f32 = 1e3;
const WILD: [f32; 5] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN];
/// Fewest parameters that are heard: of this source neither what shapes frames nor what weighs recordings or draws.
const HEARD: usize = 100;

/// Controls under which parameters are heard: every part of the synth works, and none hides the others.
fn audible(arp: f32) -> Controls {
    let mut controls =
        Controls { hold: Hold::Sustained.value(), release_s: 0.02, decay_s: 0.1, sustain: 0.7, ..point(0.3) };
    // A short sound is made sooner.
    controls.stretch = 0.3;
    (controls.attack_s, controls.amp.attack_curve, controls.amp.fall_curve) = (0.005, 0.3, 0.2);
    (controls.corners, controls.morph) = ([[-1.0; 7], [1.0; 7], [0.5; 7], [2.0; 7]], 0.3);
    (controls.filter.kind, controls.filter.cutoff_key, controls.filter.resonance) = (2.0, 90.0, 0.3);
    (controls.filter.drive_db, controls.filter.envelope_semitones, controls.filter.key_tracking) = (6.0, 12.0, 0.5);
    (controls.env2.attack_s, controls.env2.sustain, controls.env2.decay_s) = (0.004, 0.4, 0.05);
    (controls.voices.unison, controls.voices.glide_s, controls.voices.width) = (3.0, 0.05, 0.5);
    (controls.voices.mode, controls.variation.amount) = (0.0, 0.3);
    (controls.looping.mode, controls.looping.start, controls.looping.end) = (1.0, 0.02, 0.05);
    (controls.space.drive, controls.space.ensemble, controls.space.reverb) = (0.3, 0.4, 0.4);
    (controls.space.delay, controls.space.delay_sync, controls.space.delay_s) = (0.4, 0.0, 0.02);
    controls.arp.mode = arp;
    let routes = [
        (ModSource::Lfo1, ModDestination::Pitch),
        (ModSource::Lfo2, ModDestination::Pan),
        (ModSource::Steps, ModDestination::Gain),
        (ModSource::PathX, ModDestination::Resonance),
        (ModSource::PathY, ModDestination::Cutoff),
    ];
    let others = (0..16).map(|nth| routes.get(nth).copied().unwrap_or((ModSource::Velocity, ModDestination::Cutoff)));
    for (nth, (source, destination)) in others.enumerate() {
        controls.routes[nth] = Route { source, via: ModSource::None, destination };
        controls.motion.amounts[nth] = 0.1;
    }
    for macros in 0..4 {
        let source = [ModSource::Macro1, ModSource::Macro2, ModSource::Macro3, ModSource::Macro4][macros];
        controls.routes[12 + macros] = Route { source, via: ModSource::None, destination: ModDestination::Cutoff };
    }
    for lfo in &mut controls.motion.lfos {
        (lfo.rate_octaves, lfo.mode) = (3.0, 1.0);
    }
    (controls.motion.steps.rate_octaves, controls.motion.steps.sync, controls.motion.steps.mode) = (5.0, 0.0, 1.0);
    (0..16).for_each(|step| controls.steps = controls.steps.with(step, (step % 3) as f32 - 1.0));
    controls.pad_path = PadPath::recorded(&[[0.0, 0.2, 0.3], [0.2, 0.9, 0.8], [0.4, 0.6, 0.1]].map(PathPoint::from));
    controls.motion.path.notes = 1.0;
    controls.transport = Transport { tempo_bpm: 240.0, beat: None };
    controls
}

fn rig(rate_hz: f32) -> Rig {
    let mut rig = Rig::new(Timbre::Noise, rate_hz);
    rig.synth.set_offline(true);
    rig.synth.reset();
    rig
}

/// Two notes before the values move, two after, and one that is let go.
fn notes() -> Vec<(usize, EventKind)> {
    vec![
        (0, on(60, 0.9)),
        (100, bend(0.5)),
        (1_000, on(67, 0.6)),
        (GOOD_AT + 500, off(60)),
        (GOOD_AT + 700, on(50, 0.8)),
        (GOOD_AT + 900, on(50, 0.5)),
        (GOOD_AT + 2_500, off(50)),
    ]
}

/// Both sides with a parameter at `middle` for a while and at `last` from then on.
fn play(rig: &mut Rig, row: &ParamSpec, base: Controls, middle: f32, last: f32) -> [Vec<f32>; 2] {
    let with = |value: f32| {
        let mut controls = base;
        row.set(&mut controls, value);
        controls
    };
    rig.synth.reset();
    let controls = vec![(0, base), (WILD_AT, with(middle)), (GOOD_AT, with(last))];
    Script { events: notes(), controls, length: LENGTH }.play_stereo(&mut rig.synth, 512)
}

/// Good values of a parameter, away from that of `base`.
fn others(row: &ParamSpec, base: &Controls) -> Vec<f32> {
    let now = row.of(base);
    let places = [0.0, 0.25, 0.5, 0.75, 1.0].map(|place| row.scale.value(place));
    places.into_iter().filter(|value| (value - now).abs() > 0.1 * (row.scale.max() - row.scale.min())).collect()
}

fn is_bounded(side: &[f32]) -> bool {
    side.iter().all(|sample| sample.is_finite() && sample.abs() < BOUND)
}

#[test]
fn wild_values_of_every_parameter_are_limited_and_the_next_good_value_works() {
    let mut rig = rig(RATE_HZ);
    let mut unheard = Vec::new();
    for row in &TABLE {
        let base = audible(f32::from(u8::from(row.group == "Arpeggiator")));
        let now = row.of(&base);
        let (low, high) = (row.scale.min(), row.scale.max());
        let beyond = [low - 1.0, high + 1.0];
        let still = play(&mut rig, row, base, now, now);
        assert!(still.iter().all(|side| is_bounded(side)), "{}", row.id);
        let good = others(row, &base).into_iter().find(|good| play(&mut rig, row, base, now, *good) != still);
        if good.is_none() {
            unheard.push(row.id);
        }
        let good = good.unwrap_or(high);
        let expected = [now, low, high].map(|value| (value, play(&mut rig, row, base, value, good)));
        for wild in WILD.into_iter().chain(beyond) {
            let limited = row.limited(wild, now);
            let (_, expected) = expected.iter().find(|(value, _)| *value == limited).expect("an end, or as before");
            let found = play(&mut rig, row, base, wild, good);
            assert!(found.iter().all(|side| is_bounded(side)), "{} at {wild}", row.id);
            assert!(found == *expected, "{} at {wild}, then {good}", row.id);
        }
    }
    println!("not heard: {unheard:?}");
    assert!(TABLE.len() - unheard.len() >= HEARD, "not heard: {unheard:?}");
}

/// A number, seldom a good one.
fn wild(random: &mut Random, row: &ParamSpec) -> f32 {
    match random.below(10) {
        0..=5 => WILD[random.below(WILD.len())],
        6 => row.scale.min() - 1.0,
        7 => row.scale.max() + 1.0,
        _ => row.scale.value(random.below(1_001) as f32 / 1_000.0),
    }
}

#[test]
fn wild_values_of_all_parameters_at_once_give_finite_sound_and_good_ones_then_work() {
    let mut random = Random::new(13);
    for rate_hz in [8_000.0, 44_100.0, 384_000.0] {
        for is_offline in [true, false] {
            let mut rig = rig(rate_hz);
            rig.synth.set_offline(is_offline);
            let (mut left, mut right) = (vec![0.0; 600], vec![0.0; 600]);
            // Offline every moved sound is waited for.
            for step in 0..if is_offline { 30 } else { 300 } {
                let mut controls = audible((step / 10 % 7) as f32);
                TABLE.iter().for_each(|row| row.set(&mut controls, wild(&mut random, row)));
                controls.corners[random.below(4)][random.below(7)] = wild(&mut random, &TABLE[0]);
                controls.transport.tempo_bpm = f64::from(wild(&mut random, &TABLE[0]));
                controls.transport.beat = Some(f64::from(wild(&mut random, &TABLE[0])));
                let key = random.below(256) as u8;
                let value = wild(&mut random, &TABLE[0]);
                let kinds = [
                    on(key, value),
                    off(key),
                    bend(value),
                    on(random.below(128) as u8, 0.7),
                    EventKind::Controller { channel: random.below(20) as u8, controller: key, value },
                    EventKind::ChannelPressure { channel: random.below(20) as u8, pressure: value },
                ];
                let event = Event { offset: random.below(700), kind: kinds[random.below(kinds.len())] };
                rig.synth.render(&[event], &controls, &mut left, &mut right);
                assert!([&left, &right].iter().all(|side| side.iter().all(|sample| sample.is_finite())), "step {step}");
            }
            // What the values have left behind is gone with a reset, and the synth plays as a new one.
            rig.synth.set_offline(true);
            let again = {
                rig.synth.reset();
                Script::still(audible(0.0), notes(), LENGTH).play_stereo(&mut rig.synth, 512)
            };
            let mut fresh = self::rig(rate_hz);
            let expected = Script::still(audible(0.0), notes(), LENGTH).play_stereo(&mut fresh.synth, 512);
            assert!(again == expected, "{rate_hz} Hz, offline {is_offline}: it plays as a new one");
        }
    }
}

//! Laws of times at every sample rate: stages of both envelopes, periods of LFOs and glides last what their parameters say to the sample. The source is constant, so that a level is the envelope itself, or shows its place.

use engine::params::{AmpControls, Controls, Hold, LoopControls, ModDestination, ModSource, Route, Routes};
use support::fake::{FAKE_RATE_HZ, Rig, Timbre};
use support::script::{Script, off, on, point};

use crate::place::{place, place_rig, ratios};

const RATES_HZ: [f32; 6] = [8_000.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0, 384_000.0];
/// A stage begins and ends within one sample of its time, and where a level passes is rounded by at most half of one.
const FRAMES: f64 = 1.5;
/// The samples between two readings of the controls.
const TICK_FRAMES: f64 = 64.0;

/// A constant sound at full level that goes on in a loop.
fn constant() -> Controls {
    let looping = LoopControls { mode: 1.0, start: 0.25, end: 0.75, fade_s: 0.05 };
    Controls { hold: Hold::Sustained.value(), looping, routes: Routes::default(), ..point(1.0) }
}

/// The level of a note that is held from sample `start` to `end`, against that of the same note at full level, which is 1.
fn levels(rate_hz: f32, controls: Controls, (start, end, length): (usize, usize, usize)) -> Vec<f64> {
    let play = |controls: Controls, events| {
        let mut rig = Rig::new(Timbre::Constant, rate_hz);
        rig.synth.set_offline(true);
        rig.synth.reset();
        Script::still(controls, events, length).play(&mut rig.synth, 4_096)
    };
    let full = play(constant(), vec![(start, on(60, 1.0))]);
    let played = play(controls, vec![(start, on(60, 1.0)), (end, off(60))]);
    played
        .iter()
        .zip(&full)
        .map(|(played, full)| if *full == 0.0 { 0.0 } else { f64::from(*played) / f64::from(*full) })
        .collect()
}

/// Where levels from `from` on first pass a value: the sample by which they have, and the part of the step before it.
fn passes(levels: &[f64], from: usize, value: f64) -> f64 {
    let rises = levels[from] < value;
    let at = (from..levels.len()).find(|at| if rises { levels[*at] >= value } else { levels[*at] <= value });
    let at = at.expect("the level is passed");
    if at == 0 { 0.0 } else { at as f64 - 1.0 + (value - levels[at - 1]) / (levels[at] - levels[at - 1]) }
}

fn assert_frames(what: &str, found: f64, wanted: f64, frames: f64) {
    assert!((found - wanted).abs() <= frames, "{what}: after {found} samples, not {wanted}");
}

#[test]
fn stages_of_the_envelope_last_what_they_say() {
    // Starts and ends lie off the grid of 64 samples.
    const START: usize = 101;
    for rate_hz in RATES_HZ {
        let frames = |time_s: f32| f64::from(time_s) * f64::from(rate_hz);
        for time_s in [0.0113, 0.3, 4.0] {
            let length = (frames(time_s) * 1.1) as usize + 3_000;
            let what = |stage: &str| format!("{stage} of {time_s} s at {rate_hz} Hz");
            let shape = |attack_s, decay_s, sustain, amp| Controls { attack_s, decay_s, sustain, amp, ..constant() };
            let delayed = shape(0.0, 0.0, 1.0, AmpControls { delay_s: time_s, ..constant().amp });
            let heard = levels(rate_hz, delayed, (START, length, length));
            let first = heard.iter().position(|level| *level > 0.0).expect("it is heard");
            assert_frames(&what("delay"), first as f64, START as f64 + frames(time_s), 1.0);
            for (curve, half) in [(0.0, 0.5), (1.0, 0.5_f64.powi(4)), (-1.0, 0.5_f64.powf(0.25))] {
                let amp = AmpControls { attack_curve: curve, ..constant().amp };
                let heard = levels(rate_hz, shape(time_s, 0.0, 1.0, amp), (START, length, length));
                // The first sample is already a step above 0.
                let at = |part: f64| START as f64 + part * frames(time_s) - 1.0;
                assert_frames(&what("half of the attack"), passes(&heard, START, half), at(0.5), FRAMES);
                let full = heard.iter().position(|level| *level > 1.0 - 1e-7).expect("full level");
                assert_frames(&what("attack"), full as f64, at(1.0), FRAMES);
            }
            let held = shape(0.0, 0.1, 0.0, AmpControls { hold_s: time_s, ..constant().amp });
            let heard = levels(rate_hz, held, (START, length, length));
            let falls = (START..length).find(|at| heard[*at] < 1.0 - 1e-6).expect("it falls");
            assert_frames(&what("time at full level"), falls as f64, START as f64 + frames(time_s), 2.0);
            for sustain in [0.0, 0.4_f32] {
                let heard = levels(rate_hz, shape(0.0, time_s, sustain, constant().amp), (START, length, length));
                for part in [0.25, 0.5] {
                    let left = 1e-3_f64.powf(part);
                    let value = f64::from(sustain) + (1.0 - f64::from(sustain)) * left;
                    let at = START as f64 + part * frames(time_s);
                    assert_frames(&what("part of the decay"), passes(&heard, START, value), at, FRAMES);
                }
            }
            let release = Controls { release_s: time_s, ..constant() };
            let end = START + 1_007;
            let heard = levels(rate_hz, release, (START, end, length));
            for part in [0.25, 0.5, 1.0] {
                let at = end as f64 - 1.0 + part * frames(time_s);
                assert_frames(&what("part of the release"), passes(&heard, end - 1, 1e-3_f64.powf(part)), at, FRAMES);
            }
        }
    }
}

/// One route of full weight to the level.
fn to_level(source: ModSource, amount: f32) -> Controls {
    let mut controls = constant();
    controls.motion.amounts = [0.0; 16];
    controls.routes[0] = Route { source, via: ModSource::None, destination: ModDestination::Gain };
    controls.motion.amounts[0] = amount;
    controls
}

#[test]
fn stages_of_the_second_envelope_last_what_they_say() {
    const START: usize = 101;
    for rate_hz in RATES_HZ {
        let frames = |time_s: f32| f64::from(time_s) * f64::from(rate_hz);
        for time_s in [0.3, 2.0] {
            let mut controls = to_level(ModSource::Envelope2, -1.0);
            let (delay_s, hold_s) = (0.1, 0.2);
            controls.env2.delay_s = delay_s;
            (controls.env2.attack_s, controls.env2.hold_s) = (time_s, hold_s);
            (controls.env2.decay_s, controls.env2.sustain) = (time_s, 0.0);
            let length = START + (frames(delay_s + hold_s) + 2.0 * frames(time_s)) as usize;
            let heard: Vec<f64> =
                levels(rate_hz, controls, (START, length, length)).into_iter().map(|level| 1.0 - level).collect();
            let what = |stage: &str| format!("{stage} of {time_s} s at {rate_hz} Hz");
            let attack = START as f64 + frames(delay_s);
            for part in [0.25, 0.5, 0.75] {
                let at = attack + part * frames(time_s);
                assert_frames(&what("part of the attack"), passes(&heard, START, part), at, FRAMES);
            }
            let decay = attack + frames(time_s + hold_s);
            let from = (decay - frames(hold_s) / 2.0) as usize;
            for part in [0.25, 0.5] {
                // Between two ends of the grid the level lies on a line, which is above an exponential.
                let at = decay + part * frames(time_s);
                let tick = TICK_FRAMES / frames(time_s) * 1e3_f64.ln();
                let above = TICK_FRAMES * tick / 8.0;
                let found = passes(&heard, from, 1e-3_f64.powf(part));
                assert_frames(&what("part of the decay"), found, at, FRAMES + above);
            }
        }
    }
}

#[test]
fn an_lfo_has_its_period() {
    const START: usize = 101;
    const PASSED: f64 = 0.75;
    for rate_hz in RATES_HZ {
        for (lfo_hz, mode) in [(0.7_f32, 1.0), (5.0, 1.0), (5.0, 0.0), (20.0, 1.0)] {
            let mut controls = to_level(ModSource::Lfo1, 0.5);
            let lfo = &mut controls.motion.lfos[0];
            (lfo.rate_octaves, lfo.mode, lfo.phase) = (lfo_hz.log2(), mode, 0.3);
            let period = f64::from(rate_hz) / f64::from(lfo.rate_octaves).exp2();
            let cycles = if lfo_hz < 1.0 { 2 } else { 8 };
            let length = START + (period * (f64::from(cycles) + 1.5)) as usize;
            let heard = levels(rate_hz, controls, (START, length, length));
            // Half of the way down the level is still even in the LFO.
            let rises: Vec<f64> = (START + 1..length)
                .filter(|at| heard[at - 1] < PASSED && heard[*at] >= PASSED)
                .map(|at| at as f64 - 1.0 + (PASSED - heard[at - 1]) / (heard[at] - heard[at - 1]))
                .collect();
            let whole = (rises[rises.len() - 1] - rises[0]) / (rises.len() - 1) as f64;
            // Where a line between two ends of the grid passes, it is off by the sine's bend at most.
            let bend = 0.08 * TICK_FRAMES * TICK_FRAMES / period * std::f64::consts::TAU / (rises.len() - 1) as f64;
            assert_frames(&format!("{lfo_hz} Hz, mode {mode}, at {rate_hz} Hz"), whole, period, FRAMES + bend);
        }
    }
}

#[test]
fn a_glide_ends_at_its_time() {
    const FROM: usize = 2_003;
    /// Samples over whose distance a ratio is measured.
    const PIECE_FRAMES: f64 = 32.0;
    /// Playback ratio against that of the key.
    const RATIO_TOLERANCE: f64 = 4e-3;
    for rate_hz in RATES_HZ {
        for (time_s, mode) in [(0.1, 1.0), (0.5, 2.0), (0.5, 0.0)] {
            let mut controls = Controls { hold: Hold::Gated.value(), ..point(0.0) };
            (controls.voices.mode, controls.voices.glide_s) = (mode, time_s);
            let due = FROM as f64 + f64::from(time_s) * f64::from(rate_hz);
            let length = due as usize + 4_000;
            let mut rig = place_rig(rate_hz);
            let mut events = vec![(0, on(60, 1.0)), (FROM, on(67, 1.0))];
            if mode == 0.0 {
                events.insert(1, (FROM - 900, off(60)));
                controls.release_s = 0.0;
            }
            let played = Script::still(controls, events, length).play(&mut rig.synth, 4_096);
            let wanted = |at: f64| {
                let part = ((due - at) / (due - FROM as f64)).clamp(0.0, 1.0);
                2.0_f64.powf((7.0 - 7.0 * part) / 12.0)
            };
            let what = format!("{time_s} s, mode {mode} at {rate_hz} Hz");
            let begun = FROM as f64 + 0.02 * f64::from(rate_hz);
            for (at, found) in ratios(&played, rate_hz).into_iter().filter(|(at, _)| *at > begun) {
                let (least, most) = (wanted(at - PIECE_FRAMES), wanted(at + PIECE_FRAMES));
                let is_there = found > least * (1.0 - RATIO_TOLERANCE) && found < most * (1.0 + RATIO_TOLERANCE);
                assert!(is_there, "{what}: a ratio of {found} at {at}, not {least} to {most}");
            }
            let after = ratios(&played, rate_hz).into_iter().filter(|(at, _)| *at > due + PIECE_FRAMES);
            for (at, found) in after {
                let key = 2.0_f64.powf(7.0 / 12.0);
                assert!((found / key - 1.0).abs() < RATIO_TOLERANCE, "{what}: at {at} it has not ended: {found}");
            }
            // A glide that is late by a frame is further on by what its two keys differ in a frame.
            let (at_root, far) = (f64::from(FAKE_RATE_HZ / rate_hz), 2.0_f64.powf(7.0 / 12.0));
            let place_at = |at: usize| place(played[at], 0.0) / at_root;
            let after = due as usize + 2_000;
            let passed = (far - 1.0) / far.ln() * (due - FROM as f64) + (after as f64 - due) * far;
            let began = if mode == 2.0 { place_at(FROM - 10) + 10.0 } else { 0.0 };
            let late = (passed - (place_at(after) - began)) / (far - 1.0);
            assert!(late.abs() <= 1.0, "{what}: {late} frames late");
        }
    }
}

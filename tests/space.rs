//! Laws of what stands behind the voices: stereo width, drive, ensemble, delay, reverb.

use engine::audio::EventKind;
use engine::params::{Controls, TABLE, Transport};
use realfft::RealFftPlanner;
use support::Random;
use support::fake::{FAKE_AMPLITUDE, Rig, Sort, Timbre};
use support::listen::rms_db;
use support::script::{BLOCK_SIZES, Script, choke, on, point};

/// Decay time of a room against what its size says.
const DECAY_TOLERANCE: f32 = 0.12;
/// What a moving amount adds above the sound, against full scale.
const CLICK_LIMIT_DB: f32 = -60.0;
/// Longest tail of the rooms and delays that are played here, in seconds.
const LONGEST_TAIL_S: f32 = 20.0;
/// Samples equal but for rounding.
const ROUNDING: f32 = 2e-6;

/// The effects by their amounts.
const AMOUNTS: [&str; 4] = ["drive", "ensemble", "delay", "reverb"];

fn with(values: &[(&str, f32)]) -> Controls {
    set(point(0.3), values)
}

fn set(mut controls: Controls, values: &[(&str, f32)]) -> Controls {
    for (id, value) in values {
        TABLE.iter().find(|row| row.id == *id).expect("a parameter").set(&mut controls, *value);
    }
    controls
}

fn offline(sort: Sort, timbre: Timbre, rate_hz: f32) -> Rig {
    let mut rig = Rig::of_sort(sort, timbre, rate_hz);
    rig.synth.set_offline(true);
    rig.synth.reset();
    rig
}

/// A note of `length` samples, choked.
fn burst(length: usize) -> Vec<(usize, EventKind)> {
    vec![(0, on(60, 1.0)), (length, choke(60))]
}

fn play(rig: &mut Rig, controls: Controls, events: Vec<(usize, EventKind)>, length: usize) -> [Vec<f32>; 2] {
    rig.synth.reset();
    Script::still(controls, events, length).play_stereo(&mut rig.synth, 512)
}

fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn effects_whose_amount_is_0_change_no_bit() {
    let mut random = Random::new(11);
    for sort in [Sort::Mono, Sort::Stereo] {
        let mut rig = offline(sort, Timbre::Noise, 48_000.0);
        let reference = play(&mut rig, point(0.3), burst(9_000), 12_000);
        for _ in 0..5 {
            let mut controls = point(0.3);
            for row in TABLE.iter().filter(|row| row.group == "Space" && !AMOUNTS.contains(&row.id)) {
                let part = random.below(1_001) as f32 / 1_000.0;
                row.set(&mut controls, row.scale.min() + part * (row.scale.max() - row.scale.min()));
            }
            assert!(play(&mut rig, controls, burst(9_000), 12_000) == reference, "{sort:?}");
        }
        let wet = with(&[("drive", 0.4), ("ensemble", 0.6), ("delay", 0.5), ("reverb", 0.7), ("width", 1.0)]);
        assert!(play(&mut rig, wet, burst(9_000), 12_000) != reference, "{sort:?}: they are heard");
        assert!(play(&mut rig, point(0.3), burst(9_000), 12_000) == reference, "{sort:?}: a reset leaves nothing");
    }
}

#[test]
fn width_keeps_the_mono_sum_and_the_bass_in_the_middle() {
    for rate_hz in [8_000.0, 48_000.0, 192_000.0] {
        let length = (0.4 * rate_hz) as usize;
        let mut rig = offline(Sort::Mono, Timbre::Noise, rate_hz);
        let [plain, _] = play(&mut rig, point(0.3), burst(length / 2), length);
        for (width, least, most) in [(0.3, 0.7, 0.98), (1.0, 0.0, 0.5)] {
            let [left, right] = play(&mut rig, with(&[("width", width)]), burst(length / 2), length);
            for ((left, right), plain) in left.iter().zip(&right).zip(&plain) {
                assert!((left + right - 2.0 * plain).abs() < ROUNDING, "{rate_hz} Hz");
            }
            let found = correlation(&left, &right);
            assert!((least..most).contains(&found), "width {width} at {rate_hz} Hz: correlation {found}");
            assert_eq!(left[0], right[0], "the first sample is in the middle");
        }
        let mut bass = offline(Sort::Mono, Timbre::Fixed(50), rate_hz);
        let [left, right] = play(&mut bass, with(&[("width", 1.0)]), vec![(0, on(60, 1.0))], length);
        let side: Vec<f32> = left.iter().zip(&right).map(|(left, right)| (left - right) / 2.0).collect();
        let below_db = rms_db(&side) - rms_db(&left);
        assert!(below_db < -20.0, "{below_db} dB at {rate_hz} Hz");
    }
}

#[test]
fn a_room_decays_in_its_time_at_every_rate() {
    for (rate_hz, sizes) in
        [(8_000.0, &[0.2, 0.5, 0.8][..]), (44_100.0, &[0.2, 0.5, 0.8]), (96_000.0, &[0.3]), (384_000.0, &[0.0, 0.2])]
    {
        let mut rig = offline(Sort::Mono, Timbre::Noise, rate_hz);
        for &size in sizes {
            let wanted_s = 0.3 * 26.7_f32.powf(size);
            let controls = with(&[("reverb", 1.0), ("reverb_size", size), ("reverb_tone", 1.0)]);
            let start = (0.3 * rate_hz) as usize;
            let length = start + (wanted_s * rate_hz) as usize;
            let sides = play(&mut rig, controls, burst(start), length);
            for side in &sides {
                // From 10 % to 75 % of the way to −60 dB.
                let window = (0.06 * wanted_s * rate_hz) as usize;
                let at = |part: f32| {
                    let first = start + (part * wanted_s * rate_hz) as usize;
                    rms_db(&side[first..first + window])
                };
                let found_s = -60.0 * 0.65 * wanted_s / (at(0.75) - at(0.1));
                let ratio = found_s / wanted_s;
                assert!((ratio - 1.0).abs() < DECAY_TOLERANCE, "size {size} at {rate_hz} Hz: {found_s} s");
                let mean = side.iter().sum::<f32>() / side.len() as f32;
                assert!(mean.abs() < 1e-3, "size {size} at {rate_hz} Hz: offset {mean}");
            }
            let found = correlation(&sides[0], &sides[1]).abs();
            assert!(found < 0.3, "size {size} at {rate_hz} Hz: correlation {found}");
        }
    }
}

#[test]
fn echoes_come_at_their_time_on_alternating_sides() {
    for rate_hz in [8_000.0, 44_100.0, 192_000.0] {
        let mut rig = offline(Sort::Mono, Timbre::Noise, rate_hz);
        let length = (0.01 * rate_hz) as usize;
        let quarter = |tempo_bpm: f64| 60.0 / tempo_bpm;
        // Sync, tempo, free time, and the time in seconds that follows.
        for (sync, tempo_bpm, free_s, wanted_s) in [
            (0.0, 120.0, 0.05, 0.05),
            (0.0, 120.0, 0.3, 0.3_f32 as f64),
            (9.0, 120.0, 0.3, quarter(120.0)),
            (11.0, 133.7, 0.3, 0.75 * quarter(133.7)),
            (13.0, 61.0, 0.3, quarter(61.0) / 3.0),
        ] {
            let time_samples = (f64::from(wanted_s as f32) * f64::from(rate_hz)).round() as usize;
            let time_samples = if sync > 0.0 { (wanted_s * f64::from(rate_hz)).round() as usize } else { time_samples };
            let total = 3 * time_samples;
            let [dry, _] = play(&mut rig, point(0.3), burst(length), total);
            let values = [("delay", 1.0), ("delay_sync", sync), ("delay_time", free_s), ("delay_feedback", 0.5)];
            let controls = Controls { transport: Transport { tempo_bpm, beat: None }, ..with(&values) };
            let [left, right] = play(&mut rig, controls, burst(length), total);
            for (index, (left, dry_here)) in left.iter().zip(&dry).enumerate().take(2 * time_samples) {
                let echo = if index < time_samples { 0.0 } else { dry[index - time_samples] };
                assert!((left - dry_here - echo).abs() < ROUNDING, "{sync} at {tempo_bpm}, {rate_hz} Hz: {index}");
            }
            let second = right[2 * time_samples..].iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            assert!(right[length * 2..2 * time_samples].iter().all(|sample| sample.abs() < ROUNDING));
            assert!((0.02..FAKE_AMPLITUDE).contains(&second), "the second echo on the right: {second}");
        }
    }
}

/// Loudest level above 6 kHz of any 1024 samples, in dB below full scale.
fn above_db(samples: &[f32]) -> f32 {
    const SIZE: usize = 1024;
    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(SIZE);
    let mut bins = fft.make_output_vec();
    let mut loudest = 0.0_f32;
    for first in (0..samples.len() - SIZE).step_by(SIZE / 4) {
        let window = |n: usize| 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / SIZE as f32).cos();
        // Squared, so that the window's own side lobes are below what is looked for.
        let mut input: Vec<f32> =
            samples[first..first + SIZE].iter().enumerate().map(|(n, sample)| sample * window(n).powi(2)).collect();
        fft.process(&mut input, &mut bins).expect("lengths fit");
        let power: f32 = bins[SIZE / 8..].iter().map(|bin| bin.norm_sqr()).sum();
        loudest = loudest.max(power.sqrt() / (SIZE as f32 / 4.0));
    }
    20.0 * loudest.max(1e-9).log10()
}

#[test]
fn an_amount_that_moves_or_becomes_0_does_not_click() {
    let others = [("delay_time", 0.0713), ("delay_sync", 0.0), ("drive", 0.0)];
    for (id, low, high) in [
        ("width", 0.0, 1.0),
        ("drive", 0.0, 0.5),
        ("ensemble", 0.0, 1.0),
        ("ensemble_rate", -4.0, 3.0),
        ("delay", 0.0, 1.0),
        ("delay_time", 0.03, 0.4),
        ("delay_feedback", 0.0, 0.9),
        ("reverb", 0.0, 1.0),
        ("reverb_size", 0.2, 0.8),
        ("reverb_tone", 0.0, 1.0),
    ] {
        let mut rig = offline(Sort::Mono, Timbre::Fixed(200), 48_000.0);
        let effect = AMOUNTS.into_iter().chain(["width"]).find(|amount| id.starts_with(amount)).expect("its effect");
        let at = |value: f32| set(set(with(&others), &[(effect, 0.7)]), &[(id, value)]);
        let hold = |controls: Controls| Controls { hold: 2.0, ..controls };
        let levels = |rig: &mut Rig, controls: Vec<(usize, Controls)>| {
            rig.synth.reset();
            let script = Script { events: vec![(0, on(60, 1.0))], controls, length: 72_000 };
            script.play_stereo(&mut rig.synth, 512).map(|side| above_db(&side[24_000..]))
        };
        let still = [low, high].map(|value| levels(&mut rig, vec![(0, hold(at(value)))]));
        let steps = (0..8).map(|step| (step * 8_000, hold(at(if step % 2 == 0 { high } else { low })))).collect();
        let moving = levels(&mut rig, steps);
        for side in 0..2 {
            let limit_db = still.iter().map(|levels| levels[side] + 3.0).fold(CLICK_LIMIT_DB, f32::max);
            assert!(moving[side] < limit_db, "{id}: {moving:?} dB where it stands still {still:?} dB");
        }
    }
}

#[test]
fn tails_end_and_the_synth_is_then_idle_and_silent() {
    for rate_hz in [44_100.0, 96_000.0] {
        for values in [
            &[("drive", 0.8)][..],
            &[("ensemble", 1.0)],
            &[("delay", 1.0), ("delay_feedback", 0.6)],
            &[("reverb", 1.0), ("reverb_size", 0.6)],
            &[("width", 1.0)],
            &[("drive", 0.5), ("ensemble", 0.5), ("delay", 0.5), ("reverb", 0.5), ("width", 0.5)],
        ] {
            let mut rig = offline(Sort::Mono, Timbre::Noise, rate_hz);
            let mut last = 0;
            let (mut left, mut right) = (vec![0.0; 4_096], vec![0.0; 4_096]);
            Script::still(with(values), burst(3_000), 4_096).play_stereo(&mut rig.synth, 512);
            let is_heard = |side: &[f32]| side.iter().any(|sample| sample.abs() > 1e-4);
            for block in 0..(LONGEST_TAIL_S * rate_hz) as usize / 4_096 {
                rig.synth.render(&[], &with(values), &mut left, &mut right);
                if is_heard(&left) || is_heard(&right) {
                    last = block;
                }
                let is_cut = rig.synth.is_idle() && (is_heard(&left[3_800..]) || is_heard(&right[3_800..]));
                assert!(!is_cut, "{values:?} at {rate_hz} Hz: a tail is cut");
                if rig.synth.is_idle() {
                    break;
                }
            }
            assert!(rig.synth.is_idle(), "{values:?} at {rate_hz} Hz: last heard in block {last}");
            rig.synth.render(&[], &with(values), &mut left, &mut right);
            rig.synth.render(&[], &with(values), &mut left, &mut right);
            assert!(left.iter().chain(&right).all(|sample| *sample == 0.0), "{values:?}");
        }
    }
}

/// Every control of the effects jumps about.
fn moving(length: usize, step: usize, seed: u64) -> Vec<(usize, Controls)> {
    let mut random = Random::new(seed);
    let rows: Vec<_> = TABLE.iter().filter(|row| row.group == "Space" || row.id == "width").collect();
    let mut at = || {
        let mut controls = point(0.3);
        for row in &rows {
            let part = [0.0, 1.0, random.below(1_001) as f32 / 1_000.0, 0.0][random.below(4)];
            row.set(&mut controls, row.scale.min() + part * (row.scale.max() - row.scale.min()));
        }
        controls.transport.tempo_bpm = 40.0 + random.below(200) as f64;
        controls
    };
    (0..length).step_by(step).map(|sample| (sample, at())).collect()
}

#[test]
fn moving_effects_sound_the_same_in_any_blocks() {
    let length = 40_000;
    for rate_hz in [8_000.0, 48_000.0, 384_000.0] {
        for sort in [Sort::Mono, Sort::Stereo] {
            let events = vec![(5, on(60, 1.0)), (3_001, on(67, 0.5)), (9_000, choke(60)), (17_077, choke(67))];
            let script = Script { events, controls: moving(length, 1_237, 7), length };
            let mut rig = offline(sort, Timbre::Noise, rate_hz);
            let reference = script.play_stereo(&mut rig.synth, length);
            for block in BLOCK_SIZES {
                rig.synth.reset();
                assert!(script.play_stereo(&mut rig.synth, block) == reference, "{sort:?}, {rate_hz} Hz, {block}");
            }
        }
    }
}

#[test]
fn everything_at_its_ends_and_moving_stays_finite_and_bounded() {
    /// A delay with the longest feedback adds up to 20 times what goes in; drive and rooms add to that.
    const BOUND: f32 = 1e3;
    for (rate_hz, length) in [(8_000.0, 200_000), (44_100.0, 400_000), (1e6, 100_000)] {
        let mut rig = offline(Sort::Stereo, Timbre::Noise, rate_hz);
        let events = (0..length / 20_000).map(|index| (index * 20_000, on(40 + 4 * index as u8, 1.0))).collect();
        let script = Script { events, controls: moving(length, 911, 3), length };
        for side in script.play_stereo(&mut rig.synth, 512) {
            let peak = side
                .iter()
                .fold(0.0_f32, |peak, sample| if sample.is_finite() { peak.max(sample.abs()) } else { f32::MAX });
            assert!(peak < BOUND, "{rate_hz} Hz: {peak}");
        }
    }
}

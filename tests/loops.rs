//! Laws of loops that are set by hand: held notes go on between their ends, without a click at any seam, for as long as the loop says.

use engine::params::{Controls, Hold, LoopControls};
use support::fake::{FAKE_LENGTH, Rig, Sort, Timbre};
use support::listen::rms_db;
use support::script::{Script, on, point};

const RATE_HZ: f32 = 44_100.0;
/// Largest magnitude of what a seam spreads above [`SPREAD_FROM_HZ`]: −60 dB of full scale.
const SEAM: f32 = 1e-3;
const SPREAD_FROM_HZ: f32 = 6_000.0;
/// Taps of the filter that lets only that through.
const TAPS: usize = 129;

fn looped(hold: Hold, start: f32, end: f32, fade_s: f32) -> Controls {
    let looping = LoopControls { mode: 1.0, start, end, fade_s };
    Controls { looping, hold: hold.value(), ..point(0.0) }
}

fn play(sort: Sort, timbre: Timbre, controls: Controls, key: u8, length: usize, block: usize) -> Vec<f32> {
    let mut rig = Rig::of_sort(sort, timbre, RATE_HZ);
    rig.synth.set_offline(true);
    rig.synth.reset();
    let [left, _] = Script::still(controls, vec![(0, on(key, 1.0))], length).play_stereo(&mut rig.synth, block);
    left
}

/// Largest magnitude above [`SPREAD_FROM_HZ`]: a measure of clicks in low tones. By a windowed sinc (Blackman).
fn spread(samples: &[f32]) -> f32 {
    let middle = (TAPS / 2) as f32;
    let taps: Vec<f32> = (0..TAPS)
        .map(|tap| {
            let (place, turn) = (tap as f32 - middle, std::f32::consts::TAU * tap as f32 / (TAPS - 1) as f32);
            let window = 0.42 - 0.5 * turn.cos() + 0.08 * (2.0 * turn).cos();
            let low = 2.0 * SPREAD_FROM_HZ / RATE_HZ;
            let sinc = if place == 0.0 {
                1.0
            } else {
                (std::f32::consts::PI * low * place).sin() / (std::f32::consts::PI * low * place)
            };
            f32::from(u8::from(place == 0.0)) - low * sinc * window
        })
        .collect();
    let filtered = samples.windows(TAPS).map(|window| window.iter().zip(&taps).map(|(a, b)| a * b).sum::<f32>().abs());
    filtered.fold(0.0, f32::max)
}

#[test]
fn no_seam_is_heard_at_any_ends_and_crossfade() {
    let length = 3 * RATE_HZ as usize;
    for (start, end) in [(0.25, 0.75), (0.0, 0.5), (0.1003, 0.1397), (0.6, 1.0), (0.9, 0.3), (0.5, 0.5)] {
        for fade_s in [0.0, 0.0113, 0.05, 0.5] {
            for key in [48, 60, 70] {
                let out = play(Sort::Mono, Timbre::Sine, looped(Hold::Auto, start, end, fade_s), key, length, 512);
                let loudest = spread(&out[1_000..]);
                assert!(loudest < SEAM, "{start} to {end}, {fade_s} s, key {key}: {loudest}");
                let level_db = rms_db(&out[out.len() - 44_100..]);
                assert!(level_db > -16.0, "{start} to {end}, {fade_s} s, key {key}: it goes on at {level_db} dB");
            }
        }
    }
}

#[test]
fn one_turn_takes_exactly_the_loops_length() {
    let (start, end) = (0.5, 0.625);
    let turn = FAKE_LENGTH / 8;
    let out = play(Sort::Stereo, Timbre::Noise, looped(Hold::Sustained, start, end, 0.02), 60, 4 * FAKE_LENGTH, 512);
    let settled = &out[FAKE_LENGTH..];
    let repeats = settled.iter().zip(&settled[turn..]).all(|(now, later)| (now - later).abs() < 1e-4);
    assert!(repeats, "the same samples come again after each turn");
    assert!(rms_db(settled) > -14.0);
}

#[test]
fn a_loop_that_is_set_does_not_hold_what_ends_with_its_key_or_sound_and_auto_is_as_before() {
    let length = 2 * FAKE_LENGTH;
    for hold in [Hold::OneShot, Hold::Gated] {
        let out = play(Sort::Mono, Timbre::Sine, looped(hold, 0.2, 0.6, 0.05), 60, length, 512);
        assert!(rms_db(&out[FAKE_LENGTH + 1_000..]) < -90.0, "{hold:?}");
    }
    let auto = Controls { hold: Hold::Auto.value(), ..point(0.0) };
    let mut moved = auto;
    (moved.looping.start, moved.looping.end) = (0.9, 0.1);
    let both = [auto, moved].map(|controls| play(Sort::Mono, Timbre::Sine, controls, 60, length, 512));
    assert!(both[0] == both[1], "ends that are not used change nothing");
}

#[test]
fn ends_that_move_while_a_note_sounds_do_not_click_and_give_the_same_at_every_block_size() {
    let moving = |block: usize| {
        let mut rig = Rig::of_sort(Sort::Mono, Timbre::Sine, RATE_HZ);
        rig.synth.set_offline(true);
        rig.synth.reset();
        let ends = [(0.7, 0.9), (0.1, 0.3), (0.25, 0.26), (0.0, 1.0), (0.5, 0.8)];
        let steps = ends.into_iter().enumerate();
        let controls = steps.map(|(n, (start, end))| (n * 40_960, looped(Hold::Sustained, start, end, 0.03))).collect();
        Script { events: vec![(0, on(60, 1.0))], controls, length: 220_000 }.play(&mut rig.synth, block)
    };
    let whole = moving(8_192);
    assert!(spread(&whole[1_000..]) < SEAM, "{}", spread(&whole[1_000..]));
    for block in [1, 333] {
        assert!(moving(block) == whole, "blocks of {block}");
    }
}

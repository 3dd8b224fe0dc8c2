//! Laws of sounds that are played backwards: sample for sample the sound from its last heard moment on, held notes among them, without clicks.

use engine::link::SourceId;
use engine::params::{Controls, Hold};
use engine::units::key_to_hz;
use support::fake::{FAKE_RATE_HZ, RIGHT_LEVEL, Rig, Sort, Timbre, fake_samples};
use support::listen::{frequency_hz, rms_db};
use support::script::{Script, on, point};

/// Rise at the beginning and fade at the end of every sound, in samples.
const FADE: usize = 256;
/// What is below the peak by 60 dB is not heard.
const HEARD: f32 = 1e-3;
const SAMPLE_TOLERANCE: f32 = 1e-5;

fn backwards(hold: Hold) -> Controls {
    Controls { reverse: 1.0, hold: hold.value(), ..point(0.3) }
}

fn play(sort: Sort, timbre: Timbre, controls: Controls, length: usize, block: usize) -> [Vec<f32>; 2] {
    let mut rig = Rig::of_sort(sort, timbre, FAKE_RATE_HZ);
    rig.synth.set_offline(true);
    rig.synth.reset();
    Script::still(controls, vec![(0, on(60, 1.0))], length).play_stereo(&mut rig.synth, block)
}

/// Largest second difference: a measure of clicks.
fn roughness(samples: &[f32]) -> f32 {
    samples.windows(3).map(|three| (three[0] - 2.0 * three[1] + three[2]).abs()).fold(0.0, f32::max)
}

#[test]
fn every_sample_is_that_of_the_sound_from_its_end() {
    for (sort, right_level) in [(Sort::Mono, 1.0), (Sort::Stereo, RIGHT_LEVEL), (Sort::Slow, 1.0)] {
        for timbre in [Timbre::Noise, Timbre::Sine] {
            let controls = backwards(Hold::Gated);
            let sound = fake_samples(timbre, &controls.spec(SourceId(0), 60.0));
            let peak = sound.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            let last = sound.iter().rposition(|sample| sample.abs() >= HEARD * peak).expect("a sound");
            let [left, right] = play(sort, timbre, controls, sound.len() + 1_000, 512);
            for place in FADE..last - FADE {
                let wanted = sound[last - place];
                let off = (left[place] - wanted).abs().max((right[place] - right_level * wanted).abs());
                assert!(off < SAMPLE_TOLERANCE, "{sort:?}, {timbre:?}, sample {place}: off by {off}");
            }
            assert!(left[last + 1..].iter().all(|sample| *sample == 0.0), "{sort:?}, {timbre:?}: it ends");
            assert!(left[..8].iter().all(|sample| sample.abs() < 0.02), "{sort:?}, {timbre:?}: it rises");
        }
    }
}

#[test]
fn a_held_note_goes_on_backwards_without_a_dip_a_click_or_another_pitch() {
    const LEVEL_DB: f32 = 0.2;
    const PITCH_CENTS: f64 = 1.0;
    let length = 8 * FAKE_RATE_HZ as usize;
    for hold in [Hold::Auto, Hold::Sustained] {
        let [out, _] = play(Sort::Mono, Timbre::Sine, backwards(hold), length, 480);
        let body = &out[4_410..];
        let levels: Vec<f32> = body.chunks_exact(4_410).map(rms_db).collect();
        let range_db =
            levels.iter().copied().fold(f32::MIN, f32::max) - levels.iter().copied().fold(f32::MAX, f32::min);
        assert!(range_db < LEVEL_DB, "{hold:?}: {range_db} dB");
        let cents = 1200.0 * (frequency_hz(body, FAKE_RATE_HZ) / key_to_hz(60.0)).log2();
        assert!(cents.abs() < PITCH_CENTS, "{hold:?}: {cents} cents");
        let [first, all, rise] = [&body[..44_100], body, &out[..4_410]].map(roughness);
        assert!(
            all < 1.1 * first && rise < 1.5 * first,
            "{hold:?}: clicks of {all}, {rise} at the beginning, {first} in the first second"
        );
    }
}

#[test]
fn turning_while_a_note_sounds_does_not_click_and_is_the_same_at_every_block_size() {
    let turning = |block: usize| {
        let mut rig = Rig::of_sort(Sort::Mono, Timbre::Sine, FAKE_RATE_HZ);
        rig.synth.set_offline(true);
        rig.synth.reset();
        let forwards = Controls { reverse: 0.0, ..backwards(Hold::Gated) };
        let controls = vec![(0, forwards), (20_480, backwards(Hold::Gated)), (40_960, forwards)];
        Script { events: vec![(0, on(60, 1.0))], controls, length: 60_000 }.play(&mut rig.synth, block)
    };
    let whole = turning(8_192);
    let (still, all) = (roughness(&whole[2_000..18_000]), roughness(&whole));
    assert!(all < 1.5 * still, "clicks of {all} against {still}");
    assert!(rms_db(&whole[25_000..35_000]) > -20.0 && rms_db(&whole[45_000..55_000]) > -20.0);
    for block in [1, 333, 64] {
        assert!(turning(block) == whole, "blocks of {block}");
    }
}

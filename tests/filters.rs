//! Laws of the filter of each voice. A fake source stands at the worker's border. Frequencies and slopes themselves have their laws beside
//! the code, in `engine/src/audio`; what moves the filter has its own in `motion.rs`.

use engine::params::{Controls, Routes};
use realfft::RealFftPlanner;
use support::fake::{Rig, Sort, Timbre};
use support::listen::rms_db;
use support::script::{Script, on, point};

const RATE_HZ: f32 = 48_000.0;
/// What a moving cut-off adds where the sound has nothing, against full scale.
const CLICK_LIMIT_DB: f32 = -60.0;

fn rig(timbre: Timbre) -> Rig {
    let mut rig = Rig::of_sort(Sort::Mono, timbre, RATE_HZ);
    rig.synth.set_offline(true);
    rig.synth.reset();
    rig
}

/// A filter that nothing moves.
fn filtered(kind: f32, cutoff_key: f32, resonance: f32) -> Controls {
    let mut controls = Controls { routes: Routes::default(), ..point(0.3) };
    controls.motion.amounts = [0.0; 16];
    (controls.filter.kind, controls.filter.cutoff_key, controls.filter.resonance) = (kind, cutoff_key, resonance);
    controls
}

/// Largest level of what lies above `from_hz`, in dB against a full-scale sine, over windows of the sound.
fn loudest_above_db(samples: &[f32], from_hz: f32) -> f32 {
    const WINDOW: usize = 2_048;
    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(WINDOW);
    let (mut input, mut bins) = (fft.make_input_vec(), fft.make_output_vec());
    let first = (from_hz / RATE_HZ * WINDOW as f32) as usize;
    let hann = |n: usize| 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / WINDOW as f32).cos();
    let power_of = |window: &[f32]| {
        input.iter_mut().zip(window).enumerate().for_each(|(n, (slot, sample))| *slot = sample * hann(n));
        fft.process(&mut input, &mut bins).expect("buffers come from the plan");
        let power: f32 = bins[first..].iter().map(|bin| bin.norm_sqr()).sum();
        // The power of a full-scale sine behind this window: three bins whose squares add to 3 / 8 of (window / 2)².
        power / (0.375 * (WINDOW as f32 / 2.0).powi(2))
    };
    let loudest = samples.windows(WINDOW).step_by(WINDOW / 4).map(power_of).fold(0.0_f32, f32::max);
    10.0 * loudest.max(1e-20).log10()
}

#[test]
fn a_moving_cutoff_does_not_click() {
    let mut rig = rig(Timbre::Fixed(220));
    for kind in [1.0, 2.0, 4.0, 6.0, 7.0] {
        let places = [(69.0, 0.1), (93.0, 0.1), (81.0, 0.4), (100.0, 0.0), (69.0, 0.3)];
        let controls =
            places.iter().enumerate().map(|(n, (key, resonance))| (n * 4_000, filtered(kind, *key, *resonance)));
        let script = Script { events: vec![(0, on(60, 1.0))], controls: controls.collect(), length: 20_000 };
        rig.synth.reset();
        let [left, _] = script.play_stereo(&mut rig.synth, 512);
        let added_db = loudest_above_db(&left[3_000..], 6_000.0);
        assert!(added_db < CLICK_LIMIT_DB, "filter {kind}: {added_db} dB");
    }
}

#[test]
fn a_ringing_filter_is_not_cut_off_with_its_sound() {
    for block in [64, 333] {
        let mut rig = rig(Timbre::Noise);
        let script = Script::still(filtered(1.0, 57.0, 0.9), vec![(0, on(84, 1.0))], 120_000);
        let [left, _] = script.play_stereo(&mut rig.synth, block);
        let last = left.iter().rposition(|sample| *sample != 0.0).expect("it sounds");
        assert!(last < 119_000, "the note ends");
        let end_db = rms_db(&left[last - 32..=last]);
        assert!(end_db < -60.0, "{end_db} dB at the end");
        assert!(rms_db(&left[last - 4_000..last - 3_000]) > -60.0, "it rings");
        assert!(rig.synth.is_idle());
    }
}

#[test]
fn the_filter_of_a_sounding_note_keeps_its_type() {
    let play = |rig: &mut Rig, controls| {
        rig.synth.reset();
        let [left, _] =
            Script { events: vec![(0, on(60, 1.0))], controls, length: 12_000 }.play_stereo(&mut rig.synth, 512);
        left
    };
    let (low, high) = (filtered(2.0, 69.0, 0.0), filtered(6.0, 69.0, 0.0));
    let mut rig = rig(Timbre::Noise);
    let still = play(&mut rig, vec![(0, low)]);
    assert!(play(&mut rig, vec![(0, low), (6_000, high)]) == still);
    assert!(play(&mut rig, vec![(0, high)]) != still, "the next note has the new type");
}

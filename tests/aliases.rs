//! Laws of transposition: of a sine that is played higher nothing is heard but the sine, wherever it lies. A fake source stands at the
//! worker's border.

use engine::params::Controls;
use realfft::RealFftPlanner;
use support::fake::{FAKE_AMPLITUDE, FAKE_RATE_HZ, Rig, Timbre};
use support::script::{Script, on, point};

/// Each alias against the sine that causes it, up to a frequency: where the kernel's stop band begins at 44.1 kHz, and on its slope.
const LIMITS: [(f64, f64); 2] = [(19_600.0, -80.0), (20_000.0, -60.0)];
const SIZE: usize = 8_192;
/// Bins on each side of the sine that its window reaches: side lobes of the window lie below −130 dB.
const REACH: usize = 12;
/// The beginning of the sine is a step in its slope.
const SETTLED: usize = 4_096;
const STEP_HZ: usize = 97;

/// Kaiser window, β = 16.
fn window() -> Vec<f64> {
    let bessel = |x: f64| {
        let (mut sum, mut term) = (1.0, 1.0);
        for k in 1..60 {
            term *= (x / 2.0 / f64::from(k)).powi(2);
            sum += term;
        }
        sum
    };
    let place = |n: usize| 2.0 * n as f64 / (SIZE - 1) as f64 - 1.0;
    (0..SIZE).map(|n| bessel(16.0 * (1.0 - place(n).powi(2)).max(0.0).sqrt()) / bessel(16.0)).collect()
}

/// Level and frequency of the loudest partial up to `highest_hz` that is not at `own_hz`, against the fake's sine.
fn loudest_alias(played: &[f32], rate_hz: f64, (own_hz, highest_hz): (f64, f64), window: &[f64]) -> (f64, f64) {
    let fft = RealFftPlanner::<f64>::new().plan_fft_forward(SIZE);
    let mut input: Vec<f64> = played.iter().zip(window).map(|(sample, window)| f64::from(*sample) * window).collect();
    let mut bins = fft.make_output_vec();
    fft.process(&mut input, &mut bins).expect("lengths fit");
    let full = f64::from(FAKE_AMPLITUDE) * window.iter().sum::<f64>() / 2.0;
    let own = (own_hz / rate_hz * SIZE as f64).round() as usize;
    let heard = (highest_hz / rate_hz * SIZE as f64) as usize;
    let others = bins.iter().enumerate().take(heard + 1).filter(|(bin, _)| bin.abs_diff(own) > REACH);
    let (bin, level) = others.map(|(bin, value)| (bin, value.norm())).max_by(|a, b| a.1.total_cmp(&b.1)).expect("bins");
    (20.0 * (level / full).max(1e-12).log10(), bin as f64 / SIZE as f64 * rate_hz)
}

#[test]
fn nothing_but_the_sine_is_heard_of_a_sine_that_is_played_higher() {
    let window = window();
    let mut failed = Vec::new();
    for rate_hz in [44_100.0, 48_000.0] {
        for coarse_semitones in [0.0, 5.0, 7.0, 12.0] {
            let mut worst = LIMITS.map(|_| (f64::NEG_INFINITY, 0.0, 0));
            for hz in (500..22_000).step_by(STEP_HZ) {
                let mut rig = Rig::new(Timbre::Fixed(hz), rate_hz);
                rig.synth.set_offline(true);
                rig.synth.reset();
                let controls = Controls { coarse_semitones, ..point(0.0) };
                let out = Script::still(controls, vec![(0, on(60, 1.0))], SETTLED + SIZE).play(&mut rig.synth, 512);
                let own_hz = f64::from(hz) * f64::from(coarse_semitones / 12.0).exp2();
                for (worst, (highest_hz, limit_db)) in worst.iter_mut().zip(LIMITS) {
                    let range = (own_hz, highest_hz);
                    let (level_db, alias_hz) = loudest_alias(&out[SETTLED..], f64::from(rate_hz), range, &window);
                    if level_db > worst.0 {
                        *worst = (level_db, alias_hz, hz);
                    }
                    if level_db > limit_db {
                        failed.push((rate_hz, coarse_semitones, hz, level_db, alias_hz));
                    }
                }
            }
            for ((highest_hz, _), (level_db, alias_hz, hz)) in LIMITS.into_iter().zip(worst) {
                println!(
                    "{rate_hz} Hz, +{coarse_semitones}, up to {highest_hz} Hz: {level_db:.1} dB at {alias_hz:.0} Hz of a sine at {hz} Hz"
                );
            }
        }
    }
    assert!(failed.is_empty(), "rate, semitones, sine, level, alias: {failed:?}");
    assert_eq!(FAKE_RATE_HZ, 44_100.0);
}

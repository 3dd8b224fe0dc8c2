//! A foot in water: a splash, and bubbles that rise in pitch as they near the surface.

use std::f64::consts::TAU;

use super::super::SAMPLE_RATE_HZ;
use super::super::envelope::{bump, decay};
use super::super::filter::Svf;
use super::super::mix::{lay, normalised, render};
use super::super::rng::SoundRng;
use super::force::Force;

/// Bubbles of a step.
const BUBBLES: [usize; 2] = [12, 60];
/// Radii of bubbles in metres; a bubble of radius r resonates at about 3 / r hertz (Minnaert 1933).
const RADIUS_M: [f64; 2] = [0.0009, 0.008];

/// Splash and bubbles at a peak of 1.
pub fn splash(force: &Force, ratio: f64, rng: &mut SoundRng) -> Vec<f64> {
    let mut colour = Svf::default();
    let wide_hz = rng.ratio_between(1200.0, 3500.0) * ratio;
    let mut wet = normalised(render((force.end_s + 0.25).min(1.2), |time_s| {
        let spray = force.crush(time_s) + 0.3 * bump(time_s - 0.02, 0.3);
        colour.band(rng.noise(), wide_hz * (0.7 + 0.5 * spray.min(1.5)), 0.5) * spray
    }));
    for _ in 0..rng.whole(BUBBLES[0], BUBBLES[1]) {
        let at_s = rng.between(0.01, 0.3 + force.end_s).min(1.2);
        let gain = 0.7 * rng.between(0.1, 1.0).powi(2);
        let radius_m = rng.ratio_between(RADIUS_M[0], RADIUS_M[1]);
        lay(&mut wet, &bubble(3.0 / radius_m * ratio, rng.between(0.0, 0.1)), at_s, gain);
    }
    normalised(wet)
}

/// One bubble: its damping grows with its frequency (van den Doel 2005), its pitch rises by `rise` of its damping.
fn bubble(frequency_hz: f64, rise: f64) -> Vec<f64> {
    let damping = 0.13 * frequency_hz.powf(0.9) + 0.0072 * frequency_hz.powf(1.5) * 0.1;
    let t60_s = (6.9 / damping).min(0.12);
    let mut phase = 0.0;
    render(t60_s, |time_s| {
        phase += frequency_hz * (1.0 + rise * damping * time_s) / SAMPLE_RATE_HZ;
        (TAU * phase).sin() * decay(time_s, t60_s) * (time_s * 2000.0).min(1.0)
    })
}

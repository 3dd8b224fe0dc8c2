//! A sliding sole: noise of asperities, and sticking and slipping at a rate that follows the speed over the load.

use super::super::envelope::bump;
use super::super::filter::Svf;
use super::super::mix::{normalised, render};
use super::super::rng::SoundRng;
use super::floor::Floor;
use super::force::Force;

/// Slips a second at full speed.
const SLIPS_HZ: [f64; 2] = [120.0, 420.0];

/// The sound of the slide of a force, at a peak of 1, from where the slide begins.
pub fn slide(floor: &Floor, force: &Force, ratio: f64, rng: &mut SoundRng) -> Vec<f64> {
    let (mut colour, mut body) = (Svf::default(), Svf::default());
    let slips_hz = rng.ratio_between(SLIPS_HZ[0], SLIPS_HZ[1]) * ratio;
    let (mut phase, mut wander) = (0.0, 0.0);
    let length_s = force.slide_s;
    let at = |time_s: f64| force.slide_at_s + time_s;
    let slid = render(length_s, |time_s| {
        let speed = bump(time_s + 0.1 * length_s, 1.2 * length_s);
        wander += 0.002 * (rng.noise() - 0.2 * wander);
        let load = 0.4 + force.load(at(time_s));
        phase += (slips_hz * speed.sqrt() / load * (1.0 + 4.0 * wander) / super::super::SAMPLE_RATE_HZ).max(0.0);
        // While it sticks little is heard; the slip itself is short.
        let slip = 1.0 - floor.stick * (phase.fract() * 1.4).min(1.0);
        let rough = rng.noise() * speed * load.sqrt() * slip;
        let high = colour.band(rough, floor.friction_hz * ratio * (0.6 + 0.6 * speed), 0.8);
        high + 0.3 * floor.stick * body.band(rough, 3.0 * slips_hz, 4.0)
    });
    normalised(slid)
}

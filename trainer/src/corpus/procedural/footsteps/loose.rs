//! Loose matter under a foot: collisions at random times whose rate and strength follow the crushing force.

use super::super::grains::{Grain, collisions};
use super::super::mix::normalised;
use super::super::rng::SoundRng;
use super::floor::Floor;
use super::force::Force;

/// Matter that goes on falling after the foot, in seconds.
const SETTLING_S: f64 = 0.15;

/// Collisions of a floor under a force, at a peak of 1.
pub fn crumple(floor: &Floor, force: &Force, strength: f64, ratio: f64, rng: &mut SoundRng) -> Vec<f64> {
    let grain = Grain {
        low_hz: floor.grain.low_hz * ratio,
        high_hz: floor.grain.high_hz * ratio * (0.5 + 0.5 * strength),
        ..floor.grain
    };
    let end_s = force.end_s;
    let settling =
        |time_s: f64| if time_s < end_s { 0.03 } else { 0.03 * (1.0 - (time_s - end_s) / SETTLING_S).max(0.0) };
    let push = |time_s: f64| force.crush(time_s) + settling(time_s);
    normalised(collisions(
        rng,
        grain,
        (end_s + SETTLING_S).min(1.3),
        |time_s| floor.rate_hz * push(time_s).min(1.5),
        push,
    ))
}

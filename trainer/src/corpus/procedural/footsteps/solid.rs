//! Blows on a solid floor: its modes, those of a hard heel, the slap of a soft sole and the dull blow of the ground.

use super::super::envelope::{bump, decay};
use super::super::mix::{lay, low_passed, normalised, render};
use super::super::modes::{Mode, strike};
use super::super::rng::SoundRng;
use super::floor::Floor;
use super::force::Blow;
use super::shoe::Shoe;

/// Modes of a floor where a walker is.
const MODES: u32 = 18;

/// Draws the modes of a place of a floor.
pub fn modes_of(floor: &Floor, rng: &mut SoundRng) -> Vec<Mode> {
    let mode = |number: u32, rng: &mut SoundRng| {
        let frequency_hz = rng.ratio_between(floor.modes_hz[0], floor.modes_hz[1]);
        let t60_s = rng.between(floor.ring_s[0], floor.ring_s[1]) * (floor.modes_hz[0] / frequency_hz).powf(0.25);
        Mode { frequency_hz, t60_s, gain: rng.between(0.2, 1.0) / (1.0 + 0.1 * f64::from(number)) }
    };
    (0..MODES).map(|number| mode(number, rng)).collect()
}

/// Draws the modes of a heel: few and short.
pub fn heel_of(shoe: &Shoe, rng: &mut SoundRng) -> Vec<Mode> {
    let mode = |_| {
        let frequency_hz = rng.ratio_between(shoe.click_hz[0], shoe.click_hz[1]);
        Mode { frequency_hz, t60_s: rng.between(8.0, 25.0) / frequency_hz, gain: rng.between(0.3, 1.0) }
    };
    (0..4).map(mode).collect()
}

/// What blows: the bodies and their softness.
pub struct Blown<'a> {
    pub floor: &'a Floor,
    pub shoe: &'a Shoe,
    pub modes: &'a [Mode],
    pub heel: &'a [Mode],
    /// Time of contact on a hard floor in seconds.
    pub contact_s: f64,
    /// Frequency of the ground's blow in hertz.
    pub thud_hz: f64,
}

/// Adds what a blow makes; `ratio` moves all frequencies.
pub fn blow(step: &mut Vec<f64>, blown: &Blown, blow: Blow, ratio: f64, rng: &mut SoundRng) {
    let (floor, shoe) = (blown.floor, blown.shoe);
    let moved = |mode: &Mode, gain: f64| Mode {
        frequency_hz: mode.frequency_hz * ratio,
        t60_s: mode.t60_s * ratio.powf(-0.4),
        gain: mode.gain * gain,
    };
    // Each blow meets the floor in another place.
    let modes: Vec<Mode> = blown.modes.iter().map(|mode| moved(mode, rng.between(0.4, 1.0))).collect();
    let contact_s = blown.contact_s * blow.softness * floor.give * ratio.powf(-0.6);
    lay(step, &normalised(strike(&modes, contact_s, longest_s(&modes))), blow.at_s, blow.gain * floor.solid);
    if shoe.click > 0.0 {
        let heel: Vec<Mode> = blown.heel.iter().map(|mode| moved(mode, 1.0)).collect();
        // A floor that gives way rings no heel.
        let click = blow.gain * shoe.click * floor.solid / floor.give;
        lay(step, &normalised(strike(&heel, blown.contact_s * blow.softness, longest_s(&heel))), blow.at_s, click);
    }
    let thud = [Mode { frequency_hz: blown.thud_hz * ratio, t60_s: 0.07, gain: 1.0 }];
    let thud = normalised(strike(&thud, 0.006 * floor.give.min(3.0), 0.2));
    lay(step, &thud, blow.at_s, blow.gain * floor.thud * shoe.heavy);
    let slap_s = 0.012 * blow.softness;
    let slap = render(2.0 * slap_s, |time_s| {
        rng.noise() * bump(time_s + 0.5 * slap_s, 2.5 * slap_s) * decay(time_s, 4.0 * slap_s)
    });
    let slap_hz = shoe.slap_hz * ratio / floor.give.sqrt();
    lay(step, &normalised(low_passed(&slap, slap_hz)), blow.at_s, blow.gain * shoe.slap * floor.solid.max(0.4));
}

fn longest_s(modes: &[Mode]) -> f64 {
    modes.iter().fold(0.05, |longest: f64, mode| longest.max(1.2 * mode.t60_s)).min(1.4)
}

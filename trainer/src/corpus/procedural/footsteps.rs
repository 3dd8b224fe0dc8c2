//! Footsteps: the forces of heel and toe on a floor, after Cook ("Modeling Bill's gait", 2002) and Fontana and Bresin
//! ("Physics-based sound synthesis and control: crushing, walking and running by crumpling sounds", 2003). Hard floors answer
//! with their modes, loose ones with many small collisions; the sole scuffs in between.

use super::envelope::{bump, decay, rise};
use super::filter::Svf;
use super::grains::{Grain, collisions};
use super::instrument::{Instrument, in_turn};
use super::mix::{lay, low_passed, normalised, render};
use super::modes::{Mode, strike};
use super::note::{Note, unpitched};
use super::rng::SoundRng;

/// A floor: its modes and its loose matter.
#[derive(Clone, Copy)]
struct Floor {
    label: &'static str,
    /// Range and ringing of the modes, and their level.
    modes_hz: [f64; 2],
    ring_s: [f64; 2],
    solid: f64,
    /// Loose matter: range of its resonances, ringing in periods, collisions per second at full force, level.
    grains_hz: [f64; 2],
    periods: f64,
    rate_hz: f64,
    loose: f64,
    /// Level and colour of the scuff.
    scuff: f64,
    scuff_hz: f64,
}

const FLOORS: [Floor; 8] = [
    Floor {
        label: "Footsteps on wood",
        modes_hz: [70.0, 1400.0],
        ring_s: [0.04, 0.2],
        solid: 1.0,
        grains_hz: [800.0, 3000.0],
        periods: 8.0,
        rate_hz: 20.0,
        loose: 0.1,
        scuff: 0.06,
        scuff_hz: 1800.0,
    },
    Floor {
        label: "Footsteps on concrete",
        modes_hz: [160.0, 3800.0],
        ring_s: [0.01, 0.04],
        solid: 0.9,
        grains_hz: [2500.0, 9000.0],
        periods: 4.0,
        rate_hz: 250.0,
        loose: 0.12,
        scuff: 0.15,
        scuff_hz: 3500.0,
    },
    Floor {
        label: "Footsteps on metal",
        modes_hz: [140.0, 6500.0],
        ring_s: [0.2, 1.1],
        solid: 1.0,
        grains_hz: [2000.0, 6000.0],
        periods: 30.0,
        rate_hz: 25.0,
        loose: 0.08,
        scuff: 0.05,
        scuff_hz: 3000.0,
    },
    Floor {
        label: "Footsteps on gravel",
        modes_hz: [70.0, 250.0],
        ring_s: [0.02, 0.05],
        solid: 0.3,
        grains_hz: [900.0, 7500.0],
        periods: 5.0,
        rate_hz: 900.0,
        loose: 1.0,
        scuff: 0.15,
        scuff_hz: 2500.0,
    },
    Floor {
        label: "Footsteps on snow",
        modes_hz: [60.0, 160.0],
        ring_s: [0.02, 0.05],
        solid: 0.35,
        grains_hz: [500.0, 3800.0],
        periods: 2.5,
        rate_hz: 4000.0,
        loose: 1.0,
        scuff: 0.2,
        scuff_hz: 1200.0,
    },
    Floor {
        label: "Footsteps on leaves",
        modes_hz: [60.0, 200.0],
        ring_s: [0.02, 0.04],
        solid: 0.15,
        grains_hz: [2200.0, 13_000.0],
        periods: 2.0,
        rate_hz: 1500.0,
        loose: 1.0,
        scuff: 0.3,
        scuff_hz: 5500.0,
    },
    Floor {
        label: "Footsteps on sand",
        modes_hz: [60.0, 150.0],
        ring_s: [0.02, 0.04],
        solid: 0.3,
        grains_hz: [1500.0, 9000.0],
        periods: 1.5,
        rate_hz: 6000.0,
        loose: 0.9,
        scuff: 0.25,
        scuff_hz: 3500.0,
    },
    Floor {
        label: "Footsteps on tiles",
        modes_hz: [300.0, 5500.0],
        ring_s: [0.02, 0.09],
        solid: 1.0,
        grains_hz: [3000.0, 9000.0],
        periods: 6.0,
        rate_hz: 40.0,
        loose: 0.05,
        scuff: 0.1,
        scuff_hz: 4500.0,
    },
];

/// A walker on a floor.
struct Walk {
    floor: Floor,
    modes: Vec<Mode>,
    heel_contact_s: f64,
    /// From heel to toe.
    roll_s: f64,
    toe: f64,
    /// Hard soles click, soft ones thud.
    sole: f64,
    room_s: f64,
    room: f64,
}

/// Draws an instrument of the style whose turn it is.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    let floor = in_turn(turn, &FLOORS);
    let sole = rng.between(0.0, 1.0);
    let mode = |number: u32| {
        let frequency_hz = rng.ratio_between(floor.modes_hz[0], floor.modes_hz[1]);
        let t60_s = rng.between(floor.ring_s[0], floor.ring_s[1]) * (floor.modes_hz[0] / frequency_hz).powf(0.25);
        Mode { frequency_hz, t60_s, gain: rng.between(0.2, 1.0) / (1.0 + 0.1 * f64::from(number)) }
    };
    let walk = Walk {
        floor,
        modes: (0..18).map(mode).collect(),
        heel_contact_s: 0.0006 * (6.0f64).powf(1.0 - sole) * rng.between(0.7, 1.4),
        roll_s: rng.between(0.07, 0.2),
        toe: rng.between(0.25, 0.8),
        sole,
        room_s: rng.ratio_between(0.1, 0.7),
        room: rng.between(0.0, 0.05),
    };
    Instrument::new("Footsteps", floor.label, unpitched(rng), move |note, rng| play(&walk, note, rng))
}

/// One step: heel, roll with a scuff, toe.
fn play(walk: &Walk, note: Note, rng: &mut SoundRng) -> Vec<f64> {
    let (ratio, force) = (note.ratio(), note.force());
    let roll_s = walk.roll_s * ratio.powf(-0.4) * rng.between(0.85, 1.15) * (1.3 - 0.3 * force);
    let mut step = Vec::new();
    impact(&mut step, walk, note, rng, 0.0, 1.0, walk.heel_contact_s);
    let toe = walk.toe * rng.between(0.8, 1.2);
    impact(&mut step, walk, note, rng, roll_s, toe, 1.8 * walk.heel_contact_s);
    let loose = normalised(loose(walk, ratio, force, roll_s, rng));
    lay(&mut step, &loose, 0.0, walk.floor.loose);
    lay(&mut step, &scuff(walk, ratio, roll_s, rng), 0.3 * roll_s, walk.floor.scuff);
    let mut colour = Svf::default();
    let room = render(walk.room_s, |time_s| {
        colour.band(rng.noise(), 700.0 * ratio, 0.6) * decay(time_s, walk.room_s) * rise(time_s, 0.01)
    });
    lay(&mut step, &room, 0.004, walk.room);
    step
}

fn impact(step: &mut Vec<f64>, walk: &Walk, note: Note, rng: &mut SoundRng, at_s: f64, gain: f64, contact_s: f64) {
    let ratio = note.ratio();
    let tune = |mode: &Mode| Mode {
        frequency_hz: mode.frequency_hz * ratio,
        t60_s: mode.t60_s * ratio.powf(-0.4),
        // Each step meets the floor in another place.
        gain: mode.gain * rng.between(0.4, 1.0),
    };
    let modes: Vec<Mode> = walk.modes.iter().map(tune).collect();
    let contact_s = contact_s * ratio.powf(-0.6) * (1.6 - 0.6 * note.force());
    let ringing = normalised(strike(&modes, contact_s, 1.5));
    lay(step, &ringing, at_s, gain * walk.floor.solid);
    let thud = [Mode { frequency_hz: 85.0 * ratio, t60_s: 0.06, gain: 1.0 }];
    lay(step, &normalised(strike(&thud, 0.006, 0.15)), at_s, 0.35 * gain * (1.0 - 0.5 * walk.sole));
}

/// Matter that gives way under the heel and again under the toe.
fn loose(walk: &Walk, ratio: f64, force: f64, roll_s: f64, rng: &mut SoundRng) -> Vec<f64> {
    let floor = walk.floor;
    let grain = Grain {
        low_hz: floor.grains_hz[0] * ratio,
        high_hz: floor.grains_hz[1] * ratio * (0.5 + 0.5 * force),
        periods: floor.periods,
        spread: 2.5,
    };
    let (heel_s, toe_s) = (0.9 * roll_s, 1.4 * roll_s);
    let push = move |time_s: f64| {
        let heel = decay(time_s, 2.5 * heel_s) * rise(time_s, 0.015);
        heel + 0.8 * walk.toe * bump(time_s - roll_s, toe_s) + 0.02 * decay(time_s, 0.8)
    };
    collisions(rng, grain, (3.5 * roll_s + 0.25).min(1.2), |time_s| floor.rate_hz * push(time_s), push)
}

fn scuff(walk: &Walk, ratio: f64, roll_s: f64, rng: &mut SoundRng) -> Vec<f64> {
    let mut colour = Svf::default();
    let noise = render(1.2 * roll_s, |time_s| {
        colour.band(rng.noise(), walk.floor.scuff_hz * ratio, 0.9) * bump(time_s, 1.2 * roll_s)
    });
    low_passed(&noise, 4.0 * walk.floor.scuff_hz * ratio)
}

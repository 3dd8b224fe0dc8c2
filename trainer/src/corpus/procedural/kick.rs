//! Bass drums: a sine whose pitch falls, with a click at the front, after the circuit of the TR-808 as Werner, Abel and Smith
//! describe it ("A physically-informed, circuit-bendable, digital model of the Roland TR-808 bass drum circuit", 2014).

use super::envelope::{decay, rise};
use super::filter::{FLAT_Q, Svf};
use super::instrument::{Instrument, in_turn};
use super::mix::render;
use super::note::{Note, unpitched};
use super::rng::SoundRng;
use super::wave::{Phase, sine};

#[derive(Clone, Copy)]
struct Patch {
    base_hz: f64,
    /// How far above the base the pitch starts, in octaves: a fast and a slow fall.
    snap_octaves: f64,
    bend_octaves: f64,
    snap_s: f64,
    length_s: f64,
    drive: f64,
    click: f64,
    click_hz: f64,
    /// Skin and room, as of a recorded drum.
    skin: f64,
}

/// Draws an instrument of the style whose turn it is.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    let (label, length, click, skin) = in_turn(
        turn,
        &[
            ("Deep kick", [0.6, 1.8], [0.0, 0.15], 0.0),
            ("Punch kick", [0.2, 0.5], [0.2, 0.6], 0.0),
            ("Room kick", [0.15, 0.4], [0.1, 0.4], 0.3),
            ("Hard kick", [0.25, 0.6], [0.3, 0.8], 0.05),
        ],
    );
    let patch = Patch {
        base_hz: rng.ratio_between(40.0, 68.0),
        snap_octaves: rng.between(1.0, 3.5),
        bend_octaves: rng.between(0.1, 1.2),
        snap_s: rng.ratio_between(0.006, 0.03),
        length_s: rng.ratio_between(length[0], length[1]),
        drive: if label == "Hard kick" { rng.between(2.0, 5.0) } else { rng.between(0.1, 1.2) },
        click: rng.between(click[0], click[1]),
        click_hz: rng.ratio_between(1200.0, 6000.0),
        skin: skin * rng.between(0.5, 1.5),
    };
    Instrument::new("Kick", label, unpitched(rng), move |note, rng| play(&patch, note, rng))
}

fn play(patch: &Patch, note: Note, rng: &mut SoundRng) -> Vec<f64> {
    let (ratio, force) = (note.ratio(), note.force());
    let mut phase = Phase::new(0.0);
    let (mut click, mut skin) = (Svf::default(), Svf::default());
    let length_s = patch.length_s * ratio.powf(-0.4);
    render((1.2 * length_s).min(2.0), |time_s| {
        let octaves = force * patch.snap_octaves * decay(time_s, 3.0 * patch.snap_s)
            + patch.bend_octaves * decay(time_s, 12.0 * patch.snap_s);
        let body = sine(phase.advance((patch.base_hz * ratio).max(28.0) * octaves.exp2()));
        let driven = ((1.0 + patch.drive * force) * body * decay(time_s, length_s)).tanh();
        let tick = click.band(rng.noise(), patch.click_hz * ratio.sqrt(), 0.8) * decay(time_s, 0.012);
        let head = skin.low(rng.noise(), 900.0 * ratio, FLAT_Q) * decay(time_s, 0.12);
        driven * rise(time_s, 0.0008) + force.powi(2) * 2.0 * patch.click * tick + patch.skin * head
    })
}

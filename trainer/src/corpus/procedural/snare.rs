//! Snare drums: the lowest modes of a membrane and the noise of the wires, which the head sets going (Fletcher and Rossing,
//! "The Physics of Musical Instruments", 1998, chapter 18). Rim shots and side sticks have more wood and fewer wires.

use super::envelope::{decay, rise};
use super::filter::{FLAT_Q, Svf};
use super::instrument::{Instrument, in_turn};
use super::mix::{lay, normalised, render};
use super::modes::{Mode, strike};
use super::note::{Note, unpitched};
use super::rng::SoundRng;

/// Lowest modes of a two-headed drum over the first.
const HEADS: [f64; 7] = [1.0, 1.58, 1.83, 2.14, 2.53, 2.95, 3.5];

struct Patch {
    heads: Vec<Mode>,
    rim: Vec<Mode>,
    wires: f64,
    wires_s: f64,
    wires_hz: f64,
    /// Late hiss under the first burst, as in a room.
    tail: f64,
}

/// Draws an instrument of the style whose turn it is.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    let (label, head, wires, rim) = in_turn(
        turn,
        &[
            ("Snare", 1.0, [0.5, 1.2], 0.15),
            ("Tight snare", 0.8, [0.3, 0.9], 0.2),
            ("Noise snare", 0.3, [1.0, 1.6], 0.0),
            ("Rim shot", 0.7, [0.2, 0.6], 1.0),
            ("Side stick", 0.15, [0.0, 0.08], 1.0),
        ],
    );
    let base_hz = rng.ratio_between(150.0, 330.0);
    let ring_s = rng.ratio_between(0.08, 0.4);
    let head_mode = |ratio: &f64| Mode {
        frequency_hz: base_hz * ratio * rng.between(0.98, 1.02),
        t60_s: ring_s / ratio,
        gain: head * rng.between(0.2, 1.0) / ratio,
    };
    let heads = HEADS.iter().map(head_mode).collect();
    let rim_mode = |_| Mode {
        frequency_hz: rng.ratio_between(450.0, 4500.0),
        t60_s: rng.between(0.02, 0.09),
        gain: rim * rng.between(0.1, 0.6),
    };
    let rim = (0..5).map(rim_mode).collect();
    let tight = label == "Tight snare";
    let patch = Patch {
        heads,
        rim,
        wires: rng.between(wires[0], wires[1]),
        wires_s: rng.ratio_between(0.15, if tight { 0.3 } else { 0.8 }),
        wires_hz: rng.ratio_between(1200.0, 4500.0),
        tail: rng.between(0.0, 0.2),
    };
    Instrument::new("Snare", label, unpitched(rng), move |note, rng| play(&patch, note, rng))
}

fn play(patch: &Patch, note: Note, rng: &mut SoundRng) -> Vec<f64> {
    let (ratio, force) = (note.ratio(), note.force());
    let tune =
        |mode: &Mode| Mode { frequency_hz: mode.frequency_hz * ratio, t60_s: mode.t60_s * ratio.powf(-0.4), ..*mode };
    let modes: Vec<Mode> = patch.heads.iter().chain(&patch.rim).map(tune).collect();
    let contact_s = 0.0006 * (1.0 + 2.0 * (0.9 - force)) * ratio.powf(-0.5);
    let seconds = (2.4 * patch.wires_s + 0.3).min(2.0);
    let mut sound = normalised(strike(&modes, contact_s, seconds));
    let (mut low_cut, mut colour) = (Svf::default(), Svf::default());
    let wires = render(seconds, |time_s| {
        let level = decay(time_s, patch.wires_s) + patch.tail * decay(time_s, 2.5 * patch.wires_s);
        let noise = low_cut.high(rng.noise(), patch.wires_hz * ratio, FLAT_Q);
        colour.low(noise, 17_000.0 * force * ratio.sqrt(), FLAT_Q) * level * rise(time_s, 0.001)
    });
    lay(&mut sound, &wires, 0.0005, patch.wires * (0.5 + 0.5 * force));
    sound
}

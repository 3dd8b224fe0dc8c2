//! Hand claps: a few bursts of noise around the resonance of the hollow between the palms, then the room (Peltola, Erkut, Cook
//! and Välimäki, "Synthesis of hand clapping sounds", 2007).

use super::envelope::{decay, rise};
use super::filter::{FLAT_Q, Svf};
use super::instrument::{Instrument, in_turn};
use super::mix::{lay, render};
use super::note::{Note, unpitched};
use super::rng::SoundRng;

#[derive(Clone, Copy)]
struct Patch {
    hands: usize,
    /// Time over which the hands arrive.
    scatter_s: f64,
    hollow_hz: f64,
    q: f64,
    burst_s: f64,
    room: f64,
    room_s: f64,
}

/// Draws an instrument of the style whose turn it is.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    let (label, hands, scatter) = in_turn(
        turn,
        &[
            ("Hand clap", [1, 2], [0.0, 0.01]),
            ("Clap", [3, 4], [0.02, 0.04]),
            ("Crowd clap", [6, 12], [0.03, 0.08]),
            ("Finger snap", [1, 1], [0.0, 0.0001]),
        ],
    );
    let snap = label == "Finger snap";
    let patch = Patch {
        hands: rng.whole(hands[0], hands[1]),
        scatter_s: rng.between(scatter[0], scatter[1]),
        hollow_hz: if snap { rng.ratio_between(1600.0, 3200.0) } else { rng.ratio_between(600.0, 1700.0) },
        q: if snap { rng.between(3.0, 7.0) } else { rng.between(1.0, 3.5) },
        burst_s: rng.between(0.012, 0.035),
        room: rng.between(0.05, 0.5),
        room_s: rng.ratio_between(0.08, 0.7),
    };
    Instrument::new("Clap", label, unpitched(rng), move |note, rng| play(&patch, note, rng))
}

fn play(patch: &Patch, note: Note, rng: &mut SoundRng) -> Vec<f64> {
    let mut sound = Vec::new();
    for hand in 0..patch.hands {
        // The first hand is the onset; the others follow within the scatter.
        let at_s =
            if hand == 0 { 0.0 } else { patch.scatter_s * (hand as f64 + rng.between(-0.3, 0.3)) / patch.hands as f64 };
        let hollow_hz = patch.hollow_hz * note.ratio() * rng.between(0.85, 1.18);
        let burst = burst(patch, hollow_hz, note.force(), rng);
        lay(&mut sound, &burst, at_s, rng.between(0.6, 1.0));
    }
    let mut colour = Svf::default();
    let room = render((1.2 * patch.room_s).min(1.5), |time_s| {
        colour.band(rng.noise(), 1.3 * patch.hollow_hz * note.ratio(), 0.8) * decay(time_s, patch.room_s)
    });
    lay(&mut sound, &room, patch.scatter_s, patch.room);
    sound
}

fn burst(patch: &Patch, hollow_hz: f64, force: f64, rng: &mut SoundRng) -> Vec<f64> {
    let (mut hollow, mut skin) = (Svf::default(), Svf::default());
    render(0.08, |time_s| {
        let noise = rng.noise();
        let body = hollow.band(noise, hollow_hz, patch.q) * decay(time_s, 2.0 * patch.burst_s);
        let slap = skin.high(noise, 2.5 * hollow_hz, FLAT_Q) * decay(time_s, 0.5 * patch.burst_s);
        (body + 0.5 * force * slap) * rise(time_s, 0.0006)
    })
}

//! Keyboards: each stroke is a finger on the cap, the cap on the plate and the spring back, each a blow on the modes of case
//! and cap (van den Doel, Kry and Pai, "FoleyAutomatic", 2001). Typing is a run of such strokes with human timing.

use super::envelope::{bump, decay};
use super::filter::{FLAT_Q, Svf};
use super::instrument::{Instrument, in_turn};
use super::mix::{lay, normalised, render};
use super::modes::{Mode, strike};
use super::note::{Note, unpitched};
use super::rng::SoundRng;

struct Keyboard {
    caps: Vec<Mode>,
    case: Vec<Mode>,
    /// From touch to bottom, and until the key springs back.
    travel_s: f64,
    back_s: f64,
    touch: f64,
    back: f64,
    thump: f64,
    rattle: f64,
    contact_s: f64,
    strokes: usize,
    pace_s: f64,
}

/// Draws an instrument of the style whose turn it is.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    let (label, ring, thump, contact_s, travel) = in_turn(
        turn,
        &[
            ("Laptop keys", [0.008, 0.025], 0.4, 0.0006, [0.002, 0.008]),
            ("Mechanical keys", [0.015, 0.05], 0.6, 0.0003, [0.008, 0.02]),
            ("Typewriter", [0.03, 0.14], 0.9, 0.0002, [0.015, 0.035]),
            ("Rubber keys", [0.006, 0.02], 0.9, 0.0015, [0.004, 0.015]),
            ("Button", [0.01, 0.06], 0.3, 0.0003, [0.004, 0.015]),
        ],
    );
    let modes = |rng: &mut SoundRng, low_hz: f64, high_hz: f64, stretch: f64| -> Vec<Mode> {
        let mode = |_| Mode {
            frequency_hz: rng.ratio_between(low_hz, high_hz),
            t60_s: stretch * rng.between(ring[0], ring[1]),
            gain: rng.between(0.2, 1.0),
        };
        (0..10).map(mode).collect()
    };
    let keyboard = Keyboard {
        caps: modes(rng, 1500.0, 9000.0, 1.0),
        case: modes(rng, 150.0, 1800.0, 1.5),
        travel_s: rng.between(travel[0], travel[1]),
        back_s: rng.between(0.05, 0.14),
        touch: rng.between(0.1, 0.5),
        back: rng.between(0.15, 0.6),
        thump,
        rattle: if label == "Typewriter" { 0.3 } else { rng.between(0.0, 0.1) },
        contact_s,
        strokes: rng.choose(&[1, 1, 2, 4, 8]),
        pace_s: rng.between(0.12, 0.25),
    };
    let label = if keyboard.strokes > 2 { format!("{label} run") } else { label.to_owned() };
    Instrument::new("Typing", label, unpitched(rng), move |note, rng| play(&keyboard, note, rng))
}

fn play(keyboard: &Keyboard, note: Note, rng: &mut SoundRng) -> Vec<f64> {
    let mut sound = Vec::new();
    let mut at_s = 0.0;
    for _ in 0..keyboard.strokes {
        if at_s < 1.7 {
            let stroke = stroke(keyboard, note, rng);
            lay(&mut sound, &stroke, at_s, rng.between(0.6, 1.0));
        }
        at_s += keyboard.pace_s * (0.35 * rng.normal()).exp();
    }
    sound
}

fn stroke(keyboard: &Keyboard, note: Note, rng: &mut SoundRng) -> Vec<f64> {
    let (ratio, force) = (note.ratio(), note.force());
    let contact_s = keyboard.contact_s * (1.3 - 0.6 * force) * ratio.powf(-0.6);
    // Every key sits elsewhere in the case and excites it differently.
    let mut tuned = |modes: &[Mode], gain: f64| -> Vec<Mode> {
        let tune = |mode: &Mode| Mode {
            frequency_hz: mode.frequency_hz * ratio * rng.between(0.97, 1.03),
            t60_s: mode.t60_s * ratio.powf(-0.3),
            gain: gain * mode.gain * rng.between(0.2, 1.0),
        };
        modes.iter().map(tune).collect()
    };
    let caps = tuned(&keyboard.caps, 1.0);
    let bottom: Vec<Mode> = caps.iter().copied().chain(tuned(&keyboard.case, 0.6 * keyboard.thump)).collect();
    let travel_s = keyboard.travel_s * (1.5 - 0.6 * force);
    let mut sound = Vec::new();
    lay(&mut sound, &normalised(strike(&caps, contact_s, 0.2)), 0.0, keyboard.touch);
    lay(&mut sound, &normalised(strike(&bottom, 1.5 * contact_s, 0.35)), travel_s, 1.0);
    let back_s = travel_s + keyboard.back_s * rng.between(0.8, 1.25);
    lay(&mut sound, &normalised(strike(&caps, 0.8 * contact_s, 0.2)), back_s, keyboard.back);
    let mut colour = Svf::default();
    let rub = render(0.06, |time_s| {
        colour.high(rng.noise(), 2500.0 * ratio, FLAT_Q)
            * (bump(time_s, travel_s) + keyboard.rattle * decay(time_s, 0.05))
    });
    lay(&mut sound, &rub, 0.0, 0.06 + 0.2 * keyboard.rattle);
    sound
}

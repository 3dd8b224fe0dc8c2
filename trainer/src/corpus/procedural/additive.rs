//! Additive synthesis: sums of sines with an envelope each. Organs add the footages of drawbars; reed and brass tones follow
//! Risset and Mathews ("Analysis of musical-instrument tones", 1969), where the louder the tone, the stronger its highs.

use super::envelope::{Adsr, decay, rise};
use super::instrument::Instrument;
use super::mix::render;
use super::note::pitched;
use super::rng::SoundRng;
use super::wave::{HIGHEST_PARTIAL_HZ, sine};

/// Footages of a tone-wheel organ over the key's pitch, from 16′ to 1′.
const DRAWBARS: [f64; 9] = [0.5, 1.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0];

#[derive(Clone, Copy)]
struct Partial {
    ratio: f64,
    gain: f64,
    /// Starting phase in periods.
    phase: f64,
}

/// Draws an instrument of the style whose turn it is.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    match turn % 4 {
        0 => organ(rng),
        1 => blown(rng, "Reed", "Additive reed"),
        2 => blown(rng, "Brass", "Additive brass"),
        _ => sparkle(rng),
    }
}

fn organ(rng: &mut SoundRng) -> Instrument {
    let mut partials: Vec<Partial> = DRAWBARS
        .iter()
        .map(|&ratio| Partial {
            ratio,
            gain: if rng.chance(0.6) { rng.between(0.1, 1.0) } else { 0.0 },
            phase: rng.between(0.0, 1.0),
        })
        .collect();
    partials[2].gain = 1.0;
    let click = rng.between(0.0, 0.25);
    let (turn_hz, depth) = (rng.choose(&[0.8, 6.7]), rng.between(0.0, 0.35));
    let hold_s = rng.between(0.8, 1.9);
    Instrument::new("Organ", "Drawbar organ", pitched(rng, 36, 96), move |note, rng| {
        let amp = Adsr { attack_s: 0.004, decay_s: 1.0, sustain: 1.0, hold_s, release_s: 0.12 };
        let highs = 0.6 + 0.4 * note.force();
        render(2.0, |time_s| {
            let tone = sum(&partials, note.frequency_hz(), time_s, |partial| highs.powf(partial.ratio));
            let turn = 1.0 - depth * (0.5 + 0.5 * sine(turn_hz * time_s));
            (tone * turn + click * note.force() * rng.noise() * decay(time_s, 0.03)) * amp.at(time_s)
        })
    })
}

/// A tone whose spectrum opens with its level.
fn blown(rng: &mut SoundRng, category: &'static str, label: &'static str) -> Instrument {
    let even = if category == "Reed" { rng.between(0.02, 0.6) } else { 1.0 };
    let slope = rng.between(0.7, 1.6);
    let (hump, hump_gain) = (rng.between(2.0, 9.0), rng.between(0.0, 2.0));
    let partials: Vec<Partial> = (1..=40)
        .map(|harmonic| {
            let number = f64::from(harmonic);
            let parity = if harmonic % 2 == 0 { even } else { 1.0 };
            let bump = 1.0 + hump_gain * (-(number - hump).powi(2) / 3.0).exp();
            Partial { ratio: number, gain: parity * bump * number.powf(-slope), phase: rng.between(0.0, 1.0) }
        })
        .collect();
    let attack_s = rng.between(0.02, 0.12);
    let amp =
        Adsr { attack_s, decay_s: 0.5, sustain: rng.between(0.6, 0.9), hold_s: rng.between(0.7, 1.6), release_s: 0.3 };
    let breath = rng.between(0.0, 0.04);
    let darkness = rng.between(0.05, 0.3);
    Instrument::new(category, label, pitched(rng, 36, 84), move |note, rng| {
        render(2.0, |time_s| {
            let level = amp.at(time_s);
            let closed = darkness * (1.3 - level * note.force());
            let vibrato = 0.15 * sine(5.0 * time_s) * rise(time_s - 0.4, 0.5);
            let tone = sum(&partials, note.frequency_hz(), time_s, |partial| (-closed * (partial.ratio - 1.0)).exp());
            (tone * (1.0 + vibrato) + breath * rng.noise()) * level
        })
    })
}

/// Plucked partials that die one after the other, high ones first.
fn sparkle(rng: &mut SoundRng) -> Instrument {
    let skip = rng.whole(1, 3);
    let partials: Vec<Partial> = (0..14)
        .map(|number| Partial {
            ratio: (1 + number * skip) as f64,
            gain: rng.between(0.2, 1.0) / (1.0 + number as f64).powf(0.7),
            phase: 0.0,
        })
        .collect();
    let length_s = rng.ratio_between(0.6, 3.0);
    let hurry = rng.between(0.1, 0.6);
    Instrument::new("Pluck", "Additive pluck", pitched(rng, 36, 96), move |note, _| {
        let bright = 0.4 + 0.6 * note.force();
        render(2.0, |time_s| {
            let shade = |partial: &Partial| {
                bright.powf(partial.ratio.sqrt()) * decay(time_s, length_s / (1.0 + hurry * (partial.ratio - 1.0)))
            };
            sum(&partials, note.frequency_hz(), time_s, shade) * rise(time_s, 0.002)
        })
    })
}

fn sum(partials: &[Partial], frequency_hz: f64, time_s: f64, shade: impl Fn(&Partial) -> f64) -> f64 {
    partials
        .iter()
        .filter(|partial| partial.gain > 0.0 && partial.ratio * frequency_hz < HIGHEST_PARTIAL_HZ)
        .map(|partial| partial.gain * shade(partial) * sine(partial.ratio * frequency_hz * time_s + partial.phase))
        .sum()
}

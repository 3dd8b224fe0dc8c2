//! Wavetable synthesis: a row of single-cycle waves that is scanned while the note sounds (Bristow-Johnson, "Wavetable
//! synthesis 101", 1996). The waves are drawn as harmonic spectra and so stay band-limited at every key.

use super::envelope::Adsr;
use super::filter::Svf;
use super::instrument::{Instrument, in_turn};
use super::mix::render;
use super::note::{Note, pitched};
use super::rng::SoundRng;
use super::wave::{Phase, Wave, cents, sine};

/// Harmonics that have an amplitude of their own.
const DRAWN_HARMONICS: usize = 64;
const FRAMES: usize = 5;

struct Patch {
    /// Signed amplitudes of each frame's harmonics.
    frames: Vec<Vec<f64>>,
    /// Where the scan starts, how far it goes, and the rate of its swing; 0 Hz moves on once.
    start: f64,
    travel: f64,
    swing_hz: f64,
    travel_s: f64,
    spread_cents: f64,
    cutoff_octaves: f64,
    amp: Adsr,
}

/// Draws an instrument of the style whose turn it is.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    let (category, label, low, high) = in_turn(
        turn,
        &[
            ("Lead", "Wavetable lead", 48, 96),
            ("Pluck", "Wavetable pluck", 36, 90),
            ("Pad", "Wavetable pad", 36, 84),
            ("Bass", "Wavetable bass", 24, 60),
        ],
    );
    let patch = patch(rng, category);
    Instrument::new(category, label, pitched(rng, low, high), move |note, _| play(&patch, note))
}

fn patch(rng: &mut SoundRng, category: &str) -> Patch {
    let amp = match category {
        "Pluck" => {
            Adsr { attack_s: 0.002, decay_s: rng.ratio_between(0.4, 2.0), sustain: 0.0, hold_s: 9.0, release_s: 1.0 }
        }
        "Pad" => Adsr { attack_s: rng.between(0.1, 0.4), decay_s: 1.0, sustain: 0.9, hold_s: 1.5, release_s: 1.2 },
        _ => Adsr {
            attack_s: 0.004,
            decay_s: 0.8,
            sustain: rng.between(0.4, 0.9),
            hold_s: rng.between(0.6, 1.6),
            release_s: 0.3,
        },
    };
    Patch {
        frames: (0..FRAMES).map(|_| spectrum(rng)).collect(),
        start: rng.between(0.0, 1.0),
        travel: rng.choose(&[-1.0, 1.0]) * rng.between(1.0, 4.0),
        swing_hz: rng.choose(&[0.0, 0.0, 0.5, 1.3, 4.0]),
        travel_s: rng.ratio_between(0.15, 1.8),
        spread_cents: rng.between(0.0, 9.0),
        cutoff_octaves: rng.between(4.0, 8.0),
        amp,
    }
}

/// A random spectrum: a slope, two resonances and a comb.
fn spectrum(rng: &mut SoundRng) -> Vec<f64> {
    let slope = rng.between(0.5, 1.8);
    let humps = [0, 1].map(|_| (rng.ratio_between(2.0, 24.0), rng.between(1.0, 6.0), rng.between(0.0, 4.0)));
    let comb = rng.whole(2, 5);
    let left = rng.between(0.0, 1.0);
    let harmonic = |number: usize| {
        let place = number as f64;
        let lift: f64 = humps.iter().map(|(at, width, gain)| gain * (-((place - at) / width).powi(2)).exp()).sum();
        let teeth = if number.is_multiple_of(comb) { left } else { 1.0 };
        place.powf(-slope) * (1.0 + lift) * teeth
    };
    let raw: Vec<f64> = (1..=DRAWN_HARMONICS).map(harmonic).collect();
    let energy = raw.iter().map(|amplitude| amplitude * amplitude).sum::<f64>().sqrt();
    // The signs stay the same for all frames, so that a blend of two never cancels.
    raw.iter().enumerate().map(|(index, a)| if index % 3 == 2 { -a / energy } else { a / energy }).collect()
}

fn play(patch: &Patch, note: Note) -> Vec<f64> {
    let frequency_hz = note.frequency_hz();
    let tame = 1.6 - 0.6 * note.force();
    let table = |frame: &Vec<f64>| {
        let amplitude =
            |harmonic: usize| frame.get(harmonic - 1).map_or(0.0, |a| a * (harmonic as f64).powf(1.0 - tame));
        Wave::of_harmonics(1.01 * frequency_hz, amplitude)
    };
    let waves: Vec<Wave> = patch.frames.iter().map(table).collect();
    let last = (FRAMES - 1) as f64;
    let (mut main, mut second) = (Phase::new(0.0), Phase::new(0.3));
    let mut filter = Svf::default();
    let cutoff_hz = frequency_hz * (patch.cutoff_octaves + 3.0 * (note.force() - 0.9)).exp2();
    render(2.0, |time_s| {
        let moved = match patch.swing_hz {
            0.0 => (time_s / patch.travel_s).min(1.0),
            rate_hz => 0.5 - 0.5 * sine(rate_hz * time_s + 0.25),
        };
        let place = fold(patch.start * last + patch.travel * moved, last);
        let index = (place as usize).min(FRAMES - 2);
        let blend = place - index as f64;
        let at = |phase: f64| (1.0 - blend) * waves[index].at(phase) + blend * waves[index + 1].at(phase);
        let both = at(main.advance(frequency_hz)) + 0.5 * at(second.advance(frequency_hz * cents(patch.spread_cents)));
        filter.low(both, cutoff_hz, 0.8) * patch.amp.at(time_s)
    })
}

/// Reflects a place at 0 and at `last`.
fn fold(place: f64, last: f64) -> f64 {
    let turned = place.rem_euclid(2.0 * last);
    if turned > last { 2.0 * last - turned } else { turned }
}

//! Dogs: a rough glottal wave whose pitch rises and falls within each bark, through a throat as long as the dog is large
//! (Riede and Fitch, "Vocal tract length and acoustics of vocalization in the domestic dog", 1999).

use super::envelope::{bump, rise};
use super::filter::{FLAT_Q, Svf};
use super::instrument::{Instrument, in_turn};
use super::mix::{lay, normalised, render};
use super::note::{Note, unpitched};
use super::rng::SoundRng;
use super::tract::{self, Tract};
use super::wave::{Phase, sine};

/// Breath that passes the teeth, beside the formants.
const HISS_HZ: f64 = 3000.0;

#[derive(Clone, Copy)]
struct Dog {
    /// Pitch at the top of a bark.
    top_hz: f64,
    /// Fall from the top to the end, and climb to it, in octaves.
    fall: f64,
    climb: f64,
    length_s: f64,
    /// Length of a man's throat over the dog's.
    throat: f64,
    rough: f64,
    breath: f64,
    barks: usize,
    pause_s: f64,
    /// Mouth: from one vowel to another.
    open: usize,
    closed: usize,
}

/// Draws an instrument of the style whose turn it is.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    let (label, top, length, throat) = in_turn(
        turn,
        &[
            ("Small dog", [800.0, 1400.0], [0.07, 0.14], 1.7),
            ("Dog", [450.0, 850.0], [0.1, 0.22], 1.25),
            ("Large dog", [250.0, 480.0], [0.14, 0.3], 0.95),
            ("Growling dog", [70.0, 130.0], [0.6, 1.4], 0.95),
            ("Howling dog", [380.0, 750.0], [1.0, 1.7], 1.1),
        ],
    );
    let (growl, howl) = (label == "Growling dog", label == "Howling dog");
    let dog = Dog {
        top_hz: rng.ratio_between(top[0], top[1]),
        fall: if howl { rng.between(0.1, 0.5) } else { rng.between(0.3, 1.1) },
        climb: rng.between(0.15, 0.9),
        length_s: rng.between(length[0], length[1]),
        throat: throat * rng.between(0.85, 1.15),
        rough: if growl {
            0.9
        } else if howl {
            0.03
        } else {
            rng.between(0.1, 0.5)
        },
        breath: if howl { 0.03 } else { rng.between(0.15, 0.7) },
        barks: if growl || howl { 1 } else { rng.choose(&[1, 1, 2, 3]) },
        pause_s: rng.between(0.2, 0.5),
        open: rng.choose(&[3, 4, 5, 8]),
        closed: rng.choose(&[6, 7, 8]),
    };
    Instrument::new("Dog", label, unpitched(rng), move |note, rng| {
        let mut sound = Vec::new();
        for number in 0..dog.barks {
            let at_s = number as f64 * (dog.length_s + dog.pause_s) * rng.between(0.9, 1.1);
            let bark = normalised(bark(&dog, note, rng));
            lay(&mut sound, &bark, at_s, rng.between(0.7, 1.0));
        }
        sound
    })
}

fn bark(dog: &Dog, note: Note, rng: &mut SoundRng) -> Vec<f64> {
    let (ratio, force) = (note.ratio(), note.force());
    let length_s = dog.length_s * ratio.powf(-0.4) * rng.between(0.9, 1.1);
    let top_hz = dog.top_hz * ratio * rng.between(0.95, 1.06);
    let wave = tract::glottis(1.6 * top_hz, 0.75 - 0.3 * force);
    let (open, closed) = (tract::vowel(dog.open, dog.throat * ratio), tract::vowel(dog.closed, dog.throat * ratio));
    let (mut phase, mut half, mut tract) = (Phase::new(0.0), Phase::new(0.0), Tract::default());
    let mut air = Svf::default();
    let mut jitter = 0.0;
    render(length_s + 0.12, |time_s| {
        let part = (time_s / length_s).min(1.0);
        // The pitch climbs over the first third and falls over the rest.
        let octaves = -dog.climb * (1.0 - rise(part, 0.33)) - dog.fall * rise(part - 0.33, 0.67);
        jitter = 0.995 * jitter + 0.005 * rng.normal() * 4.0 * dog.rough;
        let pitch_hz = top_hz * (octaves + 0.3 * jitter).exp2();
        // Rough voices swing at half the pitch as well.
        let beat = 1.0 + dog.rough * sine(half.advance(0.5 * pitch_hz));
        let voiced = wave.at(phase.advance(pitch_hz)) * beat;
        let noise = rng.noise() * dog.breath * (1.0 + 3.0 * bump(time_s, 0.04)) * 3.0;
        let vowel = tract::between(&closed, &open, bump(part, 1.0).sqrt());
        let level =
            rise(time_s, 0.008 + 0.06 * length_s) * (1.0 - 0.9 * rise(part - 0.4, 0.6)) * rise(1.0 - part, 0.15);
        let hiss = air.high(rng.noise(), HISS_HZ * ratio, FLAT_Q) * 2.0 * dog.breath * force;
        tract.next((voiced + noise) * level, &vowel) + hiss * level
    })
}

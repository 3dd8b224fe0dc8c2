//! Sneezes and coughs. A cough is a burst, a noisy middle and often a voiced end (Korpáš, Sadloňová and Vrabec, "Analysis of the
//! cough sound: an overview", 1996); a sneeze draws breath, then bursts through teeth and nose. The throat is Klatt's.

use super::envelope::{bump, decay, rise};
use super::filter::{FLAT_Q, Svf};
use super::instrument::{Instrument, in_turn};
use super::mix::{lay, normalised, render};
use super::note::{Note, unpitched};
use super::rng::SoundRng;
use super::tract::{self, AH, Tract, UH, VOWELS};
use super::wave::Phase;

/// Who sneezes or coughs.
#[derive(Clone, Copy)]
struct Person {
    pitch_hz: f64,
    throat: f64,
    voice: f64,
    burst_s: f64,
    length_s: f64,
    hiss_hz: f64,
    vowel: usize,
    /// Coughs in a row.
    count: usize,
    breath_s: f64,
}

/// Draws an instrument of the style whose turn it is.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    let (who, pitch, throat) =
        in_turn(turn, &[("man", [85.0, 150.0], 1.0), ("woman", [170.0, 260.0], 1.17), ("child", [250.0, 380.0], 1.35)]);
    let sneezes = (turn / 3).is_multiple_of(2);
    let person = Person {
        pitch_hz: rng.ratio_between(pitch[0], pitch[1]),
        throat: throat * rng.between(0.93, 1.07),
        voice: rng.between(0.1, 1.0),
        burst_s: rng.between(0.03, 0.07),
        length_s: rng.between(0.2, 0.45),
        hiss_hz: rng.ratio_between(2000.0, 5500.0),
        vowel: rng.whole(0, VOWELS - 1),
        count: rng.choose(&[1, 1, 2, 3]),
        breath_s: if rng.chance(0.6) { rng.between(0.25, 0.6) } else { 0.0 },
    };
    let notes = unpitched(rng);
    if sneezes {
        Instrument::new("Sneeze", format!("Sneeze of a {who}"), notes, move |note, rng| sneeze(&person, note, rng))
    } else {
        Instrument::new("Cough", format!("Cough of a {who}"), notes, move |note, rng| coughs(&person, note, rng))
    }
}

fn coughs(person: &Person, note: Note, rng: &mut SoundRng) -> Vec<f64> {
    let mut sound = Vec::new();
    for number in 0..person.count {
        let at_s = number as f64 * (person.length_s + 0.12) * rng.between(0.9, 1.15);
        let cough = normalised(cough(person, note, rng));
        lay(&mut sound, &cough, at_s, rng.between(0.6, 1.0) * 0.85f64.powi(number as i32));
    }
    sound
}

fn cough(person: &Person, note: Note, rng: &mut SoundRng) -> Vec<f64> {
    let (ratio, force) = (note.ratio(), note.force());
    let scale = person.throat * ratio;
    let (open, closing) = (tract::vowel(AH, scale), tract::vowel(UH, scale));
    let wave = tract::glottis(1.5 * person.pitch_hz * ratio, 0.65);
    let (mut tract, mut phase, mut bright) = (Tract::default(), Phase::new(0.0), Svf::default());
    let length_s = person.length_s * ratio.powf(-0.3) * rng.between(0.85, 1.15);
    let burst_s = person.burst_s * rng.between(0.8, 1.2);
    render(length_s + 0.1, |time_s| {
        let noise = rng.noise();
        let burst = decay(time_s, 3.0 * burst_s) * rise(time_s, 0.004);
        let middle = 0.5 * decay(time_s, 1.4 * length_s) * rise(time_s, 0.03);
        let last = person.voice * bump(time_s - 0.25 * length_s, 0.75 * length_s);
        let pitch_hz = person.pitch_hz * ratio * (1.4 - 0.5 * time_s / length_s) * (1.0 + 0.04 * noise);
        let voiced = wave.at(phase.advance(pitch_hz)) * (0.4 * person.voice * burst + 0.16 * last);
        let throat = tract.next(noise * (burst + middle) + voiced, &tract::between(&open, &closing, time_s / length_s));
        let air = bright.high(noise, person.hiss_hz * ratio, FLAT_Q) * burst * 2.5 * force.powi(2);
        (throat + air) * rise(length_s + 0.1 - time_s, 0.08)
    })
}

/// Breath (perhaps), burst through the teeth, voiced end.
fn sneeze(person: &Person, note: Note, rng: &mut SoundRng) -> Vec<f64> {
    let (ratio, force) = (note.ratio(), note.force());
    let mut sound = Vec::new();
    let mut at_s = 0.0;
    if person.breath_s > 0.0 {
        let intake = intake(person, note, rng);
        lay(&mut sound, &normalised(intake), 0.0, 0.25 + 0.1 * (1.0 - force));
        at_s = person.breath_s * ratio.powf(-0.3) + rng.between(0.02, 0.1);
    }
    let burst = normalised(burst(person, note, rng));
    lay(&mut sound, &burst, at_s, 1.0);
    sound
}

/// "Ah": breath drawn in, voiced here and there, rising.
fn intake(person: &Person, note: Note, rng: &mut SoundRng) -> Vec<f64> {
    let ratio = note.ratio();
    let vowel = tract::vowel(AH, person.throat * ratio);
    let wave = tract::glottis(3.0 * person.pitch_hz * ratio, 0.8);
    let (mut tract, mut phase) = (Tract::default(), Phase::new(0.0));
    let length_s = person.breath_s * ratio.powf(-0.3);
    render(length_s, |time_s| {
        let part = time_s / length_s;
        let pitch_hz = person.pitch_hz * ratio * (1.2 + 1.0 * part);
        let voiced = 0.4 * person.voice * wave.at(phase.advance(pitch_hz));
        tract.next((rng.noise() + voiced) * rise(part, 0.5) * rise(1.0 - part, 0.15), &vowel)
    })
}

/// "Tchoo": a hiss at teeth and nose that opens into a falling vowel.
fn burst(person: &Person, note: Note, rng: &mut SoundRng) -> Vec<f64> {
    let (ratio, force) = (note.ratio(), note.force());
    let scale = person.throat * ratio;
    let (narrow, wide) = (tract::vowel(person.vowel, scale), tract::vowel(AH, scale));
    let wave = tract::glottis(2.5 * person.pitch_hz * ratio, 0.6);
    let (mut tract, mut phase) = (Tract::default(), Phase::new(0.0));
    let (mut teeth, mut edge) = (Svf::default(), Svf::default());
    let length_s = (person.length_s + 0.1) * ratio.powf(-0.3) * rng.between(0.9, 1.1);
    render(length_s + 0.1, |time_s| {
        let part = time_s / length_s;
        let noise = rng.noise();
        let hiss_s = 2.5 * person.burst_s;
        let hiss_level = rise(time_s, 0.005) * decay((time_s - hiss_s).max(0.0), 0.25 * length_s + 0.1);
        let hiss = edge.high(teeth.band(noise, person.hiss_hz * ratio, 1.2), 1200.0 * ratio, FLAT_Q) * hiss_level;
        let pitch_hz = person.pitch_hz * ratio * (2.2 - 1.2 * rise(part, 0.8)) * (1.0 + 0.02 * noise);
        let level = rise(time_s - 0.3 * hiss_s, 0.04) * decay((time_s - hiss_s).max(0.0), 1.1 * length_s);
        let voiced = person.voice * wave.at(phase.advance(pitch_hz));
        let open = tract.next((0.35 * voiced + 0.25 * noise) * level, &tract::between(&wide, &narrow, part));
        (open + (1.0 + 2.0 * force) * hiss) * rise(length_s + 0.1 - time_s, 0.08)
    })
}

//! Subtractive synthesis: detuned saw-tooth and pulse waves through a low-pass filter that an envelope sweeps (the voice of
//! Moog, "Voltage-controlled electronic music modules", 1965). The waves are band-limited tables.

use super::envelope::{Adsr, decay};
use super::filter::Svf;
use super::instrument::{Instrument, in_turn};
use super::mix::render;
use super::note::{Note, pitched};
use super::rng::SoundRng;
use super::wave::{Phase, Wave, cents, sine};

/// Fundamental to the highest cutoff, in octaves.
const HIGHEST_OCTAVES: f64 = 10.0;
/// An octave below the key is left out where it would only move the loudspeaker.
const LOWEST_SUB_HZ: f64 = 26.0;
/// Below this the waves beat so slowly that, unless they start together, their sum is out of tune while it lasts.
const SLOW_BEAT_HZ: f64 = 250.0;

#[derive(Clone, Copy)]
struct Patch {
    /// Share of the pulse wave; the rest is saw-tooth.
    pulse: f64,
    /// Width of the pulse and how far it moves.
    width: f64,
    width_motion: f64,
    /// Share of a square wave an octave below.
    sub: f64,
    /// Detuned neighbours on each side of the main wave.
    pairs: usize,
    spread_cents: f64,
    noise: f64,
    /// Cutoff above the fundamental, in octaves: at rest, and added by the envelope.
    cutoff_octaves: f64,
    sweep_octaves: f64,
    q: f64,
    sweep_s: f64,
    drive: f64,
    vibrato_cents: f64,
    amp: Adsr,
}

/// Draws an instrument of the style whose turn it is.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    let (category, label, low, high) = in_turn(
        turn,
        &[
            ("Bass", "Analogue bass", 24, 60),
            ("Bass", "Rubber bass", 24, 60),
            ("Lead", "Analogue lead", 48, 96),
            ("Pluck", "Filter pluck", 36, 90),
            ("Brass", "Synth brass", 36, 84),
            ("Strings", "Synth strings", 36, 96),
        ],
    );
    let patch = patch(rng, category);
    Instrument::new(category, label, pitched(rng, low, high), move |note, rng| play(&patch, note, rng))
}

fn patch(rng: &mut SoundRng, category: &str) -> Patch {
    let mut patch = Patch {
        pulse: rng.choose(&[0.0, 0.0, 0.5, 1.0]),
        width: rng.between(0.12, 0.5),
        width_motion: rng.between(0.0, 0.1),
        sub: rng.choose(&[0.0, 0.0, 0.3]),
        pairs: rng.whole(0, 2),
        spread_cents: rng.between(4.0, 22.0),
        noise: rng.choose(&[0.0, 0.0, 0.03]),
        cutoff_octaves: rng.between(1.5, 5.0),
        sweep_octaves: rng.between(0.5, 4.0),
        q: rng.ratio_between(0.7, 8.0),
        sweep_s: rng.ratio_between(0.15, 1.5),
        drive: rng.choose(&[0.0, 0.0, 0.5, 1.0]),
        vibrato_cents: 0.0,
        amp: Adsr { attack_s: 0.003, decay_s: 1.0, sustain: 0.7, hold_s: rng.between(0.6, 1.5), release_s: 0.4 },
    };
    match category {
        "Bass" => {
            patch.sub = rng.choose(&[0.0, 0.4, 0.8]);
            patch.cutoff_octaves = rng.between(0.5, 3.0);
            patch.amp.sustain = rng.between(0.1, 0.8);
        }
        "Lead" => {
            patch.vibrato_cents = rng.choose(&[0.0, 0.0, 5.0]);
            patch.amp.sustain = rng.between(0.6, 0.95);
        }
        "Pluck" => {
            patch.amp.decay_s = rng.ratio_between(0.3, 1.8);
            patch.amp.sustain = 0.0;
            patch.sweep_s = rng.ratio_between(0.08, 0.6);
        }
        "Brass" => {
            patch.pulse = 0.0;
            patch.amp.attack_s = rng.between(0.03, 0.09);
            patch.q = rng.between(0.7, 1.8);
        }
        _ => {
            patch.pairs = 2;
            patch.amp.attack_s = rng.between(0.08, 0.3);
            patch.amp.release_s = 0.9;
            patch.sweep_octaves = rng.between(0.0, 1.0);
            patch.q = 0.8;
        }
    }
    patch
}

fn play(patch: &Patch, note: Note, rng: &mut SoundRng) -> Vec<f64> {
    let frequency_hz = note.frequency_hz();
    let (saw, square) = (Wave::saw(1.02 * frequency_hz), Wave::square(0.52 * frequency_hz));
    let mut voices = voices(patch, frequency_hz, rng);
    let mut sub = Phase::new(0.0);
    let (mut first, mut second) = (Svf::default(), Svf::default());
    let attack_s = patch.amp.attack_s * (1.6 - 0.6 * note.force());
    let amp = Adsr { attack_s, ..patch.amp };
    let sub_gain = if 0.5 * frequency_hz > LOWEST_SUB_HZ { patch.sub } else { 0.0 };
    let loudness: f64 = voices.iter().map(|(_, _, gain)| gain).sum();
    render(2.0, |time_s| {
        let bend = cents(patch.vibrato_cents * sine(5.3 * time_s) * (time_s / 0.6).min(1.0));
        let width = patch.width + patch.width_motion * sine(0.7 * time_s);
        let mut sound = sub_gain * square.at(sub.advance(0.5 * frequency_hz * bend));
        for (phase, detune, gain) in &mut voices {
            let at = phase.advance(frequency_hz * bend * *detune);
            // A pulse is the difference of two saw-tooth waves; shifted both ways, its harmonics keep their phase.
            sound += *gain * (saw.at(at + 0.5 * width) - patch.pulse * saw.at(at - 0.5 * width)) / loudness;
        }
        sound += patch.noise * rng.noise();
        let open = patch.cutoff_octaves
            + patch.sweep_octaves * note.force().powi(2) * sweep(time_s, attack_s, patch.sweep_s)
            + 1.5 * (note.force() - 0.9);
        let cutoff_hz = frequency_hz * open.clamp(0.0, HIGHEST_OCTAVES).exp2();
        sound = second.low(first.low(sound, cutoff_hz, patch.q), cutoff_hz, 0.6);
        if patch.drive > 0.0 {
            sound = ((1.0 + patch.drive) * sound).tanh();
        }
        sound * amp.at(time_s)
    })
}

/// Phase, detuning ratio and gain of each wave; the main one is the loudest, so that the pitch is its own.
fn voices(patch: &Patch, frequency_hz: f64, rng: &mut SoundRng) -> Vec<(Phase, f64, f64)> {
    let mut voices = vec![(Phase::new(0.0), 1.0, 1.0)];
    for pair in 1..=patch.pairs {
        let away = patch.spread_cents * pair as f64 / patch.pairs as f64;
        let start = if frequency_hz < SLOW_BEAT_HZ { 0.0 } else { rng.between(0.0, 1.0) };
        for side in [-away, away] {
            voices.push((Phase::new(start), cents(side), 0.35));
        }
    }
    voices
}

fn sweep(time_s: f64, attack_s: f64, sweep_s: f64) -> f64 {
    if time_s < attack_s { time_s / attack_s } else { decay(time_s - attack_s, 3.0 * sweep_s) }
}

//! Plucked strings: a delay line with losses (Karplus and Strong, "Digital synthesis of plucked-string and drum timbres",
//! 1983) with Jaffe and Smith's extensions of the same year: exact tuning by an all-pass, decay time, pick position and
//! dynamics, and a body of a few modes.

use std::f64::consts::TAU;

use super::SAMPLE_RATE_HZ;
use super::envelope::decay;
use super::filter::{FLAT_Q, Svf};
use super::instrument::{Instrument, in_turn};
use super::mix::{lay, normalised};
use super::modes::{Mode, resonate};
use super::note::{Note, pitched};
use super::rng::SoundRng;
use super::samples_of;

struct Patch {
    /// Time in which the fundamental of key 60 falls by 60 dB.
    t60_s: f64,
    /// Weight of the loop's outer taps: more takes the highs away sooner.
    damping: f64,
    /// Where the string is plucked, as a part of its length.
    pick: f64,
    /// Highest frequency of the pluck itself.
    pluck_hz: f64,
    body: Vec<Mode>,
    body_gain: f64,
    /// When a finger stops the string.
    hold_s: f64,
    /// A second string beside the first, as of a twelve-string or a harpsichord.
    course_cents: f64,
}

/// Draws an instrument of the style whose turn it is.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    let (category, label, low, high) = in_turn(
        turn,
        &[
            ("Guitar", "Steel guitar", 40, 88),
            ("Guitar", "Nylon guitar", 40, 84),
            ("Guitar", "Twelve-string", 40, 84),
            ("Bass", "String bass", 24, 60),
            ("Pluck", "Harp", 30, 96),
            ("Pluck", "Muted string", 36, 84),
            ("Ethnic", "Zither", 42, 96),
            ("Piano", "Harpsichord", 30, 90),
        ],
    );
    let patch = patch(rng, label);
    Instrument::new(category, label, pitched(rng, low, high), move |note, rng| play(&patch, note, rng))
}

fn patch(rng: &mut SoundRng, label: &str) -> Patch {
    let (t60_s, damping, pluck_hz) = match label {
        "Nylon guitar" | "Harp" => (rng.between(1.5, 4.0), rng.between(0.15, 0.4), rng.between(1500.0, 4000.0)),
        "String bass" => (rng.between(2.0, 6.0), rng.between(0.1, 0.4), rng.between(900.0, 4000.0)),
        "Muted string" => (rng.between(0.15, 0.5), rng.between(0.2, 0.5), rng.between(1500.0, 6000.0)),
        "Harpsichord" | "Zither" => (rng.between(2.0, 6.0), rng.between(0.01, 0.08), rng.between(7000.0, 16_000.0)),
        _ => (rng.between(3.0, 8.0), rng.between(0.02, 0.15), rng.between(3000.0, 10_000.0)),
    };
    let low_hz = rng.between(90.0, 220.0);
    let body = (0..6)
        .map(|number| Mode {
            frequency_hz: low_hz * (1.0 + f64::from(number) * rng.between(0.7, 1.3)),
            t60_s: rng.between(0.06, 0.3),
            gain: rng.between(0.3, 1.0) / (1.0 + f64::from(number)),
        })
        .collect();
    let course_cents = if matches!(label, "Twelve-string" | "Harpsichord") { rng.between(2.0, 5.0) } else { 0.0 };
    Patch {
        t60_s,
        damping,
        pick: rng.between(0.06, 0.45),
        pluck_hz,
        body,
        body_gain: rng.between(0.0, 0.5),
        hold_s: rng.choose(&[0.5, 1.0, 9.0, 9.0]),
        course_cents,
    }
}

fn play(patch: &Patch, note: Note, rng: &mut SoundRng) -> Vec<f64> {
    let mut strings = normalised(string(patch, note.frequency_hz(), note.force(), rng));
    if patch.course_cents > 0.0 {
        let beside = string(patch, note.frequency_hz() * super::wave::cents(patch.course_cents), note.force(), rng);
        lay(&mut strings, &normalised(beside), 0.0, 0.5);
    }
    let body = normalised(resonate(&patch.body, &strings, 2.0));
    lay(&mut strings, &body, 0.0, patch.body_gain);
    strings
}

/// The loop: line, all-pass for the fraction of a sample, loss filter. The filter has three symmetric taps, so its delay is
/// one sample at all frequencies.
fn string(patch: &Patch, frequency_hz: f64, force: f64, rng: &mut SoundRng) -> Vec<f64> {
    let angle = TAU * frequency_hz / SAMPLE_RATE_HZ;
    // At short loops the loss filter would take the fundamental with it.
    let damping = patch.damping * (1.0 / (1.0 + (frequency_hz / 400.0).powi(2))).max(0.02);
    let filter_gain = 1.0 - damping + damping * angle.cos();
    let t60_s = patch.t60_s * (261.6 / frequency_hz).powf(0.6);
    let gain = (decay(1.0 / frequency_hz, t60_s) / filter_gain).min(0.99999);
    let stopped = decay(1.0 / frequency_hz, t60_s.min(0.12)) / filter_gain;
    let wanted = SAMPLE_RATE_HZ / frequency_hz - 1.0;
    let line_length = (wanted - 0.3) as usize;
    let fraction = wanted - line_length as f64;
    let coefficient = ((1.0 - fraction) * angle / 2.0).sin() / ((1.0 + fraction) * angle / 2.0).sin();
    let mut line = pluck(patch, frequency_hz, force, line_length, rng);
    let (mut allpass_in, mut allpass_out) = (0.0, 0.0);
    let (mut one_back, mut two_back) = (0.0, 0.0);
    let mut output = Vec::with_capacity(samples_of(2.0));
    for n in 0..samples_of(2.0) {
        let place = n % line_length;
        let input = line[place];
        let tuned = coefficient * (input - allpass_out) + allpass_in;
        (allpass_in, allpass_out) = (input, tuned);
        let loss = if (n as f64) < patch.hold_s * SAMPLE_RATE_HZ { gain } else { gain.min(stopped) };
        let filtered = loss * (0.5 * damping * (tuned + two_back) + (1.0 - damping) * one_back);
        (two_back, one_back) = (one_back, tuned);
        line[place] = filtered;
        output.push(input);
    }
    output
}

/// The first period: noise as bright as the stroke is hard, with the comb of the pick position and no mean.
fn pluck(patch: &Patch, frequency_hz: f64, force: f64, length: usize, rng: &mut SoundRng) -> Vec<f64> {
    let cutoff_hz = (patch.pluck_hz * (0.15 + 0.95 * force.powi(2))).max(1.5 * frequency_hz);
    let mut filter = Svf::default();
    let noise: Vec<f64> = (0..3 * length).map(|_| rng.noise()).collect();
    let smooth: Vec<f64> = noise.iter().map(|sample| filter.low(*sample, cutoff_hz, FLAT_Q)).collect();
    let period = &smooth[2 * length..];
    let offset = ((patch.pick * length as f64) as usize).max(1);
    let combed: Vec<f64> = (0..length).map(|n| period[n] - period[(n + length - offset) % length]).collect();
    let mean = combed.iter().sum::<f64>() / length as f64;
    combed.iter().map(|sample| sample - mean).collect()
}

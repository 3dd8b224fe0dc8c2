//! Evolving pads: every harmonic is a cluster of sines with a spread that grows with its number (Nasca's PADsynth, 2005),
//! under a filter and levels that drift.

use super::envelope::{Adsr, rise};
use super::filter::Svf;
use super::instrument::{Instrument, in_turn};
use super::mix::{lay, normalised, render};
use super::note::{Note, pitched};
use super::rng::SoundRng;
use super::wave::{HIGHEST_PARTIAL_HZ, Phase, cents, sine};

const HARMONICS: usize = 24;

struct Patch {
    /// Level, drift rate and drift phase of each harmonic.
    harmonics: Vec<(f64, f64, f64)>,
    spread_cents: f64,
    /// Sines on each side of a harmonic's own.
    neighbours: usize,
    cutoff_octaves: f64,
    travel_octaves: f64,
    air: f64,
    amp: Adsr,
}

/// Draws an instrument of the style whose turn it is.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    let (label, slope, parity, air) = in_turn(
        turn,
        &[
            ("Warm pad", 1.5, 1.0, 0.0),
            ("Bright pad", 0.8, 1.0, 0.02),
            ("Hollow pad", 1.1, 0.1, 0.01),
            ("Airy pad", 1.3, 0.7, 0.15),
        ],
    );
    let harmonic = |number: usize| {
        let even = if number.is_multiple_of(2) { parity } else { 1.0 };
        (even * rng.between(0.3, 1.0) * (number as f64).powf(-slope), rng.between(0.1, 0.9), rng.between(0.0, 1.0))
    };
    let patch = Patch {
        harmonics: (1..=HARMONICS).map(harmonic).collect(),
        spread_cents: rng.between(4.0, 14.0),
        neighbours: rng.whole(1, 2),
        cutoff_octaves: rng.between(1.5, 4.0),
        travel_octaves: rng.between(-2.0, 2.5),
        air,
        amp: Adsr {
            attack_s: rng.ratio_between(0.08, 0.7),
            decay_s: 2.0,
            sustain: 0.85,
            hold_s: rng.between(1.2, 1.7),
            release_s: rng.between(0.6, 1.5),
        },
    };
    Instrument::new("Pad", label, pitched(rng, 36, 84), move |note, rng| play(&patch, note, rng))
}

fn play(patch: &Patch, note: Note, rng: &mut SoundRng) -> Vec<f64> {
    let frequency_hz = note.frequency_hz();
    let mut cloud = Vec::new();
    for (index, (level, drift_hz, drift_phase)) in patch.harmonics.iter().enumerate() {
        let centre_hz = frequency_hz * (index + 1) as f64;
        if centre_hz > 0.98 * HIGHEST_PARTIAL_HZ {
            break;
        }
        // Neighbours on both sides start together, so that their beating leaves the pitch alone.
        let starts: Vec<f64> = (0..=patch.neighbours).map(|_| rng.between(0.0, 1.0)).collect();
        for neighbour in -(patch.neighbours as i32)..=patch.neighbours as i32 {
            let away = f64::from(neighbour) * patch.spread_cents / patch.neighbours as f64;
            let gain = if neighbour == 0 { *level } else { 0.45 * level };
            let mut phase = Phase::new(starts[neighbour.unsigned_abs() as usize]);
            let tone = render(2.0, |time_s| {
                sine(phase.advance(centre_hz * cents(away))) * (1.0 + 0.5 * sine(drift_hz * time_s + drift_phase))
            });
            lay(&mut cloud, &tone, 0.0, gain);
        }
    }
    shape(patch, note, &normalised(cloud), rng)
}

fn shape(patch: &Patch, note: Note, cloud: &[f64], rng: &mut SoundRng) -> Vec<f64> {
    let frequency_hz = note.frequency_hz();
    let (mut low, mut breeze) = (Svf::default(), Svf::default());
    let attack_s = patch.amp.attack_s * (1.5 - 0.5 * note.force());
    let amp = Adsr { attack_s, ..patch.amp };
    let mut samples = cloud.iter();
    render(2.0, |time_s| {
        let open = patch.cutoff_octaves + patch.travel_octaves * rise(time_s, 1.8) + 2.0 * (note.force() - 0.9);
        let cutoff_hz = frequency_hz * open.max(0.3).exp2();
        let air = patch.air * breeze.band(rng.noise(), 4.0 * frequency_hz, 0.7);
        let sound = low.low(samples.next().copied().unwrap_or(0.0), cutoff_hz, 1.1);
        (sound + air) * amp.at(time_s)
    })
}

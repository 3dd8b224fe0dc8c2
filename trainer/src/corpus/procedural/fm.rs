//! Frequency modulation (Chowning, "The synthesis of complex audio spectra by means of frequency modulation", 1973): a
//! carrier at the key and modulators whose index falls with time. The index is limited so that Carson's bandwidth stays
//! below the highest partial.

use super::envelope::Adsr;
use super::instrument::{Instrument, in_turn};
use super::mix::render;
use super::note::{Note, pitched};
use super::rng::SoundRng;
use super::wave::{HIGHEST_PARTIAL_HZ, cents, sine};

#[derive(Clone, Copy)]
struct Modulator {
    /// Frequency over the key's.
    ratio: f64,
    index: f64,
    envelope: Adsr,
}

struct Patch {
    carrier_ratio: f64,
    modulators: Vec<Modulator>,
    /// Detuning of a second, quieter copy, which beats with the first.
    detune_cents: f64,
    amp: Adsr,
}

/// Draws an instrument of the style whose turn it is.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    type Style = (&'static str, &'static str, u8, u8, fn(&mut SoundRng) -> Patch);
    let styles: [Style; 8] = [
        ("Bell", "FM bell", 48, 96, bell),
        ("Piano", "FM tine piano", 30, 90, tine_piano),
        ("Bass", "FM bass", 24, 60, bass),
        ("Brass", "FM brass", 36, 84, brass),
        ("Mallet", "FM mallet", 48, 96, mallet),
        ("Reed", "FM reed", 36, 84, reed),
        ("Lead", "FM lead", 48, 96, lead),
        ("Pluck", "FM pluck", 36, 90, pluck),
    ];
    let (category, label, low, high, make) = in_turn(turn, &styles);
    let patch = make(rng);
    Instrument::new(category, label, pitched(rng, low, high), move |note, _| play(&patch, note))
}

fn falling(decay_s: f64, sustain: f64) -> Adsr {
    Adsr { attack_s: 0.001, decay_s, sustain, hold_s: 10.0, release_s: 1.0 }
}

fn held(attack_s: f64, sustain: f64, hold_s: f64) -> Adsr {
    Adsr { attack_s, decay_s: 0.6, sustain, hold_s, release_s: 0.35 }
}

fn bell(rng: &mut SoundRng) -> Patch {
    let ratio = rng.choose(&[1.4, 1.41, 2.76, 3.5, 1.73, 2.41, 3.2]) * cents(rng.between(-20.0, 20.0));
    let length_s = rng.ratio_between(1.0, 5.0);
    Patch {
        carrier_ratio: 1.0,
        modulators: vec![
            Modulator { ratio, index: rng.between(1.5, 6.0), envelope: falling(0.6 * length_s, 0.05) },
            Modulator { ratio: 7.1, index: rng.between(0.0, 1.0), envelope: falling(0.15, 0.0) },
        ],
        detune_cents: rng.between(0.0, 6.0),
        amp: falling(length_s, 0.0),
    }
}

fn tine_piano(rng: &mut SoundRng) -> Patch {
    let length_s = rng.ratio_between(1.5, 4.0);
    Patch {
        carrier_ratio: 1.0,
        modulators: vec![
            Modulator { ratio: 1.0, index: rng.between(0.5, 2.0), envelope: falling(0.8 * length_s, 0.0) },
            Modulator {
                ratio: rng.choose(&[9.0, 12.0, 14.0]),
                index: rng.between(0.2, 1.2),
                envelope: falling(rng.ratio_between(0.1, 0.5), 0.0),
            },
        ],
        detune_cents: rng.between(0.0, 4.0),
        amp: falling(length_s, 0.0),
    }
}

fn bass(rng: &mut SoundRng) -> Patch {
    Patch {
        carrier_ratio: 1.0,
        modulators: vec![
            Modulator {
                ratio: rng.choose(&[1.0, 1.0, 2.0, 3.0]),
                index: rng.between(1.5, 6.0),
                envelope: falling(rng.ratio_between(0.15, 1.0), rng.between(0.05, 0.4)),
            },
            Modulator { ratio: 5.0, index: rng.between(0.0, 1.5), envelope: falling(0.08, 0.0) },
        ],
        detune_cents: rng.between(0.0, 5.0),
        amp: held(0.002, rng.between(0.2, 0.8), rng.between(0.5, 1.4)),
    }
}

fn brass(rng: &mut SoundRng) -> Patch {
    let attack_s = rng.between(0.03, 0.1);
    let hold_s = rng.between(0.7, 1.6);
    Patch {
        carrier_ratio: 1.0,
        modulators: vec![Modulator {
            ratio: 1.0,
            index: rng.between(2.5, 6.0),
            envelope: held(1.4 * attack_s, rng.between(0.4, 0.8), hold_s),
        }],
        detune_cents: rng.between(0.0, 6.0),
        amp: held(attack_s, 0.8, hold_s),
    }
}

fn mallet(rng: &mut SoundRng) -> Patch {
    let length_s = rng.ratio_between(0.3, 1.8);
    Patch {
        carrier_ratio: 1.0,
        modulators: vec![Modulator {
            ratio: rng.choose(&[2.4, 4.0, 3.0, 9.2, 2.76]),
            index: rng.between(0.4, 2.0),
            envelope: falling(rng.ratio_between(0.05, 0.3), 0.0),
        }],
        detune_cents: 0.0,
        amp: falling(length_s, 0.0),
    }
}

/// Chowning's clarinet: a carrier at 3 and a modulator at 2 make odd harmonics of the key.
fn reed(rng: &mut SoundRng) -> Patch {
    let hold_s = rng.between(0.7, 1.6);
    Patch {
        carrier_ratio: 3.0,
        modulators: vec![Modulator {
            ratio: 2.0,
            index: rng.between(1.6, 4.0),
            envelope: held(0.08, rng.between(0.5, 0.9), hold_s),
        }],
        detune_cents: 0.0,
        amp: held(rng.between(0.03, 0.07), 0.85, hold_s),
    }
}

fn lead(rng: &mut SoundRng) -> Patch {
    let hold_s = rng.between(0.8, 1.7);
    Patch {
        carrier_ratio: 1.0,
        modulators: vec![
            Modulator {
                ratio: rng.choose(&[1.0, 2.0, 3.0]),
                index: rng.between(1.0, 3.0),
                envelope: held(0.01, rng.between(0.3, 1.0), hold_s),
            },
            Modulator {
                ratio: rng.choose(&[4.0, 5.0, 7.0]),
                index: rng.between(0.1, 0.9),
                envelope: held(0.01, 0.3, hold_s),
            },
        ],
        detune_cents: rng.between(2.0, 9.0),
        amp: held(0.006, rng.between(0.6, 0.9), hold_s),
    }
}

fn pluck(rng: &mut SoundRng) -> Patch {
    let length_s = rng.ratio_between(0.4, 2.0);
    Patch {
        carrier_ratio: 1.0,
        modulators: vec![
            Modulator {
                ratio: rng.choose(&[1.0, 2.0, 3.0, 4.0]),
                index: rng.between(2.0, 7.0),
                envelope: falling(length_s * rng.between(0.2, 0.6), 0.0),
            },
            Modulator {
                ratio: rng.choose(&[1.0, 5.0, 11.0]),
                index: rng.between(0.0, 1.0),
                envelope: falling(0.1, 0.0),
            },
        ],
        detune_cents: rng.between(0.0, 6.0),
        amp: falling(length_s, 0.0),
    }
}

fn play(patch: &Patch, note: Note) -> Vec<f64> {
    let frequency_hz = note.frequency_hz();
    let softness = 0.25 + 0.75 * note.force();
    let limits = index_limits(patch, frequency_hz);
    let tone = |time_s: f64, detune: f64| {
        let cycles = frequency_hz * time_s * detune;
        let mut bend = 0.0;
        for (modulator, limit) in patch.modulators.iter().zip(&limits) {
            let index = modulator.index.min(*limit) * softness * modulator.envelope.at(time_s);
            bend += index * sine(modulator.ratio * cycles);
        }
        (std::f64::consts::TAU * patch.carrier_ratio * cycles + bend).sin()
    };
    let second = if patch.detune_cents > 0.0 { 0.5 } else { 0.0 };
    render(2.0, |time_s| {
        let both = tone(time_s, 1.0) + second * tone(time_s, cents(patch.detune_cents));
        both * patch.amp.at(time_s)
    })
}

/// Highest index of each modulator: the modulators share the room between the carrier and the highest partial.
fn index_limits(patch: &Patch, frequency_hz: f64) -> Vec<f64> {
    let room_hz = (HIGHEST_PARTIAL_HZ - patch.carrier_ratio * frequency_hz).max(0.0) / patch.modulators.len() as f64;
    let limit = |modulator: &Modulator| (room_hz / (modulator.ratio * frequency_hz) - 1.0).max(0.0);
    patch.modulators.iter().map(limit).collect()
}

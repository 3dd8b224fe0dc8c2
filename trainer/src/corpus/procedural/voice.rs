//! Sung vowels: Rosenberg's glottal wave through Klatt's formants, with breath, vibrato and a vowel that may change.

use super::envelope::{Adsr, rise};
use super::instrument::{Instrument, in_turn};
use super::mix::render;
use super::note::{Note, pitched};
use super::rng::SoundRng;
use super::tract::{self, Tract, VOWELS, Vowel};
use super::wave::{Phase, cents, sine};

struct Patch {
    from: Vowel,
    to: Vowel,
    glide_s: f64,
    open: f64,
    breath: f64,
    vibrato_cents: f64,
    vibrato_hz: f64,
    /// Singers beside the main one, in pairs.
    pairs: usize,
    amp: Adsr,
}

/// Draws an instrument of the style whose turn it is.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    let (label, scale, low, high, pairs) = in_turn(
        turn,
        &[
            ("Bass voice", 0.92, 36, 60, 0),
            ("Tenor voice", 1.0, 45, 69, 0),
            ("Alto voice", 1.12, 53, 77, 0),
            ("Soprano voice", 1.2, 60, 88, 0),
            ("Choir", 1.05, 40, 80, 2),
            ("Robot voice", 1.0, 30, 72, 0),
        ],
    );
    let scale = scale * rng.between(0.94, 1.06);
    let robot = label == "Robot voice";
    let patch = Patch {
        from: tract::vowel(rng.whole(0, VOWELS - 1), scale),
        to: tract::vowel(rng.whole(0, VOWELS - 1), scale),
        glide_s: rng.choose(&[0.25, 0.6, 1.2]),
        open: rng.between(0.45, 0.75),
        breath: rng.ratio_between(0.005, 0.12),
        vibrato_cents: if robot { 0.0 } else { rng.between(0.0, 6.0) },
        vibrato_hz: rng.between(4.8, 6.2),
        pairs,
        amp: Adsr {
            attack_s: rng.between(0.02, if pairs > 0 { 0.25 } else { 0.09 }),
            decay_s: 0.8,
            sustain: rng.between(0.7, 1.0),
            hold_s: rng.between(0.5, 1.6),
            release_s: rng.between(0.2, 0.6),
        },
    };
    Instrument::new("Voice", label, pitched(rng, low, high), move |note, rng| play(&patch, note, rng))
}

fn play(patch: &Patch, note: Note, rng: &mut SoundRng) -> Vec<f64> {
    let frequency_hz = note.frequency_hz();
    // A soft voice closes its glottis slowly and breathes more.
    let wave = tract::glottis(1.02 * frequency_hz, patch.open + 0.2 * (0.9 - note.force()));
    let breath = patch.breath * (2.0 - note.force());
    let mut singers = vec![(Phase::new(0.0), 1.0, 1.0)];
    for pair in 0..patch.pairs {
        let away = 6.0 + 8.0 * pair as f64;
        // Both of a pair start together, so that their beating leaves the pitch alone.
        let start = rng.between(0.0, 1.0);
        singers.extend([away, -away].map(|side| (Phase::new(start), cents(side), 0.5)));
    }
    let mut tract = Tract::default();
    render(2.0, |time_s| {
        let vibrato = patch.vibrato_cents * sine(patch.vibrato_hz * time_s) * rise(time_s - 0.2, 0.4);
        let mut voiced = 0.0;
        for (phase, detune, gain) in &mut singers {
            voiced += *gain * wave.at(phase.advance(frequency_hz * *detune * cents(vibrato)));
        }
        let vowel = tract::between(&patch.from, &patch.to, rise(time_s, patch.glide_s));
        tract.next(voiced + breath * rng.noise(), &vowel) * patch.amp.at(time_s)
    })
}

//! Hi-hats and cymbals: six square waves without a common ratio, band-passed, and noise, as in the TR-808 (Werner, Abel and
//! Smith, "The TR-808 cymbal: a physically-informed, circuit-bendable, digital model", 2014); or a dense bank of plate modes.

use super::envelope::{decay, rise};
use super::filter::{FLAT_Q, Svf};
use super::instrument::{Instrument, in_turn};
use super::mix::{high_passed, lay, normalised, render};
use super::modes::{Mode, strike};
use super::note::{Note, unpitched};
use super::rng::SoundRng;
use super::wave::{Phase, Wave};

struct Patch {
    squares_hz: Vec<f64>,
    plate: Vec<Mode>,
    squares: f64,
    noise: f64,
    band_hz: f64,
    length_s: f64,
    /// Level of the long sound under the first stroke.
    tail: f64,
}

/// Draws an instrument of the style whose turn it is.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    let (category, label, length) = in_turn(
        turn,
        &[
            ("Hat", "Closed hat", [0.09, 0.3]),
            ("Hat", "Closed hat", [0.09, 0.3]),
            ("Hat", "Half-open hat", [0.3, 0.9]),
            ("Hat", "Open hat", [0.6, 1.8]),
            ("Cymbal", "Crash cymbal", [1.8, 4.0]),
            ("Cymbal", "Ride cymbal", [1.5, 4.0]),
        ],
    );
    let base_hz = rng.between(190.0, 330.0);
    let length_s = rng.ratio_between(length[0], length[1]);
    let plate_mode = |_| {
        let frequency_hz = rng.ratio_between(if category == "Cymbal" { 350.0 } else { 1800.0 }, 17_000.0);
        let t60_s = length_s * rng.between(0.4, 1.2) * (3000.0 / frequency_hz).powf(0.25);
        Mode { frequency_hz, t60_s, gain: rng.between(0.1, 1.0) }
    };
    let plate = (0..90).map(plate_mode).collect();
    let patch = Patch {
        squares_hz: (0..6).map(|number| base_hz * (1.0 + 0.37 * f64::from(number)) * rng.between(0.9, 1.1)).collect(),
        plate,
        squares: rng.choose(&[0.0, 0.5, 1.0]),
        noise: rng.between(0.1, 0.7),
        band_hz: rng.ratio_between(4000.0, 9500.0),
        length_s,
        tail: if label == "Ride cymbal" { 0.35 } else { 1.0 },
    };
    Instrument::new(category, label, unpitched(rng), move |note, rng| play(&patch, note, rng))
}

fn play(patch: &Patch, note: Note, rng: &mut SoundRng) -> Vec<f64> {
    let (ratio, force) = (note.ratio(), note.force());
    let length_s = patch.length_s * ratio.powf(-0.3) * (0.7 + 0.3 * force);
    let seconds = (1.3 * length_s).clamp(0.1, 2.0);
    let tune = |mode: &Mode| Mode { frequency_hz: mode.frequency_hz * ratio, ..*mode };
    let plate: Vec<Mode> = patch.plate.iter().map(tune).collect();
    let mut sound = normalised(strike(&plate, 0.00008 / force, seconds));
    lay(&mut sound, &normalised(squares(patch, ratio, seconds)), 0.0, patch.squares);
    let (mut band, mut shade) = (Svf::default(), Svf::default());
    let noise = render(seconds, |_| band.high(rng.noise(), patch.band_hz * ratio.min(1.6), FLAT_Q));
    lay(&mut sound, &noise, 0.0, patch.noise);
    let mut samples = high_passed(&sound, (0.05 * patch.band_hz + 60.0) * ratio).into_iter();
    render(seconds, |time_s| {
        let level = (1.0 - patch.tail) * decay(time_s, 0.08) + patch.tail * decay(time_s, length_s);
        let sample = samples.next().unwrap_or(0.0);
        shade.low(sample, 7000.0 + 13_000.0 * force, FLAT_Q) * level * rise(time_s, 0.0004)
    })
}

fn squares(patch: &Patch, ratio: f64, seconds: f64) -> Vec<f64> {
    let mut sum = Vec::new();
    for (number, frequency_hz) in patch.squares_hz.iter().map(|frequency_hz| frequency_hz * ratio).enumerate() {
        let wave = Wave::square(frequency_hz);
        let mut phase = Phase::new(0.17 * number as f64);
        lay(&mut sum, &render(seconds, |_| wave.at(phase.advance(frequency_hz))), 0.0, 1.0);
    }
    high_passed(&high_passed(&sum, patch.band_hz * ratio.min(1.6)), 0.7 * patch.band_hz * ratio.min(1.6))
}

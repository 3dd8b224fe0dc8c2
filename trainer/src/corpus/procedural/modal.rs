//! Struck bells, bars, glasses and membranes as banks of modes. Partials of bells, bars and membranes are those of Fletcher
//! and Rossing, "The Physics of Musical Instruments" (1998); the blow is a contact that is shorter the harder it is.

use super::grains::hiss;
use super::instrument::{Instrument, in_turn};
use super::mix::{lay, normalised};
use super::modes::{Mode, strike};
use super::note::{Note, pitched};
use super::rng::SoundRng;
use super::wave::cents;

/// Church bell, strike note 1: hum, prime, tierce, quint, nominal and above.
const BELL: [f64; 11] = [0.5, 1.0, 1.183, 1.506, 2.0, 2.514, 2.662, 3.011, 4.166, 5.433, 6.796];
/// Free bar.
const BAR: [f64; 6] = [1.0, 2.756, 5.404, 8.933, 13.345, 18.64];
/// Marimba bar, undercut so that its second partial is two octaves up; xylophone: a twelfth.
const MARIMBA: [f64; 5] = [1.0, 4.0, 9.2, 16.0, 24.0];
const XYLOPHONE: [f64; 5] = [1.0, 3.0, 6.2, 10.5, 15.8];
/// Wine glass: nearly the squares of whole numbers.
const GLASS: [f64; 6] = [1.0, 2.32, 4.25, 6.63, 9.38, 12.6];
/// Ideal membrane: zeros of Bessel functions over the first one.
const MEMBRANE: [f64; 11] = [1.0, 1.594, 2.136, 2.296, 2.653, 2.918, 3.156, 3.501, 3.6, 3.652, 4.06];

struct Body {
    ratios: &'static [f64],
    /// Ringing of the fundamental at key 60, and how fast higher partials die.
    t60_s: f64,
    loss: f64,
    /// Gain of each partial.
    gains: Vec<f64>,
    /// Each partial is a pair that beats, this far apart.
    split_hz: f64,
    /// Contact of a hard blow at key 60.
    contact_s: f64,
    /// Noise of the stick.
    stick: f64,
    /// How far a hard blow raises the pitch at first, as a membrane's tension does.
    tension: f64,
}

/// Draws an instrument of the style whose turn it is.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    type Style = (&'static str, &'static str, &'static [f64], [f64; 2], [f64; 2], u8, u8);
    let styles: [Style; 8] = [
        ("Bell", "Church bell", &BELL, [3.0, 9.0], [0.2, 0.7], 40, 84),
        ("Bell", "Hand bell", &BELL, [1.5, 5.0], [0.4, 1.0], 60, 96),
        ("Bell", "Glass", &GLASS, [0.7, 3.0], [0.5, 1.2], 60, 96),
        ("Bell", "Metal bar", &BAR, [1.5, 6.0], [0.3, 0.9], 48, 96),
        ("Mallet", "Wooden bar", &BAR, [0.15, 0.6], [0.7, 1.4], 48, 96),
        ("Mallet", "Marimba bar", &MARIMBA, [0.4, 1.6], [0.7, 1.3], 36, 84),
        ("Mallet", "Xylophone bar", &XYLOPHONE, [0.2, 0.8], [0.5, 1.0], 60, 96),
        ("Tom", "Membrane", &MEMBRANE, [0.3, 1.2], [0.3, 1.0], 36, 72),
    ];
    let (category, label, ratios, ringing, loss, low, high) = in_turn(turn, &styles);
    let gain = |(number, _): (usize, &f64)| (0.15 + rng.between(0.0, 0.85)) / (1.0 + 0.25 * number as f64);
    let mut gains: Vec<f64> = ratios.iter().enumerate().map(gain).collect();
    // The partial that is the pitch stands out.
    gains[ratios.iter().position(|ratio| *ratio == 1.0).unwrap_or(0)] = 1.3;
    let body = Body {
        ratios,
        t60_s: rng.ratio_between(ringing[0], ringing[1]),
        loss: rng.between(loss[0], loss[1]),
        gains,
        split_hz: if category == "Bell" { rng.between(0.0, 2.5) } else { 0.0 },
        contact_s: rng.ratio_between(0.0002, if category == "Bell" { 0.001 } else { 0.0025 }),
        stick: rng.between(0.0, 0.3),
        tension: if category == "Tom" { rng.between(0.0, 40.0) } else { 0.0 },
    };
    Instrument::new(category, label, pitched(rng, low, high), move |note, rng| play(&body, note, rng))
}

fn play(body: &Body, note: Note, rng: &mut SoundRng) -> Vec<f64> {
    let frequency_hz = note.frequency_hz() * cents(body.tension * note.force().powi(2));
    let t60_s = body.t60_s * (261.6 / note.frequency_hz()).powf(0.4);
    let mut modes = Vec::new();
    for (number, (ratio, gain)) in body.ratios.iter().zip(&body.gains).enumerate() {
        let partial_s = (t60_s / ratio.powf(body.loss)).max(0.02);
        let mode = Mode { frequency_hz: frequency_hz * ratio, t60_s: partial_s, gain: *gain };
        modes.push(mode);
        if body.split_hz > 0.0 && number != 1 {
            modes.push(Mode { frequency_hz: mode.frequency_hz + body.split_hz, gain: 0.4 * gain, ..mode });
        }
    }
    let softness = 1.0 + 3.0 * (0.9 - note.force()).max(0.0);
    let contact_s = body.contact_s * softness * (261.6 / frequency_hz).powf(0.5);
    let mut sound = normalised(strike(&modes, contact_s, 2.0));
    let stick = hiss(rng, 0.03, |time_s| super::envelope::bump(time_s, 4.0 * contact_s.max(0.0005)));
    lay(&mut sound, &stick, 0.0, body.stick * note.force());
    sound
}

//! Throats of people and animals: a glottal wave (Rosenberg, "Effect of glottal pulse shape on the quality of natural vowels",
//! 1971) and a row of formants (Klatt, "Software for a cascade/parallel formant synthesizer", 1980).

use super::filter::Formant;
use super::wave::Wave;

/// Formants that shape a sound; more only matter above 5 kHz.
pub const FORMANTS: usize = 5;

/// Centre and width of each formant.
pub type Vowel = [(f64, f64); FORMANTS];

/// Centres of the first three formants of men's vowels (Peterson and Barney, "Control methods used in a study of the
/// vowels", 1952): ee, i, e, a, ah, aw, u, oo, uh, er.
const CENTRES_HZ: [[f64; 3]; 10] = [
    [270.0, 2290.0, 3010.0],
    [390.0, 1990.0, 2550.0],
    [530.0, 1840.0, 2480.0],
    [660.0, 1720.0, 2410.0],
    [730.0, 1090.0, 2440.0],
    [570.0, 840.0, 2410.0],
    [440.0, 1020.0, 2240.0],
    [300.0, 870.0, 2240.0],
    [640.0, 1190.0, 2390.0],
    [490.0, 1350.0, 1690.0],
];
/// The vowels.
pub const VOWELS: usize = CENTRES_HZ.len();
/// The vowel of an open mouth.
pub const AH: usize = 4;
/// The vowel of a closing mouth.
pub const UH: usize = 8;

/// A vowel of a throat that is `scale` times shorter than a man's.
pub fn vowel(number: usize, scale: f64) -> Vowel {
    let [first, second, third] = CENTRES_HZ[number % VOWELS];
    [(first, 80.0), (second, 110.0), (third, 150.0), (3500.0, 220.0), (4500.0, 300.0)]
        .map(|(centre_hz, width_hz)| (centre_hz * scale, width_hz * scale))
}

/// Between two vowels; 0 is the first.
pub fn between(from: &Vowel, to: &Vowel, part: f64) -> Vowel {
    let mix = |a: f64, b: f64| a * (b / a).powf(part.clamp(0.0, 1.0));
    std::array::from_fn(|number| (mix(from[number].0, to[number].0), mix(from[number].1, to[number].1)))
}

/// Derivative of Rosenberg's pulse: open for `open` of the period, two thirds of that opening, one third closing. The lips
/// radiate the derivative of the flow.
pub fn glottis(highest_hz: f64, open: f64) -> Wave {
    let (rising, falling) = (open * 2.0 / 3.0, open / 3.0);
    Wave::of_shape(highest_hz, |phase| {
        use std::f64::consts::PI;
        if phase < rising {
            (PI * phase / rising).sin() * 0.5 / rising
        } else if phase < open {
            -(0.5 * PI * (phase - rising) / falling).sin() / falling
        } else {
            0.0
        }
    })
}

/// The formants in a row.
#[derive(Default)]
pub struct Tract([Formant; FORMANTS]);

impl Tract {
    /// One sample of breath or voice through the throat. Formants above the audible range are left out.
    pub fn next(&mut self, input: f64, vowel: &Vowel) -> f64 {
        let row = self.0.iter_mut().zip(vowel).filter(|(_, (centre_hz, _))| *centre_hz < 18_000.0);
        row.fold(input, |sound, (formant, (centre_hz, width_hz))| formant.next(sound, *centre_hz, *width_hz))
    }
}

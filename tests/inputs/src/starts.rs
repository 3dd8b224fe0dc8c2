//! Files whose sound does not begin at once, or begins at once although it seems not to.

use crate::case::{Case, Read};
use crate::riff::{PCM, chunk, format, wav};
use crate::sounds::{REFERENCE_KEY, noise, pcm16, reference, silence, sum};

/// What is in front of the sound, in seconds.
const LEAD_S: f64 = 1.0;

pub fn cases() -> Vec<Case> {
    let sound = reference();
    let led = [silence(LEAD_S), sound.clone()].concat();
    let case = |name: String, sound: &[f64], start_s: f64| {
        let bytes = wav(&[format(PCM, 16, 1, 2), chunk(b"data", &pcm16(sound))]);
        Case::read(name, bytes, Read::at_key(REFERENCE_KEY).from(start_s))
    };
    let offset = |sound: &[f64], gain: f64, by: f64| sound.iter().map(|value| value * gain + by).collect::<Vec<_>>();
    let mut cases = vec![
        case("silence before it.wav".to_owned(), &led, LEAD_S),
        case("offset with silence before it.wav".to_owned(), &offset(&led, 0.6, 0.005), LEAD_S),
        case("offset.wav".to_owned(), &offset(&sound, 0.6, 0.15), 0.0),
    ];
    for level_db in [-72, -60, -54, -48] {
        let hissing = sum(&led, &noise(led.len(), f64::from(level_db)));
        cases.push(case(format!("hiss at {level_db} dB before it.wav"), &hissing, LEAD_S));
    }
    cases
}

//! Files whose key is named in them, named in their name, or heard. A key in the file counts before a note in its name, and that
//! before what is heard.

use std::f64::consts::TAU;

use crate::aiff;
use crate::case::{Case, Read};
use crate::riff::{PCM, chunk, format, instrument, sampler, wav};
use crate::sounds::{REFERENCE_KEY, bell, key_hz, pcm16, pcm16_be, reference, tone};

pub fn cases() -> Vec<Case> {
    [named(), heard()].concat()
}

fn with(name: &str, sound: &[f64], more: &[Vec<u8>], read: Read) -> Case {
    let chunks = [&[format(PCM, 16, 1, 2), chunk(b"data", &pcm16(sound))], more].concat();
    Case::read(name, wav(&chunks), read)
}

fn named() -> Vec<Case> {
    let sound = reference();
    let aiff = aiff::file(
        b"AIFF",
        &[aiff::common(sound.len(), 16, None), aiff::instrument(45), aiff::sound(&pcm16_be(&sound))],
        0,
    );
    let of_file = |key| Read::at_key(key).keyed_by("file");
    let of_name = |key| Read::at_key(key).keyed_by("name");
    vec![
        with("Bell A4.wav", &bell(), &[sampler(69, 0)], of_file(69.0)),
        with("root in smpl.wav", &sound, &[sampler(45, 0)], of_file(45.0)),
        with("root and a half in smpl.wav", &sound, &[sampler(56, 1 << 31)], of_file(56.5)),
        with("root in inst.wav", &sound, &[instrument(45)], of_file(45.0)),
        with("root against a name C2.wav", &sound, &[sampler(57, 0)], of_file(57.0)),
        Case::read("root in INST.aif", aiff, of_file(45.0)),
        with("Pluck A4.wav", &bell(), &[], of_name(69.0)),
        with("Pluck F#3.wav", &sound, &[], of_name(54.0)),
    ]
}

fn heard() -> Vec<Case> {
    let of_sound = |key| Read::at_key(key).keyed_by("heard");
    let mut cases = vec![with("tone.wav", &reference(), &[], of_sound(REFERENCE_KEY))];
    for key in [102, 103, 108] {
        let sound = tone(key_hz(f64::from(key)), 1.0, 4.0, 2);
        cases.push(with(&format!("high, {key}.wav"), &sound, &[], of_sound(f64::from(key))));
    }
    for ms in [30, 50, 80] {
        let sound = tone(440.0, f64::from(ms) / 1000.0, 6.0, 4);
        cases.push(with(&format!("short, {ms} ms.wav"), &sound, &[], of_sound(69.0)));
    }
    // 168 samples of 44 100 Hz are 262.5 Hz.
    let cycle: Vec<f64> = (0..168).map(|n| 0.9 * (TAU * f64::from(n) / 168.0).sin()).collect();
    cases.push(with("one cycle.wav", &cycle, &[], of_sound(60.06)));
    cases
}

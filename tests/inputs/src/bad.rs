//! Files whose channels cancel, and files that are refused.

use crate::case::{Case, Read};
use crate::riff::{FLOAT, PCM, chunk, format, wav};
use crate::sounds::{REFERENCE_KEY, float32, interleaved, pcm16, reference, silence};

pub fn cases() -> Vec<Case> {
    let sound = reference();
    let opposite: Vec<f64> = sound.iter().map(|value| -value).collect();
    let stereo = chunk(b"data", &pcm16(&interleaved(&sound, &opposite)));
    let mut broken = sound.clone();
    broken[20_000] = f64::NAN;
    let mono = |data: &[u8]| wav(&[format(PCM, 16, 1, 2), chunk(b"data", data)]);
    vec![
        Case::read(
            "opposite channels.wav",
            wav(&[format(PCM, 16, 2, 4), stereo]),
            Read::at_key(REFERENCE_KEY).from(0.0).of(sound.len()).noted("cancel"),
        ),
        Case::refused("silent.wav", mono(&pcm16(&silence(1.0))), "silent throughout"),
        Case::refused("no samples.wav", mono(&[]), "empty"),
        Case::refused("no bytes.wav", Vec::new(), "empty"),
        Case::refused("words.wav", b"These are words, and not a sound.".to_vec(), "not a"),
        Case::refused(
            "no number.wav",
            wav(&[format(FLOAT, 32, 1, 4), chunk(b"data", &float32(&broken))]),
            "not a finite",
        ),
    ]
}

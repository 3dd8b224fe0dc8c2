//! Containers and forms of samples beside the plain WAV file of 16 bits.

use crate::aiff;
use crate::case::{Case, Read};
use crate::riff::{FLOAT, PCM, chunk, extensible, file, format, long_sizes, sized, wav};
use crate::sounds::{REFERENCE_KEY, float32, float32_be, pcm16, pcm16_be, pcm24, pcm24_in_32, reference};

/// Steps of an 8-bit sample from zero to full scale; zero is at 128.
const STEPS_8: f64 = 127.0;

pub fn cases() -> Vec<Case> {
    let sound = reference();
    let right = || Read::at_key(REFERENCE_KEY).from(0.0).of(sound.len());
    let read = |name: &str, bytes: Vec<u8>| Case::read(name, bytes, right());
    let samples = |fmt: Vec<u8>, data: Vec<u8>| wav(&[fmt, chunk(b"data", &data)]);
    let eight: Vec<u8> = sound.iter().map(|value| (value * STEPS_8 + 128.0).round() as u8).collect();
    let (little, big) = (pcm16(&sound), pcm16_be(&sound));
    let aiff_of = |form: &[u8; 4], bits, compression, data: &[u8], beyond| {
        aiff::file(form, &[aiff::common(sound.len(), bits, compression), aiff::sound(data)], beyond)
    };
    vec![
        read("8 bits.wav", samples(format(PCM, 8, 1, 1), eight)),
        read("24 bits.wav", samples(format(PCM, 24, 1, 3), pcm24(&sound))),
        read("24 bits in 4 bytes.wav", samples(format(PCM, 24, 1, 4), pcm24_in_32(&sound))),
        read("24 bits in 32, extensible.wav", samples(extensible(24, 32, 1), pcm24_in_32(&sound))),
        read("float.wav", samples(format(FLOAT, 32, 1, 4), float32(&sound))),
        read("ends in capitals.WAV", samples(format(PCM, 16, 1, 2), little.clone())),
        read("no ending", samples(format(PCM, 16, 1, 2), little.clone())),
        read("another ending.aif", samples(format(PCM, 16, 1, 2), little.clone())),
        read("rf64.wav", long(b"RF64", &little, sound.len())),
        read("bw64.wav", long(b"BW64", &little, sound.len())),
        read(
            "rf64 with short sizes.wav",
            file(b"RF64", little.len() as u32 + 36, &[format(PCM, 16, 1, 2), chunk(b"data", &little)]),
        ),
        read("plain.aif", aiff_of(b"AIFF", 16, None, &big, 0)),
        read("form size too large.aif", aiff_of(b"AIFF", 16, None, &big, 500)),
        read("little-endian.aifc", aiff_of(b"AIFC", 16, Some(b"sowt"), &little, 0)),
        read("float.aifc", aiff_of(b"AIFC", 32, Some(b"fl32"), &float32_be(&sound), 0)),
    ]
}

/// A file with its sizes in a chunk of 64-bit numbers.
fn long(head: &[u8; 4], data: &[u8], frames: usize) -> Vec<u8> {
    let sizes = long_sizes(data.len() as u64 + 72, data.len() as u64, frames as u64);
    file(head, u32::MAX, &[sizes, format(PCM, 16, 1, 2), sized(b"data", data, u32::MAX)])
}

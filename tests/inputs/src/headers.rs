//! WAV files whose headers are wrong about sizes: what is there decides.

use crate::case::{Case, Read};
use crate::riff::{PCM, chunk, file, format, sized, wav};
use crate::sounds::{REFERENCE_KEY, pcm16, reference};

pub fn cases() -> Vec<Case> {
    let sound = reference();
    let data = pcm16(&sound);
    let length = data.len() as u32;
    let right = || Read::at_key(REFERENCE_KEY).from(0.0).of(sound.len());
    let read = |name: &str, bytes: Vec<u8>| Case::read(name, bytes, right());
    let fmt = || format(PCM, 16, 1, 2);
    let after_format = |chunks: &[Vec<u8>]| wav(&[&[fmt()], chunks].concat());
    let whole = || chunk(b"data", &data);
    let software = |size: u32| sized(b"ISFT", b"Encoder", size);
    let info = |inner: Vec<u8>| chunk(b"LIST", &[&b"INFO"[..], &inner].concat());
    vec![
        read("plain.wav", after_format(&[whole()])),
        read("riff size too small.wav", file(b"RIFF", 1_000, &[fmt(), whole()])),
        read("riff size 0.wav", file(b"RIFF", 0, &[fmt(), whole()])),
        read("riff size too large.wav", file(b"RIFF", length + 10_000, &[fmt(), whole()])),
        read("riff size of a pipe.wav", file(b"RIFF", u32::MAX, &[fmt(), sized(b"data", &data, u32::MAX)])),
        read("data size 36 too large.wav", after_format(&[sized(b"data", &data, length + 36)])),
        read("data size 0.wav", file(b"RIFF", 0, &[fmt(), sized(b"data", &data, 0)])),
        read("data size 0 in a right file.wav", after_format(&[sized(b"data", &data, 0)])),
        read("list with an odd chunk unpadded.wav", after_format(&[info(software(7)), whole()])),
        read("list with a chunk too long.wav", after_format(&[info(software(200)), whole()])),
        read("list with a chunk of 4 GiB.wav", after_format(&[info(software(u32::MAX)), whole()])),
        read("list empty.wav", after_format(&[chunk(b"LIST", b""), whole()])),
        read("list of three bytes.wav", after_format(&[chunk(b"LIST", b"INF"), whole()])),
        read("chunk unknown before the format.wav", wav(&[chunk(b"JUNK", &[0; 28]), fmt(), whole()])),
        read("chunk of odd length.wav", after_format(&[chunk(b"note", b"odd"), whole()])),
        Case::read(
            "cut in the middle.wav",
            after_format(&[whole()])[..44 + data.len() / 2].to_vec(),
            Read::at_key(REFERENCE_KEY).from(0.0).of(sound.len() / 2),
        ),
        // Sizes of a recording that broke off are too small in the same way, so what follows may count as sound.
        Case::read(
            "bytes after the end.wav",
            [after_format(&[whole()]), b"left over by a recorder".to_vec()].concat(),
            Read::at_key(REFERENCE_KEY).from(0.0),
        ),
        read("tag after the end.wav", after_format(&[whole(), chunk(b"id3 ", b"ID3\x03\0\0\0\0\0\0")])),
    ]
}

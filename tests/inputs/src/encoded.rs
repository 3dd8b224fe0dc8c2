//! Files that only an encoder can make, from `tests/python/encoded_tones.py`: a tone at A3 of 0.5 s, alone and with what taggers add.

use crate::case::{Case, Read};

/// MIDI key of the tone.
const KEY: f64 = 57.0;
/// Its sample frames.
const SAMPLES: usize = 22_050;

const FLAC: &[u8] = include_bytes!("../encoded/tone.flac");
const MP3: &[u8] = include_bytes!("../encoded/tone.mp3");
const OGG: &[u8] = include_bytes!("../encoded/tone.ogg");
const M4A: &[u8] = include_bytes!("../encoded/tone.m4a");

pub fn cases() -> Vec<Case> {
    let tone = || Read::at_key(KEY).from(0.0);
    let exact = |name: &str, parts: &[&[u8]]| Case::read(name, parts.concat(), tone().of(SAMPLES));
    let lossy = |name: &str, parts: &[&[u8]]| Case::read(name, parts.concat(), tone());
    vec![
        exact("plain.flac", &[FLAC]),
        exact("tag of 128 bytes after it.flac", &[FLAC, &id3v1()]),
        exact("ape tag after it.flac", &[FLAC, &ape()]),
        exact("both tags after it.flac", &[FLAC, &ape(), &id3v1()]),
        exact("tag before it.flac", &[&id3v2(), FLAC]),
        exact("flac by another name.wav", &[FLAC]),
        Case::refused("cut in the middle.flac", FLAC[..FLAC.len() / 2].to_vec(), "truncated"),
        lossy("plain.mp3", &[MP3]),
        lossy("tags around it.mp3", &[&id3v2(), MP3, &ape(), &id3v1()]),
        lossy("plain.ogg", &[OGG]),
        lossy("plain.m4a", &[M4A]),
    ]
}

/// A tag of ID3 version 1: a title of 30 bytes, and other fields of spaces and zeros.
fn id3v1() -> Vec<u8> {
    let mut tag = b"TAGKick".to_vec();
    tag.resize(127, b' ');
    tag.push(0);
    tag
}

/// A tag of ID3 version 2.3 with a title.
fn id3v2() -> Vec<u8> {
    let frame = [&b"TIT2"[..], &5_u32.to_be_bytes(), &[0, 0], b"\0Kick"].concat();
    // The size of the tag has seven bits in each byte; this one is small.
    [&b"ID3\x03\0\0\0\0\0"[..], &[frame.len() as u8], &frame].concat()
}

/// An APE tag (version 2) of one item, with its footer alone.
fn ape() -> Vec<u8> {
    let item = [&4_u32.to_le_bytes()[..], &0_u32.to_le_bytes(), b"Title\0Kick"].concat();
    let size = item.len() as u32 + 32;
    let numbers = [2_000_u32, size, 1, 0].map(u32::to_le_bytes).concat();
    [&item[..], b"APETAGEX", &numbers, &[0; 8]].concat()
}

//! AIFF and AIFF-C files chunk by chunk (Audio Interchange File Format 1.3, 1989; AIFF-C draft, 1991).

use crate::sounds::RATE_HZ;

/// A chunk, padded to an even length.
pub fn chunk(tag: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut bytes = [tag, &(body.len() as u32).to_be_bytes()[..], body].concat();
    if body.len() % 2 == 1 {
        bytes.push(0);
    }
    bytes
}

/// The chunk `COMM` of one channel; in AIFF-C `compression` names the form of the samples.
pub fn common(frames: usize, bits: u16, compression: Option<&[u8; 4]>) -> Vec<u8> {
    let mut body = 1_u16.to_be_bytes().to_vec();
    body.extend((frames as u32).to_be_bytes());
    body.extend(bits.to_be_bytes());
    body.extend(extended(RATE_HZ));
    if let Some(compression) = compression {
        body.extend(compression);
        // An empty name: its length, and a byte of padding.
        body.extend([0, 0]);
    }
    chunk(b"COMM", &body)
}

/// A whole number as an 80-bit float, whose mantissa begins with its highest bit.
fn extended(value: u32) -> Vec<u8> {
    let exponent = 31 - value.leading_zeros();
    let mantissa = u64::from(value) << (63 - exponent);
    [&(16_383 + exponent as u16).to_be_bytes()[..], &mantissa.to_be_bytes()].concat()
}

/// The chunk `SSND` with samples.
pub fn sound(samples: &[u8]) -> Vec<u8> {
    // Offset and block size, which nobody uses.
    chunk(b"SSND", &[&[0; 8], samples].concat())
}

/// The chunk `INST` with the MIDI key that the sound is at.
pub fn instrument(key: u8) -> Vec<u8> {
    // Detune, lowest and highest key, lowest and highest velocity, gain, and two loops that do not play.
    chunk(b"INST", &[&[key, 0, 0, 127, 1, 127, 0, 0], &[0; 12][..]].concat())
}

/// A file of these chunks; `form` is `AIFF` or `AIFC`. Its header says `beyond` bytes more than there are.
pub fn file(form: &[u8; 4], chunks: &[Vec<u8>], beyond: u32) -> Vec<u8> {
    let body = chunks.concat();
    let size = body.len() as u32 + 4 + beyond;
    [b"FORM", &size.to_be_bytes()[..], form, &body].concat()
}

//! WAV files chunk by chunk, right or wrong ones (Multimedia Programming Interface and Data Specifications 1.0, 1991; RF64:
//! EBU Tech 3306).

use crate::sounds::RATE_HZ;

/// Format tag of integer samples.
pub const PCM: u16 = 1;
/// Format tag of float samples.
pub const FLOAT: u16 = 3;
/// Format tag of formats that are described at greater length.
pub const EXTENSIBLE: u16 = 0xfffe;

/// A chunk with the size of its body, followed by a byte of padding if that is odd.
pub fn chunk(tag: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut bytes = sized(tag, body, body.len() as u32);
    if body.len() % 2 == 1 {
        bytes.push(0);
    }
    bytes
}

/// A chunk that says `size` of its body, without padding.
pub fn sized(tag: &[u8; 4], body: &[u8], size: u32) -> Vec<u8> {
    [tag, &size.to_le_bytes()[..], body].concat()
}

/// The chunk `fmt ` of samples with `bits` bits; a frame of all channels has `align` bytes.
pub fn format(tag: u16, bits: u16, channels: u16, align: u16) -> Vec<u8> {
    chunk(b"fmt ", &format_body(tag, bits, channels, align))
}

/// The chunk `fmt ` of samples with `bits` bits in `container_bits`, in the extensible form.
pub fn extensible(bits: u16, container_bits: u16, channels: u16) -> Vec<u8> {
    // The identifier of integer samples (KSDATAFORMAT_SUBTYPE_PCM).
    const INTEGERS: [u8; 16] = [1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
    let mut body = format_body(EXTENSIBLE, container_bits, channels, channels * container_bits / 8);
    body.extend(22_u16.to_le_bytes());
    body.extend(bits.to_le_bytes());
    // Which loudspeakers: the first ones.
    body.extend(((1_u32 << channels) - 1).to_le_bytes());
    body.extend(INTEGERS);
    chunk(b"fmt ", &body)
}

fn format_body(tag: u16, bits: u16, channels: u16, align: u16) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend(tag.to_le_bytes());
    body.extend(channels.to_le_bytes());
    body.extend(RATE_HZ.to_le_bytes());
    body.extend((RATE_HZ * u32::from(align)).to_le_bytes());
    body.extend(align.to_le_bytes());
    body.extend(bits.to_le_bytes());
    body
}

/// The chunk `smpl` of a sampler with the MIDI key that the sound is at, and `fraction` of the next semitone above it in 2⁻³².
pub fn sampler(key: u32, fraction: u32) -> Vec<u8> {
    let period_ns = 1_000_000_000 / RATE_HZ;
    let fields = [0, 0, period_ns, key, fraction, 0, 0, 0, 0];
    chunk(b"smpl", &fields.map(u32::to_le_bytes).concat())
}

/// The chunk `inst` of an instrument with the MIDI key that the sound is at.
pub fn instrument(key: u8) -> Vec<u8> {
    // Fine tune, gain, lowest and highest key, lowest and highest velocity.
    chunk(b"inst", &[key, 0, 0, 0, 127, 1, 127])
}

/// The chunk `ds64`, which holds the sizes of files beyond 4 GiB.
pub fn long_sizes(file_bytes: u64, data_bytes: u64, frames: u64) -> Vec<u8> {
    let mut body = [file_bytes, data_bytes, frames].map(u64::to_le_bytes).concat();
    body.extend(0_u32.to_le_bytes());
    chunk(b"ds64", &body)
}

/// A file of these chunks, with its size.
pub fn wav(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    file(b"RIFF", body.len() as u32 + 4, chunks)
}

/// A file of these chunks that begins with `head` and says `size` of what follows.
pub fn file(head: &[u8; 4], size: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    [head, &size.to_le_bytes()[..], b"WAVE", &chunks.concat()].concat()
}

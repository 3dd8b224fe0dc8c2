//! How AAC is described inside MP4 and CAF. Worker and main threads only.
//!
//! Format: ISO/IEC 14496-1 (descriptors) and 14496-3 (AudioSpecificConfig).

use symphonia::core::codecs::audio::{AudioCodecParameters, well_known};

use crate::sample::ReadProblem;
use crate::sample::bytes::Endian;
use crate::sample::track::params;

/// Sample frames of a packet of AAC.
pub(super) const PACKET_FRAMES: u64 = 1024;
/// Tags of the descriptors that lead to the configuration, and that of the configuration.
const STREAM: u8 = 3;
const DECODER: u8 = 4;
const CONFIG: u8 = 5;
/// Bytes of a decoder's descriptor before the descriptors in it.
const DECODER_BYTES: usize = 13;

/// What the decoder has to know, from the descriptor of a stream.
///
/// # Errors
/// [`ReadProblem::NotRead`] for all but AAC-LC.
pub(super) fn codec(descriptor: &[u8], rate_hz: u32, container: &str) -> Result<AudioCodecParameters, ReadProblem> {
    let not_read = |name: &str| ReadProblem::NotRead(format!("{name} inside {container}"));
    let decoder = stream(descriptor).and_then(|stream| find(stream, DECODER)).unwrap_or_default();
    match decoder.first().copied().unwrap_or(0) {
        0x40 | 0x66..=0x68 => {}
        0x69 | 0x6b => return Err(not_read("MP3")),
        0xa5 => return Err(not_read("Dolby Digital")),
        0xa6 => return Err(not_read("Dolby Digital Plus")),
        0xad => return Err(not_read("Opus")),
        other => return Err(not_read(&format!("audio of MPEG-4 type {other:#04x}"))),
    }
    let config = decoder.get(DECODER_BYTES..).and_then(|inner| find(inner, CONFIG)).unwrap_or_default();
    let name = match config.first().map(|first| first >> 3) {
        Some(2) => None,
        Some(1) => Some("AAC Main"),
        Some(4) => Some("AAC-LTP"),
        Some(5) => Some("HE-AAC"),
        Some(29) => Some("HE-AAC v2"),
        Some(23) => Some("AAC-LD"),
        // Types from 32 on follow in the next six bits.
        Some(31) => match Endian::Big.u16(config, 0) >> 5 & 0x3f {
            7 => Some("AAC-ELD"),
            10 => Some("xHE-AAC"),
            _ => Some("this kind of AAC"),
        },
        _ => Some("this kind of AAC"),
    };
    if let Some(name) = name {
        return Err(not_read(name));
    }
    let mut params = params(well_known::CODEC_ID_AAC, rate_hz);
    params.with_extra_data(config.into());
    Ok(params)
}

/// What is in the descriptor of a stream, behind the fields that it may have.
fn stream(descriptor: &[u8]) -> Option<&[u8]> {
    let stream = find(descriptor, STREAM)?;
    let flags = *stream.get(2)?;
    let mut skipped = 3;
    if flags & 0x80 != 0 {
        skipped += 2;
    }
    if flags & 0x40 != 0 {
        skipped += 1 + usize::from(*stream.get(skipped)?);
    }
    if flags & 0x20 != 0 {
        skipped += 2;
    }
    stream.get(skipped..)
}

/// The content of the first descriptor of a tag, as far as it is there.
fn find(mut bytes: &[u8], wanted: u8) -> Option<&[u8]> {
    loop {
        let (tag, mut rest) = bytes.split_first()?;
        let mut size = 0;
        for _ in 0..4 {
            let (byte, after) = rest.split_first()?;
            rest = after;
            size = size << 7 | usize::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                break;
            }
        }
        let (content, after) = rest.split_at(size.min(rest.len()));
        if *tag == wanted {
            return Some(content);
        }
        bytes = after;
    }
}

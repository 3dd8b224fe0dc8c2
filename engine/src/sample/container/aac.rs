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

/// Sample rates in Hz by their index in a configuration.
const RATES_HZ: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// What the decoder has to know, from the descriptor of a stream.
///
/// # Errors
/// [`ReadProblem::NotRead`] for all but AAC-LC.
pub(super) fn codec(descriptor: &[u8], container: &str) -> Result<AudioCodecParameters, ReadProblem> {
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
    let name = match config.first_chunk::<2>().map(|[first, _]| first >> 3) {
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
    let mut params = params(well_known::CODEC_ID_AAC, rate_hz(config));
    params.with_extra_data(config.into());
    Ok(params)
}

/// The rate of a configuration: four bits behind the five of its type, or 24 behind these.
fn rate_hz(config: &[u8]) -> u32 {
    let index = usize::from(Endian::Big.u16(config, 0) >> 7 & 0xf);
    let stated = (Endian::Big.u32(config, 1) >> 7) & 0xff_ffff;
    RATES_HZ.get(index).copied().unwrap_or(stated)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream's descriptor with a decoder's of `kind` in it, and a configuration in that.
    fn descriptor(kind: u8, config: &[u8]) -> Vec<u8> {
        let described = |tag: u8, inner: &[u8]| [&[tag, 0x80, 0x80, 0x80, inner.len() as u8], inner].concat();
        let decoder = [&[kind][..], &[0; DECODER_BYTES - 1], &described(CONFIG, config)].concat();
        described(STREAM, &[&[0, 1, 0][..], &described(DECODER, &decoder)].concat())
    }

    #[test]
    fn plain_aac_is_read_at_its_rate_and_others_are_told_by_name() {
        for (config, want_hz) in [([0x12, 0x08], 44_100), ([0x10, 0x08], 96_000), ([0x15, 0x88], 8_000)] {
            let params = codec(&descriptor(0x40, &config), "MP4").expect("AAC-LC");
            assert_eq!(params.sample_rate, Some(want_hz));
        }
        for (kind, config, want) in [
            (0x40, [0x2b, 0x8a], "HE-AAC inside MP4"),
            (0x40, [0xeb, 0x8a], "HE-AAC v2 inside MP4"),
            (0x40, [0xf9, 0x40], "xHE-AAC inside MP4"),
            (0x6b, [0, 0], "MP3 inside MP4"),
        ] {
            let refused = codec(&descriptor(kind, &config), "MP4");
            assert!(matches!(refused, Err(ReadProblem::NotRead(name)) if name == want), "{want}");
        }
        for cut in 0..descriptor(0x40, &[0x12, 0x08]).len() {
            assert!(codec(&descriptor(0x40, &[0x12, 0x08])[..cut], "MP4").is_err(), "cut at {cut}");
        }
    }
}

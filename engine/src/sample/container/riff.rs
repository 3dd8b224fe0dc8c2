//! WAV in all its forms: RIFF, RIFX with the highest byte first, RF64 and BW64 beyond 4 GiB, and Sony's Wave64. Worker and main threads
//! only.
//!
//! Formats: RFC 2361 (format tags), Microsoft's WAVEFORMATEXTENSIBLE, EBU Tech 3306 (RF64), ITU-R BS.2088 (BW64). Samples go to symphonia's
//! decoders; the container is read here, as symphonia refuses headers that others pass over.

use super::chunks::{Shape, chunks, content};
use super::pcm::{Coding, Pcm};
use super::{key, mpeg};
use crate::sample::ReadProblem;
use crate::sample::bytes::{Bytes, Endian};
use crate::sample::track::Track;

/// Format tags of integer, float, A-law, µ-law and extensible audio, and of MPEG layers 1 to 3.
const INTEGER: u16 = 0x0001;
const FLOAT: u16 = 0x0003;
const A_LAW: u16 = 0x0006;
const MU_LAW: u16 = 0x0007;
const MPEG: u16 = 0x0050;
const MP3: u16 = 0x0055;
const EXTENSIBLE: u16 = 0xfffe;
/// Bytes of the longest `fmt ` chunk that matters.
const FMT_BYTES: u64 = 40;
/// Where the tag of an extensible format stands in its `fmt ` chunk: the first bytes of its sub-format.
const SUB_FORMAT: usize = 24;

/// Names of what a format tag stands for and is not read.
const NOT_READ: [(u16, &str); 22] = [
    (0x0002, "Microsoft ADPCM"),
    (0x0010, "OKI ADPCM"),
    (0x0011, "IMA ADPCM"),
    (0x0012, "Media Vision ADPCM"),
    (0x0014, "G.723 ADPCM"),
    (0x0017, "Dialogic ADPCM"),
    (0x0020, "Yamaha ADPCM"),
    (0x0022, "TrueSpeech"),
    (0x0031, "GSM 6.10"),
    (0x0040, "G.721 ADPCM"),
    (0x0045, "G.726 ADPCM"),
    (0x0064, "G.726 ADPCM"),
    (0x0065, "G.722 ADPCM"),
    (0x0160, "Windows Media Audio"),
    (0x0161, "Windows Media Audio"),
    (0x0162, "Windows Media Audio"),
    (0x0163, "Windows Media Audio"),
    (0x00ff, "AAC"),
    (0x1610, "AAC"),
    (0x2000, "Dolby Digital"),
    (0x704f, "Opus"),
    (0xf1ac, "FLAC"),
];

/// A WAV file; `is_big` where its numbers have the highest byte first.
///
/// # Errors
/// [`ReadProblem`] when it holds no audio, or audio that is not read.
pub(super) fn open(mut bytes: Bytes, start: u64, is_big: bool) -> Result<Track, ReadProblem> {
    let endian = if is_big { Endian::Big } else { Endian::Little };
    let audio_size = long_size(&mut bytes, start)?;
    let shape = Shape { endian, header: 8, size_bytes: 4, counts_header: false, align: 2, audio_size };
    track(bytes, shape, start + 12, "WAV")
}

/// A Wave64 file.
///
/// # Errors
/// [`ReadProblem`] when it holds no audio, or audio that is not read.
pub(super) fn open_wave64(bytes: Bytes, start: u64) -> Result<Track, ReadProblem> {
    let shape =
        Shape { endian: Endian::Little, header: 24, size_bytes: 8, counts_header: true, align: 8, audio_size: None };
    track(bytes, shape, start + 40, "Wave64")
}

/// The size of the audio by a `ds64` chunk, which is the first one where there is one.
fn long_size(bytes: &mut Bytes, start: u64) -> Result<Option<u64>, ReadProblem> {
    let head = bytes.array::<36>(start + 12).map_err(ReadProblem::System)?;
    let size = head.filter(|head| head.starts_with(b"ds64")).map(|head| Endian::Little.number::<8>(&head, 16));
    Ok(size.filter(|size| *size > 0))
}

fn track(mut bytes: Bytes, shape: Shape, from: u64, container: &str) -> Result<Track, ReadProblem> {
    let found = chunks(&mut bytes, shape, from, &[*b"fmt ", *b"data"]).map_err(ReadProblem::System)?;
    let fmt = content(&mut bytes, &found, b"fmt ", FMT_BYTES).map_err(ReadProblem::System)?;
    let fmt =
        fmt.ok_or_else(|| ReadProblem::Unknown(format!("a {container} file without a description of its audio")))?;
    let audio = found.iter().filter(|chunk| chunk.tag == *b"data").max_by_key(|chunk| chunk.end - chunk.body);
    let audio = audio.ok_or(ReadProblem::Empty)?;
    let root_key = key::of_chunks(&mut bytes, &found, shape.endian).map_err(ReadProblem::System)?;
    let track = match format_tag(&fmt, shape.endian) {
        MPEG | MP3 => mpeg::open(bytes, audio.body, audio.end)?,
        tag => pcm(tag, &fmt, shape.endian, container)?.track(bytes, audio, container)?,
    };
    Ok(Track { root_key, ..track })
}

/// The format tag; of an extensible format that of its sub-format.
fn format_tag(fmt: &[u8], endian: Endian) -> u16 {
    match endian.u16(fmt, 0) {
        EXTENSIBLE => match endian.u16(fmt, SUB_FORMAT) {
            // A description that was cut.
            0 => INTEGER,
            tag => tag,
        },
        tag => tag,
    }
}

fn pcm(tag: u16, fmt: &[u8], endian: Endian, container: &str) -> Result<Pcm, ReadProblem> {
    let channels = endian.u16(fmt, 2);
    let sample_bytes = sample_bytes(endian.u16(fmt, 12), channels, endian.u16(fmt, 14));
    let coding = match tag {
        INTEGER if sample_bytes == 1 => Coding::Unsigned,
        INTEGER => Coding::Signed,
        FLOAT => Coding::Float,
        A_LAW => Coding::ALaw,
        MU_LAW => Coding::MuLaw,
        tag => {
            let name = NOT_READ.iter().find(|(known, _)| *known == tag);
            let name = name.map_or_else(|| format!("audio of format {tag:#06x}"), |(_, name)| (*name).to_owned());
            return Err(ReadProblem::NotRead(format!("{name} inside {container}")));
        }
    };
    Ok(Pcm { coding, endian, sample_bytes, channels, rate_hz: endian.u32(fmt, 4) })
}

/// Bytes of a sample: by the size of a block, if it can hold the bits, else by the bits.
fn sample_bytes(block_bytes: u16, channels: u16, bits: u16) -> u64 {
    let needed = u64::from(bits.div_ceil(8));
    let block = u64::from(block_bytes);
    match u64::from(channels) {
        0 => needed,
        channels if block.is_multiple_of(channels) && (needed.max(1)..=8).contains(&(block / channels)) => {
            block / channels
        }
        _ => needed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_block_decides_where_it_can() {
        assert_eq!(sample_bytes(4, 1, 24), 4, "24 bits in four bytes");
        assert_eq!(sample_bytes(3, 1, 24), 3);
        assert_eq!(sample_bytes(6, 2, 20), 3, "20 bits in three bytes");
        assert_eq!(sample_bytes(2, 2, 16), 2, "the size of one channel");
        assert_eq!(sample_bytes(0, 2, 16), 2);
        assert_eq!(sample_bytes(2, 1, 0), 2, "no bits");
        assert_eq!(sample_bytes(60_000, 1, 16), 2);
    }
}

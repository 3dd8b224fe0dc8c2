//! Ogg: Vorbis and FLAC inside it, through symphonia's reader. Worker and main threads only.
//!
//! Format: RFC 3533. Which codec is inside is read here, so that others are told by name.

use symphonia::core::formats::FormatOptions;
use symphonia::core::io::MediaSourceStream;
use symphonia::default::formats::OggReader;

use super::{mpeg, tags};
use crate::sample::ReadProblem;
use crate::sample::bytes::{Bytes, Part};
use crate::sample::track::Track;

/// Bytes of the fixed part of a page's header.
const PAGE_BYTES: usize = 27;
/// Streams of a file whose first packets are looked at.
const MOST_STREAMS: usize = 8;
/// First bytes of codecs' first packets.
const READ: [&[u8]; 2] = [b"\x01vorbis", b"\x7fFLAC"];
const NOT_READ: [(&[u8], &str); 4] =
    [(b"OpusHead", "Opus"), (b"Speex   ", "Speex"), (b"PCM     ", "PCM"), (b"CELT    ", "CELT")];

/// An Ogg file.
///
/// # Errors
/// [`ReadProblem`] when it holds no audio, or audio that is not read.
pub(super) fn open(mut bytes: Bytes, start: u64) -> Result<Track, ReadProblem> {
    check_codec(&mut bytes, start)?;
    let end = tags::end(&mut bytes, start).map_err(ReadProblem::System)?;
    let stream = MediaSourceStream::new(Box::new(Part::new(bytes, Vec::new(), start, end)), Default::default());
    let reader = OggReader::try_new(stream, FormatOptions::default()).map_err(mpeg::opening_problem)?;
    mpeg::demuxed(Box::new(reader), true, false)
}

/// Whether one of the streams is read; they begin with a page each.
fn check_codec(bytes: &mut Bytes, start: u64) -> Result<(), ReadProblem> {
    let mut other = None;
    let mut at = start;
    for _ in 0..MOST_STREAMS {
        let Some((packet, next)) = first_packet(bytes, at).map_err(ReadProblem::System)? else { break };
        if READ.iter().any(|codec| packet.starts_with(codec)) {
            return Ok(());
        }
        let name = NOT_READ.iter().find(|(codec, _)| packet.starts_with(codec)).map(|(_, name)| *name);
        other = other.or(name);
        at = next;
    }
    match other {
        Some(name) => Err(ReadProblem::NotRead(format!("{name} inside Ogg"))),
        None => Err(ReadProblem::Unknown("an Ogg file without audio that is known".to_owned())),
    }
}

/// The beginning of a stream's first packet, and where the next page begins; none where no stream begins.
fn first_packet(bytes: &mut Bytes, at: u64) -> std::io::Result<Option<(Vec<u8>, u64)>> {
    let Some(head) = bytes.array::<PAGE_BYTES>(at)? else { return Ok(None) };
    let begins_stream = head[5] & 0x02 != 0;
    if !head.starts_with(b"OggS") || !begins_stream {
        return Ok(None);
    }
    let body = at + PAGE_BYTES as u64 + u64::from(head[PAGE_BYTES - 1]);
    let segments = bytes.get(at + PAGE_BYTES as u64, u64::from(head[PAGE_BYTES - 1]))?;
    let size: u64 = segments.iter().map(|size| u64::from(*size)).sum();
    Ok(Some((bytes.get(body, size.min(64))?, body + size)))
}

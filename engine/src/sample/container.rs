//! Containers: finds the audio track of a file by its first bytes, whatever its name says. Worker and main threads only.
//!
//! WAV and its kin, AIFF, AU, CAF and MP4 are read here; their samples and packets, and whole FLAC, MP3, AAC and Ogg streams, go to symphonia.
//! Nothing here decodes. Memory is taken for what is in a file, never for what a header claims, and tables and packets have upper bounds.

mod aac;
mod aiff;
mod au;
mod caf;
mod chunks;
mod flac;
mod key;
mod mp4;
mod mp4_table;
mod mpeg;
mod ogg;
mod pcm;
mod riff;
mod tags;
mod unread;

use super::ReadProblem;
use super::bytes::{Bytes, Endian};
use super::track::Track;

/// First bytes of a file that are looked at.
const HEAD_BYTES: u64 = 24;
/// First bytes of the tag of a Wave64 file.
const WAVE64: &[u8] = b"riff\x2e\x91\xcf\x11";
/// Tags of the first box of an MP4 file.
const BOXES: [&[u8; 4]; 6] = [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"];

/// The audio track of a file.
///
/// # Errors
/// [`ReadProblem`] when it holds no audio, or audio that is not read.
pub(super) fn open(mut bytes: Bytes) -> Result<Track, ReadProblem> {
    let start = tags::start(&mut bytes).map_err(ReadProblem::System)?;
    let head = bytes.get(start, HEAD_BYTES).map_err(ReadProblem::System)?;
    let kind = head.get(8..12).unwrap_or_default();
    match head.get(..4).unwrap_or_default() {
        b"RIFF" | b"RIFX" | b"RF64" | b"BW64" if kind == b"WAVE" => riff::open(bytes, start, head.starts_with(b"RIFX")),
        b"riff" if head.starts_with(WAVE64) => riff::open_wave64(bytes, start),
        b"FORM" if kind == b"AIFF" || kind == b"AIFC" => aiff::open(bytes, start, kind == b"AIFC"),
        b".snd" => au::open(bytes, start, Endian::Big),
        b"dns." => au::open(bytes, start, Endian::Little),
        b"caff" => caf::open(bytes, start),
        b"fLaC" => flac::open(bytes, start),
        b"OggS" => ogg::open(bytes, start),
        _ if BOXES.iter().any(|tag| head.get(4..8) == Some(tag.as_slice())) => mp4::open(bytes, start),
        _ => unknown(bytes, start, &head),
    }
}

/// A file without a container that is read: a stream of packets, or what it is instead.
fn unknown(mut bytes: Bytes, start: u64, head: &[u8]) -> Result<Track, ReadProblem> {
    if let Some(name) = unread::audio(head) {
        return Err(ReadProblem::NotRead(name.to_owned()));
    }
    if let Some(name) = unread::other(head) {
        return Err(ReadProblem::Unknown(format!("it is {name}")));
    }
    let end = tags::end(&mut bytes, start).map_err(ReadProblem::System)?;
    mpeg::open(bytes, start, end)
}

//! AU, the audio files of Sun and NeXT: a header, then samples to the end. Worker and main threads only.

use super::chunks::Chunk;
use super::pcm::{Coding, Pcm};
use crate::sample::ReadProblem;
use crate::sample::bytes::{Bytes, Endian};
use crate::sample::track::Track;

/// Bytes of a header.
const HEADER_BYTES: usize = 24;

/// An AU file.
///
/// # Errors
/// [`ReadProblem`] when it holds no audio, or audio that is not read.
pub(super) fn open(mut bytes: Bytes, start: u64, endian: Endian) -> Result<Track, ReadProblem> {
    let head = bytes.array::<HEADER_BYTES>(start).map_err(ReadProblem::System)?.ok_or(ReadProblem::Empty)?;
    let field = |place: usize| endian.u32(&head, 4 * place);
    let (coding, sample_bytes) = match field(3) {
        1 => (Coding::MuLaw, 1),
        2 => (Coding::Signed, 1),
        3 => (Coding::Signed, 2),
        4 => (Coding::Signed, 3),
        5 => (Coding::Signed, 4),
        6 => (Coding::Float, 4),
        7 => (Coding::Float, 8),
        23..=26 => return Err(ReadProblem::NotRead("ADPCM inside AU".to_owned())),
        27 => (Coding::ALaw, 1),
        other => return Err(ReadProblem::NotRead(format!("audio of format {other} inside AU"))),
    };
    let channels = u16::try_from(field(5)).unwrap_or(0);
    let pcm = Pcm { coding, endian, sample_bytes, channels, rate_hz: field(4) };
    let offset = u64::from(field(1)).max(HEADER_BYTES as u64);
    let body = (start + offset).min(bytes.len());
    // The size is often unknown and written as the largest number or 0; what follows the samples is nothing that is known.
    let audio = Chunk { tag: *b".snd", body, end: bytes.len(), stated_end: bytes.len() };
    pcm.track(bytes, &audio, "AU")
}

//! FLAC files, through symphonia's reader. Worker and main threads only.
//!
//! Symphonia gets a header that holds the stream info alone, since its reader allocates what the sizes of other metadata blocks claim.
//! Format: RFC 9639.

use symphonia::core::formats::FormatOptions;
use symphonia::core::io::MediaSourceStream;
use symphonia::default::formats::FlacReader;

use super::{mpeg, tags};
use crate::sample::ReadProblem;
use crate::sample::bytes::{Bytes, Endian, Part};
use crate::sample::track::Track;

/// Bytes of a stream info.
const INFO_BYTES: usize = 34;
/// A header of a stream info that is the only block.
const HEAD: [u8; 8] = [b'f', b'L', b'a', b'C', 0x80, 0, 0, INFO_BYTES as u8];
/// Blocks of metadata that are passed over.
const MOST_BLOCKS: usize = 1024;

/// A FLAC file.
///
/// # Errors
/// [`ReadProblem`] when there is no stream in it.
pub(super) fn open(mut bytes: Bytes, start: u64) -> Result<Track, ReadProblem> {
    let end = tags::end(&mut bytes, start).map_err(ReadProblem::System)?;
    let (info, frames) = blocks(&mut bytes, start + 4).map_err(ReadProblem::System)?.ok_or_else(without_info)?;
    let part = Part::new(bytes, [HEAD.as_slice(), &info].concat(), frames, end);
    let stream = MediaSourceStream::new(Box::new(part), Default::default());
    let reader = FlacReader::try_new(stream, FormatOptions::default()).map_err(mpeg::opening_problem)?;
    let mut track = mpeg::demuxed(Box::new(reader), false, true)?;
    track.frames = track.frames.filter(|frames| *frames > 0);
    Ok(track)
}

fn without_info() -> ReadProblem {
    ReadProblem::Unknown("a FLAC file without a description of its audio".to_owned())
}

/// The stream info, and where the frames begin.
fn blocks(bytes: &mut Bytes, from: u64) -> std::io::Result<Option<([u8; INFO_BYTES], u64)>> {
    let mut info = None;
    let mut at = from;
    for _ in 0..MOST_BLOCKS {
        let Some(head) = bytes.array::<4>(at)? else { break };
        let [kind, ..] = head;
        let end = at + 4 + Endian::Big.number::<3>(&head, 1);
        if kind & 0x7f == 0 && info.is_none() {
            info = bytes.array::<INFO_BYTES>(at + 4)?.map(|info| (info, at + 4 + INFO_BYTES as u64));
        }
        if end > bytes.len() || kind & 0x7f == 0x7f {
            break;
        }
        at = end;
        if kind & 0x80 != 0 {
            return Ok(info.map(|(info, _)| (info, at)));
        }
    }
    // A block of a wrong size: the reader finds the first frame behind the stream info.
    Ok(info)
}

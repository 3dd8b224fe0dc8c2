//! Streams without a container, MP3 and its kin and ADTS, and what all readers of symphonia have in common. Worker and main threads only.

use symphonia::core::errors::Error as DecodeError;
use symphonia::core::formats::probe::{Hint, Probe, ProbeOptions};
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::default::formats::{AdtsReader, MpaReader};

use crate::sample::ReadProblem;
use crate::sample::bytes::{Bytes, Part};
use crate::sample::track::{Packets, Track};

/// How far the first packet of a stream is looked for, in bytes: tags of a wrong size and the rest of a cut packet may come first.
const PROBE_BYTES: u32 = 1 << 16;

/// The MPEG audio or ADTS stream from `start` to `end`.
///
/// # Errors
/// [`ReadProblem::Unknown`] when there is none.
pub(super) fn open(bytes: Bytes, start: u64, end: u64) -> Result<Track, ReadProblem> {
    let mut probe = Probe::new_with_options(&ProbeOptions { max_probe_depth: PROBE_BYTES, ..Default::default() });
    probe.register_format::<MpaReader<'_>>();
    probe.register_format::<AdtsReader<'_>>();
    let stream = MediaSourceStream::new(Box::new(Part::new(bytes, Vec::new(), start, end)), Default::default());
    let reader = probe
        .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(opening_problem)?;
    // Without an encoder's tag the length is an estimate, and packets are trimmed by it.
    let is_tagged = reader.default_track(TrackType::Audio).is_some_and(|track| track.delay.is_some());
    let track = demuxed(reader, is_tagged, false)?;
    Ok(Track { frames: track.frames.filter(|_| is_tagged), ..track })
}

/// The first audio track that a reader of symphonia found.
///
/// # Errors
/// [`ReadProblem::Empty`] when there is none.
pub(super) fn demuxed(reader: Box<dyn FormatReader>, trims: bool, is_placed: bool) -> Result<Track, ReadProblem> {
    let track = reader.default_track(TrackType::Audio).ok_or(ReadProblem::Empty)?;
    let frames = track.num_frames;
    let params = track.codec_params.as_ref().and_then(|params| params.audio()).ok_or(ReadProblem::Empty)?.clone();
    let id = track.id;
    Ok(Track { frames, ..Track::new(params, Packets::Demuxed { reader, id, trims, is_placed }) })
}

/// Why symphonia does not open a stream.
pub(super) fn opening_problem(error: DecodeError) -> ReadProblem {
    match error {
        DecodeError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            ReadProblem::Unknown("it ends within its header".to_owned())
        }
        DecodeError::IoError(error) => ReadProblem::System(error),
        DecodeError::Unsupported(_) => ReadProblem::Unknown("no audio was found in it".to_owned()),
        other => ReadProblem::Unknown(other.to_string()),
    }
}

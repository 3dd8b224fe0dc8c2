//! MP4 and M4A: AAC and ALAC inside them. Worker and main threads only.
//!
//! Formats: ISO/IEC 14496-12 (boxes), iTunes' note of an encoder's delay. Packets go to symphonia's decoders; the container is read here, as
//! symphonia's reader takes as much memory as a table claims, and does not trim what edit lists and iTunes' note leave out.

use symphonia::core::codecs::audio::{AudioCodecParameters, well_known};

use super::aac;
use super::mp4_table::{Table, duration};
use crate::sample::ReadProblem;
use crate::sample::bytes::{Bytes, Endian};
use crate::sample::track::{Packets, Track, params};

/// Boxes at the top of a file that are looked at.
const MOST_BOXES: usize = 1024;
/// Largest index of a file that is read, in bytes: ten hours of AAC need about 6 MB.
const MOST_INDEX_BYTES: u64 = 64 << 20;
/// Bytes of the description of a sound before the boxes in it.
const SOUND_BYTES: usize = 28;
/// Frames at the start that belong to the encoder are fewer, in any codec that is read.
const MOST_DELAY: u64 = 1 << 16;

/// An MP4 file.
///
/// # Errors
/// [`ReadProblem`] when it holds no audio, or audio that is not read.
pub(super) fn open(mut bytes: Bytes, start: u64) -> Result<Track, ReadProblem> {
    let movie = movie(&mut bytes, start).map_err(ReadProblem::System)?;
    let movie = movie
        .ok_or_else(|| ReadProblem::Unknown("an MP4 file without an index of its audio that can be read".to_owned()))?;
    let sound = boxes(&movie).filter(|(tag, _)| tag == b"trak").map(|(_, trak)| trak).find(|trak| is_sound(trak));
    let trak = sound.ok_or_else(|| ReadProblem::Unknown("an MP4 file without sound".to_owned()))?;
    let media = within(trak, &[b"mdia"]).unwrap_or_default();
    let samples = within(media, &[b"minf", b"stbl"]).unwrap_or_default();
    let timescale = media_timescale(media);
    let (params, frames) = codec(within(samples, &[b"stsd"]).unwrap_or_default())?;
    let table = Table::new(samples);
    if table.is_empty() {
        let is_fragmented = within(&movie, &[b"mvex"]).is_some();
        return Err(if is_fragmented {
            ReadProblem::NotRead("audio in fragments inside MP4".to_owned())
        } else {
            ReadProblem::Empty
        });
    }
    let rate_hz = params.sample_rate.unwrap_or(timescale);
    let scale = |duration: u64| u128::from(duration) * u128::from(rate_hz) / u128::from(timescale.max(1));
    let all = u64::try_from(scale(duration(samples))).ok().filter(|all| *all > 0);
    let trim = itunes_trim(&movie).or_else(|| edit(trak, &movie, timescale, rate_hz));
    let mut track = Track::new(params, Packets::Placed { bytes, places: Box::new(table), frames });
    let (delay, frames) = trim.unwrap_or((0, None));
    track.delay = if delay < MOST_DELAY { delay } else { 0 };
    let left = all.map(|all| all.saturating_sub(track.delay));
    track.frames = [frames, left].into_iter().flatten().min().filter(|frames| *frames > 0);
    track.is_padded = track.frames.is_some();
    Ok(track)
}

/// The index of the file, wherever it stands.
fn movie(bytes: &mut Bytes, start: u64) -> std::io::Result<Option<Vec<u8>>> {
    let mut at = start;
    for _ in 0..MOST_BOXES {
        let head = bytes.get(at, 16)?;
        let (header, size) = match (Endian::Big.u32(&head, 0), head.len()) {
            (_, 0..8) => break,
            (0, _) => (8, bytes.len() - at),
            (1, _) => (16, Endian::Big.number::<8>(&head, 8)),
            (size, _) => (8, u64::from(size)),
        };
        if head.get(4..8) == Some(b"moov") {
            let body = size.saturating_sub(header).min(bytes.len().saturating_sub(at + header));
            return if body <= MOST_INDEX_BYTES { bytes.get(at + header, body).map(Some) } else { Ok(None) };
        }
        at = match at.checked_add(size.max(header)) {
            Some(next) => next,
            None => break,
        };
    }
    Ok(None)
}

/// The boxes that fill `bytes`, with their content as far as it is there.
fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let tag = <[u8; 4]>::try_from(bytes.get(4..8)?).ok()?;
        let (header, size) = match Endian::Big.u32(bytes, 0) {
            0 => (8, bytes.len() as u64),
            1 => (16, Endian::Big.number::<8>(bytes, 8)),
            size => (8, u64::from(size)),
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX).clamp(header, bytes.len().max(header));
        let content = bytes.get(header..size)?;
        bytes = bytes.get(size..).unwrap_or_default();
        Some((tag, content))
    })
}

/// The content of the box that a path leads to.
fn within<'a>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    path.iter().try_fold(bytes, |bytes, wanted| boxes(bytes).find(|(tag, _)| tag == *wanted).map(|(_, inner)| inner))
}

fn is_sound(trak: &[u8]) -> bool {
    within(trak, &[b"mdia", b"hdlr"]).and_then(|handler| handler.get(8..12)) == Some(b"soun")
}

/// Ticks of a second: behind two times of four bytes, or eight in version 1.
fn ticks(header: &[u8]) -> u32 {
    Endian::Big.u32(header, if header.first() == Some(&1) { 20 } else { 12 })
}

fn media_timescale(media: &[u8]) -> u32 {
    within(media, &[b"mdhd"]).map_or(0, ticks)
}

/// What the decoder has to know, and the frames of a packet, from the first description of the samples.
fn codec(descriptions: &[u8]) -> Result<(AudioCodecParameters, u64), ReadProblem> {
    let entry = descriptions.get(8..).and_then(|entries| boxes(entries).next());
    let (tag, entry) =
        entry.ok_or_else(|| ReadProblem::Unknown("an MP4 file without a description of its audio".to_owned()))?;
    match &tag {
        b"mp4a" => {
            // In QuickTime's files the descriptor lies deeper.
            let descriptor = tagged(entry, b"esds").and_then(|esds| esds.get(4..)).unwrap_or_default();
            Ok((aac::codec(descriptor, "MP4")?, aac::PACKET_FRAMES))
        }
        b"alac" => {
            let cookie = tagged(entry, b"alac").and_then(|alac| alac.get(4..)).unwrap_or_default();
            let mut params = params(well_known::CODEC_ID_ALAC, Endian::Big.u32(cookie, 20));
            params.with_extra_data(cookie.into());
            Ok((params, u64::from(Endian::Big.u32(cookie, 0))))
        }
        other => Err(ReadProblem::NotRead(format!("{} inside MP4", name(other)))),
    }
}

/// The content of the first box of a tag, at any depth of a description.
fn tagged<'a>(entry: &'a [u8], wanted: &[u8; 4]) -> Option<&'a [u8]> {
    let inner = entry.get(SOUND_BYTES..)?;
    let place = inner.windows(4).position(|tag| tag == wanted)?;
    boxes(inner.get(place.checked_sub(4)?..)?).next().map(|(_, content)| content)
}

/// Delay and frames by iTunes' note: numbers in hexadecimal digits, the second to the fourth of them.
fn itunes_trim(movie: &[u8]) -> Option<(u64, Option<u64>)> {
    let place = movie.windows(8).position(|text| text == b"iTunSMPB")?;
    let behind = movie.get(place + 8..)?;
    let behind = behind.get(..behind.len().min(256))?;
    let data = behind.windows(4).position(|tag| tag == b"data")?;
    let text = behind.get(data + 12..)?;
    let text: String = text
        .iter()
        .take_while(|byte| byte.is_ascii_graphic() || **byte == b' ')
        .map(|byte| char::from(*byte))
        .collect();
    let mut numbers = text.split_whitespace().map(|number| u64::from_str_radix(number, 16).ok());
    let (_, delay, _, frames) = (numbers.next()??, numbers.next()??, numbers.next()??, numbers.next()??);
    Some((delay, Some(frames).filter(|frames| *frames > 0)))
}

/// Delay and frames by the list of edits: its first one that shows something.
fn edit(trak: &[u8], movie: &[u8], timescale: u32, rate_hz: u32) -> Option<(u64, Option<u64>)> {
    let list = within(trak, &[b"edts", b"elst"])?;
    let movie_timescale = u128::from(within(movie, &[b"mvhd"]).map_or(0, ticks));
    let is_long = list.first() == Some(&1);
    let entries = list.get(8..)?.chunks_exact(if is_long { 20 } else { 12 });
    let mut entries = entries.map(|entry| match is_long {
        true => (Endian::Big.number::<8>(entry, 0), Endian::Big.number::<8>(entry, 8).cast_signed()),
        false => (u64::from(Endian::Big.u32(entry, 0)), i64::from(Endian::Big.u32(entry, 4).cast_signed())),
    });
    let (shown, from) = entries.find(|(_, from)| *from >= 0)?;
    let delay = u128::from(from.unsigned_abs()) * u128::from(rate_hz) / u128::from(timescale.max(1));
    // The length is in ticks of the movie, which are long: rounded up, so that no sound is lost.
    let frames = ((u128::from(shown) + 1) * u128::from(rate_hz)).checked_div(movie_timescale).filter(|_| shown > 0);
    Some((u64::try_from(delay).ok()?, frames.and_then(|frames| u64::try_from(frames).ok())))
}

fn name(format: &[u8; 4]) -> String {
    match format {
        b"Opus" => "Opus".to_owned(),
        b"ac-3" => "Dolby Digital".to_owned(),
        b"ec-3" => "Dolby Digital Plus".to_owned(),
        b"ac-4" => "Dolby AC-4".to_owned(),
        b"samr" | b"sawb" => "AMR".to_owned(),
        b"fLaC" => "FLAC".to_owned(),
        b".mp3" => "MP3".to_owned(),
        b"drms" | b"enca" => "encrypted audio".to_owned(),
        b"dtsc" | b"dtsh" | b"dtsl" | b"dtse" => "DTS".to_owned(),
        b"mha1" | b"mhm1" => "MPEG-H audio".to_owned(),
        b"ima4" => "IMA ADPCM".to_owned(),
        other => format!("audio of format “{}”", other.escape_ascii()),
    }
}

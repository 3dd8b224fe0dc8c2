//! Apple's Core Audio Format. Worker and main threads only.
//!
//! Format: Apple Core Audio Format Specification 1.0. Samples and packets go to symphonia's decoders; the container is read here, as
//! symphonia's reader takes as much memory as a packet's header claims.

use symphonia::core::codecs::audio::well_known;

use super::chunks::{Chunk, Shape, chunks, content};
use super::pcm::{Coding, Pcm};
use super::{aac, key, mpeg};
use crate::sample::ReadProblem;
use crate::sample::bytes::{Bytes, Endian};
use crate::sample::track::{Packets, Places, Track, params};

const SHAPE: Shape =
    Shape { endian: Endian::Big, header: 12, size_bytes: 8, counts_header: false, align: 1, audio_size: None };
/// Bytes of the description of the audio, of the number before it, and of the fixed part of the table of packets.
const DESC_BYTES: u64 = 32;
const EDIT_BYTES: u64 = 4;
const TABLE_BYTES: usize = 24;
/// Frames at the start that belong to the encoder are fewer, in any codec that is read.
const MOST_DELAY: u64 = 1 << 16;
/// Bytes of the table of packets that are read: at two bytes for a packet of 1024 frames, more than a day at 48 kHz.
const MOST_TABLE_BYTES: u64 = 16 << 20;
/// Bytes of the largest configuration of a codec.
const COOKIE_BYTES: u64 = 1 << 12;

/// The description of the audio.
struct Desc {
    rate_hz: u32,
    format: [u8; 4],
    flags: u32,
    packet_bytes: u32,
    packet_frames: u32,
    channels: u32,
}

/// A CAF file.
///
/// # Errors
/// [`ReadProblem`] when it holds no audio, or audio that is not read.
pub(super) fn open(mut bytes: Bytes, start: u64) -> Result<Track, ReadProblem> {
    let found = chunks(&mut bytes, SHAPE, start + 8, &[*b"desc", *b"data"]).map_err(ReadProblem::System)?;
    let desc = content(&mut bytes, &found, b"desc", DESC_BYTES).map_err(ReadProblem::System)?;
    let desc = desc.ok_or_else(|| ReadProblem::Unknown("a CAF file without a description of its audio".to_owned()))?;
    let desc = parse(&desc);
    let audio = found.iter().find(|chunk| chunk.tag == *b"data").ok_or(ReadProblem::Empty)?;
    let body = (audio.body + EDIT_BYTES).min(audio.end);
    let audio = Chunk { body, stated_end: audio.stated_end.max(body), ..*audio };
    let root_key = key::of_caf(&mut bytes, &found).map_err(ReadProblem::System)?;
    let track = match &desc.format {
        b"lpcm" | b"alaw" | b"ulaw" => pcm(&desc).track(bytes, &audio, "CAF")?,
        b".mp1" | b".mp2" | b".mp3" => mpeg::open(bytes, audio.body, audio.end)?,
        _ => packets(bytes, &found, &desc, &audio)?,
    };
    Ok(Track { root_key, ..track })
}

fn parse(desc: &[u8]) -> Desc {
    let field = |place: usize| Endian::Big.u32(desc, place);
    let format = [8, 9, 10, 11].map(|place| desc.get(place).copied().unwrap_or_default());
    let rate_hz = f64::from_bits(Endian::Big.number::<8>(desc, 0)).round() as u32;
    let (flags, packet_bytes, packet_frames, channels) = (field(12), field(16), field(20), field(24));
    Desc { rate_hz, format, flags, packet_bytes, packet_frames, channels }
}

fn pcm(desc: &Desc) -> Pcm {
    let channels = u16::try_from(desc.channels).unwrap_or(0);
    let coding = match &desc.format {
        b"alaw" => Coding::ALaw,
        b"ulaw" => Coding::MuLaw,
        _ if desc.flags & 1 != 0 => Coding::Float,
        _ => Coding::Signed,
    };
    let endian = if desc.flags & 2 == 0 { Endian::Big } else { Endian::Little };
    let sample_bytes = u64::from(desc.packet_bytes.checked_div(desc.channels).unwrap_or(0));
    Pcm { coding, endian, sample_bytes, channels, rate_hz: desc.rate_hz }
}

/// A track of compressed packets.
fn packets(mut bytes: Bytes, chunks: &[Chunk], desc: &Desc, audio: &Chunk) -> Result<Track, ReadProblem> {
    let cookie = content(&mut bytes, chunks, b"kuki", COOKIE_BYTES).map_err(ReadProblem::System)?.unwrap_or_default();
    let (params, frames) = match &desc.format {
        b"alac" => {
            let mut params = params(well_known::CODEC_ID_ALAC, desc.rate_hz);
            params.with_extra_data(cookie.into());
            (params, u64::from(desc.packet_frames))
        }
        b"aac " => (aac::codec(&cookie, "CAF")?, aac::PACKET_FRAMES),
        other => return Err(ReadProblem::NotRead(format!("{} inside CAF", name(other)))),
    };
    let table =
        content(&mut bytes, chunks, b"pakt", MOST_TABLE_BYTES).map_err(ReadProblem::System)?.unwrap_or_default();
    // A negative count is none.
    let valid = Some(Endian::Big.number::<8>(&table, 8)).filter(|frames| *frames <= i64::MAX as u64).unwrap_or(0);
    let delay = u64::from(Endian::Big.u32(&table, 16));
    let places = places(desc, table, audio);
    let mut track = Track::new(params, Packets::Placed { bytes, places, frames });
    track.frames = Some(valid).filter(|frames| *frames > 0);
    track.is_padded = track.frames.is_some();
    track.delay = if delay < MOST_DELAY { delay } else { 0 };
    Ok(track)
}

/// Places of packets: of one size, or by a table of sizes and, where they differ, frames.
fn places(desc: &Desc, table: Vec<u8>, audio: &Chunk) -> Places {
    let (mut at, end) = (audio.body, audio.end);
    let size = u64::from(desc.packet_bytes);
    let has_frames = desc.packet_frames == 0;
    let mut place = TABLE_BYTES;
    Box::new(std::iter::from_fn(move || {
        let size = if size > 0 { size } else { variable(&table, &mut place)? };
        if has_frames {
            variable(&table, &mut place)?;
        }
        let start = at;
        at = at.checked_add(size).filter(|next| *next <= end)?;
        Some((start, size))
    }))
}

/// A number of as many bytes as have their highest bit set, and one more.
fn variable(table: &[u8], place: &mut usize) -> Option<u64> {
    let mut number = 0u64;
    loop {
        let byte = *table.get(*place)?;
        *place += 1;
        number = number.checked_mul(128)? | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
}

fn name(format: &[u8; 4]) -> String {
    match format {
        b"ima4" => "IMA ADPCM".to_owned(),
        b"MAC3" | b"MAC6" => "MACE".to_owned(),
        b"aach" => "HE-AAC".to_owned(),
        b"aacp" => "HE-AAC v2".to_owned(),
        b"aacl" => "AAC-LD".to_owned(),
        b"aace" | b"aacf" => "AAC-ELD".to_owned(),
        b"opus" => "Opus".to_owned(),
        b"flac" => "FLAC".to_owned(),
        b"ac-3" => "Dolby Digital".to_owned(),
        b"ec-3" => "Dolby Digital Plus".to_owned(),
        b"samr" => "AMR".to_owned(),
        b"ilbc" => "iLBC".to_owned(),
        other => format!("audio of format “{}”", other.escape_ascii()),
    }
}

//! The one audio track of a file as its container describes it: codec, packets, what is to be trimmed. Worker and main threads only.

use std::io::Result;

use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};
use symphonia::core::errors::Error as DecodeError;
use symphonia::core::formats::FormatReader;
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use super::bytes::Bytes;

/// Largest packet of a compressed track, in bytes: 4096 frames of eight channels of 32 bits that ALAC could not make smaller are 128 KiB.
const MOST_PACKET_BYTES: u64 = 1 << 20;
/// Bytes of uncompressed samples that are decoded at a time.
const PCM_PACKET_BYTES: u64 = 1 << 16;

/// An audio track.
pub(super) struct Track {
    /// What the decoder has to know.
    pub params: AudioCodecParameters,
    /// Where the packets are.
    pub packets: Packets,
    /// Sample frames at the start that belong to the encoder, not to the sound.
    pub delay: u64,
    /// Sample frames of the sound, by the container.
    pub frames: Option<u64>,
    /// Whether `frames` ends the sound where more is there: the rest belongs to the encoder.
    pub is_padded: bool,
    /// The key that the file names as its own.
    pub root_key: Option<f32>,
}

impl Track {
    /// One that is neither trimmed nor has a key.
    pub fn new(params: AudioCodecParameters, packets: Packets) -> Self {
        Self { params, packets, delay: 0, frames: None, is_padded: false, root_key: None }
    }
}

/// Parameters of a codec.
pub(super) fn params(codec: AudioCodecId, rate_hz: u32) -> AudioCodecParameters {
    let mut params = AudioCodecParameters::new();
    params.for_codec(codec).with_sample_rate(rate_hz);
    params
}

/// Position and length in bytes of packet after packet.
pub(super) type Places = Box<dyn Iterator<Item = (u64, u64)>>;

/// The packets of a track.
pub(super) enum Packets {
    /// Sample frames of one size, one after the other.
    Pcm {
        /// The file.
        bytes: Bytes,
        /// Where the next frame begins.
        at: u64,
        /// Where they end.
        end: u64,
        /// Size of a frame, not 0.
        frame_bytes: u64,
    },
    /// Packets whose places a table tells.
    Placed {
        /// The file.
        bytes: Bytes,
        /// The table.
        places: Places,
        /// Sample frames of a packet.
        frames: u64,
    },
    /// Packets that symphonia finds.
    Demuxed {
        /// Its reader.
        reader: Box<dyn FormatReader>,
        /// Which of its tracks is meant.
        id: u32,
        /// Whether packets say which of their frames belong to the encoder.
        trims: bool,
        /// Whether packets say where they belong, so that gaps are seen.
        is_placed: bool,
    },
}

impl Packets {
    /// The next packet; none at the end of the track or of the file.
    ///
    /// # Errors
    /// The file cannot be read, or symphonia finds no packet.
    pub fn next(&mut self) -> std::result::Result<Option<Packet>, DecodeError> {
        match self {
            Self::Pcm { bytes, at, end, frame_bytes } => Ok(next_pcm(bytes, at, *end, *frame_bytes)?),
            Self::Placed { bytes, places, frames } => {
                let Some((at, count)) = places.next() else { return Ok(None) };
                // A packet that is too large is damage of its table: it is not read.
                if count > MOST_PACKET_BYTES {
                    return Err(DecodeError::DecodeError("a packet is too large"));
                }
                let data = bytes.get(at, count)?;
                let is_whole = data.len() as u64 == count && count > 0;
                Ok(is_whole.then(|| packet(*frames, data)))
            }
            Self::Demuxed { reader, id, .. } => loop {
                match reader.next_packet()? {
                    Some(packet) if packet.track_id != *id => {}
                    packet => return Ok(packet),
                }
            },
        }
    }

    /// Where in the stream a packet belongs, in sample frames, if packets say so.
    pub fn place(&self, packet: &Packet) -> Option<i64> {
        matches!(self, Self::Demuxed { is_placed: true, .. }).then(|| packet.pts.get())
    }

    /// Frames at the start and at the end of a packet that belong to the encoder.
    pub fn trims(&self, packet: &Packet) -> (u64, u64) {
        match self {
            Self::Demuxed { trims: true, .. } => (packet.trim_start.get(), packet.trim_end.get()),
            _ => (0, 0),
        }
    }
}

fn next_pcm(bytes: &mut Bytes, at: &mut u64, end: u64, frame_bytes: u64) -> Result<Option<Packet>> {
    let wanted = (PCM_PACKET_BYTES / frame_bytes).max(1);
    let frames = wanted.min(end.min(bytes.len()).saturating_sub(*at) / frame_bytes);
    if frames == 0 {
        return Ok(None);
    }
    let data = bytes.get(*at, frames * frame_bytes)?;
    *at += frames * frame_bytes;
    Ok(Some(packet(frames, data)))
}

fn packet(frames: u64, data: Vec<u8>) -> Packet {
    Packet::new(0, Timestamp::new(0), Duration::new(frames), data)
}

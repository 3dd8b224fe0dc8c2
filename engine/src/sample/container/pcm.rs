//! Uncompressed samples in a container: which of symphonia's decoders reads them. Worker and main threads only.
//!
//! A sample takes as many bytes as the container's blocks have for it; its bits are the highest of them. So 24 bits in four bytes read as 32.

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::{AudioCodecId, well_known as id};

use super::chunks::Chunk;
use crate::sample::ReadProblem;
use crate::sample::bytes::{Bytes, Endian};
use crate::sample::track::{Packets, Track, params};

/// A size of this many bytes or more was written before the length was known: programs then put in 2³¹ or 2³², less a header.
const PIPED_BYTES: u64 = 0x7fff_0000;

/// How a sample is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// An integer around 0.
    Signed,
    /// An integer around half of its range.
    Unsigned,
    /// A floating-point number.
    Float,
    /// G.711 A-law.
    ALaw,
    /// G.711 µ-law.
    MuLaw,
}

/// Uncompressed audio, as a header describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pcm {
    pub coding: Coding,
    pub endian: Endian,
    /// Bytes of a sample of one channel.
    pub sample_bytes: u64,
    pub channels: u16,
    pub rate_hz: u32,
}

impl Pcm {
    /// The track of samples that fill a chunk.
    ///
    /// # Errors
    /// [`ReadProblem::NotRead`] for samples of a size for which there is no decoder; [`ReadProblem::Empty`] without channels.
    pub fn track(self, bytes: Bytes, chunk: &Chunk, container: &str) -> Result<Track, ReadProblem> {
        let codec = self.codec().ok_or_else(|| {
            let bits = 8 * self.sample_bytes;
            ReadProblem::NotRead(format!("audio of {bits} bits in this form inside {container}"))
        })?;
        let frame_bytes = self.sample_bytes * u64::from(self.channels);
        if frame_bytes == 0 {
            return Err(ReadProblem::Empty);
        }
        let mut params = params(codec, self.rate_hz);
        params.with_channels(Channels::Discrete(self.channels));
        let is_stated = chunk.stated_end - chunk.body < PIPED_BYTES;
        let end = if is_stated { chunk.end.max(chunk.stated_end) } else { chunk.end };
        let packets = Packets::Pcm { bytes, at: chunk.body, end: chunk.end, frame_bytes };
        Ok(Track { frames: Some((end - chunk.body) / frame_bytes), ..Track::new(params, packets) })
    }

    fn codec(self) -> Option<AudioCodecId> {
        use Coding::{ALaw, Float, MuLaw, Signed, Unsigned};
        use Endian::{Big, Little};
        Some(match (self.coding, self.sample_bytes, self.endian) {
            (Signed, 1, _) => id::CODEC_ID_PCM_S8,
            (Signed, 2, Little) => id::CODEC_ID_PCM_S16LE,
            (Signed, 2, Big) => id::CODEC_ID_PCM_S16BE,
            (Signed, 3, Little) => id::CODEC_ID_PCM_S24LE,
            (Signed, 3, Big) => id::CODEC_ID_PCM_S24BE,
            (Signed, 4, Little) => id::CODEC_ID_PCM_S32LE,
            (Signed, 4, Big) => id::CODEC_ID_PCM_S32BE,
            (Unsigned, 1, _) => id::CODEC_ID_PCM_U8,
            (Float, 4, Little) => id::CODEC_ID_PCM_F32LE,
            (Float, 4, Big) => id::CODEC_ID_PCM_F32BE,
            (Float, 8, Little) => id::CODEC_ID_PCM_F64LE,
            (Float, 8, Big) => id::CODEC_ID_PCM_F64BE,
            (ALaw, 1, _) => id::CODEC_ID_PCM_ALAW,
            (MuLaw, 1, _) => id::CODEC_ID_PCM_MULAW,
            _ => return None,
        })
    }
}

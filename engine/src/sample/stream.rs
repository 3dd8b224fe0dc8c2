//! Decodes a track, packet after packet, through symphonia. Worker and main threads only.
//!
//! Nothing here trusts the file: values that are no numbers are errors. In a lossless stream damage and gaps are too. A damaged packet of
//! a lossy one becomes silence of its length, as players do, and a note says so.

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions, well_known};
use symphonia::core::errors::Error as DecodeError;
use symphonia::core::packet::Packet;

use super::sink::Sink;
use super::track::Track;
use super::{ReadProblem, is_supported_rate};

/// Longest silence in the place of a damaged packet, in sample frames: more than a packet of any lossy codec that is read holds.
const LONGEST_BRIDGE: u64 = 1 << 13;
/// So many packets may be missing, or be damaged, in a row before the stream counts as ended.
const MOST_LOST: usize = 64;

/// A track that is being decoded.
pub(super) struct Stream {
    track: Track,
    decoder: Box<dyn AudioDecoder>,
    rate_hz: u32,
    /// Channels of what was decoded so far.
    channels: usize,
    /// Whether damage ends the reading.
    is_lossless: bool,
    /// Sample frames that are still left out: the encoder's delay.
    delay: u64,
    intact: u64,
    damaged: u64,
    interleaved: Vec<f32>,
}

impl Stream {
    /// # Errors
    /// [`ReadProblem`] when there is no decoder for the track, or its rate is outside the limits.
    pub fn new(track: Track) -> Result<Self, ReadProblem> {
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(&track.params, &AudioDecoderOptions::default().gapless(false))
            .map_err(|error| ReadProblem::Unknown(error.to_string()))?;
        let rate_hz = decoder.codec_params().sample_rate.unwrap_or(0);
        if !is_supported_rate(rate_hz) {
            return Err(ReadProblem::Rate(rate_hz));
        }
        let is_lossless = matches!(track.params.codec, well_known::CODEC_ID_FLAC | well_known::CODEC_ID_ALAC);
        let delay = track.delay;
        let interleaved = Vec::new();
        Ok(Self { track, decoder, rate_hz, channels: 1, is_lossless, delay, intact: 0, damaged: 0, interleaved })
    }

    /// Sample rate in Hz.
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Sample frames of the sound, by the container.
    pub fn frames(&self) -> Option<u64> {
        self.track.frames
    }

    /// The key that the file names as its own.
    pub fn root_key(&self) -> Option<f32> {
        self.track.root_key
    }

    /// Whether an end before [`Self::frames`] is damage.
    pub fn is_lossless(&self) -> bool {
        self.is_lossless
    }

    /// What the user is told of damage that was passed over.
    pub fn note(&self) -> Option<String> {
        let all = self.damaged + self.intact;
        (self.damaged > 0).then(|| format!("{} of its {all} packets are damaged and left silent", self.damaged))
    }

    /// Decodes packet after packet into `sink`; returns whether the stream came to its end.
    ///
    /// # Errors
    /// [`ReadProblem`] for damage, for values that are no numbers, and when the file cannot be read.
    pub fn pour(&mut self, sink: &mut impl Sink) -> Result<bool, ReadProblem> {
        let (mut lost, mut undecoded) = (0, 0);
        while !sink.is_full() && !self.is_complete(sink) {
            let packet = match self.track.packets.next() {
                Ok(Some(packet)) => packet,
                Ok(None) | Err(DecodeError::ResetRequired) => return self.ended(sink),
                // Only the caller, which knows the promised length, can tell the end from a truncation.
                Err(error) if is_end(&error) => return self.ended(sink),
                Err(DecodeError::IoError(error)) => return Err(ReadProblem::System(error)),
                Err(error) if self.is_lossless => return Err(self.corrupt(sink, &error.to_string())),
                Err(_) if lost == MOST_LOST => return self.ended(sink),
                Err(_) => {
                    lost += 1;
                    self.damaged += 1;
                    continue;
                }
            };
            lost = 0;
            if self.track.packets.place(&packet).is_some_and(|place| u64::try_from(place).ok() != Some(sink.seen())) {
                return Err(self.corrupt(sink, "a part of the audio is missing"));
            }
            match self.decode(&packet, sink) {
                Ok(()) => {
                    undecoded = 0;
                    self.intact += 1;
                }
                Err(error) if self.is_lossless && is_end(&error) => return Ok(true),
                Err(error) if self.is_lossless => return Err(self.corrupt(sink, &error.to_string())),
                Err(_) if undecoded == MOST_LOST => return self.ended(sink),
                Err(_) => {
                    undecoded += 1;
                    self.bridge(&packet);
                }
            }
            self.hand_over(&packet, sink)?;
        }
        Ok(self.is_complete(sink))
    }

    /// Whether all frames of the sound are read, where what follows belongs to the encoder.
    fn is_complete(&self, sink: &impl Sink) -> bool {
        self.track.is_padded && self.track.frames.is_some_and(|frames| sink.seen() >= frames)
    }

    /// The end of a stream of which something could be decoded.
    fn ended(&self, sink: &impl Sink) -> Result<bool, ReadProblem> {
        if self.damaged > self.intact || (sink.seen() > 0 && self.intact == 0) {
            return Err(self.corrupt(sink, "most of its packets are damaged"));
        }
        Ok(true)
    }

    fn corrupt(&self, sink: &impl Sink, reason: &str) -> ReadProblem {
        ReadProblem::Corrupt { at_s: sink.seen() as f64 / f64::from(self.rate_hz), reason: reason.to_owned() }
    }

    /// Decodes a packet to interleaved values.
    fn decode(&mut self, packet: &Packet, sink: &impl Sink) -> Result<(), DecodeError> {
        let buffer = self.decoder.decode(packet)?;
        let (channels, rate_hz) = (buffer.num_planes(), buffer.spec().rate());
        if channels == 0 || rate_hz != self.rate_hz || (sink.seen() > 0 && channels != self.channels) {
            return Err(DecodeError::DecodeError("the format changes within the file"));
        }
        self.channels = channels;
        buffer.copy_to_vec_interleaved(&mut self.interleaved);
        Ok(())
    }

    /// Puts silence in the place of a packet.
    fn bridge(&mut self, packet: &Packet) {
        // What comes before the first intact packet is often the rest of a longer stream that was cut.
        self.damaged += u64::from(self.intact > 0 || self.damaged > 0);
        let frames = packet.block_dur().get().min(LONGEST_BRIDGE) as usize;
        self.interleaved.clear();
        self.interleaved.resize(frames * self.channels, 0.0);
    }

    /// Gives the frames of a packet to the sink, but for those that belong to the encoder.
    fn hand_over(&mut self, packet: &Packet, sink: &mut impl Sink) -> Result<(), ReadProblem> {
        let count = self.interleaved.len() as u64 / self.channels as u64;
        let delay = self.delay.min(count);
        self.delay -= delay;
        let (trim_start, trim_end) = self.track.packets.trims(packet);
        let first = delay.max(trim_start.min(count));
        let last = count - trim_end.min(count);
        let frames = self.interleaved.chunks_exact(self.channels);
        for frame in frames.take(last as usize).skip(first as usize) {
            if self.is_complete(sink) {
                break;
            }
            if let Some(channel) = frame.iter().position(|value| !value.is_finite()) {
                let at_s = sink.seen() as f64 / f64::from(self.rate_hz);
                return Err(ReadProblem::NotFinite { at_s, channel: channel + 1 });
            }
            sink.take(frame);
        }
        Ok(())
    }
}

fn is_end(error: &DecodeError) -> bool {
    matches!(error, DecodeError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof)
}

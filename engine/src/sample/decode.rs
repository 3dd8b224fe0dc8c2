//! From the bytes of an audio file to mono samples, through symphonia.
//!
//! Worker and main threads only. Nothing here trusts the file: counts in headers are compared with
//! what is really there, gaps and non-finite values are errors, and a panic inside a decoder is caught.

use std::fs::File;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as DecodeError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;

use super::outline::Outline;
use super::sink::Sink;
use super::{LEAD_LIMIT_S, LOOK_S, MAX_FILE_BYTES, ReadProblem, Recording, is_supported_rate};

/// Below this a sample counts as silence in front of the first sound: −80 dB of full scale.
const SILENCE: f32 = 1e-4;
/// How much of the silence in front of the first sound is kept, in seconds.
const LEAD_KEPT_S: f64 = 0.1;
/// A header that promises this many values or more, in a file that holds fewer, was written to a pipe before its
/// length was known: programs then put in 2³¹ or 2³² bytes, and a value has at most 8 bytes.
const PIPED_VALUES: u64 = 0x7fff_0000 / 8;

/// Reads a file as [`super::read`] promises.
pub(super) fn read_file(path: &Path) -> Result<Recording, ReadProblem> {
    read_limited(path, Limits { look_s: LOOK_S, lead_s: LEAD_LIMIT_S, silence: SILENCE, skip_s: 0.0 })
}

/// Reads a file as [`super::read_from`] promises.
pub(super) fn read_file_from(path: &Path, start_s: f64) -> Result<Recording, ReadProblem> {
    read_limited(path, Limits { look_s: LOOK_S, lead_s: 0.0, silence: 0.0, skip_s: start_s })
}

fn read_limited(path: &Path, limits: Limits) -> Result<Recording, ReadProblem> {
    let (file, hint) = open(path)?;
    guarded(|| decode(Box::new(file), &hint, limits))
}

/// Reads a file from its beginning for as long as the reader may look for a sound and then at it, and keeps its outline.
/// A file that is damaged further on keeps the outline of what comes before.
pub(super) fn outline_file(path: &Path) -> Result<Outline, ReadProblem> {
    let (file, hint) = open(path)?;
    guarded(|| {
        let mut opened = Opened::new(Box::new(file), &hint)?;
        let mut outline = Outline::new(opened.rate_hz, LEAD_LIMIT_S + LOOK_S);
        match opened.pour(&mut outline) {
            Err(problem) if outline.seen() == 0 => Err(problem),
            _ if outline.seen() == 0 => Err(ReadProblem::Empty),
            _ => Ok(outline),
        }
    })
}

/// Opens a file that may hold audio, with what its name says of it.
fn open(path: &Path) -> Result<(File, Hint), ReadProblem> {
    let meta = std::fs::metadata(path).map_err(ReadProblem::System)?;
    if !meta.is_file() {
        return Err(ReadProblem::NotAFile);
    }
    match meta.len() {
        0 => return Err(ReadProblem::Empty),
        bytes if bytes > MAX_FILE_BYTES => return Err(ReadProblem::TooLarge(bytes)),
        _ => {}
    }
    let file = File::open(path).map_err(ReadProblem::System)?;
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|e| e.to_str()) {
        hint.with_extension(extension);
    }
    Ok((file, hint))
}

/// Reads a whole FLAC stream that lies in memory, silence included, up to `max_s` seconds.
pub(crate) fn decode_flac(bytes: Vec<u8>, max_s: f64) -> Result<Recording, ReadProblem> {
    let mut hint = Hint::new();
    hint.with_extension("flac");
    guarded(|| {
        decode(Box::new(Cursor::new(bytes)), &hint, Limits { look_s: max_s, lead_s: 0.0, silence: 0.0, skip_s: 0.0 })
    })
}

/// Turns a panic of a decoder into an error: a damaged file must not end the host's process.
fn guarded<T>(work: impl FnOnce() -> Result<T, ReadProblem>) -> Result<T, ReadProblem> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(ReadProblem::Unknown("its decoder failed".to_owned())))
}

/// How much of a stream is read.
#[derive(Clone, Copy)]
struct Limits {
    look_s: f64,
    lead_s: f64,
    /// Samples at or above this level count as sound.
    silence: f32,
    /// What is left out at the start of the stream, in seconds.
    skip_s: f64,
}

fn decode(source: Box<dyn MediaSource>, hint: &Hint, limits: Limits) -> Result<Recording, ReadProblem> {
    let mut opened = Opened::new(source, hint)?;
    let mut window = Window::new(opened.rate_hz, limits);
    let ended = opened.pour(&mut window)?;
    if ended && let Some(promised) = opened.promised.filter(|&frames| frames > window.seen) {
        if promised.saturating_mul(opened.channels) < PIPED_VALUES {
            return Err(ReadProblem::Truncated { promised, found: window.seen });
        }
        return window.finish(None);
    }
    window.finish(opened.promised)
}

/// A stream whose header was read.
struct Opened {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    rate_hz: u32,
    channels: u64,
    /// Sample frames by the header.
    promised: Option<u64>,
}

impl Opened {
    fn new(source: Box<dyn MediaSource>, hint: &Hint) -> Result<Self, ReadProblem> {
        let stream = MediaSourceStream::new(source, Default::default());
        let format = symphonia::default::get_probe()
            .probe(hint, stream, FormatOptions::default(), MetadataOptions::default())
            .map_err(opening_problem)?;
        let track = format.default_track(TrackType::Audio).ok_or(ReadProblem::Empty)?;
        let promised = track.num_frames;
        let params = track
            .codec_params
            .as_ref()
            .and_then(|p| p.audio())
            .ok_or_else(|| ReadProblem::Unknown("it has no audio track".to_owned()))?;
        let rate_hz = params.sample_rate.unwrap_or(0);
        if !is_supported_rate(rate_hz) {
            return Err(ReadProblem::Rate(rate_hz));
        }
        let channels = params.channels.as_ref().map_or(1, |c| c.count() as u64);
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(params, &AudioDecoderOptions::default())
            .map_err(opening_problem)?;
        Ok(Self { format, decoder, rate_hz, channels, promised })
    }

    /// Decodes packet after packet into `sink`; returns whether the stream came to its end.
    fn pour(&mut self, sink: &mut impl Sink) -> Result<bool, ReadProblem> {
        let mut interleaved: Vec<f32> = Vec::new();
        while !sink.is_full() {
            let corrupt = |reason: &str| self::corrupt(self.rate_hz, sink.seen(), reason);
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return Ok(true),
                // Only the caller, which knows the promised length, can tell the end from a truncation.
                Err(DecodeError::IoError(e)) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(true),
                Err(DecodeError::IoError(e)) => return Err(ReadProblem::System(e)),
                Err(e) => return Err(corrupt(&e.to_string())),
            };
            if u64::try_from(packet.pts.get()).ok() != Some(sink.seen()) {
                return Err(corrupt("a part of the audio is missing"));
            }
            let buffer = match self.decoder.decode(&packet) {
                Ok(buffer) => buffer,
                Err(DecodeError::IoError(e)) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(true),
                Err(e) => return Err(corrupt(&e.to_string())),
            };
            let (channels, rate_hz) = (buffer.num_planes(), buffer.spec().rate());
            if channels == 0 || rate_hz != self.rate_hz {
                return Err(corrupt("the format changes within the file"));
            }
            buffer.copy_to_vec_interleaved(&mut interleaved);
            for frame in interleaved.chunks_exact(channels) {
                sink.take(mixed(frame, self.rate_hz, sink.seen())?);
            }
        }
        Ok(false)
    }
}

/// One sample frame as mono; `seen` ones came before it.
fn mixed(frame: &[f32], rate_hz: u32, seen: u64) -> Result<f32, ReadProblem> {
    if let Some(channel) = frame.iter().position(|v| !v.is_finite()) {
        return Err(ReadProblem::NotFinite { at_s: seconds(rate_hz, seen), channel: channel + 1 });
    }
    // Double precision: the sum of finite single-precision values stays finite.
    let mix = frame.iter().map(|&v| f64::from(v)).sum::<f64>() / frame.len() as f64;
    Ok(mix as f32)
}

fn corrupt(rate_hz: u32, seen: u64, reason: &str) -> ReadProblem {
    ReadProblem::Corrupt { at_s: seconds(rate_hz, seen), reason: reason.to_owned() }
}

fn seconds(rate_hz: u32, samples: u64) -> f64 {
    samples as f64 / f64::from(rate_hz)
}

fn opening_problem(error: DecodeError) -> ReadProblem {
    match error {
        DecodeError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            ReadProblem::Unknown("it ends within its header".to_owned())
        }
        DecodeError::IoError(e) => ReadProblem::System(e),
        other => ReadProblem::Unknown(other.to_string()),
    }
}

/// The part of a stream that is kept: from a little before its first sound, for a bounded time.
struct Window {
    rate_hz: u32,
    limits: Limits,
    /// Sample frames that came in so far.
    seen: u64,
    sounding: bool,
    /// Sample frames before those that are kept.
    dropped: u64,
    kept: Vec<f32>,
    look_samples: usize,
    lead_kept_samples: usize,
    /// Sample frames at the start of the stream that are not looked at.
    skip_samples: u64,
}

impl Window {
    fn new(rate_hz: u32, limits: Limits) -> Self {
        let samples = |seconds: f64| (seconds * f64::from(rate_hz)).ceil() as usize;
        Self {
            rate_hz,
            limits,
            seen: 0,
            sounding: limits.silence <= 0.0,
            dropped: 0,
            kept: Vec::new(),
            look_samples: samples(limits.look_s),
            lead_kept_samples: samples(LEAD_KEPT_S),
            skip_samples: (limits.skip_s * f64::from(rate_hz)).round() as u64,
        }
    }

    fn now_s(&self) -> f64 {
        seconds(self.rate_hz, self.seen)
    }

    fn finish(self, promised: Option<u64>) -> Result<Recording, ReadProblem> {
        if self.seen == 0 {
            return Err(ReadProblem::Empty);
        }
        if self.kept.is_empty() && self.skip_samples > 0 {
            return Err(ReadProblem::Short { found_s: self.now_s(), start_s: self.limits.skip_s });
        }
        if !self.sounding {
            return Err(ReadProblem::Silent { looked_s: self.now_s() });
        }
        let mut notes = Vec::new();
        if self.is_full() && self.skip_samples == 0 {
            let whole = promised
                .map_or_else(String::new, |frames| format!(" of {:.0} s", frames as f64 / f64::from(self.rate_hz)));
            notes.push(format!("a long file: read {:.0} s{whole}, from its first sound on", self.limits.look_s));
        }
        let start_s = self.dropped as f64 / f64::from(self.rate_hz);
        Ok(Recording { samples: self.kept, sample_rate_hz: self.rate_hz, start_s, root_key: None, notes })
    }
}

impl Sink for Window {
    fn seen(&self) -> u64 {
        self.seen
    }

    fn is_full(&self) -> bool {
        if self.sounding { self.kept.len() >= self.look_samples } else { self.now_s() >= self.limits.lead_s }
    }

    fn take(&mut self, sample: f32) {
        self.seen += 1;
        if self.dropped < self.skip_samples {
            self.dropped += 1;
            return;
        }
        if !self.sounding {
            self.sounding = sample.abs() >= self.limits.silence;
            // Dropping in bulk keeps the cost per sample constant.
            if self.kept.len() >= 2 * self.lead_kept_samples {
                self.kept.drain(..self.lead_kept_samples);
                self.dropped += self.lead_kept_samples as u64;
            }
        }
        if !self.is_full() {
            self.kept.push(sample);
        }
    }
}

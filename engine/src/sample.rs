//! Recordings: audio files in, one-shots between, WAV files out.
//!
//! Worker and main threads only: everything here allocates, reads files and may take seconds.
//! A file is outside data. Whatever is in it, the answer is a [`Recording`] or one [`SampleError`]
//! that says what is wrong and what to do; work and memory are bounded before the first byte is read.

mod bytes;
mod channels;
mod container;
mod decode;
mod flac;
mod high_pass;
mod kinds;
mod level;
mod mix;
mod one_shot;
mod onset;
mod outline;
mod resample;
mod sink;
mod stream;
mod track;
mod wav;
mod window;

use std::path::{Path, PathBuf};

pub use channels::Channels;
pub(crate) use decode::decode_flac;
pub use flac::{FlacError, FlacFormat, MAX_FLAC_RATE_HZ, encode_flac, write_flac};
pub(crate) use high_pass::without_infrasound;
pub use kinds::{FileKind, file_kind};
pub use level::{LOUDNESS_LUFS, loudness_lufs, normalise_loudness};
pub use one_shot::{one_shot, region, start_s};
pub use outline::Outline;
pub use resample::resample;
pub use wav::{encode_wav, put_wav_blocks, write_wav, write_wav_blocks};

/// Lowest sample rate that is read or written, in Hz.
pub const MIN_RATE_HZ: u32 = 4_000;
/// Highest sample rate that is read or written, in Hz.
pub const MAX_RATE_HZ: u32 = 768_000;
/// How much of a long file is read, in seconds from its first sound.
pub const LOOK_S: f64 = 20.0;
/// How much silence at the start of a file is skipped in search of its first sound, in seconds.
pub const LEAD_LIMIT_S: f64 = 600.0;
/// Largest file that is opened, in bytes.
pub const MAX_FILE_BYTES: u64 = 8 << 30;

/// Mono samples with their rate, and remarks on their origin for the user.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Mono samples, all finite; full scale is 1.
    pub samples: Vec<f32>,
    /// Sample rate in Hz.
    pub sample_rate_hz: u32,
    /// Where in its file the first sample was, in seconds.
    pub start_s: f64,
    /// The MIDI key that the file names as its own, with fractions of a key; `None` where it names none.
    pub root_key: Option<f32>,
    /// Remarks in plain words, such as "used the first 2.00 s after the onset at 0.35 s".
    pub notes: Vec<String>,
}

impl Recording {
    /// Samples that do not come from a file.
    pub fn new(samples: Vec<f32>, sample_rate_hz: u32) -> Self {
        Self { samples, sample_rate_hz, start_s: 0.0, root_key: None, notes: Vec::new() }
    }
}

/// Why a recording cannot be read, converted or written.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The file cannot be read as audio.
    #[error("cannot read {}: {problem}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: ReadProblem,
    },
    /// The file cannot be written.
    #[error("cannot write {}: {problem}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What went wrong; nothing is left behind.
        problem: String,
    },
    /// Nothing but silence.
    #[error("the recording is silent, so there is no sound to find in it")]
    Silent,
    /// A sample rate outside the limits.
    #[error("a sample rate of {0} Hz is outside {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz; convert the file first")]
    Rate(u32),
    /// A sample is NaN or infinite.
    #[error("sample {0} is not a finite number")]
    NotFinite(usize),
    /// The rate converter refused.
    #[error("cannot change the sample rate from {from_hz} to {to_hz} Hz: {reason}")]
    Resample {
        /// The rate of the samples.
        from_hz: u32,
        /// The wanted rate.
        to_hz: u32,
        /// The converter's own words.
        reason: String,
    },
}

/// What is wrong with an audio file.
#[derive(Debug, thiserror::Error)]
pub enum ReadProblem {
    /// The system refuses: missing, no permission, broken disk.
    #[error("{0}")]
    System(std::io::Error),
    /// A folder, a device or a pipe.
    #[error("it is not a regular file")]
    NotAFile,
    /// No bytes or no samples.
    #[error("it is empty: there is no audio in it")]
    Empty,
    /// Above [`MAX_FILE_BYTES`].
    #[error("it has {0} bytes; files up to {MAX_FILE_BYTES} bytes are read: cut out the part you need")]
    TooLarge(u64),
    /// No known container or codec.
    #[error("it is not an audio file that can be read: WAV, AIFF, AU, CAF, FLAC, MP3, Ogg, AAC or M4A ({0})")]
    Unknown(String),
    /// A known container or codec that is not read: its name.
    #[error("{0} is not read; convert it to PCM")]
    NotRead(String),
    /// Lossless audio ends before the place that the header names.
    #[error("it is truncated: its header promises {promised} samples and {found} are there; copy or export it again")]
    Truncated {
        /// Sample frames by the header.
        promised: u64,
        /// Sample frames that are there.
        found: u64,
    },
    /// Damaged data.
    #[error("it is corrupt at {at_s:.3} s ({reason}); copy or export it again")]
    Corrupt {
        /// Where decoding stopped, in seconds.
        at_s: f64,
        /// The decoder's own words.
        reason: String,
    },
    /// NaN or infinity.
    #[error("it holds a value that is not a finite number at {at_s:.3} s (channel {channel}); export it again")]
    NotFinite {
        /// Where, in seconds from the start of the file.
        at_s: f64,
        /// Which channel, counted from 1.
        channel: usize,
    },
    /// No sound from the start to the end.
    #[error("it is silent throughout")]
    Silent,
    /// No sound in the part that is read; more follows.
    #[error("its first {looked_s:.1} s are silent; cut the silence off the start")]
    SilentStart {
        /// How much was read, in seconds.
        looked_s: f64,
    },
    /// The wanted part lies after the end.
    #[error("it ends at {found_s:.2} s, before the region that begins at {start_s:.2} s; choose an earlier one")]
    Short {
        /// Length of the file in seconds.
        found_s: f64,
        /// Where the region was to begin, in seconds.
        start_s: f64,
    },
    /// A sample rate outside the limits.
    #[error("its sample rate is {0} Hz; {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz are read: convert it first")]
    Rate(u32),
}

/// Reads an audio file of any bit depth and channel count, mixed to mono: WAV, AIFF, AU, CAF, FLAC, MP3, Ogg Vorbis, AAC, ALAC.
///
/// What is in the file decides, not its name and not the sizes that its headers state. Of channels that cancel when mixed the loudest one is
/// used. Of a long file only the first [`LOOK_S`] seconds from its first sound are read. Notes say so.
///
/// # Errors
/// [`SampleError::Read`] with what is wrong with the file.
pub fn read(path: &Path) -> Result<Recording, SampleError> {
    decode::read_file(path).map_err(|problem| SampleError::Read { path: path.to_path_buf(), problem })
}

/// Reads a file as [`read`] does, from `start_s` seconds on, silence included.
///
/// # Errors
/// [`SampleError::Read`] with what is wrong with the file, also when it ends before `start_s`.
pub fn read_from(path: &Path, start_s: f64) -> Result<Recording, SampleError> {
    decode::read_file_from(path, start_s).map_err(|problem| SampleError::Read { path: path.to_path_buf(), problem })
}

/// Reads the first `look_s` seconds of a file with all its channels, silence included; less of a file whose samples would not fit into half
/// a gigabyte.
///
/// # Errors
/// [`SampleError::Read`] with what is wrong with the file, also when all that was read is silent.
pub fn read_channels(path: &Path, look_s: f64) -> Result<Channels, SampleError> {
    decode::read_file_channels(path, look_s).map_err(|problem| SampleError::Read { path: path.to_path_buf(), problem })
}

/// The outline of the part of a file in which [`read`] looks for the first sound and reads; the rest of a longer file is left out.
///
/// # Errors
/// [`SampleError::Read`] when no sample can be read.
pub fn outline(path: &Path) -> Result<Outline, SampleError> {
    decode::outline_file(path).map_err(|problem| SampleError::Read { path: path.to_path_buf(), problem })
}

/// Whether files and conversions at this rate are supported.
#[must_use]
pub fn is_supported_rate(rate_hz: u32) -> bool {
    (MIN_RATE_HZ..=MAX_RATE_HZ).contains(&rate_hz)
}

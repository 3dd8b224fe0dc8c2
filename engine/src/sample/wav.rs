//! Writing WAV: 32-bit float, into files that appear whole or not at all, or into memory.
//!
//! Worker and main threads only.

use std::io::{self, BufWriter, Cursor, Seek, Write};
use std::path::Path;

use hound::{SampleFormat, WavSpec, WavWriter};

use super::SampleError;
use crate::files::replace;

/// Writes interleaved `samples` as a 32-bit float WAV file.
///
/// The file appears under its name only when it is complete; an existing one is replaced in one step.
///
/// # Errors
/// [`SampleError::Write`] with the reason; nothing is left behind.
pub fn write_wav(path: &Path, samples: &[f32], channels: u16, rate_hz: u32) -> Result<(), SampleError> {
    replace(path, |file| put(BufWriter::new(file), samples, channels, rate_hz))
        .map_err(|error| SampleError::Write { path: path.to_path_buf(), problem: error.to_string() })
}

/// Writes a 32-bit float WAV file of what `next` appends to an empty buffer, interleaved, until it answers `false`: the memory needed is
/// that of one buffer.
///
/// The file appears under its name only when it is complete; an existing one is replaced in one step.
///
/// # Errors
/// [`SampleError::Write`] with the reason, that of `next` among them; nothing is left behind.
pub fn write_wav_blocks(
    path: &Path,
    channels: u16,
    rate_hz: u32,
    next: impl FnMut(&mut Vec<f32>) -> io::Result<bool>,
) -> Result<(), SampleError> {
    replace(path, |file| put_wav_blocks(BufWriter::new(file), channels, rate_hz, next))
        .map_err(|error| SampleError::Write { path: path.to_path_buf(), problem: error.to_string() })
}

/// As [`write_wav_blocks`], into a stream.
///
/// # Errors
/// Of the stream and of `next`.
pub fn put_wav_blocks(
    out: impl Write + Seek,
    channels: u16,
    rate_hz: u32,
    mut next: impl FnMut(&mut Vec<f32>) -> io::Result<bool>,
) -> io::Result<()> {
    let mut writer = writer(out, channels, rate_hz)?;
    let mut block = Vec::new();
    while next(&mut block)? {
        for &sample in &block {
            writer.write_sample(sample).map_err(io_error)?;
        }
        block.clear();
    }
    writer.finalize().map_err(io_error)
}

/// Interleaved `samples` as the bytes of a 32-bit float WAV file, with its length in its header.
///
/// # Errors
/// For samples that do not divide into channels, and beyond the 4 GiB that a WAV file can have.
pub fn encode_wav(samples: &[f32], channels: u16, rate_hz: u32) -> io::Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    put(&mut bytes, samples, channels, rate_hz)?;
    Ok(bytes.into_inner())
}

fn put(out: impl Write + Seek, samples: &[f32], channels: u16, rate_hz: u32) -> io::Result<()> {
    if channels == 0 || !samples.len().is_multiple_of(usize::from(channels)) {
        return Err(io::Error::other(format!("{} samples do not divide into {channels} channels", samples.len())));
    }
    let mut writer = writer(out, channels, rate_hz)?;
    for &sample in samples {
        writer.write_sample(sample).map_err(io_error)?;
    }
    writer.finalize().map_err(io_error)
}

fn writer<W: Write + Seek>(out: W, channels: u16, rate_hz: u32) -> io::Result<WavWriter<W>> {
    let spec = WavSpec { channels, sample_rate: rate_hz, bits_per_sample: 32, sample_format: SampleFormat::Float };
    WavWriter::new(out, spec).map_err(io_error)
}

fn io_error(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(e) => e,
        other => io::Error::other(other.to_string()),
    }
}

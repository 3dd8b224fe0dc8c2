//! Writing WAV files: 32-bit float, whole or not at all.
//!
//! Worker and main threads only.

use std::io::BufWriter;
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
    let problem = |problem: String| SampleError::Write { path: path.to_path_buf(), problem };
    if channels == 0 || !samples.len().is_multiple_of(usize::from(channels)) {
        return Err(problem(format!("{} samples do not divide into {channels} channels", samples.len())));
    }
    let spec = WavSpec { channels, sample_rate: rate_hz, bits_per_sample: 32, sample_format: SampleFormat::Float };
    replace(path, |file| {
        let mut writer = WavWriter::new(BufWriter::new(file), spec).map_err(io_error)?;
        for &sample in samples {
            writer.write_sample(sample).map_err(io_error)?;
        }
        writer.finalize().map_err(io_error)
    })
    .map_err(|error| problem(error.to_string()))
}

fn io_error(error: hound::Error) -> std::io::Error {
    match error {
        hound::Error::IoError(e) => e,
        other => std::io::Error::other(other.to_string()),
    }
}

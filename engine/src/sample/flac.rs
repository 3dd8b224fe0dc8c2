//! FLAC streams from integer samples, and FLAC files. Main and worker threads only: two seconds take tens of milliseconds.

use std::io::Write as _;
use std::path::Path;

use flacenc::bitsink::ByteSink;
use flacenc::component::BitRepr as _;
use flacenc::error::Verify as _;
use flacenc::source::MemSource;

use super::SampleError;
use crate::files::replace;

/// Highest sample rate of the FLAC streams that are written, in Hz: the encoder's limit.
pub const MAX_FLAC_RATE_HZ: u32 = 96_000;
/// Bits of a sample in the files that are written.
const FILE_BITS: usize = 24;
/// Steps of such a sample from zero to full scale.
const FULL_SCALE: f32 = (1_i32 << (FILE_BITS - 1)) as f32;

/// How the samples of a FLAC stream are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlacFormat {
    /// Channels, whose samples take turns.
    pub channels: usize,
    /// Bits of a sample.
    pub bits: usize,
    /// Sample rate in Hz.
    pub sample_rate_hz: u32,
}

/// Why samples cannot be encoded, in the encoder's words.
#[derive(Debug, thiserror::Error)]
#[error("cannot encode FLAC: {0}")]
pub struct FlacError(String);

/// A whole FLAC stream of interleaved samples, each within the range of `format.bits`.
///
/// # Errors
/// [`FlacError`] when the encoder refuses the format or a sample.
pub fn encode_flac(interleaved: &[i32], format: FlacFormat) -> Result<Vec<u8>, FlacError> {
    let stream = encode(interleaved, format, flacenc::config::Encoder::default())?;
    // The encoder's Rice parameters end at 14, with which a sample of loud noise takes up to 512 bits instead of its 24.
    let plain_bytes = interleaved.len() * format.bits / 8;
    if stream.len() <= plain_bytes {
        return Ok(stream);
    }
    let mut plain = flacenc::config::Encoder::default();
    (plain.subframe_coding.use_fixed, plain.subframe_coding.use_lpc) = (false, false);
    let plain = encode(interleaved, format, plain)?;
    Ok(if plain.len() < stream.len() { plain } else { stream })
}

fn encode(interleaved: &[i32], format: FlacFormat, config: flacenc::config::Encoder) -> Result<Vec<u8>, FlacError> {
    let config = config.into_verified().map_err(|(_, error)| failed(&error))?;
    let source = MemSource::from_samples(interleaved, format.channels, format.bits, format.sample_rate_hz as usize);
    let block_samples = config.block_size;
    let stream = flacenc::encode_with_fixed_block_size(&config, source, block_samples);
    let mut stream = stream.map_err(|error| failed(&error))?;
    // The encoder states the shorter last block as the smallest block size. By the format's text the last block does not count, and
    // readers that go by it take such a stream for one of variable block size and find no frame in it.
    stream.stream_info_mut().set_block_sizes(block_samples, block_samples).map_err(|error| failed(&error))?;
    let mut sink = ByteSink::new();
    stream.write(&mut sink).map_err(|error| failed(&error))?;
    Ok(sink.into_inner())
}

/// Writes interleaved `samples` as a 24-bit FLAC file, and returns how many of them lay beyond full scale and were clipped.
///
/// The file appears under its name only when it is complete; an existing one is replaced in one step.
///
/// # Errors
/// [`SampleError::Write`] with the reason; nothing is left behind.
pub fn write_flac(path: &Path, samples: &[f32], channels: usize, rate_hz: u32) -> Result<usize, SampleError> {
    let problem = |problem: String| SampleError::Write { path: path.to_path_buf(), problem };
    let format = FlacFormat { channels, bits: FILE_BITS, sample_rate_hz: rate_hz };
    let steps: Vec<i32> = samples.iter().map(|&sample| step(sample)).collect();
    let stream = encode_flac(&steps, format).map_err(|error| problem(error.to_string()))?;
    replace(path, |file| file.write_all(&stream)).map_err(|error| problem(error.to_string()))?;
    Ok(samples.iter().filter(|sample| sample.abs() > 1.0).count())
}

/// The step nearest to a sample; the largest one for full scale and beyond.
fn step(sample: f32) -> i32 {
    (sample * FULL_SCALE).round().clamp(-FULL_SCALE, FULL_SCALE - 1.0) as i32
}

fn failed(error: &dyn std::fmt::Display) -> FlacError {
    FlacError(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::decode_flac;

    #[test]
    fn samples_come_back_exactly_and_stereo_is_mixed_by_the_reader() {
        let sound: Vec<i32> = (0..9_001).map(|n: i32| (n * 7_919) % 60_000 - 30_000).collect();
        let format = FlacFormat { channels: 1, bits: 24, sample_rate_hz: 48_000 };
        let read = decode_flac(encode_flac(&sound, format).expect("encodes"), 2.0).expect("decodes");
        let steps: Vec<i32> = read.samples.iter().map(|sample| (sample * 8_388_608.0).round() as i32).collect();
        assert_eq!((read.sample_rate_hz, steps), (48_000, sound.clone()));
        let both: Vec<i32> = sound.iter().flat_map(|sample| [*sample, -*sample]).collect();
        let stereo = FlacFormat { channels: 2, ..format };
        let read = decode_flac(encode_flac(&both, stereo).expect("encodes"), 2.0).expect("decodes");
        assert_eq!(read.samples, vec![0.0; sound.len()]);
    }

    #[test]
    fn a_file_of_any_rate_and_length_is_within_half_a_step_and_clips_at_full_scale() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.flac");
        for (rate_hz, count) in
            [(4_000, 40), (44_100, 4_096), (44_101, 4_097), (65_537, 9_000), (MAX_FLAC_RATE_HZ, 960)]
        {
            let sound: Vec<f32> = (0..count).map(|n| 1.5 * (n as f32 * 0.1).sin()).collect();
            let clipped = write_flac(&path, &sound, 1, rate_hz).expect("written");
            assert_eq!(clipped, sound.iter().filter(|sample| sample.abs() > 1.0).count());
            let read = decode_flac(std::fs::read(&path).expect("there"), 10.0).expect("decodes");
            assert_eq!((read.sample_rate_hz, read.samples.len()), (rate_hz, count));
            for (read, sample) in read.samples.iter().zip(&sound) {
                let error_steps = (read - sample.clamp(-1.0, 1.0)).abs() * FULL_SCALE;
                // Full scale itself is one step beyond the largest value.
                assert!(error_steps <= if *sample >= 1.0 { 1.0 } else { 0.5 }, "{sample}: {error_steps} steps");
            }
        }
        let before = std::fs::read(&path).expect("there");
        assert!(write_flac(&path, &[0.5; 5_000], 1, MAX_FLAC_RATE_HZ + 1).is_err());
        assert_eq!(std::fs::read(&path).expect("there"), before);
    }

    #[test]
    fn noise_at_full_scale_takes_no_more_than_its_bits_and_comes_back() {
        const OVERHEAD_BYTES: usize = 1_000;
        let mut state = 1_u32;
        let noise: Vec<i32> = (0..20_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as i32 - (1 << 23)
            })
            .collect();
        let stream =
            encode_flac(&noise, FlacFormat { channels: 1, bits: 24, sample_rate_hz: 44_100 }).expect("encodes");
        assert!(stream.len() < noise.len() * 3 + OVERHEAD_BYTES, "{} bytes", stream.len());
        let read = decode_flac(stream, 1.0).expect("decodes");
        assert!(read.samples.iter().zip(&noise).all(|(read, step)| read * FULL_SCALE == *step as f32));
    }

    #[test]
    fn samples_beyond_the_bits_are_refused() {
        let format = FlacFormat { channels: 1, bits: 16, sample_rate_hz: 44_100 };
        assert!(encode_flac(&[0, 40_000, 0, 0], format).is_err());
    }
}

//! FLAC streams from integer samples, in memory. Main and worker threads only: two seconds take tens of milliseconds.

use flacenc::bitsink::ByteSink;
use flacenc::component::BitRepr as _;
use flacenc::error::Verify as _;
use flacenc::source::MemSource;

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
    let config = flacenc::config::Encoder::default().into_verified().map_err(|(_, error)| failed(&error))?;
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
    fn samples_beyond_the_bits_are_refused() {
        let format = FlacFormat { channels: 1, bits: 16, sample_rate_hz: 44_100 };
        assert!(encode_flac(&[0, 40_000, 0, 0], format).is_err());
    }
}

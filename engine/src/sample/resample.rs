//! Sample rate conversion of whole sounds, through rubato.
//!
//! Worker and main threads only; voices resample with their own interpolator.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler, WindowFunction};

use super::{SampleError, is_supported_rate};

/// Length of the anti-aliasing filter in samples of the lower of the two rates. With it the response is flat to
/// 99 % of the lower Nyquist frequency, and its ringing (±12 ms at 44.1 kHz) is confined to that last 1 %.
const FILTER_SAMPLES: u64 = 1024;

/// Converts `samples` from `from_hz` to `to_hz`; the length is scaled and rounded, time 0 stays at sample 0.
///
/// Equal rates return the samples unchanged, bit for bit.
///
/// # Errors
/// [`SampleError::Rate`] for an unsupported rate, [`SampleError::Resample`] when the converter refuses.
pub fn resample(samples: &[f32], from_hz: u32, to_hz: u32) -> Result<Vec<f32>, SampleError> {
    for rate_hz in [from_hz, to_hz] {
        if !is_supported_rate(rate_hz) {
            return Err(SampleError::Rate(rate_hz));
        }
    }
    if from_hz == to_hz || samples.is_empty() {
        return Ok(samples.to_vec());
    }
    let wanted = (samples.len() as f64 * f64::from(to_hz) / f64::from(from_hz)).round() as usize;
    let mut output =
        convert(samples, from_hz, to_hz).map_err(|reason| SampleError::Resample { from_hz, to_hz, reason })?;
    output.resize(wanted, 0.0);
    Ok(output)
}

fn convert(samples: &[f32], from_hz: u32, to_hz: u32) -> Result<Vec<f32>, String> {
    // An even number of the smallest exact blocks: half a block, the delay, is then whole on both sides.
    let smallest_block = u64::from(from_hz / gcd(from_hz, to_hz));
    let filter = FILTER_SAMPLES * u64::from(from_hz.max(to_hz)) / u64::from(to_hz);
    let block = smallest_block * filter.div_ceil(smallest_block).next_multiple_of(2);
    let mut resampler = Fft::<f32>::new_custom(
        from_hz as usize,
        to_hz as usize,
        block as usize,
        1,
        1,
        WindowFunction::BlackmanHarris2,
        FixedSync::Input,
    )
    .map_err(|e| e.to_string())?;
    let input = InterleavedSlice::new(samples, 1, samples.len()).map_err(|e| e.to_string())?;
    let output = resampler.process_all(&input, samples.len(), None).map_err(|e| e.to_string())?;
    Ok(output.take_data())
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

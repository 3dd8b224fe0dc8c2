//! Envelopes of cochlear bands: 30 half-cosine filters on the ERB scale, magnitude of the analytic signal, power 0.3, 400 Hz.

use realfft::RealFftPlanner;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex64;

/// Sample rate of envelopes in Hz.
pub(super) const ENVELOPE_RATE_HZ: f64 = 400.0;
/// Filters.
const BANDS: usize = 30;
/// Lower edge of the lowest and upper edge of the highest filter in Hz, where the sample rate allows it.
const RANGE_HZ: [f64; 2] = [52.0, 9_700.0];
/// Compression of the envelopes.
const COMPRESSION: f64 = 0.3;
/// So much is analysed, in seconds.
const LONGEST_S: f64 = 60.0;

/// Number of equivalent rectangular bandwidths below a frequency (Glasberg and Moore 1990).
fn erb_number(hz: f64) -> f64 {
    9.265 * (1.0 + hz / (24.7 * 9.265)).ln()
}

fn erb_hz(number: f64) -> f64 {
    24.7 * 9.265 * ((number / 9.265).exp() - 1.0)
}

/// The envelope of each band, at [`ENVELOPE_RATE_HZ`]; none of less than a tenth of a second.
pub(super) fn envelopes(samples: &[f32], rate_hz: f64) -> Vec<Vec<f64>> {
    // Whole periods of the envelopes' rate.
    let seconds = ((samples.len() as f64 / rate_hz).min(LONGEST_S) * 10.0).floor() / 10.0;
    let length = (seconds * rate_hz) as usize;
    if length < 64 {
        return Vec::new();
    }
    let forward = RealFftPlanner::<f64>::new().plan_fft_forward(length);
    let mut spectrum = forward.make_output_vec();
    let mut time: Vec<f64> = samples[..length].iter().map(|sample| f64::from(*sample)).collect();
    forward.process(&mut time, &mut spectrum).expect("plan and buffers are made together");
    let high_hz = RANGE_HZ[1].min(0.47 * rate_hz);
    let (low, high) = (erb_number(RANGE_HZ[0]), erb_number(high_hz));
    let edge = |index: usize| low + (high - low) * index as f64 / (BANDS + 1) as f64;
    let mut planner = FftPlanner::new();
    (0..BANDS)
        .map(|band| envelope(&spectrum, [edge(band), edge(band + 2)], length as f64 / rate_hz, length, &mut planner))
        .collect()
}

/// The envelope of the band between two ERB numbers.
fn envelope(
    spectrum: &[Complex64],
    edges: [f64; 2],
    seconds: f64,
    length: usize,
    planner: &mut FftPlanner<f64>,
) -> Vec<f64> {
    let bins = edges.map(|edge| ((erb_hz(edge) * seconds) as usize).min(spectrum.len() - 1));
    let out_len = (ENVELOPE_RATE_HZ * seconds).round() as usize;
    // The band alone, moved to 0 Hz: its magnitude is the same, and a lower rate holds it. Compression widens it.
    let size = (4 * (bins[1] - bins[0])).max(4 * out_len).next_multiple_of(64);
    let mut values = vec![Complex64::ZERO; size];
    let (middle, half) = ((edges[0] + edges[1]) / 2.0, (edges[1] - edges[0]) / 2.0);
    for bin in bins[0]..=bins[1] {
        let place = ((erb_number(bin as f64 / seconds) - middle) / half).clamp(-1.0, 1.0);
        values[bin - bins[0]] = spectrum[bin] * (place * std::f64::consts::FRAC_PI_2).cos();
    }
    planner.plan_fft_inverse(size).process(&mut values);
    let scale = 2.0 / length as f64;
    for value in &mut values {
        *value = Complex64::new((value.norm() * scale).powf(COMPRESSION), 0.0);
    }
    planner.plan_fft_forward(size).process(&mut values);
    let mut low = vec![Complex64::ZERO; out_len];
    for bin in 0..out_len.div_ceil(2) {
        low[bin] = values[bin];
        if bin > 0 {
            low[out_len - bin] = values[size - bin];
        }
    }
    planner.plan_fft_inverse(out_len).process(&mut low);
    low.iter().map(|value| (value.re / size as f64).max(0.0)).collect()
}

//! Removes what is not sound from a recording: a constant offset and infrasound. Worker and main threads only; allocates.

use std::f64::consts::{PI, SQRT_2};

/// Below this, in hertz, no instrument sounds: key 21 has 27.5 Hz.
const CUT_HZ: f64 = 20.0;

/// The samples through a Butterworth high-pass of second order at 20 Hz, which starts as if the first sample had always been.
pub(crate) fn without_infrasound(samples: &[f32], rate_hz: u32) -> Vec<f32> {
    // The bilinear transform of 1/(s² + √2·s + 1), as in any filter cookbook.
    let tangent = (PI * CUT_HZ / f64::from(rate_hz)).tan();
    let scale = 1.0 / (1.0 + SQRT_2 * tangent + tangent * tangent);
    let feedback = [2.0 * (tangent * tangent - 1.0) * scale, (1.0 - SQRT_2 * tangent + tangent * tangent) * scale];
    let first = f64::from(samples.first().copied().unwrap_or(0.0));
    let (mut x, mut y) = ([0.0; 2], [0.0; 2]);
    let filtered = samples.iter().map(|sample| {
        let input = f64::from(*sample) - first;
        let output = scale * (input - 2.0 * x[0] + x[1]) - feedback[0] * y[0] - feedback[1] * y[1];
        (x, y) = ([input, x[0]], [output, y[0]]);
        output as f32
    });
    filtered.collect()
}

/// Takes a constant offset off the samples: one that all parts of the recording have. The mean of a sound that has none, such as a pulse
/// wave with silence after it, stays.
pub(super) fn remove_offset(samples: &mut [f32]) {
    const PARTS: usize = 8;
    /// Shorter recordings are all sound.
    const LEAST_SAMPLES: usize = 4_096;
    /// A smaller offset against the peak is not heard, −60 dB.
    const LEAST: f64 = 1e-3;
    /// How far the parts may differ, against the offset.
    const SPREAD: f64 = 0.5;
    if samples.len() < LEAST_SAMPLES {
        return;
    }
    let mean = |part: &[f32]| part.iter().map(|v| f64::from(*v)).sum::<f64>() / part.len() as f64;
    let mut means: Vec<f64> = samples.chunks_exact(samples.len() / PARTS).map(mean).collect();
    means.sort_by(f64::total_cmp);
    let (offset, spread) = (mean(samples), means[means.len() - 1] - means[0]);
    let peak = samples.iter().fold(0.0_f32, |peak, v| peak.max(v.abs()));
    if offset.abs() > LEAST * f64::from(peak) && spread < SPREAD * offset.abs() {
        samples.iter_mut().for_each(|v| *v -= offset as f32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, offset: f64) -> Vec<f32> {
        (0..44_100).map(|n| (offset + 0.5 * (n as f64 * hz * 2.0 * PI / 44_100.0).sin()) as f32).collect()
    }

    fn peak(samples: &[f32]) -> f32 {
        samples.iter().fold(0.0, |peak, v| peak.max(v.abs()))
    }

    #[test]
    fn offset_and_infrasound_go_and_tones_stay() {
        assert!(peak(&without_infrasound(&[0.25; 44_100], 44_100)) < 1e-6);
        assert!(peak(&without_infrasound(&tone(2.0, 0.1), 44_100)[22_050..]) < 0.01);
        assert!((peak(&without_infrasound(&tone(100.0, 0.3), 44_100)[22_050..]) - 0.5).abs() < 0.005);
    }

    #[test]
    fn an_offset_is_what_all_parts_have() {
        let mut samples = tone(220.0, 0.15);
        remove_offset(&mut samples);
        assert!(samples.iter().zip(tone(220.0, 0.0)).all(|(a, b)| (a - b).abs() < 2e-3));
        let mut pulse = tone(220.0, 0.15);
        pulse[20_000..].fill(0.0);
        let before = pulse.clone();
        remove_offset(&mut pulse);
        assert_eq!(pulse, before);
    }
}

//! The common loudness of all recordings. WORKER side.
//!
//! Sounds of equal peak are not equally loud: a held organ is 15 dB above a click. So every recording is scaled to one loudness
//! before a model is trained on it, as far as its peak allows. The model learns that level with the sound, which makes it as smooth
//! over the latent space as the sound itself. A loudness that is measured and corrected after each decode would jump when a
//! single partial does, for all partials.

use ebur128::{EbuR128, Mode};

/// Target of the largest momentary loudness (400 ms, ITU-R BS.1770) in LUFS: trades headroom of tones against level of percussion, whose
/// peaks reach full scale first.
pub const LOUDNESS_LUFS: f64 = -16.0;
/// Interval between measurements of the momentary loudness, in seconds.
const STEP_S: f64 = 0.1;

/// Scales a sound to [`LOUDNESS_LUFS`], or to peak 1 if that comes first.
pub fn normalise_loudness(samples: &mut [f32], rate_hz: u32) {
    let peak = samples.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    let by_peak = 1.0 / peak.max(1e-9);
    let by_loudness =
        loudness_lufs(samples, rate_hz).map_or(by_peak, |found| 10f32.powf(((LOUDNESS_LUFS - found) / 20.0) as f32));
    let gain = by_peak.min(by_loudness);
    samples.iter_mut().for_each(|sample| *sample *= gain);
}

/// Largest momentary loudness in LUFS; `None` for silence.
pub fn loudness_lufs(samples: &[f32], rate_hz: u32) -> Option<f64> {
    let mut meter = EbuR128::new(1, rate_hz, Mode::M).ok()?;
    let step = (f64::from(rate_hz) * STEP_S) as usize;
    let mut largest = f64::NEG_INFINITY;
    for part in samples.chunks(step.max(1)) {
        meter.add_frames_f32(part).ok()?;
        largest = largest.max(meter.loudness_momentary().ok()?);
    }
    largest.is_finite().then_some(largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: u32 = 44_100;

    fn tone(level: f32, decay: f32) -> Vec<f32> {
        (0..88_064).map(|n| level * (-decay * n as f32 / 44_100.0).exp() * (n as f32 * 0.0627).sin()).collect()
    }

    fn peak(samples: &[f32]) -> f32 {
        samples.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
    }

    #[test]
    fn held_and_struck_tones_come_out_equally_loud_whatever_their_level() {
        const TOLERANCE_LU: f64 = 0.1;
        for (level, decay) in [(1.0, 0.0), (0.3, 0.0), (0.5, 2.0), (1.4, 5.0)] {
            let mut samples = tone(level, decay);
            normalise_loudness(&mut samples, RATE_HZ);
            let loudness = loudness_lufs(&samples, RATE_HZ).expect("it sounds");
            assert!((loudness - LOUDNESS_LUFS).abs() < TOLERANCE_LU, "{level}, {decay}: {loudness} LUFS");
        }
    }

    #[test]
    fn a_click_keeps_peak_1_and_silence_stays() {
        let mut click = tone(0.5, 600.0);
        normalise_loudness(&mut click, RATE_HZ);
        assert!((peak(&click) - 1.0).abs() < 1e-5);
        let mut silence = vec![0.0; 88_064];
        normalise_loudness(&mut silence, RATE_HZ);
        assert_eq!(peak(&silence), 0.0);
    }
}

//! The log-mel error: the level difference of two sounds at three time–frequency resolutions. Allocates; never on the audio thread.

use crate::spectral::{MelBank, Stft};

/// Transform lengths in samples. Phase errors are visible only when several lengths are measured.
const FFT_SIZES: [usize; 3] = [512, 2048, 8192];
const SAMPLE_RATE_HZ: f64 = 44_100.0;
const LENGTH_SAMPLES: usize = 88_200;
const BANDS: usize = 128;
const FLOOR_DB: f32 = -80.0;

/// Mean absolute level difference in dB over the bands of all active frames.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogMelError {
    /// For transforms of 512, 2048 and 8192 samples.
    pub by_size_db: [f32; 3],
}

impl LogMelError {
    /// Mean of the three sizes: the leading figure.
    pub fn mean_db(&self) -> f32 {
        self.by_size_db.iter().sum::<f32>() / 3.0
    }
}

/// Measures [`LogMelError`]s; reuses its plans and mel banks.
pub struct LogMelMeter {
    scales: Vec<(Stft, MelBank, f32)>,
}

impl Default for LogMelMeter {
    fn default() -> Self {
        let scales = FFT_SIZES.map(|size| {
            let bank = MelBank::new(SAMPLE_RATE_HZ, size, BANDS, 20.0, SAMPLE_RATE_HZ / 2.0);
            (Stft::with_sizes(size, size / 4, size / 2), bank, size as f32 / 4.0)
        });
        Self { scales: scales.into() }
    }
}

impl LogMelMeter {
    /// Error between two mono sounds at 44.1 kHz. Each is divided by its peak and cut or padded to 2 s; magnitudes are those
    /// of a centred STFT with hop N/4, divided by N/4, in 128 HTK mel bands from 20 Hz, floored at −80 dB; frames in which
    /// both sounds are at the floor do not count. Two silent sounds have error 0.
    pub fn measure(&mut self, one: &[f32], other: &[f32]) -> LogMelError {
        let (one, other) = (prepared(one), prepared(other));
        let mut error = LogMelError::default();
        for (scale, result) in self.scales.iter_mut().zip(&mut error.by_size_db) {
            *result = mean_difference_db(&levels_db(scale, &one), &levels_db(scale, &other));
        }
        error
    }
}

fn prepared(samples: &[f32]) -> Vec<f32> {
    let mut out = samples[..samples.len().min(LENGTH_SAMPLES)].to_vec();
    out.resize(LENGTH_SAMPLES, 0.0);
    let peak = out.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    if peak > 0.0 {
        out.iter_mut().for_each(|sample| *sample /= peak);
    }
    out
}

/// Band levels in dB, frame after frame.
fn levels_db((stft, bank, full_scale): &mut (Stft, MelBank, f32), samples: &[f32]) -> Vec<f32> {
    let spectrogram = stft.analyse(samples);
    let mut levels = Vec::with_capacity(spectrogram.frames() * BANDS);
    for bins in spectrogram.values.chunks_exact(spectrogram.bins) {
        let magnitudes: Vec<f32> = bins.iter().map(|bin| bin.norm_sqr().sqrt() / *full_scale).collect();
        levels.extend(bank.apply(&magnitudes).map(|level| (20.0 * level.max(1e-9).log10()).max(FLOOR_DB)));
    }
    levels
}

fn mean_difference_db(one: &[f32], other: &[f32]) -> f32 {
    let (mut sum, mut count) = (0.0f64, 0usize);
    for (one, other) in one.chunks_exact(BANDS).zip(other.chunks_exact(BANDS)) {
        if one.iter().chain(other).any(|level| *level > FLOOR_DB) {
            sum += one.iter().zip(other).map(|(a, b)| f64::from((a - b).abs())).sum::<f64>();
            count += BANDS;
        }
    }
    if count == 0 { 0.0 } else { (sum / count as f64) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_depends_on_the_spectrum_and_not_on_the_level() {
        let tone: Vec<f32> = (0..88_200).map(|n| (n as f32 * 0.06).sin() * (-(n as f32) / 2e4).exp()).collect();
        let quiet: Vec<f32> = tone.iter().map(|sample| sample * 0.1).collect();
        let dull: Vec<f32> = (0..88_200).map(|n| (n as f32 * 0.03).sin() * (-(n as f32) / 2e4).exp()).collect();
        let mut meter = LogMelMeter::default();
        assert!(meter.measure(&tone, &quiet).mean_db() < 1e-3);
        assert!(meter.measure(&tone, &dull).mean_db() > 1.0);
        assert_eq!(meter.measure(&[], &[]).mean_db(), 0.0);
    }

    /// The two sounds of `tests/python/log_mel_golden.py`.
    fn golden_sounds() -> [Vec<f32>; 2] {
        let tone = |n: usize, power: f64| -> f64 {
            let time_s = n as f64 / SAMPLE_RATE_HZ;
            let partial = |h: f64| (std::f64::consts::TAU * 220.0 * h * time_s).sin() / h.powf(power);
            (1..=6).map(|h| partial(f64::from(h))).sum::<f64>() * (-3.0 * time_s).exp()
        };
        let mut state = 1_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state) / 4_294_967_296.0 - 0.5
        };
        let heard = |n: usize| if n < 44_100 { 0.02 } else { 0.0 };
        let one = (0..LENGTH_SAMPLES).map(|n| tone(n, 1.0) as f32).collect();
        [one, (0..LENGTH_SAMPLES).map(|n| (tone(n, 1.5) + heard(n) * noise()) as f32).collect()]
    }

    #[test]
    fn the_error_agrees_with_an_independent_implementation() {
        // By `python3 tests/python/log_mel_golden.py`.
        const GOLDEN_DB: [f32; 3] = [5.1960, 3.2298, 0.9510];
        const TOLERANCE_DB: f32 = 0.005;
        let [one, other] = golden_sounds();
        let found = LogMelMeter::default().measure(&one, &other).by_size_db;
        for (found, golden) in found.iter().zip(GOLDEN_DB) {
            assert!((found - golden).abs() < TOLERANCE_DB, "{found} dB, {golden} dB by the definition");
        }
    }
}

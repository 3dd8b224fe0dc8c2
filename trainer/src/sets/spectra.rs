//! The short-time spectra that several embeddings share: mel levels and the shape of each frame's spectrum. Worker threads.

use engine::spectral::{MelBank, Stft};

use super::reading::Format;

/// Mel bands.
pub const BANDS: usize = 64;
/// Length of the analysis window in seconds, before it is rounded to a power of two.
const WINDOW_S: f64 = 0.04;
/// Frequencies of the outermost bands in hertz, where the rate allows them.
const RANGE_HZ: [f64; 2] = [40.0, 20_000.0];
/// Levels below this count as silence, in dB of a full-scale sine.
pub const FLOOR_DB: f32 = -80.0;
/// Part of a frame's power below its roll-off.
const ROLLOFF: f64 = 0.85;
/// Power of a frame, relative to a full-scale sine, below which its spectrum has no shape: 80 dB.
const LEAST_POWER: f64 = 1e-8;

/// Short-time spectra of a clip.
pub struct Spectra {
    /// Mel levels in dB, `[frame][band]`, floored at −80.
    pub levels_db: Vec<[f32; BANDS]>,
    /// Level of each frame in dB, floored at −80.
    pub frame_db: Vec<f32>,
    /// Of each frame that is not silent: octaves of the centroid and of the roll-off above 100 Hz, and the flatness in dB.
    pub shapes: Vec<[f32; 3]>,
    /// Centroid of the mean power spectrum in hertz.
    pub centroid_hz: f32,
    /// Frames a second.
    pub frame_rate_hz: f64,
}

/// Computes [`Spectra`]; keeps plans.
pub struct Analysis {
    stft: Stft,
    bank: MelBank,
    rate_hz: f64,
    window: usize,
}

impl Analysis {
    /// For clips of a format.
    pub fn new(format: &Format) -> Self {
        let rate_hz = f64::from(format.rate_hz);
        let window = 1 << (WINDOW_S * rate_hz).log2().round() as u32;
        let high_hz = RANGE_HZ[1].min(rate_hz / 2.0);
        Self {
            stft: Stft::with_sizes(window, window / 4, window / 2),
            bank: MelBank::new(rate_hz, window, BANDS, RANGE_HZ[0], high_hz),
            rate_hz,
            window,
        }
    }

    /// Of a clip.
    pub fn spectra(&mut self, samples: &[f32]) -> Spectra {
        let spectrogram = self.stft.analyse(samples);
        let full_scale = self.window as f32 / 4.0;
        let bin_hz = self.rate_hz / self.window as f64;
        let mut out = Spectra {
            levels_db: Vec::new(),
            frame_db: Vec::new(),
            shapes: Vec::new(),
            centroid_hz: 0.0,
            frame_rate_hz: self.rate_hz / (self.window / 4) as f64,
        };
        let mut total = vec![0.0_f64; spectrogram.bins];
        let mut magnitudes = vec![0.0_f32; spectrogram.bins];
        for bins in spectrogram.values.chunks_exact(spectrogram.bins) {
            for ((magnitude, bin), total) in magnitudes.iter_mut().zip(bins).zip(&mut total) {
                *magnitude = bin.norm() / full_scale;
                *total += f64::from(*magnitude).powi(2);
            }
            let mut levels = [FLOOR_DB; BANDS];
            for (level, value) in levels.iter_mut().zip(self.bank.apply(&magnitudes)) {
                *level = (20.0 * value.max(1e-9).log10()).max(FLOOR_DB);
            }
            out.levels_db.push(levels);
            let power: f64 = magnitudes.iter().map(|value| f64::from(*value).powi(2)).sum();
            out.frame_db.push((10.0 * power.max(1e-12).log10() as f32).max(FLOOR_DB));
            if power > LEAST_POWER {
                out.shapes.push(shape(&magnitudes, power, bin_hz));
            }
        }
        out.centroid_hz = centroid_hz(total.into_iter(), bin_hz) as f32;
        out
    }
}

/// Centroid of powers by bin; 0 of silence.
fn centroid_hz(powers: impl Iterator<Item = f64>, bin_hz: f64) -> f64 {
    let (mut sum, mut weighted) = (0.0, 0.0);
    for (bin, power) in powers.enumerate() {
        sum += power;
        weighted += power * bin as f64 * bin_hz;
    }
    if sum > 0.0 { weighted / sum } else { 0.0 }
}

fn octaves(hz: f64) -> f32 {
    (hz.max(10.0) / 100.0).log2() as f32
}

fn shape(magnitudes: &[f32], power: f64, bin_hz: f64) -> [f32; 3] {
    let powers = || magnitudes.iter().map(|value| f64::from(*value).powi(2));
    let mut below = 0.0;
    let rolloff = powers().position(|value| {
        below += value;
        below >= ROLLOFF * power
    });
    let count = magnitudes.len() as f64;
    let log = powers().map(|value| value.max(1e-14).ln()).sum::<f64>() / count;
    let flatness_db = 10.0 * (log / std::f64::consts::LN_10 - (power / count).log10());
    [octaves(centroid_hz(powers(), bin_hz)), octaves(rolloff.unwrap_or(0) as f64 * bin_hz), flatness_db as f32]
}

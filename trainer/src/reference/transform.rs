//! The report's features: 2 s at 44.1 kHz ↔ a mu-law magnitude spectrogram of 1025 bins and 83 frames.
//!
//! The one place of the report's features: its models learn from them here, and `trainer eval` measures the report's loss with
//! them. Any thread but the audio thread; allocates.

use engine::spectral::{Complex32, SpectralShape, Spectrogram, Stft};

use super::griffin_lim::fast_griffin_lim;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Window and transform length in samples.
pub const FFT_SIZE: usize = 2048;
/// Distance between frames in samples.
pub const HOP_SAMPLES: usize = 1024;
/// Frequency bins of a frame.
pub const BINS: usize = FFT_SIZE / 2 + 1;
/// Frames of a sound: 1025 × 83 values are the report's "85 000".
pub const FRAMES: usize = 83;
/// Factor of the mu-law.
pub const MU: f32 = 8.0;
/// Magnitude against full scale below which nothing is kept: −70 dB.
const GATE: f32 = 3.162e-4;
/// Zeros before and after a sound, so that the first frame is centred on its first sample and the onset is inside a window.
const PAD_SAMPLES: usize = FFT_SIZE / 2;
/// Seed of the phases that Griffin-Lim starts from.
const PHASE_SEED: u64 = 1;
/// Largest factor by which a quiet result is raised: near silence a larger factor only raises noise.
const MAX_RAISE: f32 = 4.0;

/// A magnitude against full scale, gated and mu-law encoded; 1 stays 1.
pub fn compress(magnitude: f32) -> f32 {
    if magnitude < GATE { 0.0 } else { (MU * magnitude).ln_1p() / MU.ln_1p() }
}

/// The magnitude against full scale of an encoded value; what the gate would have removed, and what is negative, is 0.
pub fn expand(value: f32) -> f32 {
    let magnitude = (value * MU.ln_1p()).exp_m1() / MU;
    if magnitude < GATE { 0.0 } else { magnitude }
}

/// A squared error summed over `values` values as a deviation in percent, as the report states it.
pub fn deviation_percent(loss: f64, values: usize) -> f64 {
    100.0 * (loss / values as f64).sqrt()
}

/// The transform and its inverse; keeps plans.
pub struct Transform {
    stft: Stft,
    full_scale: f32,
    sound_samples: usize,
}

impl Transform {
    /// Plans for sounds of the corpus's length.
    pub fn new() -> Self {
        let shape = SpectralShape::DEFAULT;
        Self {
            stft: Stft::with_sizes(FFT_SIZE, HOP_SAMPLES, PAD_SAMPLES),
            full_scale: shape.full_scale(),
            sound_samples: shape.sound_samples(),
        }
    }

    /// Features of a sound brought to peak 1: `[bin][frame]`, flat, each in [0, 1] but for clipped sounds.
    pub fn encode(&mut self, samples: &[f32]) -> Vec<f32> {
        self.magnitudes(samples).into_iter().map(compress).collect()
    }

    /// Magnitudes against full scale of a sound brought to peak 1: `[bin][frame]`, flat.
    pub fn magnitudes(&mut self, samples: &[f32]) -> Vec<f32> {
        let peak = samples.iter().fold(1e-9_f32, |peak, sample| peak.max(sample.abs()));
        let mut spectrogram = Spectrogram::zeros(BINS, FRAMES);
        self.stft.analyse_into(samples, FRAMES, &mut spectrogram);
        let scale = 1.0 / (self.full_scale * peak);
        let mut magnitudes = vec![0.0; BINS * FRAMES];
        for (frame, bins) in spectrogram.values.chunks_exact(BINS).enumerate() {
            for (bin, value) in bins.iter().enumerate() {
                magnitudes[bin * FRAMES + frame] = value.norm() * scale;
            }
        }
        magnitudes
    }

    /// Samples of features, phases by `iterations` of fast Griffin-Lim from random ones. What lies beyond the 83 frames
    /// repeats the last of them; the result has peak 1.
    pub fn decode(&mut self, features: &[f32], iterations: usize) -> Vec<f32> {
        let frames = self.stft.frames_of(self.sound_samples);
        let mut spectrogram = Spectrogram::zeros(BINS, frames);
        let mut rng = ChaCha8Rng::seed_from_u64(PHASE_SEED);
        for (frame, bins) in spectrogram.values.chunks_exact_mut(BINS).enumerate() {
            let source = frame.min(FRAMES - 1);
            for (bin, value) in bins.iter_mut().enumerate() {
                let magnitude = expand(features[bin * FRAMES + source]) * self.full_scale;
                *value = Complex32::from_polar(magnitude, rng.random_range(0.0..std::f32::consts::TAU));
            }
        }
        let mut samples = Vec::new();
        fast_griffin_lim(&mut self.stft, &mut spectrogram, iterations, &mut samples);
        self.stft.synthesise_into(&spectrogram, &mut samples);
        samples.resize(self.sound_samples, 0.0);
        bring_to_peak(&mut samples);
        samples
    }
}

/// Scales a sound to peak 1, a very quiet one by a bounded factor.
pub fn bring_to_peak(samples: &mut [f32]) {
    let peak = samples.iter().fold(1e-9_f32, |peak, sample| peak.max(sample.abs()));
    let gain = (1.0 / peak).min(MAX_RAISE);
    samples.iter_mut().for_each(|sample| *sample *= gain);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mu_law_is_undone_above_the_gate_and_silences_below() {
        for step in 0..=1000 {
            let magnitude = step as f32 / 1000.0;
            let wanted = if magnitude < GATE { 0.0 } else { magnitude };
            assert!((expand(compress(magnitude)) - wanted).abs() < 1e-6, "{magnitude}");
        }
        assert_eq!(compress(3.0e-4), 0.0);
        assert_eq!(expand(-0.2), 0.0);
        assert!((compress(1.0) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn features_of_the_inverse_are_near_the_features() {
        let mut transform = Transform::new();
        let decay = |n: usize| (-(n as f32) / 30_000.0).exp();
        let sound: Vec<f32> = (0..88_064).map(|n| decay(n) * (n as f32 * 0.05).sin()).collect();
        let features = transform.encode(&sound);
        assert_eq!(features.len(), 85_075);
        let back = transform.decode(&features, 60);
        assert_eq!(back.len(), sound.len());
        let again = transform.encode(&back);
        let loss: f64 = features.iter().zip(&again).map(|(a, b)| f64::from(a - b).powi(2)).sum();
        assert!(deviation_percent(loss, features.len()) < 1.0, "loss {loss}");
    }
}

//! What is measured when a sound has been made again. Both sounds are brought to peak 1 first.

use engine::measure::{LogMelMeter, pitch_offset_cents};
use engine::spectral::{SpectralShape, Stft};
use engine::units::key_to_hz;
use serde::Serialize;

use crate::corpus::{Item, category};
use crate::reference::transform::{FRAMES as REPORT_FRAMES, HOP_SAMPLES as REPORT_HOP, compress};

/// Envelope: window and step in seconds.
const ENVELOPE_WINDOW_S: f64 = 0.005;
const ENVELOPE_STEP_S: f64 = 0.001;
/// Level of the envelope that ends an attack, against its peak.
const ATTACK_LEVEL: f32 = 0.9;
/// Level of the envelope that ends a sound (−40 dB).
const END_LEVEL: f32 = 0.01;

/// Differences between a sound and its remake.
#[derive(Clone, Debug, Serialize)]
pub struct Measures {
    /// Log-mel error for N = 512, 2048 and 8192, in dB.
    pub log_mel_by_size_db: [f32; 3],
    /// Their mean: the leading figure.
    pub log_mel_db: f32,
    /// Spectral convergence at N = 2048: error of the magnitudes against the magnitudes.
    pub spectral_convergence: f32,
    /// Squared error summed over a mu-law spectrogram of 1025 bins and 83 frames.
    pub report_loss: f32,
    /// The same as a deviation in percent.
    pub report_deviation_percent: f32,
    /// Difference of the times at which the envelope first comes to 90 % of its peak.
    pub attack_error_ms: f32,
    /// Difference of the times at which the envelope was last above −40 dB of its peak.
    pub decay_error_ms: f32,
    /// Level of the remake against that of the sound, root mean square at equal peaks.
    pub loudness_error_db: f32,
    /// Offset of the remake from its key, for pitched sounds.
    pub pitch_offset_cents: Option<f64>,
    /// The same of the sound itself.
    pub true_pitch_offset_cents: Option<f64>,
}

/// Measures; keeps plans.
pub struct Measurer {
    meter: LogMelMeter,
    stft: Stft,
    report_stft: Stft,
    rate_hz: f64,
    full_scale: f32,
}

impl Measurer {
    /// A measurer for sounds of the given shape.
    pub fn new(shape: &SpectralShape) -> Self {
        Self {
            meter: LogMelMeter::default(),
            stft: Stft::new(shape),
            report_stft: Stft::with_sizes(shape.fft_size, REPORT_HOP, 0),
            rate_hz: f64::from(shape.sample_rate_hz),
            full_scale: shape.full_scale(),
        }
    }

    /// Compares a sound of the corpus with its remake.
    pub fn compare(&mut self, item: &Item, truth: &[f32], made: &[f32]) -> Measures {
        let (truth, made) = (at_full_scale(truth), at_full_scale(made));
        let error = self.meter.measure(&truth, &made);
        let report_loss = self.report_loss(&truth, &made);
        let (true_envelope, made_envelope) = (self.envelope(&truth), self.envelope(&made));
        let milliseconds = |steps: f32| steps * (ENVELOPE_STEP_S * 1e3) as f32;
        let pitch = |samples: &[f32]| {
            let pitched = !category::is_drum(&item.category) && !matches!(item.category.as_str(), "SFX" | "Percussive");
            let expected_hz = key_to_hz(f64::from(item.key));
            if pitched { pitch_offset_cents(samples, self.rate_hz, expected_hz) } else { None }
        };
        Measures {
            log_mel_by_size_db: error.by_size_db,
            log_mel_db: error.mean_db(),
            pitch_offset_cents: pitch(&made),
            true_pitch_offset_cents: pitch(&truth),
            spectral_convergence: self.convergence(&truth, &made),
            report_loss,
            report_deviation_percent: 100.0 * (report_loss / (REPORT_FRAMES * self.stft_bins()) as f32).sqrt(),
            attack_error_ms: milliseconds(attack(&made_envelope).abs_diff(attack(&true_envelope)) as f32),
            decay_error_ms: milliseconds(end(&made_envelope).abs_diff(end(&true_envelope)) as f32),
            loudness_error_db: 20.0 * (rms(&made) / rms(&truth).max(1e-9)).max(1e-6).log10(),
        }
    }

    fn stft_bins(&self) -> usize {
        self.full_scale as usize * 2 + 1
    }

    fn convergence(&mut self, truth: &[f32], made: &[f32]) -> f32 {
        let (truth, made) = (self.stft.analyse(truth), self.stft.analyse(made));
        let (mut error, mut power) = (0.0_f64, 0.0_f64);
        for (truth, made) in truth.values.iter().zip(&made.values) {
            let (truth, made) = (f64::from(truth.norm()), f64::from(made.norm()));
            error += (truth - made).powi(2);
            power += truth.powi(2);
        }
        (error / power.max(1e-12)).sqrt() as f32
    }

    fn report_loss(&mut self, truth: &[f32], made: &[f32]) -> f32 {
        let full_scale = self.full_scale;
        let encode = |magnitude: f32| compress(magnitude / full_scale);
        let (truth, made) = (self.report_stft.analyse(truth), self.report_stft.analyse(made));
        let values = truth.values.iter().zip(&made.values).take(REPORT_FRAMES * truth.bins);
        values.map(|(truth, made)| (encode(truth.norm()) - encode(made.norm())).powi(2)).sum()
    }

    /// Root mean square over short windows.
    fn envelope(&self, samples: &[f32]) -> Vec<f32> {
        let window = (ENVELOPE_WINDOW_S * self.rate_hz) as usize;
        let step = ENVELOPE_STEP_S * self.rate_hz;
        let count = (samples.len().saturating_sub(window) as f64 / step) as usize;
        (0..count).map(|index| rms(&samples[(index as f64 * step) as usize..][..window])).collect()
    }
}

fn at_full_scale(samples: &[f32]) -> Vec<f32> {
    let peak = samples.iter().fold(1e-9_f32, |peak, sample| peak.max(sample.abs()));
    samples.iter().map(|sample| sample / peak).collect()
}

fn rms(samples: &[f32]) -> f32 {
    let sum: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    (sum / samples.len().max(1) as f64).sqrt() as f32
}

fn largest(envelope: &[f32]) -> f32 {
    envelope.iter().copied().fold(0.0, f32::max)
}

fn attack(envelope: &[f32]) -> usize {
    let level = ATTACK_LEVEL * largest(envelope);
    envelope.iter().position(|value| *value >= level).unwrap_or(0)
}

fn end(envelope: &[f32]) -> usize {
    let level = END_LEVEL * largest(envelope);
    envelope.iter().rposition(|value| *value >= level).unwrap_or(0)
}

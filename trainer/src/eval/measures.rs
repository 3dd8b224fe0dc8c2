//! What is measured when a sound has been made again. Both sounds are brought to peak 1 first.

use engine::measure::{LogMelMeter, pitch_offset_cents, transposition_cents};
use engine::spectral::{FrameAnalysis, SpectralShape, Stft};
use engine::units::{db_to_gain, gain_to_db, key_to_hz};
use serde::Serialize;

use super::artefacts::Artefacts;
use super::distance::StftDistance;
use super::envelope::{Envelope, rms};
use super::full_scale::at_full_scale;
use crate::corpus::{Item, category};
use crate::reference::transform::{BINS, FRAMES, Transform, compress, deviation_percent};

/// How far a remake is shifted at most in search of its best level.
pub const LARGEST_SHIFT_DB: f64 = 12.0;

/// Differences between a sound and its remake.
#[derive(Clone, Debug, Serialize)]
pub struct Measures {
    /// Log-mel error for N = 512, 2048 and 8192, in dB.
    pub log_mel_by_size_db: [f32; 3],
    /// Their mean: the leading figure.
    pub log_mel_db: f32,
    /// Spectral convergence at N = 2048: error of the magnitudes against the magnitudes.
    pub spectral_convergence: f32,
    /// Multi-resolution STFT distance; see [`StftDistance`].
    pub stft_distance: f32,
    /// The report's loss: squared error summed over its features ([`Transform`]), a mu-law spectrogram of 1025 bins and 83 frames.
    pub report_loss: f32,
    /// The same with the remake at the level at which it is least, within [`LARGEST_SHIFT_DB`]: what is wrong with the spectrum, where
    /// a sharper or a blunter peak alone makes all of a sound louder or softer at equal peaks.
    pub report_loss_at_best_level: f32,
    /// The same as a deviation in percent.
    pub report_deviation_percent: f32,
    /// Difference of the times at which the envelope first comes to half its peak; see [`Envelope`].
    pub attack_error_ms: f32,
    /// Difference of the times at which the envelope was last above −40 dB of its peak.
    pub decay_error_ms: f32,
    /// Level of the remake against that of the sound, root mean square at equal peaks.
    pub loudness_error_db: f32,
    /// Offset of the remake from its key, for pitched sounds.
    pub pitch_offset_cents: Option<f64>,
    /// The same of the sound itself.
    pub true_pitch_offset_cents: Option<f64>,
    /// Transposition of the remake against the sound, octaves included, for pitched sounds.
    pub transposition_cents: Option<f64>,
    /// What sounds wrong in the remake.
    pub artefacts: Artefacts,
    /// The same of the sound itself.
    pub true_artefacts: Artefacts,
}

/// Measures; keeps plans.
pub struct Measurer {
    meter: LogMelMeter,
    distance: StftDistance,
    stft: Stft,
    analysis: FrameAnalysis,
    shape: SpectralShape,
    report: Transform,
    rate_hz: f64,
}

impl Measurer {
    /// A measurer for sounds of the given shape.
    pub fn new(shape: &SpectralShape) -> Self {
        Self {
            meter: LogMelMeter::default(),
            distance: StftDistance::default(),
            stft: Stft::new(shape),
            analysis: FrameAnalysis::new(shape),
            shape: *shape,
            report: Transform::new(),
            rate_hz: f64::from(shape.sample_rate_hz),
        }
    }

    /// Compares a sound of the corpus with its remake.
    pub fn compare(&mut self, item: &Item, truth: &[f32], made: &[f32]) -> Measures {
        self.compare_at(category::is_pitched(&item.category).then_some(item.key), truth, made)
    }

    /// Compares a sound with its remake; pitch is measured where there is a key.
    pub fn compare_at(&mut self, key: Option<u8>, truth: &[f32], made: &[f32]) -> Measures {
        let (truth, made) = (at_full_scale(truth), at_full_scale(made));
        let error = self.meter.measure(&truth, &made);
        let (report_loss, report_loss_at_best_level) = self.report_losses(&truth, &made);
        let envelopes = [&truth, &made].map(|samples| Envelope::new(samples, self.rate_hz));
        let pitch =
            |samples: &[f32]| pitch_offset_cents(samples, self.rate_hz, key.map(|key| key_to_hz(f64::from(key)))?);
        let transposition = || transposition_cents(&truth, &made, self.rate_hz);
        Measures {
            log_mel_by_size_db: error.by_size_db,
            log_mel_db: error.mean_db(),
            pitch_offset_cents: pitch(&made),
            true_pitch_offset_cents: pitch(&truth),
            transposition_cents: key.and_then(|_| transposition()),
            stft_distance: self.distance.measure(&truth, &made),
            spectral_convergence: self.convergence(&truth, &made),
            report_loss,
            report_loss_at_best_level,
            report_deviation_percent: deviation_percent(f64::from(report_loss), FRAMES * BINS) as f32,
            attack_error_ms: (envelopes[1].attack_ms() - envelopes[0].attack_ms()).abs(),
            decay_error_ms: (envelopes[1].end_ms() - envelopes[0].end_ms()).abs(),
            loudness_error_db: gain_to_db((rms(&made) / rms(&truth).max(1e-9)).max(1e-6)),
            artefacts: self.artefacts(&made),
            true_artefacts: self.artefacts(&truth),
        }
    }

    /// What sounds wrong in a sound.
    pub fn artefacts(&mut self, samples: &[f32]) -> Artefacts {
        Artefacts::new(&mut self.analysis, &self.shape, samples)
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

    /// The report's loss at equal peaks, and at the best level.
    fn report_losses(&mut self, truth: &[f32], made: &[f32]) -> (f32, f32) {
        let wanted = self.report.encode(truth);
        let made = self.report.magnitudes(made);
        let loss = |shift_db: f64| -> f64 {
            let gain = db_to_gain(shift_db as f32);
            wanted.iter().zip(&made).map(|(wanted, made)| f64::from((wanted - compress(made * gain)).powi(2))).sum()
        };
        let here = loss(0.0);
        (here as f32, here.min(least(loss)) as f32)
    }
}

/// Smallest value of a function with one valley within ± [`LARGEST_SHIFT_DB`], by golden sections (Kiefer 1953).
fn least(function: impl Fn(f64) -> f64) -> f64 {
    const SECTIONS: usize = 14;
    let golden = 0.5 * (5f64.sqrt() - 1.0);
    let (mut low, mut high) = (-LARGEST_SHIFT_DB, LARGEST_SHIFT_DB);
    let mut smallest = f64::INFINITY;
    for _ in 0..SECTIONS {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        let (at_left, at_right) = (function(left), function(right));
        smallest = smallest.min(at_left).min(at_right);
        if at_left < at_right { high = right } else { low = left }
    }
    smallest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valley_is_found_wherever_it_lies() {
        for bottom in [-9.0, -0.3, 0.0, 5.0, 11.9] {
            assert!(least(|x| (x - bottom).powi(2)) < 1e-3, "{bottom}");
        }
    }

    #[test]
    fn at_its_best_level_a_remake_that_is_only_softer_has_no_loss() {
        let shape = SpectralShape::DEFAULT;
        let mut measurer = Measurer::new(&shape);
        let tone: Vec<f32> = (0..shape.sound_samples()).map(|n| 0.5 * (n as f32 * 0.05).sin()).collect();
        // At equal peaks all but one sample is half as loud.
        let mut softer: Vec<f32> = tone.iter().map(|sample| sample * 0.5).collect();
        softer[40_000] = 0.5;
        let (loss, at_best) = measurer.report_losses(&tone, &softer);
        assert!(loss > 1.0 && at_best < 1e-2 * loss, "{loss}, {at_best}");
    }

    #[test]
    fn the_report_s_loss_is_that_of_its_features() {
        let shape = SpectralShape::DEFAULT;
        let tone = |step: f32| -> Vec<f32> { (0..shape.sound_samples()).map(|n| (n as f32 * step).sin()).collect() };
        let (a, b) = (tone(0.05), tone(0.06));
        let mut transform = Transform::new();
        let pairs = transform.encode(&a).into_iter().zip(transform.encode(&b));
        let wanted: f32 = pairs.map(|(a, b)| (a - b).powi(2)).sum();
        let (loss, _) = Measurer::new(&shape).report_losses(&a, &b);
        assert!((loss / wanted - 1.0).abs() < 1e-4, "{loss} for {wanted}");
    }
}

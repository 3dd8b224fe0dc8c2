//! Log-mel levels of finished audio, and what is wrong with it: how evaluation measures a step of a knob or of a line.

use engine::spectral::{FrameAnalysis, SpectralShape, Stft};
use engine::units::gain_to_db;

use super::envelope::rms;

/// Levels below this count as silence, in dB: the floor of the log-mel error.
const FLOOR_DB: f32 = -80.0;
/// Length over which loudness is taken, in seconds: about the integration time of the ear.
const LOUDNESS_WINDOW_S: f64 = 0.05;
/// Fall below the quieter of the neighbours that makes a sound silent, in dB: a tenth of the amplitude counts as gone.
const SILENT_BELOW_ENDS_DB: f32 = 20.0;
/// Loudness that is silence by itself, in dB of full scale: sounds are learned at −16 LUFS or peak 1.
pub const SILENT_DB: f32 = -46.0;
/// Spectral flatness from which audio is noise. White noise has 0.56 in single spectra; of the factory corpus half the cymbals have
/// more than 0.13, nine in ten sounds of every pitched category less than 0.01.
const NOISE_FLATNESS: f32 = 0.15;
/// Noise is a burst when both ends are less flat than this: a line from or to noise may pass through noise, of any colour.
const NOISY_END_FLATNESS: f32 = 0.05;
/// Band in which flatness is measured, in Hz: below lies rumble, above lies what most sounds lack.
pub const FLATNESS_BAND_HZ: (f32, f32) = (100.0, 10_000.0);
/// Adjoining samples at full scale, all the same, that make a clipped peak. The round peak of a low tone is no such run.
const CLIPPED_RUN: usize = 3;
const SAME: f32 = 1e-6;
const FULL_SCALE: f32 = 0.9999;
/// Beyond full scale by more than rounding.
const BEYOND: f32 = 1.0001;

/// What is measured of one decoded sound.
#[derive(Clone, Debug)]
pub struct SoundFeatures {
    /// Log-mel levels in dB, `[band][frame]`, floored at −80.
    levels_db: Vec<f32>,
    frames: usize,
    /// Loudest 50 ms in dB of full scale.
    pub loudness_db: f32,
    /// Flatness of the spectrum, [0, 1]: mean over frames, weighted by power.
    pub flatness: f32,
    /// Whether every sample is a number.
    pub finite: bool,
    /// Whether it is clipped or beyond full scale.
    pub clipped: bool,
}

impl SoundFeatures {
    /// Measures samples of a model's shape.
    pub fn new(analysis: &mut FrameAnalysis, shape: &SpectralShape, samples: &[f32]) -> Self {
        let finite = samples.iter().all(|sample| sample.is_finite());
        let samples = if finite { samples } else { &[] };
        let frames = analysis.frames(samples);
        let half_range_db = -shape.floor_db / 2.0;
        let level = |value: &f32| ((value - 1.0) * half_range_db).max(FLOOR_DB);
        Self {
            levels_db: frames.values.iter().map(level).collect(),
            frames: frames.frames,
            loudness_db: loudness_db(samples, f64::from(shape.sample_rate_hz)),
            flatness: flatness(samples, shape),
            finite,
            clipped: is_clipped(samples),
        }
    }

    /// Mean absolute difference of the levels over the frames in which either sounds, in dB: the size of a jump.
    pub fn jump_db(&self, other: &Self) -> f64 {
        let frames = self.frames.min(other.frames);
        let mut sums = vec![0.0_f32; frames];
        let mut active = vec![false; frames];
        let bands = || self.levels_db.chunks_exact(self.frames).zip(other.levels_db.chunks_exact(other.frames));
        for (one, other) in bands() {
            for (frame, (a, b)) in one.iter().zip(other).enumerate().take(frames) {
                sums[frame] += (a - b).abs();
                active[frame] |= a.max(*b) > FLOOR_DB;
            }
        }
        let count = active.iter().filter(|active| **active).count() * bands().count();
        let sum: f64 = sums.iter().zip(&active).filter(|(_, active)| **active).map(|(sum, _)| f64::from(*sum)).sum();
        sum / count.max(1) as f64
    }

    /// Whether it has fallen silent between two sounds of this loudness.
    pub fn is_silent_between(&self, ends: [&Self; 2]) -> bool {
        let quieter_db = ends[0].loudness_db.min(ends[1].loudness_db);
        self.loudness_db < SILENT_DB.max(quieter_db - SILENT_BELOW_ENDS_DB).min(quieter_db)
    }

    /// Whether it is noise between two sounds that are not.
    pub fn is_burst_between(&self, ends: [&Self; 2]) -> bool {
        let flatter = ends[0].flatness.max(ends[1].flatness);
        self.flatness > NOISE_FLATNESS && flatter < NOISY_END_FLATNESS
    }
}

/// The rules of [`SoundFeatures`] in words, for reports.
pub fn rules() -> String {
    format!(
        "A jump is the mean absolute difference of log-mel levels (floor {FLOOR_DB} dB) over the frames in which either sound is \
         above the floor. Silent: the loudest {:.0} ms lie below {SILENT_DB} dB, or {SILENT_BELOW_ENDS_DB} dB below the quieter \
         end. Noise burst: spectral flatness between {:.0} Hz and {:.0} kHz, weighted by power, above {NOISE_FLATNESS} between \
         ends that are both below {NOISY_END_FLATNESS}. Clipped: {CLIPPED_RUN} adjoining equal samples at full scale, or one \
         beyond it.",
        LOUDNESS_WINDOW_S * 1e3,
        FLATNESS_BAND_HZ.0,
        FLATNESS_BAND_HZ.1 / 1e3
    )
}

/// Level of the loudest 50 ms in dB of full scale.
pub fn loudness_db(samples: &[f32], rate_hz: f64) -> f32 {
    let window = (LOUDNESS_WINDOW_S * rate_hz) as usize;
    let loudest = samples.chunks(window.max(1)).map(rms).fold(0.0_f32, f32::max);
    gain_to_db(loudest.max(1e-9))
}

/// Geometric over arithmetic mean of the power spectrum (Johnston 1988), per frame, weighted by the frames' power.
fn flatness(samples: &[f32], shape: &SpectralShape) -> f32 {
    let spectrogram = Stft::new(shape).analyse(samples);
    let bin = |frequency_hz: f32| (frequency_hz * shape.fft_size as f32 / shape.sample_rate_hz as f32) as usize;
    let (from, to) = (bin(FLATNESS_BAND_HZ.0), bin(FLATNESS_BAND_HZ.1).min(spectrogram.bins));
    let (mut sum, mut weight) = (0.0_f64, 0.0_f64);
    for bins in spectrogram.values.chunks_exact(spectrogram.bins) {
        let power = |index: usize| f64::from(bins[index].norm_sqr());
        let mean = (from..to).map(power).sum::<f64>() / (to - from) as f64;
        let geometric = ((from..to).map(|index| power(index).max(1e-20).ln()).sum::<f64>() / (to - from) as f64).exp();
        if mean > 1e-20 {
            sum += geometric;
            weight += mean;
        }
    }
    (sum / weight.max(1e-20)) as f32
}

/// Whether a peak is cut off, or a sample lies beyond full scale.
pub fn is_clipped(samples: &[f32]) -> bool {
    let at_full_scale =
        |run: &[f32]| run.iter().all(|sample| sample.abs() >= FULL_SCALE && (sample - run[0]).abs() <= SAME);
    samples.iter().any(|sample| sample.abs() > BEYOND) || samples.windows(CLIPPED_RUN).any(at_full_scale)
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn heard(samples: &[f32]) -> SoundFeatures {
        let shape = SpectralShape::DEFAULT;
        SoundFeatures::new(&mut FrameAnalysis::new(&shape), &shape, samples)
    }

    fn tone(level: f32) -> Vec<f32> {
        (0..60_000).map(|n| level * (1..9).map(|h| (n as f32 * 0.05 * h as f32).sin() / 12.0).sum::<f32>()).collect()
    }

    #[test]
    fn silence_and_noise_between_tones_are_told() {
        let ends = [&heard(&tone(1.0)), &heard(&tone(0.8))];
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let noise: Vec<f32> = (0..60_000).map(|_| rng.random_range(-0.5..0.5)).collect();
        let noise = heard(&noise);
        assert!(heard(&tone(0.01)).is_silent_between(ends) && !heard(&tone(0.3)).is_silent_between(ends));
        assert!(noise.is_burst_between(ends), "flatness {}", noise.flatness);
        assert!(!noise.is_burst_between([&noise, ends[0]]), "a line from noise may pass through noise");
        assert!(!heard(&tone(0.5)).is_burst_between(ends));
    }

    #[test]
    fn what_is_no_number_and_what_is_clipped_is_told() {
        let mut broken = tone(1.0);
        broken[77] = f32::NAN;
        assert!(!heard(&broken).finite && heard(&tone(1.0)).finite);
        let clipped: Vec<f32> = tone(4.0).iter().map(|sample| sample.clamp(-1.0, 1.0)).collect();
        assert!(heard(&clipped).clipped && !heard(&tone(1.0)).clipped);
        let low: Vec<f32> = (0..60_000).map(|n| (n as f32 * 0.004).sin()).collect();
        assert!(low.windows(3).any(|run| run.iter().all(|sample| *sample > FULL_SCALE)) && !heard(&low).clipped);
    }

    #[test]
    fn a_jump_grows_with_the_difference() {
        let full = heard(&tone(1.0));
        assert_eq!(full.jump_db(&full), 0.0);
        assert!(full.jump_db(&heard(&tone(0.5))) < full.jump_db(&heard(&tone(0.2))));
    }
}

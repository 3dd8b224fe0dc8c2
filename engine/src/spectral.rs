//! Time–frequency analysis and synthesis: STFT, log-mel frames, phases, Griffin-Lim.
//!
//! Used by the worker, by the trainer and by the command line, so that training and playing share every constant.
//! Allocates; never for the audio thread.

pub mod constant_q;
mod exponential;
mod frames;
mod griffin_lim;
mod mel;
mod phase;
mod stft;

pub(crate) use exponential::exp;
pub use frames::{FrameAnalysis, Frames};
pub use griffin_lim::{GriffinLim, GriffinLimRun};
pub use mel::{MelBank, hertz_to_mel, mel_to_hertz};
pub use phase::{ReferencePhasors, noise_phase, reference_phase};
use serde::{Deserialize, Serialize};

use constant_q::ConstantQBands;

pub use rustfft::num_complex::Complex32;
pub use stft::{Spectrogram, Stft, hann_periodic};

/// The analysis that a model is trained on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpectralShape {
    /// Sample rate in hertz.
    pub sample_rate_hz: u32,
    /// Window and transform length in samples; a power of two.
    pub fft_size: usize,
    /// Distance between frames in samples.
    pub hop_samples: usize,
    /// Zero samples before and after the sound.
    pub pad_samples: usize,
    /// Number of frames of a whole sound.
    pub frame_count: usize,
    /// Number of mel bands, or of constant-Q bands.
    pub mel_bands: usize,
    /// Lower edge of the lowest band in hertz.
    pub mel_low_hz: f32,
    /// Upper edge of the highest band in hertz.
    pub mel_high_hz: f32,
    /// Level that counts as silence, in dB against a full-scale sine; negative.
    pub floor_db: f32,
    /// Constant-Q bands instead of mel bands: windows and transform lengths are then the bands' own, and the edges of mel bands have no
    /// meaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constant_q: Option<ConstantQBands>,
}

impl SpectralShape {
    /// The default model's analysis: 44.1 kHz, 2048 / 512, 128 bands, 172 frames = 88 064 samples = 1.997 s.
    pub const DEFAULT: Self = Self {
        sample_rate_hz: 44_100,
        fft_size: 2048,
        hop_samples: 512,
        pad_samples: 768,
        frame_count: 172,
        mel_bands: 128,
        mel_low_hz: 20.0,
        mel_high_hz: 22_050.0,
        floor_db: -90.0,
        constant_q: None,
    };

    /// The footstep model's analysis: 16 bands in each of 9 octaves from C1 at 44.1 kHz, 144 frames = 73 728 samples = 1.672 s.
    pub const FOOTSTEPS: Self = Self {
        frame_count: 144,
        mel_bands: 144,
        constant_q: Some(ConstantQBands {
            low_hz: 32.703_197,
            bins_per_octave: 16,
            oversampling: 1,
            least_width_hz: 40.0,
        }),
        ..Self::DEFAULT
    };

    /// Frequency bins of one frame: `fft_size / 2 + 1`.
    pub fn bins(&self) -> usize {
        self.fft_size / 2 + 1
    }

    /// Length in samples of a sound of `frames` frames, the padding not counted.
    pub fn samples_of(&self, frames: usize) -> usize {
        ((frames.max(1) - 1) * self.hop_samples + self.fft_size).saturating_sub(2 * self.pad_samples)
    }

    /// Length in samples of a whole sound.
    pub fn sound_samples(&self) -> usize {
        self.samples_of(self.frame_count)
    }

    /// The mel bands of the frames.
    pub fn mel_bank(&self) -> MelBank {
        let (low_hz, high_hz) = (f64::from(self.mel_low_hz), f64::from(self.mel_high_hz));
        MelBank::new(f64::from(self.sample_rate_hz), self.fft_size, self.mel_bands, low_hz, high_hz)
    }

    /// Centres of the bands in hertz, evenly spaced in mel or, of constant-Q bands, in pitch.
    pub fn centres_hz(&self) -> Vec<f64> {
        match self.constant_q {
            Some(bands) => bands.centres_hz(self.mel_bands),
            None => self.mel_bank().centres_hz().to_vec(),
        }
    }

    /// The sample that frame 0 is centred on.
    pub fn first_centre_samples(&self) -> f32 {
        if self.constant_q.is_some() { 0.0 } else { self.fft_size as f32 / 2.0 - self.pad_samples as f32 }
    }

    /// Magnitude of a full-scale sine under the Hann window, by which magnitudes are normalised.
    pub fn full_scale(&self) -> f32 {
        self.fft_size as f32 / 4.0
    }

    /// Converts a level in dB to a frame value: the floor, and any level below it, is −1; full scale is +1.
    pub fn normalise_db(&self, level_db: f32) -> f32 {
        let half = -self.floor_db / 2.0;
        (level_db.max(self.floor_db) + half) / half
    }

    /// Converts a frame value to a level in dB.
    pub fn denormalise_db(&self, value: f32) -> f32 {
        let half = -self.floor_db / 2.0;
        value * half - half
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_sound_is_88064_samples() {
        assert_eq!(SpectralShape::DEFAULT.sound_samples(), 88_064);
    }

    #[test]
    fn frame_values_round_trip() {
        let shape = SpectralShape::DEFAULT;
        assert_eq!(shape.normalise_db(-90.0), -1.0);
        assert_eq!(shape.normalise_db(-200.0), -1.0);
        assert_eq!(shape.normalise_db(0.0), 1.0);
        assert!((shape.denormalise_db(shape.normalise_db(-33.0)) + 33.0).abs() < 1e-4);
    }
}

//! Log-mel frames, the input and output of a model's graphs. Allocates; never on the audio thread.

use std::ops::Range;

use super::{MelBank, SpectralShape, Spectrogram, Stft};

/// Highest value of a frame at the floor: a hundredth of a decibel of room for rounding.
const SILENT: f32 = -0.9998;

/// Log-mel frames, `[band][frame]`, each value normalised so that the floor is −1 and full scale is +1.
#[derive(Clone, Debug, PartialEq)]
pub struct Frames {
    /// Number of mel bands.
    pub bands: usize,
    /// Number of frames.
    pub frames: usize,
    /// `bands × frames` values, band after band.
    pub values: Vec<f32>,
}

impl Frames {
    /// Frames of silence.
    pub fn silent(bands: usize, frames: usize) -> Self {
        Self { bands, frames, values: vec![-1.0; bands * frames] }
    }

    /// The values of one band over time.
    pub fn band(&self, band: usize) -> &[f32] {
        &self.values[band * self.frames..][..self.frames]
    }

    /// The frames of a range, which must lie within these.
    pub fn crop(&self, range: Range<usize>) -> Self {
        let values = (0..self.bands).flat_map(|band| self.band(band)[range.clone()].iter().copied()).collect();
        Self { bands: self.bands, frames: range.len(), values }
    }

    /// Number of frames up to the last one that is above the floor in any band.
    pub fn sounding(&self) -> usize {
        let last_above = |row: &[f32]| row.iter().rposition(|value| *value > SILENT).map_or(0, |last| last + 1);
        (0..self.bands).map(|band| last_above(self.band(band))).max().unwrap_or(0)
    }

    /// Whether every value is a finite number.
    pub fn is_finite(&self) -> bool {
        self.values.iter().all(|value| value.is_finite())
    }
}

/// Computes [`Frames`] from samples; reuses its plans and buffers.
pub struct FrameAnalysis {
    shape: SpectralShape,
    stft: Stft,
    bank: MelBank,
    spectrogram: Spectrogram,
}

impl FrameAnalysis {
    /// An analysis of the given shape.
    pub fn new(shape: &SpectralShape) -> Self {
        let spectrogram = Spectrogram::zeros(shape.bins(), 0);
        Self { shape: *shape, stft: Stft::new(shape), bank: shape.mel_bank(), spectrogram }
    }

    /// The frames of a sound of any length: always `shape.frame_count` of them, silence after its end.
    pub fn frames(&mut self, samples: &[f32]) -> Frames {
        let shape = self.shape;
        self.stft.analyse_into(samples, shape.frame_count, &mut self.spectrogram);
        let mut out = Frames::silent(shape.mel_bands, shape.frame_count);
        let mut magnitudes = vec![0.0; shape.bins()];
        for (frame, bins) in self.spectrogram.values.chunks_exact(shape.bins()).enumerate() {
            for (magnitude, bin) in magnitudes.iter_mut().zip(bins) {
                *magnitude = bin.norm_sqr().sqrt() / shape.full_scale();
            }
            for (band, level) in self.bank.apply(&magnitudes).enumerate() {
                out.values[band * shape.frame_count + frame] = shape.normalise_db(20.0 * level.max(1e-9).log10());
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_the_floor_and_short_sounds_are_padded() {
        let shape = SpectralShape::DEFAULT;
        let mut analysis = FrameAnalysis::new(&shape);
        assert!(analysis.frames(&[]).values.iter().all(|value| *value == -1.0));
        let click = analysis.frames(&[1.0; 64]);
        assert!(click.band(0)[0] > -1.0);
        assert_eq!(click.band(0)[100], -1.0);
    }

    #[test]
    fn a_sound_ends_after_the_last_frame_above_the_floor_in_any_band() {
        let mut frames = Frames::silent(3, 10);
        assert_eq!(frames.sounding(), 0);
        frames.values[10 + 6] = -0.9999;
        assert_eq!(frames.sounding(), 0, "what rounding adds is no sound");
        frames.values[10 + 4] = -0.99;
        frames.values[2] = 0.5;
        assert_eq!(frames.sounding(), 5);
        let cut = frames.crop(2..5);
        assert_eq!((cut.frames, cut.values), (3, vec![0.5, -1.0, -1.0, -1.0, -1.0, -0.99, -1.0, -1.0, -1.0]));
    }
}

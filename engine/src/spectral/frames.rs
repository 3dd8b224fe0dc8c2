//! Log-mel frames, the input and output of a model's graphs. Allocates; never on the audio thread.

use super::{MelBank, SpectralShape, Spectrogram, Stft};

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
}

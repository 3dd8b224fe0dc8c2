//! What the log-mel frames of noise do beside its spectrum: they fluctuate, and a decoder that gives the median of each value leaves that out.
//! WORKER side.
//!
//! The frames of white noise, less the median of each band and divided by the mean distance from it, are drawn and added in proportion to the
//! spread that the decoder gives. So what is added is correlated over time and frequency as the analysis of real noise is.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::spectral::{FrameAnalysis, Frames, SpectralShape};

/// Amplitude of the noise that is analysed. Any will do whose frames lie above the floor.
const AMPLITUDE: f32 = 0.25;

/// Fluctuations of a clip of the longest length, of median 0 and mean size 1 in every band.
pub(super) struct Fluctuation {
    values: Frames,
}

impl Fluctuation {
    /// Of noise that `key` chooses.
    pub(super) fn new(shape: &SpectralShape, key: u32) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(u64::from(key));
        // Longer than the frames at both ends, so that every frame hears noise alone.
        let noise: Vec<f32> = (0..shape.sound_samples() + shape.fft_size)
            .map(|_| AMPLITUDE * (random.next_u32() as f32 / 2f32.powi(31) - 1.0))
            .collect();
        let mut values = FrameAnalysis::new(shape).frames(&noise);
        let count = values.frames;
        values.values.chunks_exact_mut(count).for_each(normalise);
        Self { values }
    }

    /// Adds `part` of it, times `spread`, to as many frames as there are. The floor stays the floor.
    pub(super) fn add(&self, frames: &mut Frames, spread: &Frames, part: f32) {
        let count = frames.frames;
        for band in 0..frames.bands {
            let row = frames.values[band * count..][..count].iter_mut();
            for ((value, spread), fluctuation) in row.zip(spread.band(band)).zip(self.values.band(band)) {
                *value = (*value + part * spread * fluctuation).max(-1.0);
            }
        }
    }
}

/// Median 0 and mean size 1.
fn normalise(band: &mut [f32]) {
    let mut sorted = band.to_vec();
    sorted.sort_by(f32::total_cmp);
    let median = sorted[sorted.len() / 2];
    let mean_size = band.iter().map(|value| (value - median).abs()).sum::<f32>() / band.len() as f32;
    band.iter_mut().for_each(|value| *value = (*value - median) / mean_size.max(1e-6));
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: SpectralShape = SpectralShape::DEFAULT;

    #[test]
    fn it_has_median_0_and_mean_size_1_and_follows_its_key() {
        let [one, again, other] = [1, 1, 2].map(|key| Fluctuation::new(&SHAPE, key).values);
        assert_eq!(one, again);
        assert_ne!(one, other);
        for band in 0..one.bands {
            let row = one.band(band);
            let (below, count) = (row.iter().filter(|value| **value < 0.0).count(), row.len());
            assert!(below.abs_diff(count / 2) <= 1, "band {band}: {below} of {count} below the median");
            let size = row.iter().map(|value| value.abs()).sum::<f32>() / count as f32;
            assert!((size - 1.0).abs() < 1e-3, "band {band}: mean size {size}");
        }
    }

    #[test]
    fn frames_get_their_spread_and_the_floor_stays() {
        let (bands, count) = (SHAPE.mel_bands, 40);
        let of = |value: f32| Frames { bands, frames: count, values: vec![value; bands * count] };
        let fluctuation = Fluctuation::new(&SHAPE, 3);
        let mut frames = of(0.2);
        fluctuation.add(&mut frames, &of(0.1), 0.5);
        let size = frames.values.iter().map(|value| (value - 0.2).abs()).sum::<f32>() / frames.values.len() as f32;
        assert!((size / 0.05 - 1.0).abs() < 0.1, "mean size {size}");
        let mut silence = of(-1.0);
        fluctuation.add(&mut silence, &of(0.0), 1.0);
        assert_eq!(silence, of(-1.0));
        let mut quiet = of(-0.99);
        fluctuation.add(&mut quiet, &of(0.3), 1.0);
        assert!(quiet.values.iter().all(|value| *value >= -1.0));
    }
}

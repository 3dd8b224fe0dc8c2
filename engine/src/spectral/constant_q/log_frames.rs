//! Frames of constant-Q levels, as the footstep model has them, from sounds and back. Any thread but the audio thread; allocates.
//!
//! Frame `t` holds the levels around sample `t · hop`. The bands below and above all are no part of frames: a search finds the one below
//! all by itself, from nothing, and the band above all gets the magnitudes of the highest one, whose window is about as wide.

use serde::{Deserialize, Serialize};

use super::super::{Frames, SpectralShape, exp};
use super::coefficients::Coefficients;
use super::magnitudes::Magnitudes;
use super::retrieval::{PhaseRetrieval, Start};
use super::transform::ConstantQ;
use super::{ConstantQShape, ShapeError};

/// Level 0 dB is a full-scale sine, whose magnitude is 0.5.
const FULL_SCALE: f32 = 0.5;
/// Frame values up to this are silence: the floor itself.
const SILENT: f32 = -0.999;

/// Constant-Q bands in place of mel bands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConstantQBands {
    /// Centre of the lowest band in hertz.
    pub low_hz: f32,
    /// Bands to an octave.
    pub bins_per_octave: usize,
    /// Coefficients for each that is needed, when a sound is searched for: more tell more of it and take more time.
    pub oversampling: usize,
    /// Least distance in hertz from a band's centre to the ends of its window; see [`ConstantQShape::widened`].
    #[serde(default)]
    pub least_width_hz: f32,
}

impl ConstantQBands {
    /// The transform of sounds at `rate_hz` with `bands` bands.
    ///
    /// # Errors
    /// [`ShapeError`] for a value out of its range.
    pub fn shape(&self, rate_hz: u32, bands: usize) -> Result<ConstantQShape, ShapeError> {
        ConstantQShape::new(f64::from(rate_hz), f64::from(self.low_hz), self.bins_per_octave, bands)?
            .oversampled(self.oversampling)?
            .widened(f64::from(self.least_width_hz))
    }

    /// Centres of `bands` bands in hertz.
    pub fn centres_hz(&self, bands: usize) -> Vec<f64> {
        let octaves = |band: usize| band as f64 / self.bins_per_octave as f64;
        (0..bands).map(|band| f64::from(self.low_hz) * octaves(band).exp2()).collect()
    }
}

/// Analysis and inversion of sounds of one length.
pub struct ConstantQFrames {
    shape: SpectralShape,
    frames: usize,
    transform: ConstantQ<f32>,
    coefficients: Coefficients<f32>,
}

impl ConstantQFrames {
    /// For sounds of `frames` frames; `bands` are those of `shape`.
    ///
    /// # Errors
    /// [`ShapeError`] for bands out of their range.
    pub fn new(shape: &SpectralShape, bands: &ConstantQBands, frames: usize) -> Result<Self, ShapeError> {
        let constant_q = bands.shape(shape.sample_rate_hz, shape.mel_bands)?;
        if constant_q.bands() != shape.mel_bands {
            return Err(ShapeError::Bands(shape.mel_bands));
        }
        let length = frames * shape.hop_samples;
        let transform = ConstantQ::with_silence(&constant_q, length, constant_q.reach_samples());
        Ok(Self { shape: *shape, frames, coefficients: transform.zeros(), transform })
    }

    /// Number of frames of its sounds.
    pub fn frame_count(&self) -> usize {
        self.frames
    }

    /// Levels of a sound, normalised as those of [`SpectralShape::normalise_db`]; silence after its end.
    pub fn frames(&mut self, samples: &[f32]) -> Frames {
        self.transform.forward(samples, &mut self.coefficients);
        let hop = self.shape.hop_samples as f64;
        let magnitudes = Magnitudes::of(&self.coefficients, self.transform.padded(), hop, self.frames);
        let inner = &magnitudes.values[self.frames..(self.shape.mel_bands + 1) * self.frames];
        let level_db = |magnitude: &f32| 20.0 * (magnitude / FULL_SCALE).max(1e-9).log10();
        let values = inner.iter().map(|magnitude| self.shape.normalise_db(level_db(magnitude))).collect();
        Frames { bands: self.shape.mel_bands, frames: self.frames, values }
    }

    /// Begins the search for the sound of `frames`, which must have the size of its own; `noise` other than 0 gives the noise another grain.
    pub fn search(&mut self, frames: &Frames, noise: u32) -> PhaseRetrieval {
        let nepers_per_unit = -self.shape.floor_db / 2.0 * std::f32::consts::LN_10 / 20.0;
        let magnitude = |value: &f32| {
            if *value <= SILENT { 0.0 } else { FULL_SCALE * exp((*value - 1.0) * nepers_per_unit) }
        };
        let mut values = vec![0.0; self.frames];
        values.extend(frames.values.iter().map(magnitude));
        let highest = values.len() - self.frames;
        values.extend_from_within(highest..);
        let magnitudes = Magnitudes { frames: self.frames, hop_samples: self.shape.hop_samples as f64, values };
        magnitudes.spread(self.transform.padded(), &mut self.coefficients);
        PhaseRetrieval::new(&self.transform, &self.coefficients, Start::Gradient(u64::from(noise)))
            .unknown_band(0)
            .unknown_from(&self.transform, self.transform.length())
    }

    /// The transform that a search runs on.
    pub fn transform(&mut self) -> &mut ConstantQ<f32> {
        &mut self.transform
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Largest mean difference of the levels of a sound that was searched for, over values that sound, in dB.
    const NEAR_DB: f32 = 6.0;
    /// Loudest sample until 0.14 s before a low thud begins, and from 0.29 s after that on, against its loudest, in dB.
    const LATE_DB: f32 = -42.0;

    fn knock(length: usize) -> Vec<f32> {
        let mut state = 7u32;
        let mut noise = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state as f32 / u32::MAX as f32 - 0.5
        };
        (0..length)
            .map(|n| {
                let time = n as f32 / 44_100.0;
                (-time * 30.0).exp() * (0.6 * (time * 800.0).sin() + noise()) * f32::from(u8::from(n > 2_000))
            })
            .collect()
    }

    fn analysis() -> ConstantQFrames {
        let shape = SpectralShape::FOOTSTEPS;
        ConstantQFrames::new(&shape, &shape.constant_q.unwrap(), shape.frame_count).unwrap()
    }

    #[test]
    fn a_sound_comes_back_from_its_frames_and_another_grain_has_the_same_levels() {
        let shape = SpectralShape::FOOTSTEPS;
        let mut analysis = analysis();
        let wanted = analysis.frames(&knock(shape.sound_samples()));
        assert_eq!((wanted.bands, wanted.frames, wanted.values.len()), (144, 144, 144 * 144));
        let mut made = Vec::new();
        for noise in [0, 0, 9] {
            let search = analysis.search(&wanted, noise);
            let samples = search.run(analysis.transform(), 4);
            let found = analysis.frames(&samples);
            let pairs = wanted.values.iter().zip(&found.values).filter(|(wanted, _)| **wanted > -0.2);
            let errors: Vec<f32> = pairs.map(|(a, b)| (a - b).abs() * 45.0).collect();
            let mean_db = errors.iter().sum::<f32>() / errors.len() as f32;
            assert!(mean_db < NEAR_DB, "{mean_db} dB with noise {noise}");
            made.push(samples);
        }
        assert_eq!(made[0], made[1]);
        assert_ne!(made[0], made[2]);
    }

    #[test]
    fn a_low_blow_does_not_ring_on_before_or_after_it() {
        let shape = SpectralShape::FOOTSTEPS;
        let mut analysis = analysis();
        let thud = |n: usize| (-(n as f32) / 1500.0).exp() * (n as f32 * 55.0 * std::f32::consts::TAU / 44_100.0).sin();
        let begins = 20_000;
        let blow: Vec<f32> = (0..shape.sound_samples()).map(|n| n.checked_sub(begins).map_or(0.0, thud)).collect();
        let wanted = analysis.frames(&blow);
        let samples = analysis.search(&wanted, 0).run(analysis.transform(), 16);
        let loudest = |part: &[f32]| part.iter().fold(0.0f32, |loudest, sample| loudest.max(sample.abs()));
        for part in [&samples[..begins - 6_000], &samples[begins + 13_000..]] {
            let db = 20.0 * (loudest(part) / loudest(&samples)).log10();
            assert!(db < LATE_DB, "{db} dB");
        }
    }

    #[test]
    fn silence_stays_silence() {
        let shape = SpectralShape::FOOTSTEPS;
        let mut analysis = analysis();
        let silent = analysis.frames(&[]);
        assert!(silent.values.iter().all(|value| *value == -1.0));
        let search = analysis.search(&silent, 0);
        assert!(search.run(analysis.transform(), 2).iter().all(|sample| sample.abs() < 1e-6));
        assert_eq!(shape.sound_samples(), 73_728);
    }
}

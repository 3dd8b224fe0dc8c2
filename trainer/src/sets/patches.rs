//! The input of VGGish (Hershey and others 2017): patches of 96 frames of 64 log-mel bands at 16 kHz, one each 0.96 s, as its authors publish
//! it. Worker threads.

use std::sync::Arc;

use engine::spectral::{hann_periodic, hertz_to_mel};
use realfft::{RealFftPlanner, RealToComplex};

/// Sample rate in hertz.
pub const RATE_HZ: u32 = 16_000;
/// Bands and frames of a patch.
pub const BANDS: usize = 64;
pub const FRAMES: usize = 96;
/// Window, hop and transform in samples: 25 ms, 10 ms, the next power of two.
const WINDOW: usize = 400;
const HOP: usize = 160;
const TRANSFORM: usize = 512;
/// Edges of the outermost bands in hertz.
const RANGE_HZ: [f64; 2] = [125.0, 7_500.0];
/// Added to magnitudes before the logarithm.
const OFFSET: f32 = 0.01;

/// Makes patches; keeps its plan.
pub struct Patches {
    forward: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// `[band][bin]`.
    weights: Vec<Vec<f32>>,
}

impl Patches {
    /// The analysis.
    pub fn new() -> Self {
        let edge = |index: usize| {
            let [low, high] = RANGE_HZ.map(hertz_to_mel);
            low + (high - low) * index as f64 / (BANDS + 1) as f64
        };
        let mel = |bin: usize| hertz_to_mel(bin as f64 * f64::from(RATE_HZ) / TRANSFORM as f64);
        let weight = |band: usize, bin: usize| {
            let rise = (mel(bin) - edge(band)) / (edge(band + 1) - edge(band));
            let fall = (edge(band + 2) - mel(bin)) / (edge(band + 2) - edge(band + 1));
            // The constant part is in no band.
            if bin == 0 { 0.0 } else { rise.min(fall).max(0.0) as f32 }
        };
        let row = |band: usize| (0..=TRANSFORM / 2).map(|bin| weight(band, bin)).collect();
        Self {
            forward: RealFftPlanner::new().plan_fft_forward(TRANSFORM),
            window: hann_periodic(WINDOW),
            weights: (0..BANDS).map(row).collect(),
        }
    }

    /// The patches of samples at 16 kHz, one at least: a shorter sound is filled with silence.
    pub fn of(&self, samples: &[f32]) -> Vec<Vec<f32>> {
        let mut samples = samples.to_vec();
        samples.resize(samples.len().max(WINDOW + (FRAMES - 1) * HOP), 0.0);
        let frames: Vec<Vec<f32>> = samples.windows(WINDOW).step_by(HOP).map(|part| self.frame(part)).collect();
        frames.chunks_exact(FRAMES).map(<[Vec<f32>]>::concat).collect()
    }

    fn frame(&self, part: &[f32]) -> Vec<f32> {
        let mut time = vec![0.0; TRANSFORM];
        time.iter_mut().zip(part.iter().zip(&self.window)).for_each(|(out, (sample, weight))| *out = sample * weight);
        let mut bins = self.forward.make_output_vec();
        self.forward.process(&mut time, &mut bins).expect("plan and buffers are made together");
        let magnitudes: Vec<f32> = bins.iter().map(|bin| bin.norm()).collect();
        let level =
            |weights: &Vec<f32>| weights.iter().zip(&magnitudes).map(|(weight, value)| weight * value).sum::<f32>();
        self.weights.iter().map(|weights| (level(weights) + OFFSET).ln()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_one_patch_and_a_tone_lies_in_its_band() {
        let tone = |samples: usize| -> Vec<f32> {
            (0..samples).map(|n| (std::f32::consts::TAU * 1_000.0 * n as f32 / 16_000.0).sin()).collect()
        };
        let patches = Patches::new();
        assert_eq!(
            [1_000, 15_600, 16_000, 31_000, 64_000].map(|samples| patches.of(&tone(samples)).len()),
            [1, 1, 1, 2, 4]
        );
        let patch = &patches.of(&tone(16_000))[0];
        let loudest = (0..BANDS).max_by(|a, b| patch[*a].total_cmp(&patch[*b])).expect("bands");
        let [low, high] = RANGE_HZ.map(hertz_to_mel);
        let wanted = (hertz_to_mel(1_000.0) - low) / (high - low) * (BANDS + 1) as f64 - 1.0;
        assert!((loudest as f64 - wanted).abs() <= 1.0, "band {loudest}, {wanted}");
        assert!(patches.of(&[0.0; 16_000])[0].iter().all(|value| (value - OFFSET.ln()).abs() < 1e-6));
    }
}

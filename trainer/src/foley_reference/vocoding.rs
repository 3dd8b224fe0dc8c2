//! Frames → samples of a trained run: by its vocoder, or from the mel bands by fast Griffin-Lim.

use anyhow::Result;
use engine::spectral::{Complex32, Spectrogram, Stft};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

use super::generator::Generator;
use super::geometry::Geometry;
use super::mel::MelFrames;
use crate::reference::griffin_lim::fast_griffin_lim;

/// Rounds of Griffin-Lim.
const ROUNDS: usize = 64;

/// What makes samples of frames.
pub enum Vocoder {
    /// The trained generator.
    HiFiGan(Generator),
    /// Phases that fit the magnitudes of the mel bands.
    GriffinLim(Box<GriffinLim>),
}

impl Vocoder {
    /// Samples of a clip, −1 to 1, of frames `[row, frame]`.
    ///
    /// # Errors
    /// Torch refuses to give the results as numbers.
    pub fn samples(&mut self, frames: &Tensor) -> Result<Vec<f32>> {
        match self {
            Self::HiFiGan(generator) => {
                let made = tch::no_grad(|| generator.forward(&frames.unsqueeze(0)));
                Ok(Vec::<f32>::try_from(made.flatten(0, -1).to_device(Device::Cpu))?)
            }
            Self::GriffinLim(griffin_lim) => griffin_lim.samples(frames),
        }
    }
}

/// Griffin-Lim and its transform.
pub struct GriffinLim {
    mel: MelFrames,
    stft: Stft,
    bands: i64,
}

impl GriffinLim {
    /// For frames of `geometry`.
    pub fn new(geometry: &Geometry) -> Self {
        let stft = Stft::with_sizes(geometry.fft as usize, geometry.hop as usize, geometry.padding() as usize);
        Self { mel: MelFrames::new(geometry, Device::Cpu), stft, bands: geometry.bands }
    }

    fn samples(&mut self, frames: &Tensor) -> Result<Vec<f32>> {
        let bands = frames.narrow(0, 0, self.bands).to_device(Device::Cpu).to_kind(Kind::Float);
        let magnitudes = self.mel.magnitudes(&bands).tr();
        let magnitudes = Vec::<f32>::try_from(magnitudes.contiguous().flatten(0, -1))?;
        // The phases begin at random, the same ones for every clip.
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut phase = || rng.random_range(0.0..std::f32::consts::TAU);
        let values = magnitudes.iter().map(|magnitude| Complex32::from_polar(*magnitude, phase())).collect();
        let mut spectrogram = Spectrogram { bins: self.stft.bins(), values };
        let mut samples = Vec::new();
        fast_griffin_lim(&mut self.stft, &mut spectrogram, ROUNDS, &mut samples);
        self.stft.synthesise_into(&spectrogram, &mut samples);
        Ok(samples.iter().map(|sample| sample.clamp(-1.0, 1.0)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::{Size, Variant};
    use super::*;

    #[test]
    fn griffin_lim_gives_a_sound_of_the_same_frames() -> Result<()> {
        for variant in [Variant::Baseline, Variant::Combined] {
            let geometry = Geometry::new(variant, Size::Tiny);
            let mel = MelFrames::new(&geometry, Device::Cpu);
            let step = std::f32::consts::TAU * 700.0 / geometry.rate_hz as f32;
            let sound: Vec<f32> =
                (0..geometry.samples).map(|n| (step * n as f32).sin() * (-n as f32 / 2000.0).exp() * 0.5).collect();
            let frames = mel.of(&Tensor::from_slice(&sound).unsqueeze(0)).get(0);
            let rows = frames.constant_pad_nd([0, 0, 0, geometry.encoder_rows]);
            let made = Vocoder::GriffinLim(Box::new(GriffinLim::new(&geometry))).samples(&rows)?;
            assert_eq!(made.len() as i64, geometry.frames * geometry.hop, "{variant:?}");
            let again = mel.of(&Tensor::from_slice(&made).unsqueeze(0)).get(0);
            // Bands that sound, away from the padded ends.
            let (wanted, again) = (frames.narrow(1, 3, 16), again.narrow(1, 3, 16));
            let loud = wanted.gt(-3.0).to_kind(Kind::Float);
            let error = ((again - wanted).abs() * &loud).sum(Kind::Float) / loud.sum(Kind::Float);
            assert!(error.double_value(&[]) < 0.5, "{variant:?}: {} nepers", error.double_value(&[]));
        }
        Ok(())
    }
}

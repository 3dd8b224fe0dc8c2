//! Log-mel frames as the HiFi-GAN vocoder takes them (Kong, Kim and Bae 2020), as a differentiable operation: triangles on the Slaney mel scale
//! with equal areas, over magnitudes, in natural logarithms from 1e-5 on.

use tch::{Device, Tensor};

use super::geometry::Geometry;
use crate::signal::{hann, spectrum};

/// Least value of a band.
const LEAST: f64 = 1e-5;
/// The Slaney scale is linear up to 1 kHz, 15 mel there, and has 27 mel for a factor of 6.4 above.
const HZ_OF_MEL: f64 = 200.0 / 3.0;
const LINEAR_HZ: f64 = 1000.0;
const LINEAR_MEL: f64 = LINEAR_HZ / HZ_OF_MEL;
const LOG_STEP: f64 = 1.856_297_990_365_626_3 / 27.0;

fn mel_of(hz: f64) -> f64 {
    if hz < LINEAR_HZ { hz / HZ_OF_MEL } else { LINEAR_MEL + (hz / LINEAR_HZ).ln() / LOG_STEP }
}

fn hz_of(mel: f64) -> f64 {
    if mel < LINEAR_MEL { mel * HZ_OF_MEL } else { LINEAR_HZ * ((mel - LINEAR_MEL) * LOG_STEP).exp() }
}

/// `[band, bin]`: triangles whose area over hertz is 1.
fn bank(geometry: &Geometry, highest_hz: f64) -> Tensor {
    let (bands, bins) = (geometry.bands as usize, geometry.fft as usize / 2 + 1);
    let highest = mel_of(highest_hz);
    let edge = |index: usize| hz_of(highest * index as f64 / (bands + 1) as f64);
    let bin_hz = f64::from(geometry.rate_hz) / geometry.fft as f64;
    let weight = |band: usize, bin: usize| {
        let (low, centre, high, at) = (edge(band), edge(band + 1), edge(band + 2), bin as f64 * bin_hz);
        let height = ((at - low) / (centre - low)).min((high - at) / (high - centre)).max(0.0);
        (height * 2.0 / (high - low)) as f32
    };
    let weights: Vec<f32> = (0..bands).flat_map(|band| (0..bins).map(move |bin| weight(band, bin))).collect();
    Tensor::from_slice(&weights).view([bands as i64, bins as i64])
}

/// The analysis.
#[derive(Debug)]
pub struct MelFrames {
    window: Tensor,
    /// `[bin, band]`.
    bank: Tensor,
    hop: i64,
    padding: i64,
}

impl MelFrames {
    /// Frames as the models see them.
    pub fn new(geometry: &Geometry, device: Device) -> Self {
        Self::up_to(geometry, geometry.highest_hz, device)
    }

    /// Frames whose bands reach up to half the sample rate, which a vocoder is trained by.
    pub fn whole(geometry: &Geometry, device: Device) -> Self {
        Self::up_to(geometry, f64::from(geometry.rate_hz) / 2.0, device)
    }

    fn up_to(geometry: &Geometry, highest_hz: f64, device: Device) -> Self {
        Self {
            window: hann(geometry.fft as usize, device),
            bank: bank(geometry, highest_hz).tr().contiguous().to_device(device),
            hop: geometry.hop,
            padding: geometry.padding(),
        }
    }

    /// `[clip, sample]` → `[clip, band, frame]`.
    pub fn of(&self, samples: &Tensor) -> Tensor {
        let padded = samples.reflection_pad1d([self.padding, self.padding]);
        let bins = spectrum(&padded, &self.window, self.hop);
        let magnitudes = (bins.real().square() + bins.imag().square() + 1e-9).sqrt();
        magnitudes.matmul(&self.bank).clamp_min(LEAST).log().transpose(1, 2)
    }

    /// Magnitudes whose bands are nearest to log-mel frames in the least squares: `[band, frame]` → `[bin, frame]`.
    pub fn magnitudes(&self, frames: &Tensor) -> Tensor {
        self.bank.pinverse(1e-5).tr().matmul(&frames.exp()).clamp_min(0.0)
    }
}

#[cfg(test)]
mod tests {
    use tch::Kind;

    use super::super::config::{Size, Variant};
    use super::*;

    #[test]
    fn frames_have_the_published_shapes_and_find_a_tone() {
        for (variant, bands, frames) in [(Variant::Baseline, 80, 344), (Variant::Combined, 129, 300)] {
            let geometry = Geometry::new(variant, Size::Published);
            let step = std::f32::consts::TAU * 1000.0 / geometry.rate_hz as f32;
            let tone: Vec<f32> = (0..geometry.samples).map(|n| (step * n as f32).sin()).collect();
            let made = MelFrames::new(&geometry, Device::Cpu).of(&Tensor::from_slice(&tone).unsqueeze(0));
            assert_eq!(made.size(), [1, bands, frames]);
            let loudest = made.select(2, 100).argmax(1, false).int64_value(&[0]);
            let expected = LINEAR_MEL / mel_of(geometry.highest_hz) * (bands + 1) as f64 - 1.0;
            assert!((loudest as f64 - expected).abs() <= 1.0, "{variant:?}: band {loudest} instead of {expected}");
        }
    }

    #[test]
    fn frames_of_silence_are_the_least() {
        let geometry = Geometry::new(Variant::Baseline, Size::Tiny);
        let made = MelFrames::new(&geometry, Device::Cpu).of(&Tensor::zeros([1, 6144], (Kind::Float, Device::Cpu)));
        assert!((made.max().double_value(&[]) - LEAST.ln()).abs() < 1e-4);
    }
}

//! The transforms of `engine::spectral` as differentiable tensor operations, and the tables of its two fixed phases.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use engine::spectral::{MelBank, ReferencePhasors, SpectralShape, hann_periodic};
use tch::{Device, Kind, Tensor};

/// Sum of the squared Hann windows that overlap at a hop of a quarter window.
const OVERLAP_GAIN: f64 = 1.5;

/// Periodic Hann window.
pub fn hann(length: usize, device: Device) -> Tensor {
    Tensor::from_slice(&hann_periodic(length)).to_kind(Kind::Float).to_device(device)
}

/// Spectrum of whole frames only: `[batch, samples]` → complex `[batch, time, bins]`.
pub fn spectrum(samples: &Tensor, window: &Tensor, hop: i64) -> Tensor {
    let length = window.size()[0];
    (samples.unfold(1, length, hop) * window).fft_rfft(None::<i64>, -1, "backward")
}

/// Overlap-adds complex `[batch, time, bins]`; only the samples that four frames cover: `[batch, (time − 3) · hop]`.
pub fn inverse(spectrum: &Tensor, window: &Tensor) -> Tensor {
    let length = window.size()[0];
    let frames = spectrum.fft_irfft(length, -1, "backward") * window;
    let size = frames.size();
    let (batch, time, hop) = (size[0], size[1], length / 4);
    let quarters = frames.view([batch, time, 4, hop]);
    let part = |shift: i64| quarters.narrow(1, shift, time - 3).select(2, 3 - shift);
    let sum = part(0) + part(1) + part(2) + part(3);
    (sum / OVERLAP_GAIN).reshape([batch, (time - 3) * hop])
}

/// Overlap-adds complex `[batch, time, bins]` from the very first frame on, as the engine does at the start of a sound, without
/// the `pad` samples before it: `[batch, time · hop − pad]`.
pub fn inverse_from_start(spectrum: &Tensor, window: &Tensor, pad: i64) -> Tensor {
    let (length, time) = (window.size()[0], spectrum.size()[1]);
    let hop = length / 4;
    let nothing = Tensor::zeros([spectrum.size()[0], 3, spectrum.size()[2]], (spectrum.kind(), spectrum.device()));
    let sum = inverse(&Tensor::cat(&[&nothing, spectrum], 1), window) * OVERLAP_GAIN;
    let powers = (window * window).view([4, hop]).cumsum(0, Kind::Float);
    let steady = powers.narrow(0, 3, 1).repeat([(time - 3).max(0), 1]);
    let power = Tensor::cat(&[powers.narrow(0, 0, 3), steady], 0).view([-1]).narrow(0, 0, time * hop);
    (sum / power.clamp_min(1e-6)).narrow(1, pad, time * hop - pad)
}

/// One resolution of the log-mel error.
#[derive(Debug)]
pub struct MelLevels {
    window: Tensor,
    bank: Tensor,
    full_scale: f64,
}

impl MelLevels {
    /// 128 bands over the bins of an `fft_size` transform.
    pub fn new(fft_size: usize, shape: &SpectralShape, device: Device) -> Self {
        let rate_hz = f64::from(shape.sample_rate_hz);
        let (low_hz, high_hz) = (f64::from(shape.mel_low_hz), f64::from(shape.mel_high_hz));
        let bank = MelBank::new(rate_hz, fft_size, shape.mel_bands, low_hz, high_hz);
        let bins = fft_size / 2 + 1;
        let dense = Tensor::from_slice(&bank.dense(bins)).view([bank.len() as i64, bins as i64]);
        Self {
            window: hann(fft_size, device),
            bank: dense.transpose(0, 1).contiguous().to_device(device),
            full_scale: fft_size as f64 / 4.0,
        }
    }

    /// Levels in dB, floored at −80: `[batch, samples]` → `[batch, time, band]`.
    pub fn levels_db(&self, samples: &Tensor) -> Tensor {
        let bins = spectrum(samples, &self.window, self.window.size()[0] / 4);
        let (real, imaginary) = (bins.real(), bins.imag());
        let magnitude = (&real * &real + &imaginary * &imaginary + 1e-9).sqrt() / self.full_scale;
        magnitude.matmul(&self.bank).clamp_min(1e-4).log10() * 20.0
    }
}

/// Cosine and sine of a table of angles, `[bins, frames]`.
#[derive(Debug)]
pub struct Angles {
    /// Cosines.
    pub cosine: Tensor,
    /// Sines.
    pub sine: Tensor,
}

impl Angles {
    fn narrow(&self, start: i64, length: i64) -> Self {
        Self { cosine: self.cosine.narrow(1, start, length), sine: self.sine.narrow(1, start, length) }
    }

    fn stack(parts: &[Self]) -> Self {
        let stacked = |pick: fn(&Self) -> &Tensor| Tensor::stack(&parts.iter().map(pick).collect::<Vec<_>>(), 0);
        Self { cosine: stacked(|angles| &angles.cosine), sine: stacked(|angles| &angles.sine) }
    }
}

/// The reference phase of each key and the noise phase, tabled for whole sounds.
#[derive(Debug)]
pub struct PhaseTables {
    shape: SpectralShape,
    device: Device,
    references: Mutex<HashMap<u8, Angles>>,
    noise: Angles,
}

impl PhaseTables {
    /// Tables for sounds of the given shape.
    pub fn new(shape: &SpectralShape, device: Device) -> Self {
        let phasors = ReferencePhasors::new(shape, 60.0, 1);
        let noise = table(shape, device, |bin, frame| {
            let phasor = phasors.noise(bin, frame);
            (phasor.re, phasor.im)
        });
        Self { shape: *shape, device, references: Mutex::default(), noise }
    }

    /// Reference and noise of crops that begin at `starts`, `[batch, bins, frames]`.
    pub fn crops(&self, keys: &[u8], starts: &[i64], frames: i64) -> (Angles, Angles) {
        let mut references = self.references.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut reference, mut noise) = (Vec::new(), Vec::new());
        for (key, start) in keys.iter().zip(starts) {
            let table = references.entry(*key).or_insert_with(|| self.reference(*key));
            reference.push(table.narrow(*start, frames));
            noise.push(self.noise.narrow(*start, frames));
        }
        (Angles::stack(&reference), Angles::stack(&noise))
    }

    fn reference(&self, key: u8) -> Angles {
        let phasors = ReferencePhasors::new(&self.shape, f64::from(key), self.shape.frame_count);
        table(&self.shape, self.device, |bin, frame| {
            let phasor = phasors.reference(bin, frame);
            (phasor.re, phasor.im)
        })
    }
}

fn table(shape: &SpectralShape, device: Device, value: impl Fn(usize, usize) -> (f32, f32)) -> Angles {
    let (bins, frames) = (shape.bins(), shape.frame_count);
    let values =
        (0..bins).flat_map(|bin| (0..frames).map(move |frame| (bin, frame))).map(|(bin, frame)| value(bin, frame));
    let (cosine, sine): (Vec<f32>, Vec<f32>) = values.unzip();
    let tensor = |values: &[f32]| Tensor::from_slice(values).view([bins as i64, frames as i64]).to_device(device);
    Angles { cosine: tensor(&cosine), sine: tensor(&sine) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverse_gives_back_what_four_frames_cover() {
        let window = hann(2048, Device::Cpu);
        tch::manual_seed(1);
        let samples = Tensor::randn([2, 2048 + 9 * 512], (Kind::Float, Device::Cpu));
        let back = inverse(&spectrum(&samples, &window, 512), &window);
        let wanted = samples.narrow(1, 3 * 512, back.size()[1]);
        assert!((back - wanted).abs().max().double_value(&[]) < 1e-5);
    }

    #[test]
    fn the_inverse_from_the_start_gives_back_the_start() {
        let window = hann(2048, Device::Cpu);
        tch::manual_seed(1);
        let samples = Tensor::randn([2, 9 * 512], (Kind::Float, Device::Cpu));
        let back = inverse_from_start(&spectrum(&samples.constant_pad_nd([768, 0]), &window, 512), &window, 768);
        let wanted = samples.narrow(1, 0, back.size()[1]);
        assert!((back - wanted).abs().max().double_value(&[]) < 1e-4);
    }

    #[test]
    fn a_full_scale_sine_is_near_0_db() {
        let levels = MelLevels::new(2048, &SpectralShape::DEFAULT, Device::Cpu);
        let sine: Vec<f32> = (0..8192).map(|n| (n as f32 * 0.2).sin()).collect();
        let loudest = levels.levels_db(&Tensor::from_slice(&sine).unsqueeze(0)).max().double_value(&[]);
        assert!((-12.0..0.1).contains(&loudest), "{loudest} dB");
    }
}

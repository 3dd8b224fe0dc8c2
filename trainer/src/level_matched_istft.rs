//! The engine's inverse transform, from bins to samples, as differentiable tensor operations: bins brought to the levels of the frames that
//! they come from, overlap-added, analysed, and brought to them once more (`engine::spectral::GriffinLim`, one round).

use engine::spectral::SpectralShape;
use tch::{Device, Kind, Tensor};

use crate::signal::{hann, inverse, inverse_from_start, spectrum};

/// Bounds of a band's gain in one round, as in the engine.
const GAINS: (f64, f64) = (0.02, 10.0);
/// Frame values up to this are silence, which may be quieter.
const SILENCE: f64 = -0.9999;

/// Makes samples of bins and frames.
#[derive(Debug)]
pub struct LevelMatchedIstft {
    shape: SpectralShape,
    window: Tensor,
    /// `[bins, bands]`: means of magnitudes.
    bank: Tensor,
    /// `[bands, bins]`: shares of the bands in each bin.
    spread: Tensor,
    /// `[bins]`: 1 where no band is.
    bare: Tensor,
}

/// Samples that crops of bins give, and where in the crop they begin.
#[derive(Debug)]
pub struct Made {
    /// `[batch, samples]`.
    pub samples: Tensor,
    /// Samples from the first frame's beginning to the first that is made.
    pub first: i64,
}

impl LevelMatchedIstft {
    /// For bins and frames of the given shape.
    pub fn new(shape: &SpectralShape, device: Device) -> Self {
        let bank = shape.mel_bank();
        let (bands, bins) = (shape.mel_bands, shape.bins());
        let mut bare = vec![0.0_f32; bins];
        bank.spread(&vec![0.0; bands], &mut bare);
        let mut spread = Vec::with_capacity(bands * bins);
        for band in 0..bands {
            let mut factors = vec![0.0; bands];
            factors[band] = 1.0;
            let mut row = vec![0.0; bins];
            bank.spread(&factors, &mut row);
            spread.extend(row.iter().zip(&bare).map(|(share, bare)| share - bare));
        }
        let matrix = |values: &[f32]| Tensor::from_slice(values).view([bands as i64, bins as i64]).to_device(device);
        Self {
            shape: *shape,
            window: hann(shape.fft_size, device),
            bank: matrix(&bank.dense(bins)).transpose(0, 1).contiguous(),
            spread: matrix(&spread),
            bare: Tensor::from_slice(&bare).to_device(device),
        }
    }

    /// Samples of complex `bins` `[batch, time, bins]` that come from `frames` `[batch, bands, time]`. `from_start`: the crops
    /// begin with the sound, so that nothing before them is missing.
    pub fn samples(&self, bins: &Tensor, frames: &Tensor, from_start: bool) -> Made {
        let (hop, pad) = (self.shape.hop_samples as i64, self.shape.pad_samples as i64);
        let wanted = frames.transpose(1, 2);
        let first = self.overlap(&self.brought(bins, &wanted), from_start);
        let before = if from_start { first.constant_pad_nd([pad, 0]) } else { first };
        let rebuilt = spectrum(&before, &self.window, hop);
        let skipped = if from_start { 0 } else { 3 };
        let wanted = wanted.narrow(1, skipped, rebuilt.size()[1]);
        let samples = self.overlap(&self.brought(&rebuilt, &wanted), from_start);
        Made { samples, first: if from_start { pad } else { 2 * skipped * hop } }
    }

    fn overlap(&self, bins: &Tensor, from_start: bool) -> Tensor {
        if from_start {
            inverse_from_start(bins, &self.window, self.shape.pad_samples as i64)
        } else {
            inverse(bins, &self.window)
        }
    }

    /// Bins at the levels of the frames `wanted`, `[batch, time, bands]`.
    fn brought(&self, bins: &Tensor, wanted: &Tensor) -> Tensor {
        let (real, imaginary) = (bins.real(), bins.imag());
        let magnitude = (&real * &real + &imaginary * &imaginary + 1e-9).sqrt() / f64::from(self.shape.full_scale());
        let levels = magnitude.matmul(&self.bank).clamp_min(1e-9);
        let half_db = f64::from(-self.shape.floor_db / 2.0);
        let nepers = (wanted * half_db - half_db) * (std::f64::consts::LN_10 / 20.0);
        let gains = (nepers.exp() / levels).clamp(GAINS.0, GAINS.1);
        let silent = wanted.le(SILENCE).to_kind(Kind::Float);
        let gains: Tensor = &gains * (1.0 - &silent) + gains.clamp_max(1.0) * &silent;
        let by_bin: Tensor = gains.matmul(&self.spread) + &self.bare;
        bins * by_bin
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use engine::spectral::{Complex32, Frames, GriffinLim, Spectrogram, Stft};

    const SHAPE: SpectralShape = SpectralShape::DEFAULT;
    const COUNT: usize = 20;

    fn bins_and_frames() -> (Spectrogram, Frames) {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut random = || rng.random_range(-0.5_f32..0.5);
        let values = (0..SHAPE.bins() * COUNT).map(|_| Complex32::new(random(), random())).collect();
        let frames = (0..SHAPE.mel_bands * COUNT).map(|_| random()).collect();
        (Spectrogram { bins: SHAPE.bins(), values }, Frames { bands: SHAPE.mel_bands, frames: COUNT, values: frames })
    }

    #[test]
    fn one_round_is_the_engines() {
        let (mut bins, frames) = bins_and_frames();
        let (real, imaginary): (Vec<f32>, Vec<f32>) = bins.values.iter().map(|value| (value.re, value.im)).unzip();
        let tensor = |values: &[f32]| Tensor::from_slice(values).view([1, COUNT as i64, SHAPE.bins() as i64]);
        let complex = Tensor::complex(&tensor(&real), &tensor(&imaginary));
        let wanted = Tensor::from_slice(&frames.values).view([1, SHAPE.mel_bands as i64, COUNT as i64]);
        let made = LevelMatchedIstft::new(&SHAPE, Device::Cpu).samples(&complex, &wanted, true);

        let mut stft = Stft::new(&SHAPE);
        GriffinLim::new(&SHAPE).run(&mut stft, &frames, &mut bins, 1);
        let truth = stft.synthesise(&bins);
        let made = Vec::<f32>::try_from(made.samples.squeeze()).unwrap_or_default();
        // What the crop's last frames do not determine is left out on both sides.
        let compared = made.len() - 8 * SHAPE.hop_samples;
        let largest = truth.iter().fold(0.0_f32, |largest, sample| largest.max(sample.abs()));
        let worst = made[..compared].iter().zip(&truth).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-3 * largest, "{worst} of {largest}");
    }
}

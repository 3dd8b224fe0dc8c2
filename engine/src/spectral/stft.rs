//! Short-time Fourier transform and its inverse with a periodic Hann window. Allocates; never on the audio thread.

use std::sync::Arc;

use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex32;

use super::SpectralShape;

/// The periodic Hann window of `length` samples.
pub fn hann_periodic(length: usize) -> Vec<f32> {
    (0..length)
        .map(|n| {
            let turn = n as f64 / length as f64;
            (0.5 - 0.5 * (std::f64::consts::TAU * turn).cos()) as f32
        })
        .collect()
}

/// Lower bound of the sum of squared windows in the division.
const LEAST_POWER: f32 = 1e-6;

/// A complex spectrogram, frame after frame.
#[derive(Clone, Debug)]
pub struct Spectrogram {
    /// Bins of one frame.
    pub bins: usize,
    /// `[frame][bin]`, flat.
    pub values: Vec<Complex32>,
}

impl Spectrogram {
    /// A spectrogram of zeros.
    pub fn zeros(bins: usize, frames: usize) -> Self {
        Self { bins, values: vec![Complex32::ZERO; bins * frames] }
    }

    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.values.len() / self.bins
    }
}

/// Transform plans, window and scratch for one size of window and hop.
///
/// Frame `t` starts at sample `t · hop − pad`; samples outside the sound count as 0. Values are not scaled.
pub struct Stft {
    fft_size: usize,
    hop_samples: usize,
    pad_samples: usize,
    window: Vec<f32>,
    steady_power: Vec<f32>,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    time: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
    overlap: Vec<f32>,
}

impl Stft {
    /// Plans for the given shape.
    pub fn new(shape: &SpectralShape) -> Self {
        Self::with_sizes(shape.fft_size, shape.hop_samples, shape.pad_samples)
    }

    /// Plans for a window length, a hop and a number of zeros before and after the sound, all in samples.
    pub fn with_sizes(fft_size: usize, hop_samples: usize, pad_samples: usize) -> Self {
        let mut planner = RealFftPlanner::new();
        let forward = planner.plan_fft_forward(fft_size);
        let inverse = planner.plan_fft_inverse(fft_size);
        let scratch_len = forward.get_scratch_len().max(inverse.get_scratch_len());
        let window = hann_periodic(fft_size);
        Self {
            fft_size,
            hop_samples,
            pad_samples,
            steady_power: steady_power(&window, hop_samples),
            window,
            time: forward.make_input_vec(),
            spectrum: forward.make_output_vec(),
            scratch: vec![Complex32::ZERO; scratch_len],
            overlap: Vec::new(),
            forward,
            inverse,
        }
    }

    /// Bins of one frame.
    pub fn bins(&self) -> usize {
        self.fft_size / 2 + 1
    }

    /// Number of frames that overlap at a sample.
    pub fn overlap(&self) -> usize {
        self.fft_size.div_ceil(self.hop_samples)
    }

    /// Number of whole frames in a sound of `samples` samples with its padding.
    pub fn frames_of(&self, samples: usize) -> usize {
        (samples + 2 * self.pad_samples).saturating_sub(self.fft_size) / self.hop_samples + 1
    }

    /// Transforms `frames` frames of `samples` into `out`.
    pub fn analyse_into(&mut self, samples: &[f32], frames: usize, out: &mut Spectrogram) {
        out.bins = self.bins();
        out.values.resize(out.bins * frames, Complex32::ZERO);
        for (frame, bins) in out.values.chunks_exact_mut(self.fft_size / 2 + 1).enumerate() {
            self.load_windowed(samples, frame);
            self.forward
                .process_with_scratch(&mut self.time, bins, &mut self.scratch)
                .expect("plan and buffers are made together");
        }
    }

    /// Transforms all frames of `samples`.
    pub fn analyse(&mut self, samples: &[f32]) -> Spectrogram {
        let frames = self.frames_of(samples.len());
        let mut out = Spectrogram::zeros(self.bins(), frames);
        self.analyse_into(samples, frames, &mut out);
        out
    }

    fn load_windowed(&mut self, samples: &[f32], frame: usize) {
        let start = (frame * self.hop_samples) as isize - self.pad_samples as isize;
        let from = (-start).clamp(0, self.fft_size as isize) as usize;
        let to = (samples.len() as isize - start).clamp(from as isize, self.fft_size as isize) as usize;
        self.time.fill(0.0);
        if from == to {
            return;
        }
        let first = (start + from as isize) as usize;
        let windows = &self.window[from..to];
        for ((value, sample), weight) in self.time[from..to].iter_mut().zip(&samples[first..]).zip(windows) {
            *value = sample * weight;
        }
    }

    /// Inverse transform: windowed overlap-add divided by the sum of squared windows (Griffin and Lim 1984, eq. 6).
    /// `out` becomes `(frames − 1) · hop + fft_size − 2 · pad` samples long.
    pub fn synthesise_into(&mut self, spectrogram: &Spectrogram, out: &mut Vec<f32>) {
        let frames = spectrogram.frames();
        let padded = frames.saturating_sub(1) * self.hop_samples + self.fft_size;
        self.overlap.clear();
        self.overlap.resize(padded, 0.0);
        let scale = 1.0 / self.fft_size as f32;
        for (frame, bins) in spectrogram.values.chunks_exact(spectrogram.bins).enumerate() {
            self.spectrum.copy_from_slice(bins);
            self.spectrum[0].im = 0.0;
            self.spectrum[spectrogram.bins - 1].im = 0.0;
            self.inverse
                .process_with_scratch(&mut self.spectrum, &mut self.time, &mut self.scratch)
                .expect("plan and buffers are made together, and the real bins are real");
            let target = &mut self.overlap[frame * self.hop_samples..][..self.fft_size];
            for ((sum, value), weight) in target.iter_mut().zip(&self.time).zip(&self.window) {
                *sum += value * weight * scale;
            }
        }
        out.clear();
        out.extend_from_slice(&self.overlap[self.pad_samples..padded - self.pad_samples]);
        self.divide_by_window_power(frames, out);
    }

    /// Inverse transform into a new buffer; see [`Stft::synthesise_into`].
    pub fn synthesise(&mut self, spectrogram: &Spectrogram) -> Vec<f32> {
        let mut out = Vec::new();
        self.synthesise_into(spectrogram, &mut out);
        out
    }

    fn divide_by_window_power(&self, frames: usize, out: &mut [f32]) {
        let hop = self.hop_samples;
        let edge = self.fft_size - hop;
        let padded = out.len() + 2 * self.pad_samples;
        // One hop of the padded sound at a time, so that the sums of squared windows come from a table.
        let first = hop - self.pad_samples % hop;
        let (head, rest) = out.split_at_mut(first.min(out.len()));
        let mut position = self.pad_samples;
        for part in std::iter::once(head).chain(rest.chunks_mut(hop)) {
            if position >= edge && position + hop <= padded - edge {
                let powers = &self.steady_power[position % hop..];
                part.iter_mut().zip(powers).for_each(|(value, power)| *value /= power.max(LEAST_POWER));
            } else {
                let powers = (position..).map(|position| self.power_at(position, frames));
                part.iter_mut().zip(powers).for_each(|(value, power)| *value /= power.max(LEAST_POWER));
            }
            position += part.len();
        }
    }

    /// Sum of squared windows at a sample of the padded sound.
    fn power_at(&self, position: usize, frames: usize) -> f32 {
        let reach = self.overlap();
        let last = (position / self.hop_samples).min(frames.saturating_sub(1));
        let offsets = ((last + 1).saturating_sub(reach)..=last).map(|frame| position - frame * self.hop_samples);
        offsets.filter_map(|offset| self.window.get(offset)).map(|weight| weight * weight).sum()
    }
}

/// Sum of squared windows at each sample of a hop, where all windows overlap.
fn steady_power(window: &[f32], hop_samples: usize) -> Vec<f32> {
    (0..hop_samples)
        .map(|first| window[first..].iter().step_by(hop_samples).map(|weight| weight * weight).sum())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(length: usize) -> Vec<f32> {
        let mut state = 1u32;
        (0..length)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state as f32 / u32::MAX as f32 - 0.5
            })
            .collect()
    }

    #[test]
    fn synthesis_inverts_analysis() {
        let shape = SpectralShape::DEFAULT;
        let samples = noise(shape.sound_samples());
        let mut stft = Stft::new(&shape);
        let spectrogram = stft.analyse(&samples);
        assert_eq!(spectrogram.frames(), shape.frame_count);
        let back = stft.synthesise(&spectrogram);
        assert_eq!(back.len(), samples.len());
        let worst = samples.iter().zip(&back).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-5, "worst difference {worst}");
    }

    #[test]
    fn a_full_scale_sine_reads_about_one() {
        let shape = SpectralShape::DEFAULT;
        let bin = 100.0;
        let step = std::f32::consts::TAU * bin / shape.fft_size as f32;
        let samples: Vec<f32> = (0..8192).map(|n| (step * n as f32).sin()).collect();
        let spectrogram = Stft::new(&shape).analyse(&samples);
        let magnitude = spectrogram.values[5 * shape.bins() + 100].norm() / shape.full_scale();
        assert!((magnitude - 1.0).abs() < 1e-2, "magnitude {magnitude}");
    }
}

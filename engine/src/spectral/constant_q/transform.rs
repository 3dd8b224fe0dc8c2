//! The transform of a whole signal, there and back. Any thread but the audio thread; allocates.

use std::sync::Arc;

use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftNum, FftPlanner};

use super::bands::{ConstantQShape, next_smooth};
use super::coefficients::Coefficients;

/// One band with its plans.
struct BandPlan<T> {
    first_bin: usize,
    /// Whether the bins stand a second time on the other side of 0 Hz, conjugate, so that the coefficients are real.
    mirrored: bool,
    window: Vec<T>,
    /// Window divided by the frame operator: weights of the inverse.
    dual: Vec<T>,
    inverse: Arc<dyn Fft<T>>,
    forward: Arc<dyn Fft<T>>,
}

/// Plans, windows and scratch of the transform of signals of one length, in `f32` or `f64`.
///
/// A coefficient of band `b` at `m` belongs to the time `m / count` of the padded length; coefficients are scaled so that a full-scale sine
/// at the centre of a band has the magnitude 0.5. Those of the band at 0 Hz are real.
pub struct ConstantQ<T: FftNum> {
    shape: ConstantQShape,
    length: usize,
    padded: usize,
    bands: Vec<Option<BandPlan<T>>>,
    counts: Vec<usize>,
    forward: Arc<dyn RealToComplex<T>>,
    inverse: Arc<dyn ComplexToReal<T>>,
    time: Vec<T>,
    spectrum: Vec<Complex<T>>,
    scratch: Vec<Complex<T>>,
    piece: Vec<Complex<T>>,
}

fn float<T: FftNum>(value: f64) -> T {
    T::from_f64(value).unwrap_or_else(T::zero)
}

impl<T: FftNum> ConstantQ<T> {
    /// For signals of `length` samples, which are padded to a length that is fast to transform.
    pub fn new(shape: &ConstantQShape, length: usize) -> Self {
        Self::with_silence(shape, length, 0)
    }

    /// The same with at least `silence` samples of silence after the signal. The transform is periodic: without silence, what a long window
    /// hears before the signal's beginning stands at its end.
    pub fn with_silence(shape: &ConstantQShape, length: usize, silence: usize) -> Self {
        // Even, since half spectra of real signals are complete only then.
        let padded = 2 * next_smooth((length + silence).div_ceil(2));
        let layout = shape.layout(padded);
        let mut frame = vec![0.0f64; padded / 2 + 1];
        for band in &layout {
            let power = frame.iter_mut().skip(band.first_bin).zip(&band.window);
            power.for_each(|(sum, weight)| *sum += weight * weight);
        }
        let mut real = RealFftPlanner::new();
        let (forward, inverse) = (real.plan_fft_forward(padded), real.plan_fft_inverse(padded));
        let mut planner = FftPlanner::new();
        let counts: Vec<usize> = layout.iter().map(|band| band.coefficients).collect();
        let plans: Vec<Option<BandPlan<T>>> = layout
            .into_iter()
            .map(|band| {
                let dual = band.window.iter().zip(&frame[band.first_bin.min(padded / 2)..]);
                (band.coefficients > 0).then(|| BandPlan {
                    first_bin: band.first_bin,
                    mirrored: band.mirrored,
                    dual: dual.map(|(weight, power)| float(weight / power)).collect(),
                    window: band.window.iter().map(|weight| float(*weight)).collect(),
                    inverse: planner.plan_fft_inverse(band.coefficients),
                    forward: planner.plan_fft_forward(band.coefficients),
                })
            })
            .collect();
        let zero = Complex::new(T::zero(), T::zero());
        let of_bands = plans
            .iter()
            .flatten()
            .map(|band| band.inverse.get_inplace_scratch_len().max(band.forward.get_inplace_scratch_len()));
        let scratch = of_bands.chain([forward.get_scratch_len(), inverse.get_scratch_len()]).max().unwrap_or(0);
        Self {
            shape: *shape,
            length,
            padded,
            piece: vec![zero; counts.iter().copied().max().unwrap_or(0)],
            bands: plans,
            counts,
            time: vec![T::zero(); padded],
            spectrum: forward.make_output_vec(),
            scratch: vec![zero; scratch],
            forward,
            inverse,
        }
    }

    /// Pitch range and resolution.
    pub fn shape(&self) -> &ConstantQShape {
        &self.shape
    }

    /// Length of its signals in samples.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Length that signals are padded to, over which the coefficients of each band are spread evenly.
    pub fn padded(&self) -> usize {
        self.padded
    }

    /// Zeros of the shape of its coefficients.
    pub fn zeros(&self) -> Coefficients<T> {
        Coefficients::zeros(self.counts.iter().copied())
    }

    /// Coefficients of `samples`, which end early or are cut to the transform's length.
    pub fn forward(&mut self, samples: &[T], into: &mut Coefficients<T>) {
        let count = samples.len().min(self.length);
        self.time[..count].copy_from_slice(&samples[..count]);
        self.time[count..].fill(T::zero());
        // The lengths are the plan's own.
        let done = self.forward.process_with_scratch(&mut self.time, &mut self.spectrum, &mut self.scratch);
        debug_assert!(done.is_ok(), "{done:?}");
        let scale = float::<T>(1.0 / self.padded as f64);
        for (index, band) in self.bands.iter().enumerate() {
            let Some(band) = band else { continue };
            let out = into.band_mut(index);
            out.fill(Complex::new(T::zero(), T::zero()));
            let count = out.len();
            let bins = self.spectrum[band.first_bin..].iter().zip(&band.window).enumerate();
            for (place, (bin, weight)) in bins {
                let (place, value) = ((band.first_bin + place) % count, bin * (*weight * scale));
                out[place] = value;
                if band.mirrored {
                    out[(count - place) % count] = value.conj();
                }
            }
            band.inverse.process_with_scratch(out, &mut self.scratch);
        }
    }

    /// The signal of `coefficients`: exactly the one they were made from, else the nearest one in the least squares of the dual frame.
    pub fn inverse(&mut self, coefficients: &Coefficients<T>, into: &mut [T]) {
        self.spectrum.fill(Complex::new(T::zero(), T::zero()));
        for (index, band) in self.bands.iter().enumerate() {
            let Some(band) = band else { continue };
            let count = self.counts[index];
            let piece = &mut self.piece[..count];
            piece.copy_from_slice(coefficients.band(index));
            if band.mirrored {
                piece.iter_mut().for_each(|value| value.im = T::zero());
            }
            band.forward.process_with_scratch(piece, &mut self.scratch);
            let scale = float::<T>(1.0 / count as f64);
            for (place, (bin, weight)) in self.spectrum[band.first_bin..].iter_mut().zip(&band.dual).enumerate() {
                *bin = *bin + piece[(band.first_bin + place) % count] * (*weight * scale);
            }
        }
        // A real signal has no imaginary part at 0 and at half of the sample rate.
        for end in [0, self.padded / 2] {
            self.spectrum[end].im = T::zero();
        }
        let done = self.inverse.process_with_scratch(&mut self.spectrum, &mut self.time, &mut self.scratch);
        debug_assert!(done.is_ok(), "{done:?}");
        let count = into.len().min(self.length);
        into[..count].copy_from_slice(&self.time[..count]);
        into[count..].fill(T::zero());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Largest error there and back against the largest sample, in f32 and in f64.
    const TOLERANCE: (f64, f64) = (1e-6, 1e-12);

    fn noise<T: FftNum>(length: usize) -> Vec<T> {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / (1u64 << 30) as f64 - 1.0
        };
        (0..length).map(|_| float(next())).collect()
    }

    fn there_and_back<T: FftNum + Into<f64>>(shape: &ConstantQShape, length: usize) -> f64 {
        let samples = noise::<T>(length);
        let mut transform = ConstantQ::new(shape, length);
        let mut coefficients = transform.zeros();
        transform.forward(&samples, &mut coefficients);
        let mut back = vec![T::zero(); length];
        transform.inverse(&coefficients, &mut back);
        let error = |(a, b): (&T, &T)| (*a - *b).into().abs();
        samples.iter().zip(&back).map(error).fold(0.0, f64::max)
    }

    #[test]
    fn there_and_back_is_exact_at_any_length_rate_and_resolution() {
        for rate_hz in [8_000.0, 44_100.0, 384_000.0] {
            for bins_per_octave in [1, 16, 96] {
                for (oversampling, width_hz) in [(1, 0.0), (2, 0.0), (1, 40.0), (1, 1_000.0)] {
                    let shape = ConstantQShape::new(rate_hz, 32.7, bins_per_octave, 9 * bins_per_octave).unwrap();
                    let shape = shape.oversampled(oversampling).unwrap().widened(width_hz).unwrap();
                    for length in [0, 1, 2, 3, 63, 1_009, 73_647] {
                        let case = format!("{rate_hz} Hz, {bins_per_octave}, {length} samples");
                        let (single, double) = TOLERANCE;
                        assert!(there_and_back::<f32>(&shape, length) <= single, "{case}");
                        assert!(there_and_back::<f64>(&shape, length) <= double, "{case}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_sine_stands_in_its_band_alone_with_half_its_level() {
        let shape = ConstantQShape::footsteps(44_100.0).unwrap();
        let length = 44_100;
        for band in [30, 70, 120] {
            let hz = shape.centre_hz(band);
            let sine: Vec<f64> =
                (0..length).map(|n| (std::f64::consts::TAU * hz * n as f64 / 44_100.0).sin()).collect();
            let mut transform = ConstantQ::new(&shape, length);
            let mut coefficients = transform.zeros();
            transform.forward(&sine, &mut coefficients);
            let middle = |band: usize| {
                let values = coefficients.band(band);
                values[values.len() / 2].norm()
            };
            assert!((middle(band) - 0.5).abs() < 0.02, "{}", middle(band));
            assert!(middle(band - 2) < 0.01 && middle(band + 2) < 0.01);
        }
    }
}

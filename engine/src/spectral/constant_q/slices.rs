//! The transform of long and live signals, slice by slice. Any thread but the audio thread; allocates.
//!
//! Slices overlap by half and are weighted by Hann windows, which add up to 1. Each is transformed by itself, so a signal of any length comes
//! back exactly, whatever the length of a slice (the windows of Holighaus and others 2013 without their joining of coefficients).

use rustfft::FftNum;

use super::bands::ConstantQShape;
use super::coefficients::Coefficients;
use super::transform::ConstantQ;

/// One slice: its coefficients, and its number.
#[derive(Clone, Debug)]
pub struct Slice<T> {
    /// Slice `n` covers the samples from `(n − 1) · hop` to `(n + 1) · hop`.
    pub number: usize,
    /// Its coefficients.
    pub coefficients: Coefficients<T>,
}

/// The transform of slices of one length.
pub struct Slices<T: FftNum> {
    transform: ConstantQ<T>,
    window: Vec<T>,
    hop: usize,
    time: Vec<T>,
}

impl<T: FftNum> Slices<T> {
    /// Slices of twice `hop` samples, at least 2.
    pub fn new(shape: &ConstantQShape, hop: usize) -> Self {
        let hop = hop.max(1);
        let length = 2 * hop;
        let weight = |n: usize| 0.5 - 0.5 * (std::f64::consts::TAU * n as f64 / length as f64).cos();
        let window = (0..length).map(|n| T::from_f64(weight(n)).unwrap_or_else(T::zero)).collect();
        Self { transform: ConstantQ::new(shape, length), window, hop, time: vec![T::zero(); length] }
    }

    /// Number of slices of a signal.
    pub fn count(&self, length: usize) -> usize {
        length.div_ceil(self.hop) + 1
    }

    /// One slice of a signal; samples outside it count as 0.
    pub fn forward(&mut self, samples: &[T], number: usize) -> Slice<T> {
        for (place, (out, weight)) in self.time.iter_mut().zip(&self.window).enumerate() {
            let sample = (number * self.hop + place).checked_sub(self.hop).and_then(|at| samples.get(at));
            *out = sample.map_or_else(T::zero, |sample| *sample * *weight);
        }
        let mut coefficients = self.transform.zeros();
        self.transform.forward(&self.time, &mut coefficients);
        Slice { number, coefficients }
    }

    /// Adds the samples of a slice to a signal; what lies outside it is left out.
    pub fn add(&mut self, slice: &Slice<T>, samples: &mut [T]) {
        self.transform.inverse(&slice.coefficients, &mut self.time);
        for (place, value) in self.time.iter().enumerate() {
            let at = (slice.number * self.hop + place).checked_sub(self.hop);
            if let Some(sample) = at.and_then(|at| samples.get_mut(at)) {
                *sample = *sample + *value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Largest error there and back.
    const TOLERANCE: f64 = 1e-12;

    #[test]
    fn a_signal_comes_back_exactly_whatever_the_slice() {
        let shape = ConstantQShape::new(44_100.0, 32.7, 12, 108).unwrap();
        for length in [0, 1, 777, 5_000] {
            let samples: Vec<f64> = (0..length).map(|n| ((n * n) as f64 * 0.013).sin()).collect();
            for hop in [1, 100, 2_048, 9_000].into_iter().filter(|hop| length / hop < 100) {
                let mut slices = Slices::new(&shape, hop);
                let mut back = vec![0.0; length];
                for number in 0..slices.count(length) {
                    let slice = slices.forward(&samples, number);
                    slices.add(&slice, &mut back);
                }
                assert!(samples.iter().zip(&back).all(|(a, b)| (a - b).abs() < TOLERANCE), "{length}, {hop}");
            }
        }
    }
}

//! Coefficients of a constant-Q transform: of each band as many as it needs. Any thread.

use rustfft::num_complex::Complex;
use rustfft::num_traits::Zero;

/// Coefficients, band after band; the first band is the one below all, the last that above all.
#[derive(Clone, Debug, PartialEq)]
pub struct Coefficients<T> {
    values: Vec<Complex<T>>,
    /// Where each band begins in `values`, and the end.
    starts: Vec<usize>,
}

impl<T: Copy + Zero> Coefficients<T> {
    /// Zeros, `counts[b]` in band `b`.
    pub(super) fn zeros(counts: impl Iterator<Item = usize>) -> Self {
        let mut starts = vec![0];
        starts.extend(counts.scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        }));
        let length = starts.last().copied().unwrap_or(0);
        Self { values: vec![Complex::new(T::zero(), T::zero()); length], starts }
    }
}

impl<T> Coefficients<T> {
    /// Number of bands, with the two at the ends.
    pub fn bands(&self) -> usize {
        self.starts.len() - 1
    }

    /// Coefficients of one band, evenly over the transform's length.
    ///
    /// # Panics
    /// For a band that does not exist.
    pub fn band(&self, band: usize) -> &[Complex<T>] {
        &self.values[self.starts[band]..self.starts[band + 1]]
    }

    /// As [`Self::band`], to be changed.
    ///
    /// # Panics
    /// For a band that does not exist.
    pub fn band_mut(&mut self, band: usize) -> &mut [Complex<T>] {
        &mut self.values[self.starts[band]..self.starts[band + 1]]
    }

    /// All coefficients, band after band.
    pub fn values(&self) -> &[Complex<T>] {
        &self.values
    }

    /// As [`Self::values`], to be changed.
    pub fn values_mut(&mut self) -> &mut [Complex<T>] {
        &mut self.values
    }
}

/// Magnitude of a coefficient. Without the care for numbers near the ends of the range that the library's own takes, and several times as fast.
pub(super) fn magnitude(value: &Complex<f32>) -> f32 {
    value.norm_sqr().sqrt()
}

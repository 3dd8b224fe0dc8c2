//! Spectrograms as real and imaginary planes with a margin of zeros on all sides.

use crate::spectral::{Complex32, Spectrogram};

/// Zeros on each side of a plane: half of the largest filter.
pub(super) const MARGIN: usize = 13;

/// Planes by plane, frequency and time, flat.
#[derive(Clone)]
pub(super) struct Planes {
    pub values: Vec<f32>,
    count: usize,
    pub bins: usize,
    pub frames: usize,
}

impl Planes {
    /// Of spectrograms of one shape, with a root of the mean square of 1, and what they were divided by.
    pub fn of(spectrograms: &[Spectrogram]) -> (Self, f32) {
        let (bins, frames) = spectrograms.first().map_or((1, 1), |one| (one.bins, one.frames()));
        let mut planes = Self::zeros(2 * spectrograms.len(), bins, frames);
        let values = spectrograms.iter().flat_map(|one| &one.values);
        let power = values.map(|value| f64::from(value.norm_sqr())).sum::<f64>();
        let scale = (power / (2 * bins * frames * spectrograms.len().max(1)) as f64).sqrt().max(1e-12) as f32;
        for (channel, spectrogram) in spectrograms.iter().enumerate() {
            for (at, value) in spectrogram.values.iter().enumerate() {
                for (plane, part) in [value.re, value.im].into_iter().enumerate() {
                    let place = planes.place(2 * channel + plane, at % bins, at / bins);
                    planes.values[place] = part / scale;
                }
            }
        }
        (planes, scale)
    }

    /// Planes of zeros.
    pub fn zeros(count: usize, bins: usize, frames: usize) -> Self {
        let size = count * (bins + 2 * MARGIN) * (frames + 2 * MARGIN);
        Self { values: vec![0.0; size], count, bins, frames }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Values of a row with its margins.
    fn stride(&self) -> usize {
        self.frames + 2 * MARGIN
    }

    /// Index of a value; bins and frames count from the first that is no margin.
    fn place(&self, plane: usize, bin: usize, frame: usize) -> usize {
        self.row(plane, bin + MARGIN) + frame + MARGIN
    }

    /// Index of a row; rows count from the first of the margin.
    pub fn row(&self, plane: usize, row: usize) -> usize {
        (plane * (self.bins + 2 * MARGIN) + row) * self.stride()
    }

    /// Sets the margins to 0.
    pub fn clear_margins(&mut self) {
        let (rows, stride) = (self.bins + 2 * MARGIN, self.stride());
        for (index, row) in self.values.chunks_exact_mut(stride).enumerate() {
            let is_margin = !(MARGIN..rows - MARGIN).contains(&(index % rows));
            let kept = if is_margin { 0..0 } else { MARGIN..stride - MARGIN };
            row[..kept.start].fill(0.0);
            row[kept.end..].fill(0.0);
        }
    }

    /// Back to spectrograms.
    pub fn spectrograms(&self, scale: f32) -> Vec<Spectrogram> {
        (0..self.count / 2)
            .map(|channel| {
                let mut spectrogram = Spectrogram::zeros(self.bins, self.frames);
                for (at, value) in spectrogram.values.iter_mut().enumerate() {
                    let part = |plane| self.values[self.place(2 * channel + plane, at % self.bins, at / self.bins)];
                    *value = Complex32::new(part(0), part(1)) * scale;
                }
                spectrogram
            })
            .collect()
    }
}

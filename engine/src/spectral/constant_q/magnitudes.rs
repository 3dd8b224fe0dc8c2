//! Magnitudes of a transform on a common hop, as a picture or a network has them. Any thread; allocates.

use rustfft::num_complex::Complex;

use super::coefficients::Coefficients;

/// Magnitudes, `[band][frame]`, at times that are evenly spaced. The two bands at the ends are among them.
#[derive(Clone, Debug, PartialEq)]
pub struct Magnitudes {
    /// Number of frames.
    pub frames: usize,
    /// Samples from one frame to the next; frame `t` is about sample `t · hop`.
    pub hop_samples: f64,
    /// `[band][frame]`, flat.
    pub values: Vec<f32>,
}

impl Magnitudes {
    /// Of the coefficients of a signal that is padded to `padded` samples. Where a band has several coefficients for a frame, their root
    /// mean square; else linearly between neighbours.
    pub fn of(coefficients: &Coefficients<f32>, padded: usize, hop_samples: f64, frames: usize) -> Self {
        let mut values = Vec::with_capacity(coefficients.bands() * frames);
        for band in 0..coefficients.bands() {
            let band = coefficients.band(band);
            let per_frame = band.len() as f64 * hop_samples / padded as f64;
            values.extend((0..frames).map(|frame| {
                let at = frame as f64 * per_frame;
                if per_frame < 2.0 { between(band, at) } else { mean(band, at, per_frame) }
            }));
        }
        Self { frames, hop_samples, values }
    }

    /// Magnitudes of one band.
    ///
    /// # Panics
    /// For a band that does not exist.
    pub fn band(&self, band: usize) -> &[f32] {
        &self.values[band * self.frames..(band + 1) * self.frames]
    }

    /// Sets the magnitudes of `into`, coefficients of a signal that is padded to `padded` samples, by linear interpolation; the phases of
    /// `into` are lost.
    pub fn spread(&self, padded: usize, into: &mut Coefficients<f32>) {
        for index in 0..into.bands() {
            let from = self.band(index);
            let band = into.band_mut(index);
            let frames_each = padded as f64 / self.hop_samples / band.len().max(1) as f64;
            for (place, value) in band.iter_mut().enumerate() {
                let at = place as f64 * frames_each;
                let (frame, part) = (at as usize, at.fract() as f32);
                let of = |frame: usize| from.get(frame).copied().unwrap_or(0.0);
                *value = Complex::new(of(frame) * (1.0 - part) + of(frame + 1) * part, 0.0);
            }
        }
    }
}

/// The magnitude at a place between two coefficients.
fn between(band: &[Complex<f32>], at: f64) -> f32 {
    let (place, part) = (at as usize, at.fract() as f32);
    let of = |place: usize| band.get(place).map_or(0.0, |value| value.norm());
    of(place) * (1.0 - part) + of(place + 1) * part
}

/// The root mean square of the coefficients around a place.
fn mean(band: &[Complex<f32>], at: f64, width: f64) -> f32 {
    let first = (at - width / 2.0).round().max(0.0) as usize;
    let end = ((at + width / 2.0).round() as usize).min(band.len());
    let here = band.get(first..end).unwrap_or_default();
    let power: f32 = here.iter().map(Complex::norm_sqr).sum();
    (power / here.len().max(1) as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::{ConstantQ, ConstantQShape};
    use super::*;

    #[test]
    fn a_steady_sine_is_a_line_and_the_document_s_picture_has_its_size() {
        let shape = ConstantQShape::footsteps(44_100.0).unwrap();
        let length = 73_647;
        let band = 80;
        let turn = std::f64::consts::TAU * shape.centre_hz(band) / 44_100.0;
        let sine: Vec<f32> = (0..length).map(|n| (turn * n as f64).sin() as f32).collect();
        let mut transform = ConstantQ::new(&shape, length);
        let mut coefficients = transform.zeros();
        transform.forward(&sine, &mut coefficients);
        let picture = Magnitudes::of(&coefficients, transform.padded(), 512.0, 144);
        assert_eq!(picture.values.len(), (144 + 2) * 144);
        assert!(picture.band(band)[20..120].iter().all(|value| (value - 0.5).abs() < 0.02));
        let mut spread = transform.zeros();
        picture.spread(transform.padded(), &mut spread);
        let again = Magnitudes::of(&spread, transform.padded(), 512.0, 144);
        let alike = picture.band(band)[20..120].iter().zip(&again.band(band)[20..120]);
        assert!(alike.into_iter().all(|(a, b)| (a - b).abs() < 0.02));
    }
}

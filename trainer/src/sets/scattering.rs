//! Scattering of order two, averaged over time (Andén and Mallat 2014): moduli of band passes, and moduli of band passes of those. Worker
//! threads.
//!
//! Gaussian band passes in the frequency domain: eight an octave in the first order, one an octave in the second. A band is moved to 0 Hz and
//! held at the rate that it needs, which leaves its modulus as it is.

use std::f64::consts::LN_2;

use engine::spectral::Complex32;
use realfft::RealFftPlanner;
use rustfft::FftPlanner;

use super::reading::Format;

/// Band passes an octave of the first order.
const PER_OCTAVE: f64 = 8.0;
/// Lowest centre of the first order, and the highest as a part of the sample rate.
const LOWEST_HZ: f64 = 60.0;
const HIGHEST: f64 = 0.45;
/// Centres of the second order begin at this many periods in a clip, and at 1 Hz.
const LEAST_PERIODS: f64 = 2.0;
/// A second-order centre lies within this many deviations of the first band pass: beyond there is nothing.
const REACH: f64 = 4.0;
/// A band is held to this many deviations on either side of its centre: there it is 39 dB down.
const HELD: f64 = 3.0;
/// Added before the logarithm: 100 dB below full scale.
const FAINTEST: f32 = 1e-5;

/// A Gaussian band pass.
#[derive(Clone, Copy)]
struct Band {
    centre_hz: f64,
    deviation_hz: f64,
}

impl Band {
    /// Neighbours in a row of so many an octave cross 3 dB down.
    fn new(centre_hz: f64, per_octave: f64) -> Self {
        let half_step = (0.5 / per_octave).exp2() - 1.0;
        Self { centre_hz, deviation_hz: centre_hz * half_step / LN_2.sqrt() }
    }
}

/// Computes the embedding; keeps plans.
pub struct Scattering {
    rate_hz: f64,
    samples: usize,
    size: usize,
    bands: Vec<Band>,
    real: RealFftPlanner<f32>,
    complex: FftPlanner<f32>,
}

impl Scattering {
    /// For clips of a format.
    pub fn new(format: &Format) -> Self {
        let rate_hz = f64::from(format.rate_hz);
        let octaves = (HIGHEST * rate_hz / LOWEST_HZ).log2();
        let centre = |step: usize| LOWEST_HZ * (step as f64 / PER_OCTAVE).exp2();
        let bands = (0..=(octaves * PER_OCTAVE) as usize).map(|step| Band::new(centre(step), PER_OCTAVE)).collect();
        let size = format.samples.next_power_of_two();
        let (real, complex) = (RealFftPlanner::new(), FftPlanner::new());
        Self { rate_hz, samples: format.samples, size, bands, real, complex }
    }

    /// Logarithms of all coefficients of a clip; those of the second order against their first.
    pub fn coefficients(&mut self, samples: &[f32]) -> Vec<f32> {
        let forward = self.real.plan_fft_forward(self.size);
        let mut time = samples.to_vec();
        time.resize(self.size, 0.0);
        let mut spectrum = forward.make_output_vec();
        forward.process(&mut time, &mut spectrum).expect("plan and buffers are made together");
        spectrum.iter_mut().for_each(|bin| *bin *= 2.0 / self.size as f32);
        let seconds = self.size as f64 / self.rate_hz;
        let least_hz = (LEAST_PERIODS * self.rate_hz / self.samples as f64).max(1.0);
        let mut out = Vec::new();
        for band in self.bands.clone() {
            let mut envelope = self.modulus(&spectrum, band, seconds);
            let first = self.mean(&envelope);
            out.push((first + FAINTEST).ln());
            self.complex.plan_fft_forward(envelope.len()).process(&mut envelope);
            let scale = 2.0 / envelope.len() as f32;
            envelope.iter_mut().for_each(|bin| *bin *= scale);
            let half = &envelope[..envelope.len() / 2];
            let mut centre_hz = least_hz;
            while centre_hz < REACH * band.deviation_hz {
                let second = self.modulus(half, Band::new(centre_hz, 1.0), seconds);
                out.push(((self.mean(&second) + 0.1 * FAINTEST) / (first + FAINTEST)).ln());
                centre_hz *= 2.0;
            }
        }
        out
    }

    /// Modulus of a band of a one-sided spectrum, over the whole padded length.
    fn modulus(&mut self, spectrum: &[Complex32], band: Band, seconds: f64) -> Vec<Complex32> {
        let bin = |hz: f64| ((hz * seconds).max(0.0) as usize).min(spectrum.len() - 1);
        let [from, to] = [-HELD, HELD].map(|side| bin(band.centre_hz + side * band.deviation_hz));
        let mut values = vec![Complex32::ZERO; (2 * (to - from + 1)).next_power_of_two().max(16)];
        for (place, value) in (from..=to).zip(&mut values) {
            let distance = (place as f64 / seconds - band.centre_hz) / band.deviation_hz;
            *value = spectrum[place] * (-0.5 * distance * distance).exp() as f32;
        }
        self.complex.plan_fft_inverse(values.len()).process(&mut values);
        values.iter_mut().for_each(|value| *value = Complex32::new(value.norm(), 0.0));
        values
    }

    /// Mean over the clip itself, without the padding.
    fn mean(&self, modulus: &[Complex32]) -> f32 {
        let sum: f32 = modulus.iter().map(|value| value.re).sum();
        sum / modulus.len() as f32 * (self.size as f32 / self.samples as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: Format = Format { rate_hz: 16_000, samples: 16_384, keep_levels: true };

    fn tone(beat_hz: f32) -> Vec<f32> {
        let turn = |hz: f32, n: usize| (std::f32::consts::TAU * hz * n as f32 / 16_000.0).sin();
        (0..FORMAT.samples).map(|n| 0.5 * turn(2_000.0, n) * (1.0 + 0.9 * turn(beat_hz, n)) / 1.9).collect()
    }

    #[test]
    fn the_first_order_finds_the_pitch_and_the_second_the_beat() {
        let mut scattering = Scattering::new(&FORMAT);
        let bands = scattering.bands.clone();
        let nearest = bands.iter().enumerate().min_by(|a, b| {
            let distance = |band: &Band| (band.centre_hz / 2_000.0).ln().abs();
            distance(a.1).total_cmp(&distance(b.1))
        });
        let nearest = nearest.expect("there are bands").0;
        // Coefficients of a band: its own, then those of the second order.
        let seconds = |band: &Band| {
            let octaves = (REACH * band.deviation_hz / 2.0 * 16_384.0 / 16_000.0).log2();
            octaves.ceil().max(0.0) as usize
        };
        let start: usize = bands[..nearest].iter().map(|band| 1 + seconds(band)).sum();
        let slow = scattering.coefficients(&tone(8.0));
        let fast = scattering.coefficients(&tone(64.0));
        assert_eq!(slow.len(), bands.iter().map(|band| 1 + seconds(band)).sum::<usize>());
        let firsts = |values: &[f32]| values[start];
        assert!((firsts(&slow) - firsts(&fast)).abs() < 0.1 && firsts(&slow) > -3.0);
        let loudest = |values: &[f32]| {
            let own = &values[start + 1..start + 1 + seconds(&bands[nearest])];
            own.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).expect("some").0
        };
        // From 2 Hz on by octaves: 8 Hz is the third, 64 Hz the sixth.
        assert_eq!((loudest(&slow), loudest(&fast)), (2, 5));
    }
}

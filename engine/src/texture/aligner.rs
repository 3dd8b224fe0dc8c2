//! Where within a few milliseconds a piece fits the waveform that it follows: the largest normalised cross-correlation, by FFT.

use std::sync::Arc;

use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex32;

/// Plans and buffers for one length of tail and one range of shifts.
pub(super) struct Aligner {
    tail_len: usize,
    shifts: usize,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    time: Vec<f32>,
    scratch: Vec<Complex32>,
    /// Spectrum of the tail of each channel.
    tails: Vec<Vec<Complex32>>,
    tail_energy: f64,
}

impl Aligner {
    /// For tails of `tail_len` samples and shifts from 0 to `shifts` − 1.
    pub fn new(tail_len: usize, shifts: usize) -> Self {
        let size = (tail_len + shifts).next_power_of_two();
        let mut planner = RealFftPlanner::new();
        let (forward, inverse) = (planner.plan_fft_forward(size), planner.plan_fft_inverse(size));
        let scratch = vec![Complex32::ZERO; forward.get_scratch_len().max(inverse.get_scratch_len())];
        let time = forward.make_input_vec();
        Self { tail_len, shifts: shifts.max(1), forward, inverse, time, scratch, tails: Vec::new(), tail_energy: 0.0 }
    }

    /// Samples that [`Self::best`] looks at in each channel.
    pub fn region_len(&self) -> usize {
        self.tail_len + self.shifts - 1
    }

    /// Sets what is to be followed: a tail of each channel.
    pub fn set_tails<'a>(&mut self, tails: impl Iterator<Item = &'a [f32]>) {
        self.tails.clear();
        self.tail_energy = 0.0;
        for tail in tails {
            self.tail_energy += energy(tail);
            let spectrum = self.transform(tail);
            self.tails.push(spectrum);
        }
    }

    fn transform(&mut self, samples: &[f32]) -> Vec<Complex32> {
        self.time.fill(0.0);
        self.time[..samples.len()].copy_from_slice(samples);
        let mut spectrum = self.forward.make_output_vec();
        self.forward
            .process_with_scratch(&mut self.time, &mut spectrum, &mut self.scratch)
            .expect("plan and buffers are made together");
        spectrum
    }

    /// The shift into the regions at which they are most like the tails, and their correlation there, −1 to 1.
    pub fn best<'a>(&mut self, regions: impl Iterator<Item = &'a [f32]>) -> (usize, f32) {
        let mut products = self.forward.make_output_vec();
        let mut energies = vec![0.0_f64; self.shifts];
        for (channel, region) in regions.enumerate() {
            let spectrum = self.transform(region);
            for ((product, tail), bin) in products.iter_mut().zip(&self.tails[channel]).zip(&spectrum) {
                *product += tail.conj() * bin;
            }
            add_energies(region, self.tail_len, &mut energies);
        }
        products[0].im = 0.0;
        if let Some(last) = products.last_mut() {
            last.im = 0.0;
        }
        self.inverse
            .process_with_scratch(&mut products, &mut self.time, &mut self.scratch)
            .expect("plan and buffers are made together, and the real bins are real");
        let scale = self.time.len() as f64;
        let (mut best, mut most) = (0, f32::MIN);
        for (shift, (product, energy)) in self.time.iter().zip(&energies).enumerate() {
            let correlation = f64::from(*product) / scale / (self.tail_energy * energy).sqrt().max(1e-20);
            if correlation as f32 > most {
                (best, most) = (shift, correlation as f32);
            }
        }
        (best, most.clamp(-1.0, 1.0))
    }
}

fn energy(samples: &[f32]) -> f64 {
    samples.iter().map(|sample| f64::from(*sample).powi(2)).sum()
}

/// Adds the energy of the window of `length` samples at each shift.
fn add_energies(region: &[f32], length: usize, energies: &mut [f64]) {
    let mut sum = energy(&region[..length]);
    for (shift, total) in energies.iter_mut().enumerate() {
        *total += sum.max(0.0);
        if let Some(next) = region.get(shift + length) {
            sum += f64::from(*next).powi(2) - f64::from(region[shift]).powi(2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texture::random::Random;

    #[test]
    fn a_part_is_found_again_at_its_shift_in_two_channels() {
        let mut random = Random::new(1);
        let sides: [Vec<f32>; 2] = std::array::from_fn(|_| (0..400).map(|_| random.unit() - 0.5).collect());
        let mut aligner = Aligner::new(100, 200);
        for shift in [0, 77, 199] {
            aligner.set_tails(sides.iter().map(|side| &side[shift..shift + 100]));
            let length = aligner.region_len();
            let (found, correlation) = aligner.best(sides.iter().map(|side| &side[..length]));
            assert_eq!(found, shift);
            assert!((correlation - 1.0).abs() < 1e-3, "{correlation}");
        }
    }
}

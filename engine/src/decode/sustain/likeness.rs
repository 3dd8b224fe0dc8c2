//! How much the pieces of a sound are like each other: normalised cross-correlation at a reduced rate, through the spectrum. WORKER THREADS;
//! allocates.

#![expect(clippy::disallowed_types, reason = "worker threads may wait for each other")]

use std::sync::LazyLock;

use parking_lot::Mutex;
use realfft::RealFftPlanner;

use crate::spectral::Complex32;

/// Least rate of the first search, in Hz: partials above half of it are left to the second one.
const SEARCH_RATE_HZ: f32 = 11_025.0;
/// Length of the compared pieces, in seconds: three periods of the lowest key (27.5 Hz) take 109 ms, but longer pieces rule out places
/// that differ only by a slow beat, of which ensembles are full.
pub(super) const PIECE_S: f32 = 0.05;

/// Normalised correlation of two pieces of equal length; 0 if one is silent.
pub(super) fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let (mut product, mut energy_a, mut energy_b) = (0.0_f32, 0.0_f32, 0.0_f32);
    for (x, y) in a.iter().zip(b) {
        product += x * y;
        energy_a += x * x;
        energy_b += y * y;
    }
    let norm = (energy_a * energy_b).sqrt();
    if norm > 1e-12 { product / norm } else { 0.0 }
}

/// A part of a sound at a reduced rate, with its spectrum.
pub(super) struct Coarse {
    /// Samples of the sound for each of these.
    pub(super) factor: usize,
    samples: Vec<f32>,
    /// Sums of the squares of the samples before each.
    energies: Vec<f64>,
    spectrum: Vec<Complex32>,
    piece: usize,
    size: usize,
}

/// Plans of the transforms, shared by all workers: each size is planned once.
static PLANNER: LazyLock<Mutex<RealFftPlanner<f32>>> = LazyLock::new(|| Mutex::new(RealFftPlanner::new()));

impl Coarse {
    pub(super) fn new(part: &[f32], rate_hz: f32) -> Self {
        let factor = ((rate_hz / SEARCH_RATE_HZ) as usize).max(1);
        let samples: Vec<f32> =
            part.chunks_exact(factor).map(|group| group.iter().sum::<f32>() / factor as f32).collect();
        let mut energies = vec![0.0];
        energies.extend(samples.iter().scan(0.0, |sum, sample| {
            *sum += f64::from(*sample) * f64::from(*sample);
            Some(*sum)
        }));
        let piece = ((PIECE_S * rate_hz) as usize / factor).max(1);
        let size = (samples.len() + piece).next_power_of_two();
        let spectrum = spectrum_of(&samples, size);
        Self { factor, samples, energies, spectrum, piece, size }
    }

    /// Normalised correlation of the piece at `exit` with those at every place up to `most`; places in samples of the sound.
    pub(super) fn correlations(&self, exit: usize, most: usize) -> Option<Vec<(usize, f32)>> {
        let (exit, most) = (exit / self.factor, most / self.factor);
        let piece = self.samples.get(exit..exit + self.piece)?;
        let mut products = spectrum_of(piece, self.size);
        for (product, bin) in products.iter_mut().zip(&self.spectrum) {
            *product = bin * product.conj();
        }
        let inverse = PLANNER.lock().plan_fft_inverse(self.size);
        let mut sums = inverse.make_output_vec();
        inverse.process(&mut products, &mut sums).ok()?;
        let energy = |at: usize| self.energies[(at + self.piece).min(self.samples.len())] - self.energies[at];
        let own = energy(exit);
        let normalised = |at: usize| {
            let norm = (own * energy(at)).sqrt() as f32 * self.size as f32;
            if norm > 1e-12 { sums[at] / norm } else { 0.0 }
        };
        Some((0..most.min(self.samples.len())).map(|at| (at * self.factor, normalised(at))).collect())
    }
}

/// Spectrum of samples followed by zeros.
fn spectrum_of(samples: &[f32], size: usize) -> Vec<Complex32> {
    let forward = PLANNER.lock().plan_fft_forward(size);
    let mut time = forward.make_input_vec();
    time[..samples.len()].copy_from_slice(samples);
    let mut bins = forward.make_output_vec();
    // The lengths are the plan's own.
    let transformed = forward.process(&mut time, &mut bins);
    debug_assert!(transformed.is_ok(), "{transformed:?}");
    bins
}

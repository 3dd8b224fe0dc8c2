//! The first rise of any band of the spectrum above what it was in the noise before. Worker and main threads only; allocates.

use std::ops::Range;

use realfft::RealFftPlanner;

use super::power;
use crate::spectral::hann_periodic;

/// Length of a spectrum in seconds, rounded up to a power of two of samples, and how many begin within that length.
const SPECTRUM_S: f64 = 0.02;
const OVERLAP: usize = 4;
/// Lowest edge of the bands in hertz, and their number in an octave.
const LOWEST_HZ: f64 = 40.0;
const BANDS_PER_OCTAVE: f64 = 3.0;
/// Spectra in which a band must stay above the noise.
const LASTING: usize = 3;
/// Power of a band of n bins that noise exceeds once in a million spectra, against its mean: 1 + `SPREAD`/√n + `TAIL`/n bounds the upper tail of
/// the gamma distribution; [`LEAST`] allows for noise whose level drifts.
const SPREAD: f64 = 4.0;
const TAIL: f64 = 10.0;
const LEAST: f64 = 2.0;
/// Step in which the onset is looked for in time, in seconds, and its power against the loudest of these steps in the noise.
const STEP_S: f64 = 0.001;
const ABOVE_STEPS: f64 = 2.0;

/// The first sample at which more than the noise is there; `floor` is a stretch of noise alone.
pub(super) fn onset_above(samples: &[f32], floor: Range<usize>, rate_hz: u32) -> Option<usize> {
    let size = ((SPECTRUM_S * f64::from(rate_hz)) as usize).next_power_of_two();
    let hop = size / OVERLAP;
    let edges = edges(size, rate_hz);
    let mut spectra = Spectra::new(size);
    let mut noise = Noise::new(&edges);
    let (mut lasting, mut rises) = (vec![0_usize; edges.len()], Vec::new());
    let last = samples.len().saturating_sub(size);
    for start in (floor.start..=last).step_by(hop) {
        let bands = spectra.bands(&samples[start..start + size], &edges)?;
        if start + size <= floor.end {
            noise.learn(&bands);
            continue;
        }
        for (band, power) in bands.iter().enumerate() {
            lasting[band] = if noise.is_exceeded(band, *power) { lasting[band] + 1 } else { 0 };
        }
        if lasting.iter().any(|count| *count >= LASTING) {
            let first = start - (LASTING - 1) * hop;
            return Some(in_time(samples, floor.start, first, size, rate_hz));
        }
        rises.push(bands);
        // What may be the beginning of a rise is not noise yet.
        if rises.len() > LASTING + OVERLAP {
            noise.learn(&rises.remove(0));
        }
    }
    None
}

/// The onset within the first spectrum that shows it: the first moment louder than any of the noise, else its middle.
fn in_time(samples: &[f32], floor: usize, first: usize, size: usize, rate_hz: u32) -> usize {
    let step = ((STEP_S * f64::from(rate_hz)) as usize).max(1);
    // Before the first spectrum that shows it nothing was loud.
    let quiet_end = first.max(floor + step);
    let loudest = samples[floor..quiet_end].chunks_exact(step).map(power).fold(0.0, f64::max);
    let window = samples.get(quiet_end..(first + size).min(samples.len())).unwrap_or_default();
    let rise = window.chunks_exact(step).position(|part| power(part) > ABOVE_STEPS * loudest);
    rise.map_or(first + size / 2, |index| quiet_end + index * step)
}

/// First and last bin of every band.
fn edges(size: usize, rate_hz: u32) -> Vec<Range<usize>> {
    let bin = |octaves: f64| (LOWEST_HZ * octaves.exp2() * size as f64 / f64::from(rate_hz)).round() as usize;
    let count = ((f64::from(rate_hz) / 2.0 / LOWEST_HZ).log2() * BANDS_PER_OCTAVE) as usize;
    let band = |index: usize| bin(index as f64 / BANDS_PER_OCTAVE)..bin((index + 1) as f64 / BANDS_PER_OCTAVE);
    (0..count).map(band).filter(|band| !band.is_empty() && band.start > 0).collect()
}

/// Power spectra through a Hann window.
struct Spectra {
    plan: std::sync::Arc<dyn realfft::RealToComplex<f32>>,
    window: Vec<f32>,
}

impl Spectra {
    fn new(size: usize) -> Self {
        Self { plan: RealFftPlanner::new().plan_fft_forward(size), window: hann_periodic(size) }
    }

    fn bands(&mut self, samples: &[f32], edges: &[Range<usize>]) -> Option<Vec<f64>> {
        let mut time: Vec<f32> = samples.iter().zip(&self.window).map(|(sample, weight)| sample * weight).collect();
        let mut bins = self.plan.make_output_vec();
        self.plan.process(&mut time, &mut bins).ok()?;
        let power = |band: &Range<usize>| bins[band.clone()].iter().map(|bin| f64::from(bin.norm_sqr())).sum();
        Some(edges.iter().map(power).collect())
    }
}

/// The mean power of each band in the noise, and by how much it is exceeded.
struct Noise {
    sums: Vec<f64>,
    count: usize,
    margins: Vec<f64>,
    bins: Vec<f64>,
}

impl Noise {
    fn new(edges: &[Range<usize>]) -> Self {
        let margin = |band: &Range<usize>| {
            let bins = band.len() as f64;
            (1.0 + SPREAD / bins.sqrt() + TAIL / bins).max(LEAST)
        };
        let bins = edges.iter().map(|band| band.len() as f64).collect();
        Self { sums: vec![0.0; edges.len()], count: 0, margins: edges.iter().map(margin).collect(), bins }
    }

    fn learn(&mut self, bands: &[f64]) {
        self.sums.iter_mut().zip(bands).for_each(|(sum, band)| *sum += band);
        self.count += 1;
    }

    fn is_exceeded(&self, band: usize, power: f64) -> bool {
        // Twice the standard error of the mean: that of few values may be too low.
        let uncertain = 1.0 + 2.0 / (self.count as f64 / OVERLAP as f64 * self.bins[band]).sqrt();
        power * self.count as f64 > self.margins[band] * uncertain * self.sums[band]
    }
}

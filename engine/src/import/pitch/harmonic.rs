//! Harmonic pitch strength: SWIPE′ of Camacho and Harris, "A sawtooth waveform inspired pitch estimator for speech and music" (2008).
//!
//! The square root of the spectrum is compared with a cosine that is 1 at the first harmonic of a candidate and at those of prime number, and
//! negative between. The window is eight periods of the candidate long. Worker threads only; allocates.

use std::f64::consts::TAU;

use realfft::{RealFftPlanner, RealToComplex};

use super::moments::Moment;
use crate::spectral::{Complex32, hann_periodic};

/// Range of the candidates in hertz: keys 20 to 109.
const LOWEST_HZ: f64 = 26.0;
const HIGHEST_HZ: f64 = 4_450.0;
/// Candidates in an octave, as in the paper.
const STEPS: f64 = 48.0;
/// Step of the frequency axis in equivalent rectangular bandwidths, as in the paper.
const STEP_ERB: f64 = 0.1;
/// Highest frequency that is compared, in hertz: above, most sounds hold more noise than partials.
const TOP_HZ: f64 = 12_500.0;
/// Periods of a candidate in its window.
const PERIODS: f64 = 8.0;
/// Least length of the longest window, in seconds, rounded up to a power of two of samples.
const LONGEST_S: f64 = 0.37;
const SHORTEST_SAMPLES: usize = 64;
/// Higher harmonics are not compared.
const LAST_HARMONIC: usize = 47;

/// A candidate with the strength of its pitch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) hz: f64,
    /// −1 to 1; 0.5 to 0.8 for tones, below 0.1 for noise.
    pub(super) strength: f64,
}

/// The strongest candidate of each group of moments, which are weighted by their levels; `None` without a candidate.
pub(super) fn strongest(samples: &[f32], rate_hz: f64, groups: &[&[Moment]]) -> Option<Vec<Candidate>> {
    let axis = Axis::new(rate_hz);
    let spectra: Vec<WindowSpectra> =
        sizes(rate_hz).map(|size| WindowSpectra::new(samples, rate_hz, size, &axis, groups)).collect::<Option<_>>()?;
    let mut best: Vec<Option<Candidate>> = vec![None; groups.len()];
    let count = ((HIGHEST_HZ / LOWEST_HZ).log2() * STEPS) as usize;
    for index in 0..=count {
        let hz = LOWEST_HZ * (index as f64 / STEPS).exp2();
        let kernel = axis.kernel(hz);
        for (group, best) in best.iter_mut().enumerate() {
            let part = |spectra: &WindowSpectra| match spectra.weight(hz, rate_hz) {
                0.0 => 0.0,
                weight => weight * kernel.dot(&spectra.loudness[group]),
            };
            let strength = spectra.iter().map(part).sum();
            if best.is_none_or(|best| strength > best.strength) {
                *best = Some(Candidate { hz, strength });
            }
        }
    }
    best.into_iter().collect()
}

/// Window lengths in samples, each a power of two.
fn sizes(rate_hz: f64) -> impl Iterator<Item = usize> {
    let longest = ((LONGEST_S * rate_hz) as usize).next_power_of_two().max(SHORTEST_SAMPLES);
    let shortest = (PERIODS * rate_hz / (2.0 * HIGHEST_HZ)) as usize;
    std::iter::successors(Some(longest), |size| Some(size / 2))
        .take_while(move |size| *size >= shortest.max(SHORTEST_SAMPLES))
}

/// Frequencies at even distances as the ear has them.
struct Axis {
    hz: Vec<f64>,
}

impl Axis {
    fn new(rate_hz: f64) -> Self {
        let erbs = |hz: f64| 21.4 * (1.0 + hz / 229.0).log10();
        let (from, to) = (erbs(LOWEST_HZ / 4.0), erbs(TOP_HZ.min(rate_hz / 2.0)));
        let count = ((to - from) / STEP_ERB) as usize;
        let hz = |index: usize| 229.0 * (10f64.powf((from + STEP_ERB * index as f64) / 21.4) - 1.0);
        Self { hz: (0..count).map(hz).collect() }
    }

    /// The cosine of a candidate, weighted by 1/√f and divided by the norm of its positive part.
    fn kernel(&self, candidate_hz: f64) -> Kernel {
        let from = self.hz.partition_point(|hz| *hz < candidate_hz / 4.0);
        let to = self.hz.partition_point(|hz| *hz < candidate_hz * (LAST_HARMONIC as f64 + 0.75));
        let weight = |hz: &f64| lobes(hz / candidate_hz) / hz.sqrt();
        let mut weights: Vec<f64> = self.hz[from..to].iter().map(weight).collect();
        let norm = weights.iter().filter(|w| **w > 0.0).map(|w| w * w).sum::<f64>().sqrt().max(1e-12);
        weights.iter_mut().for_each(|w| *w /= norm);
        Kernel { from, weights }
    }
}

/// A peak at the first and at every prime harmonic, a valley of half the depth on either side.
fn lobes(harmonic: f64) -> f64 {
    let cosine = (TAU * harmonic).cos();
    let below = harmonic.floor();
    let lobe = |number: f64| match (harmonic - number).abs() {
        _ if !is_one_or_prime(number as usize) => 0.0,
        distance if distance < 0.25 => cosine,
        distance if distance < 0.75 => cosine / 2.0,
        _ => 0.0,
    };
    lobe(below) + lobe(below + 1.0)
}

fn is_one_or_prime(number: usize) -> bool {
    const PRIMES: [usize; 16] = [1, 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47];
    PRIMES.contains(&number)
}

struct Kernel {
    from: usize,
    weights: Vec<f64>,
}

impl Kernel {
    fn dot(&self, loudness: &[f64]) -> f64 {
        self.weights.iter().zip(&loudness[self.from..]).map(|(weight, loudness)| weight * loudness).sum()
    }
}

/// The mean square roots of the spectra of groups of moments, through a window of one length.
struct WindowSpectra {
    size: usize,
    is_longest: bool,
    loudness: Vec<Vec<f64>>,
}

impl WindowSpectra {
    fn new(samples: &[f32], rate_hz: f64, size: usize, axis: &Axis, groups: &[&[Moment]]) -> Option<Self> {
        let mut transform = Transform::new(size);
        let is_longest = 2 * size > (LONGEST_S * rate_hz) as usize;
        let mut loudness = Vec::with_capacity(groups.len());
        for moments in groups {
            let mut mean = vec![0.0; axis.hz.len()];
            let all: f64 = moments.iter().map(|moment| moment.level).sum();
            for moment in *moments {
                let roots = transform.roots(samples, rate_hz, moment.centre, axis)?;
                let norm = roots.iter().map(|root| root * root).sum::<f64>().sqrt();
                if norm > 0.0 && all > 0.0 {
                    let weight = moment.level / all / norm;
                    mean.iter_mut().zip(roots).for_each(|(mean, root)| *mean += weight * root);
                }
            }
            loudness.push(mean);
        }
        Some(Self { size, is_longest, loudness })
    }

    /// How much this window tells of a candidate: 1 where it holds eight periods, 0 an octave from there.
    fn weight(&self, hz: f64, rate_hz: f64) -> f64 {
        let octaves = (hz * self.size as f64 / (PERIODS * rate_hz)).log2();
        if self.is_longest && octaves < 0.0 { 1.0 } else { (1.0 - octaves.abs()).max(0.0) }
    }
}

/// A Fourier transform with its window.
struct Transform {
    plan: std::sync::Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    bins: Vec<Complex32>,
}

impl Transform {
    fn new(size: usize) -> Self {
        let plan = RealFftPlanner::new().plan_fft_forward(size);
        let bins = plan.make_output_vec();
        Self { plan, window: hann_periodic(size), bins }
    }

    /// Square roots of the magnitudes around `centre`, on the frequency axis.
    fn roots(&mut self, samples: &[f32], rate_hz: f64, centre: usize, axis: &Axis) -> Option<Vec<f64>> {
        let half = self.window.len() / 2;
        let before = half.saturating_sub(centre);
        let here = samples.get((centre + before).saturating_sub(half)..).unwrap_or_default();
        let mut time = vec![0.0; self.window.len()];
        let filled = time[before..].iter_mut().zip(&self.window[before..]).zip(here);
        filled.for_each(|((time, window), sample)| *time = window * sample);
        self.plan.process(&mut time, &mut self.bins).ok()?;
        let bin_hz = rate_hz / self.window.len() as f64;
        let magnitude = |index: usize| self.bins.get(index).map_or(0.0, |bin| f64::from(bin.norm()));
        let root = |hz: &f64| {
            let (index, part) = ((hz / bin_hz) as usize, (hz / bin_hz).fract());
            (magnitude(index) * (1.0 - part) + magnitude(index + 1) * part).sqrt()
        };
        Some(axis.hz.iter().map(root).collect())
    }
}

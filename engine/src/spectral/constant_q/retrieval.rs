//! Magnitudes back to sound: fast Griffin-Lim on constant-Q frames (Perraudin, Balazs and Søndergaard 2013). Any thread but the audio
//! thread; allocates.

use rustfft::num_complex::Complex32;

use super::coefficients::{Coefficients, magnitude};
use super::transform::ConstantQ;
use crate::random::SplitMix64;

/// Bands above this get random phases by [`Start::Gradient`]: their windows last less than 10 ms at 16 bands to an octave, so that no
/// blow is smeared.
const NOISY_HZ: f64 = 1500.0;
/// Acceleration: the value that the authors of the method recommend.
const MOMENTUM: f32 = 0.99;
/// Stands for a magnitude that is not known.
const UNKNOWN: f32 = f32::NAN;
/// Magnitudes below this have no phase.
const LEAST_MAGNITUDE: f32 = 1e-18;

/// The phases that the search starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Random, by a seed.
    Random(u64),
    /// Those of a sine in each band up to 1.5 kHz, at the frequency that its neighbours' magnitudes tell, all of them 0 at the loudest moment:
    /// right for steady partials and for one impulse. Random by a seed above: sines would make a comb of noise, and another seed gives the
    /// same levels with another grain.
    Gradient(u64),
    /// Those that the coefficients have.
    Given,
}

/// Search for the phases of given magnitudes.
pub struct PhaseRetrieval {
    magnitudes: Vec<f32>,
    now: Coefficients<f32>,
    before: Coefficients<f32>,
    next: Coefficients<f32>,
    time: Vec<f32>,
}

impl PhaseRetrieval {
    /// Starts from the magnitudes of `coefficients`, which belong to `transform`.
    pub fn new(transform: &ConstantQ<f32>, coefficients: &Coefficients<f32>, start: Start) -> Self {
        let magnitudes: Vec<f32> = coefficients.values().iter().map(magnitude).collect();
        let mut now = coefficients.clone();
        match start {
            Start::Given => {}
            Start::Random(seed) => randomise(now.values_mut(), &mut SplitMix64::new(seed)),
            Start::Gradient(seed) => {
                super::gradient::set_phases(transform, &mut now, NOISY_HZ);
                let mut random = SplitMix64::new(seed);
                for band in (0..now.bands()).filter(|band| transform.shape().centre_hz(*band) > NOISY_HZ) {
                    randomise(now.band_mut(band), &mut random);
                }
            }
        }
        Self { magnitudes, before: now.clone(), next: transform.zeros(), now, time: vec![0.0; transform.length()] }
    }

    /// Leaves the magnitudes from `first_sample` on to the search, as those of the silence after a sound: what long windows hear there
    /// belongs to the sound, and its frames do not tell it.
    pub fn unknown_from(mut self, transform: &ConstantQ<f32>, first_sample: usize) -> Self {
        let mut first = 0;
        for band in 0..self.now.bands() {
            let count = self.now.band(band).len();
            let known = (first_sample * count).div_ceil(transform.padded().max(1)).min(count);
            self.magnitudes[first + known..first + count].fill(UNKNOWN);
            first += count;
        }
        self
    }

    /// Leaves the magnitudes of a band to the search.
    pub fn unknown_band(mut self, band: usize) -> Self {
        let first: usize = (0..band).map(|band| self.now.band(band).len()).sum();
        let count = self.now.band(band).len();
        self.magnitudes[first..first + count].fill(UNKNOWN);
        self
    }

    /// Runs `iterations` of the method and returns the sound.
    pub fn run(mut self, transform: &mut ConstantQ<f32>, iterations: usize) -> Vec<f32> {
        for _ in 0..iterations {
            self.iterate(transform);
        }
        self.finish(transform)
    }

    /// One iteration of the method.
    pub fn iterate(&mut self, transform: &mut ConstantQ<f32>) {
        // What a sound can have of these magnitudes and phases.
        impose(&self.magnitudes, &mut self.now);
        transform.inverse(&self.now, &mut self.time);
        transform.forward(&self.time, &mut self.next);
        let values = self.now.values_mut().iter_mut().zip(self.next.values()).zip(self.before.values_mut());
        for ((now, next), before) in values {
            *now = next + (next - *before) * MOMENTUM;
            *before = *next;
        }
    }

    /// The sound of the phases found so far.
    pub fn finish(mut self, transform: &mut ConstantQ<f32>) -> Vec<f32> {
        impose(&self.magnitudes, &mut self.now);
        transform.inverse(&self.now, &mut self.time);
        self.time
    }
}

/// Gives the values their magnitudes as far as they are known, with the phases that they have.
fn impose(magnitudes: &[f32], values: &mut Coefficients<f32>) {
    let known = values.values_mut().iter_mut().zip(magnitudes).filter(|(_, magnitude)| !magnitude.is_nan());
    for (value, magnitude) in known {
        let norm = super::coefficients::magnitude(value);
        *value = if norm > LEAST_MAGNITUDE { *value * (magnitude / norm) } else { Complex32::new(*magnitude, 0.0) };
    }
}

/// Gives values random phases; their magnitudes stay.
fn randomise(values: &mut [Complex32], random: &mut SplitMix64) {
    for value in values {
        *value = Complex32::from_polar(super::coefficients::magnitude(value), random_phase(random));
    }
}

/// A phase in [0, 2π).
fn random_phase(random: &mut SplitMix64) -> f32 {
    (random.bits() >> 40) as f32 / (1u64 << 24) as f32 * std::f32::consts::TAU
}

#[cfg(test)]
mod tests {
    use super::super::ConstantQShape;
    use super::*;

    /// Magnitudes of a found sound against the wanted ones, in dB, after 32 iterations with twice the coefficients.
    const LEAST_CONVERGENCE_DB: f32 = 15.0;
    /// Largest level of what is silent, from 0.27 s after the end of a sound on, against the sound's, in dB.
    const REST_DB: f32 = -60.0;

    fn step_sound(length: usize) -> Vec<f32> {
        let mut random = SplitMix64::new(3);
        let hit = |n: usize, at: usize| if n < at { 0.0 } else { (-((n - at) as f32) / 900.0).exp() };
        (0..length)
            .map(|n| (random_phase(&mut random) - std::f32::consts::PI) * 0.2 * (hit(n, 500) + 0.6 * hit(n, 4_000)))
            .collect()
    }

    /// The footstep model's transform with windows of at least 80 Hz and `silence`, and the coefficients of a sound.
    fn analysed(samples: &[f32], silence: usize) -> (ConstantQ<f32>, Coefficients<f32>) {
        let shape = ConstantQShape::footsteps(44_100.0).unwrap().oversampled(2).unwrap().widened(80.0).unwrap();
        let mut transform = ConstantQ::with_silence(&shape, samples.len(), silence);
        let mut coefficients = transform.zeros();
        transform.forward(samples, &mut coefficients);
        (transform, coefficients)
    }

    /// The magnitudes of a found sound against the wanted ones, in dB.
    fn convergence_db(transform: &mut ConstantQ<f32>, wanted: &Coefficients<f32>, found: &[f32]) -> f32 {
        let mut coefficients = transform.zeros();
        transform.forward(found, &mut coefficients);
        let pairs = wanted.values().iter().zip(coefficients.values());
        let (power, error) = pairs.fold((0.0f32, 0.0f32), |(power, error), (a, b)| {
            (power + a.norm_sqr(), error + (a.norm() - b.norm()).powi(2))
        });
        10.0 * (power / error.max(1e-30)).log10()
    }

    #[test]
    fn the_magnitudes_come_near_and_the_right_phases_are_kept() {
        let samples = step_sound(12_000);
        let (mut transform, wanted) = analysed(&samples, 0);
        let mut after = |start, iterations| {
            let found = PhaseRetrieval::new(&transform, &wanted, start).run(&mut transform, iterations);
            convergence_db(&mut transform, &wanted, &found)
        };
        let [few, many] = [4, 32].map(|iterations| after(Start::Random(1), iterations));
        assert!(many > few && many > LEAST_CONVERGENCE_DB, "{few} and {many} dB");
        assert!(after(Start::Given, 4) > 80.0);
    }

    #[test]
    fn from_the_gradient_a_tone_s_magnitudes_come_near_sooner_than_from_random_phases() {
        let length = 12_000;
        let tone = |n: usize, hz: f32| (std::f32::consts::TAU * hz * n as f32 / 44_100.0).sin();
        let samples: Vec<f32> = (0..length)
            .map(|n| (-(n as f32) / 4_000.0).exp() * (tone(n, 220.0) + 0.5 * tone(n, 440.0) + 0.3 * tone(n, 1_100.0)))
            .collect();
        let (mut transform, wanted) = analysed(&samples, 0);
        let [gradient, random] = [Start::Gradient(1), Start::Random(1)].map(|start| {
            let found = PhaseRetrieval::new(&transform, &wanted, start).run(&mut transform, 2);
            convergence_db(&mut transform, &wanted, &found)
        });
        assert!(gradient > random + 3.0, "{gradient} dB from the gradient, {random} dB from random phases");
    }

    #[test]
    fn a_sound_that_ends_leaves_silence() {
        let mut samples = step_sound(12_000);
        samples.resize(60_000, 0.0);
        let (mut transform, wanted) = analysed(&samples, 10_000);
        let found = PhaseRetrieval::new(&transform, &wanted, Start::Gradient(1)).run(&mut transform, 8);
        let level_db = |samples: &[f32]| {
            let power: f32 = samples.iter().map(|sample| sample * sample).sum();
            10.0 * (power / samples.len() as f32).max(1e-30).log10()
        };
        let (sounding, after) = (level_db(&found[..8_000]), level_db(&found[24_000..]));
        assert!(after - sounding < REST_DB, "{after} dB after {sounding} dB");
    }
}

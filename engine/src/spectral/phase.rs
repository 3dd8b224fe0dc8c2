//! The two fixed phases that a vocoder's phase is relative to. Allocates; never on the audio thread.
//!
//! A convolution over frames is shift-invariant, so it cannot advance the phase of a steady partial with time. The *reference phase* does
//! that: every bin follows the nearest harmonic of the key, measured at the window's centre, so that a steady harmonic tone needs only a
//! constant from the network, and its pitch is exact. The *noise phase* is pseudo-random, by a hash of bin and frame; a network that gives
//! it weight produces noise instead of a pulse per frame.

use rustfft::num_complex::Complex32;

use super::SpectralShape;
use crate::units::key_to_hz;

/// Frequency in hertz that the reference of a bin follows: the harmonic of the key nearest to the bin's centre.
fn harmonic_hz(shape: &SpectralShape, key: f64, bin: usize) -> f64 {
    let fundamental_hz = key_to_hz(key);
    let bin_hz = f64::from(shape.sample_rate_hz) / shape.fft_size as f64;
    fundamental_hz * (bin as f64 * bin_hz / fundamental_hz).round().max(1.0)
}

/// Phase in cycles, [0, 1), of a partial of `frequency_hz` at the centre of a frame, with phase 0 at sample 0.
fn turns_at(shape: &SpectralShape, frequency_hz: f64, frame: usize) -> f64 {
    let centre = (frame * shape.hop_samples + shape.fft_size / 2) as f64 - shape.pad_samples as f64;
    (frequency_hz * centre / f64::from(shape.sample_rate_hz)).rem_euclid(1.0)
}

/// Reference phase in radians of a bin in a frame, in [−π, 2π): the phase there of a partial at the nearest harmonic of `key` with phase
/// 0 at sample 0. The term −π·bin moves the time origin to the window's centre.
pub fn reference_phase(shape: &SpectralShape, key: f64, bin: usize, frame: usize) -> f64 {
    let turns = turns_at(shape, harmonic_hz(shape, key, bin), frame);
    std::f64::consts::TAU * turns - if bin % 2 == 1 { std::f64::consts::PI } else { 0.0 }
}

/// Noise phase in radians of a bin in a frame, in [0, 2π): one of 4096 values chosen by a hash (Murmur3's finaliser).
pub fn noise_phase(bin: usize, frame: usize) -> f32 {
    noise_direction(bin, frame, 0) as f32 / NOISE_DIRECTIONS as f32 * std::f32::consts::TAU
}

const NOISE_DIRECTIONS: usize = 4096;

#[inline(always)]
fn noise_direction(bin: usize, frame: usize, noise_key: u32) -> usize {
    let mut hash = (bin as u32).wrapping_mul(0x9e37_79b1) ^ (frame as u32).wrapping_mul(0x85eb_ca77) ^ noise_key;
    hash ^= hash >> 16;
    hash = hash.wrapping_mul(0x85eb_ca6b);
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(0xc2b2_ae35);
    (hash ^ (hash >> 16)) as usize % NOISE_DIRECTIONS
}

/// Reference and noise phases as unit phasors, tabulated for one key.
pub struct ReferencePhasors {
    key: f64,
    frames: usize,
    harmonics: usize,
    /// Harmonic (counted from 1) that each bin follows, minus 1.
    harmonic_of_bin: Vec<usize>,
    /// `[frame][harmonic]`, flat.
    phasors: Vec<Complex32>,
    noise: Directions,
    /// Key of the noise's hash: 0 for a sound itself, another value for each variation.
    noise_key: u32,
}

/// Cosines and sines of the noise phases, in two tables so that lookups can be vectorised.
struct Directions {
    cosines: Box<[f32; NOISE_DIRECTIONS]>,
    sines: Box<[f32; NOISE_DIRECTIONS]>,
}

impl Directions {
    fn new() -> Self {
        let table = |part: fn(f64) -> f64| {
            let turn = |direction: usize| std::f64::consts::TAU * direction as f64 / NOISE_DIRECTIONS as f64;
            Box::new(std::array::from_fn(|direction| part(turn(direction)) as f32))
        };
        Self { cosines: table(f64::cos), sines: table(f64::sin) }
    }
}

impl ReferencePhasors {
    /// Tables for `key` and the first `frames` frames.
    pub fn new(shape: &SpectralShape, key: f64, frames: usize) -> Self {
        Self::with_noise(shape, key, frames, 0)
    }

    /// The same with other noise phases for every `noise_key`; 0 gives those of [`Self::new`].
    pub fn with_noise(shape: &SpectralShape, key: f64, frames: usize, noise_key: u32) -> Self {
        let fundamental_hz = key_to_hz(key);
        let harmonic_of_bin: Vec<usize> =
            (0..shape.bins()).map(|bin| (harmonic_hz(shape, key, bin) / fundamental_hz).round() as usize - 1).collect();
        let harmonics = harmonic_of_bin.last().map_or(0, |last| last + 1);
        let mut phasors = Vec::with_capacity(frames * harmonics);
        for frame in 0..frames {
            let unit = std::f64::consts::TAU * turns_at(shape, fundamental_hz, frame);
            phasors.extend((1..=harmonics).map(|harmonic| phasor(unit * harmonic as f64)));
        }
        Self { key, frames, harmonics, harmonic_of_bin, phasors, noise: Directions::new(), noise_key }
    }

    /// Whether the tables are for this key and noise, and hold at least `frames` frames.
    pub fn serves(&self, key: f64, frames: usize, noise_key: u32) -> bool {
        self.key == key && self.frames >= frames && self.noise_key == noise_key
    }

    /// Unit phasor of the reference phase; see [`reference_phase`]. Zero outside the tables.
    pub fn reference(&self, bin: usize, frame: usize) -> Complex32 {
        let harmonic = self.harmonic_of_bin.get(bin).copied().unwrap_or(0);
        let value = self.phasors.get(frame * self.harmonics + harmonic).copied().unwrap_or_default();
        if bin % 2 == 1 { -value } else { value }
    }

    /// Unit phasor of the noise phase; see [`noise_phase`].
    pub fn noise(&self, bin: usize, frame: usize) -> Complex32 {
        let direction = noise_direction(bin, frame, self.noise_key);
        Complex32::new(self.noise.cosines[direction], self.noise.sines[direction])
    }

    /// Real and imaginary parts of [`Self::noise`] for a bin in `N` frames from `first` on. Always inlined, so that it is compiled for
    /// its caller's vector instructions.
    #[inline(always)]
    pub(crate) fn noise_run<const N: usize>(&self, bin: usize, first: usize) -> ([f32; N], [f32; N]) {
        let (mut re, mut im) = ([0.0; N], [0.0; N]);
        for offset in 0..N {
            let direction = noise_direction(bin, first + offset, self.noise_key);
            (re[offset], im[offset]) = (self.noise.cosines[direction], self.noise.sines[direction]);
        }
        (re, im)
    }
}

fn phasor(angle: f64) -> Complex32 {
    Complex32::new(angle.cos() as f32, angle.sin() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectral::Stft;

    #[test]
    fn tables_agree_with_the_formula() {
        let shape = SpectralShape::DEFAULT;
        for key in [24.0, 36.0, 60.0, 84.5] {
            let tables = ReferencePhasors::new(&shape, key, 40);
            for (bin, frame) in [(0, 0), (1, 3), (7, 39), (500, 20), (1024, 11)] {
                let wanted = phasor(reference_phase(&shape, key, bin, frame));
                assert!((tables.reference(bin, frame) - wanted).norm() < 1e-5, "key {key} bin {bin} frame {frame}");
                let noise = phasor(f64::from(noise_phase(bin, frame)));
                assert!((tables.noise(bin, frame) - noise).norm() < 1e-5);
            }
        }
    }

    #[test]
    fn a_harmonic_tone_is_constant_against_its_reference() {
        let shape = SpectralShape::DEFAULT;
        let key = 60.0;
        let step = std::f64::consts::TAU * key_to_hz(key) / f64::from(shape.sample_rate_hz);
        let tone: Vec<f32> =
            (0..40_000).map(|n| (1..6).map(|h| (step * f64::from(n * h)).cos() as f32).sum()).collect();
        let spectrogram = Stft::new(&shape).analyse(&tone);
        for frame in 4..60 {
            for harmonic in 1..6 {
                let bin = (f64::from(harmonic) * key_to_hz(key) * 2048.0 / 44_100.0).round() as usize;
                let phase = f64::from(spectrogram.values[frame * shape.bins() + bin].arg());
                let away = phase - reference_phase(&shape, key, bin, frame);
                let wrapped = (away + std::f64::consts::PI).rem_euclid(std::f64::consts::TAU) - std::f64::consts::PI;
                assert!(wrapped.abs() < 0.05, "harmonic {harmonic} frame {frame}: {wrapped} rad");
            }
        }
    }
}

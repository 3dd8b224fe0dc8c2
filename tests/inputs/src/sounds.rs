//! What is in the files: tones, a bell, noise, and their samples as bytes.

use std::f64::consts::TAU;

/// Sample rate of all files, in Hz.
pub const RATE_HZ: u32 = 44_100;
/// MIDI key of [`reference`].
pub const REFERENCE_KEY: f64 = 57.0;
/// Level of the loudest sample.
const PEAK: f64 = 0.6;

/// Frequency of a MIDI key in Hz.
pub fn key_hz(key: f64) -> f64 {
    440.0 * ((key - 69.0) / 12.0).exp2()
}

/// The sound of most files: a decaying tone at A3, 1.5 s long.
pub fn reference() -> Vec<f64> {
    tone(key_hz(REFERENCE_KEY), 1.5, 1.5, 4)
}

/// A tone of harmonic partials, the k-th with 1/k of the first one's level, that rises within 3 ms and falls by `decay` nepers a second.
pub fn tone(hz: f64, seconds: f64, decay: f64, partials: u32) -> Vec<f64> {
    let sound = at_times(seconds, |time_s| {
        let wave: f64 = (1..=partials).map(|k| (TAU * hz * f64::from(k) * time_s).sin() / f64::from(k)).sum();
        wave * (-decay * time_s).exp() * (time_s / 0.003).min(1.0)
    });
    levelled(sound)
}

/// A bell by frequency modulation: key 69 by its carrier, although its partials are no harmonics of it.
pub fn bell() -> Vec<f64> {
    at_times(2.0, |time_s| {
        let modulation = 2.0 * (-2.0 * time_s).exp() * (TAU * 616.0 * time_s).sin();
        PEAK * (-1.5 * time_s).exp() * (TAU * 440.0 * time_s + modulation).sin()
    })
}

/// White noise with this root of the mean square, in dB of full scale.
pub fn noise(count: usize, level_db: f64) -> Vec<f64> {
    // Knuth's generator (MMIX); the upper bits are even enough for noise. A value even in ±1 has a mean square of 1/3.
    let mut state = 2_u64;
    let scale = 10.0_f64.powf(level_db / 20.0) * 3.0_f64.sqrt();
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1_u32 << 30) - 1.0
    };
    (0..count).map(|_| next() * scale).collect()
}

/// Silence.
pub fn silence(seconds: f64) -> Vec<f64> {
    vec![0.0; count(seconds)]
}

/// Both added sample by sample, as long as the longer.
pub fn sum(a: &[f64], b: &[f64]) -> Vec<f64> {
    let at = |sound: &[f64], n: usize| sound.get(n).copied().unwrap_or(0.0);
    (0..a.len().max(b.len())).map(|n| at(a, n) + at(b, n)).collect()
}

/// 16-bit samples, little-endian.
pub fn pcm16(sound: &[f64]) -> Vec<u8> {
    sound.iter().flat_map(|value| steps16(*value).to_le_bytes()).collect()
}

/// 16-bit samples, big-endian.
pub fn pcm16_be(sound: &[f64]) -> Vec<u8> {
    sound.iter().flat_map(|value| steps16(*value).to_be_bytes()).collect()
}

/// 24-bit samples, little-endian.
pub fn pcm24(sound: &[f64]) -> Vec<u8> {
    sound.iter().flat_map(|value| steps24(*value).to_le_bytes().into_iter().take(3)).collect()
}

/// 24-bit samples in the upper bytes of four, little-endian.
pub fn pcm24_in_32(sound: &[f64]) -> Vec<u8> {
    sound.iter().flat_map(|value| (steps24(*value) << 8).to_le_bytes()).collect()
}

/// Samples of 32-bit float, little-endian.
pub fn float32(sound: &[f64]) -> Vec<u8> {
    sound.iter().flat_map(|value| (*value as f32).to_le_bytes()).collect()
}

/// Samples of 32-bit float, big-endian.
pub fn float32_be(sound: &[f64]) -> Vec<u8> {
    sound.iter().flat_map(|value| (*value as f32).to_be_bytes()).collect()
}

/// The samples of two channels by turns.
pub fn interleaved(left: &[f64], right: &[f64]) -> Vec<f64> {
    left.iter().zip(right).flat_map(|(left, right)| [*left, *right]).collect()
}

fn steps16(value: f64) -> i16 {
    (value.clamp(-1.0, 1.0) * 32_767.0).round() as i16
}

fn steps24(value: f64) -> i32 {
    (value.clamp(-1.0, 1.0) * 8_388_607.0).round() as i32
}

fn count(seconds: f64) -> usize {
    (seconds * f64::from(RATE_HZ)).round() as usize
}

fn at_times(seconds: f64, value: impl Fn(f64) -> f64) -> Vec<f64> {
    (0..count(seconds)).map(|n| value(n as f64 / f64::from(RATE_HZ))).collect()
}

fn levelled(mut sound: Vec<f64>) -> Vec<f64> {
    let peak = sound.iter().fold(0.0_f64, |peak, value| peak.max(value.abs()));
    sound.iter_mut().for_each(|value| *value *= PEAK / peak);
    sound
}

//! Damage of how a sound ends.

use engine::spectral::{Complex32, Stft};
use engine::units::db_to_gain;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Where a sound is over: below this part of its peak (−60 dB).
const OVER: f32 = 1e-3;
/// Where it is no longer loud: below this part of its peak (−20 dB).
const LOUD: f32 = 0.1;
/// Fade to silence before a burst, silence, and the burst, as parts of the whole length.
const FADED_AT: f64 = 0.5;
const BURST_AT: f64 = 0.7;
const BURST_END: f64 = 0.8;
/// Length of that fade, in seconds: slow enough to be no cut itself.
const FADE_S: f64 = 0.2;
/// The time in which the fall of a gate is stated, in seconds.
const GATE_S: f64 = 0.012;
/// Transform and hop of the gated bands, in samples; width of the lowest ones in bins and ratio of the corners of the others, which are wider than
/// the mel bands in which flicker is counted; length of one gate in frames.
const SIZE: usize = 1024;
const HOP: usize = 256;
const LEAST_BAND_BINS: usize = 8;
const BAND_RATIO: f64 = 1.2;
const GATE_FRAMES: usize = 20;

/// The last sample that reaches a part of full scale.
fn last_above(samples: &[f32], part: f32) -> usize {
    samples.iter().rposition(|sample| sample.abs() > part).unwrap_or(0)
}

/// Fades to silence by the middle; later comes a burst of noise at a level in dB of the sound's loudest 20 ms.
pub fn come_back(samples: &[f32], rate_hz: f64, level_db: f64, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let length = samples.len() as f64;
    let window = (0.02 * rate_hz) as usize;
    let power = |part: &[f32]| part.iter().map(|sample| sample * sample).sum::<f32>() / part.len().max(1) as f32;
    let loudest = samples.chunks(window.max(1)).map(power).fold(0.0, f32::max).sqrt();
    // Evenly distributed numbers have an effective value of 1/√3.
    let gain = db_to_gain(level_db as f32) * loudest * 3f32.sqrt();
    let burst = (BURST_AT * length) as usize..(BURST_END * length) as usize;
    let of = |(n, sample): (usize, &f32)| {
        let left = (FADED_AT * length - n as f64) / (FADE_S * rate_hz);
        let noise = if burst.contains(&n) { gain * rng.random_range(-1.0..1.0) } else { 0.0 };
        sample * left.clamp(0.0, 1.0) as f32 + noise
    };
    samples.iter().enumerate().map(of).collect()
}

/// Lets the sound fall by so many decibels in 12 ms from half of the time in which it is loud.
pub fn gate(samples: &[f32], rate_hz: f64, fall_db: f64) -> Vec<f32> {
    let start = last_above(samples, LOUD) / 2;
    let weight = |n: usize| db_to_gain(-(fall_db * n.saturating_sub(start) as f64 / (GATE_S * rate_hz)) as f32);
    samples.iter().enumerate().map(|(n, sample)| sample * weight(n)).collect()
}

/// Silences every band so many times a second for 116 ms, spread over the sound: two and a half times the window of the frames
/// in which flicker is counted.
pub fn gate_bands(samples: &[f32], rate_hz: f64, gates_per_s: f64, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut stft = Stft::with_sizes(SIZE, HOP, SIZE - HOP);
    let mut spectrogram = stft.analyse(samples);
    let bins = spectrogram.bins;
    let end = (last_above(samples, OVER) / HOP).max(GATE_FRAMES + 1);
    let mut band = 0;
    while band < bins {
        let next = ((band as f64 * BAND_RATIO) as usize).max(band + LEAST_BAND_BINS).min(bins);
        let wanted = gates_per_s * (end * HOP) as f64 / rate_hz;
        // A part of a gate is a chance of one.
        let count = (wanted + rng.random_range(0.0..1.0)) as usize;
        for _ in 0..count {
            let start = rng.random_range(0..end);
            for frame in spectrogram.values.chunks_exact_mut(bins).skip(start).take(GATE_FRAMES) {
                frame[band..next].fill(Complex32::new(0.0, 0.0));
            }
        }
        band = next;
    }
    let mut out = stft.synthesise(&spectrogram);
    out.resize(samples.len(), 0.0);
    out
}

/// Whether a sound falls in its last quarter, by 6 dB or more: else nothing changes when it is played backwards.
pub fn falls(samples: &[f32]) -> bool {
    let quarter = last_above(samples, OVER) / 4;
    let power = |from: usize| samples[from..from + quarter].iter().map(|sample| sample * sample).sum::<f32>();
    power(3 * quarter) <= 0.25 * power(2 * quarter)
}

/// Plays a part of the last half of the sound, up to its end, backwards.
pub fn reverse_end(samples: &[f32], part: f64) -> Vec<f32> {
    let end = last_above(samples, OVER);
    let reversed = (part * (end / 2) as f64) as usize;
    let mut out = samples.to_vec();
    out[end - reversed..end].reverse();
    out
}

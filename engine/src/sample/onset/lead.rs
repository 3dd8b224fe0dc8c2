//! The noise in front of a sound: a stretch at the start of a recording that stays as loud as it is. Worker and main threads only.

use std::ops::Range;

use super::{FRAME_S, power};

/// Shortest stretch that is taken for noise, in seconds: the breath in front of a flute's tone is shorter.
pub(super) const LEAD_S: f64 = 0.1;
/// The stretch is divided into so many parts,
const PARTS: usize = 5;
/// whose powers differ by at most this factor, 4 dB: a slow attack rises more.
const STEADY: f64 = 2.5;
/// Noise is this much quieter than the loudest moment, in power: 14 dB.
const QUIETER: f64 = 25.0;
/// Noise that is this much below the loudest moment is not in the way of the onset, in power: 60 dB.
const IN_THE_WAY: f64 = 1e-6;
/// Below this power there is no noise but silence, −100 dB of full scale.
const SILENT: f64 = 1e-10;

/// Normalised autocorrelation, −1 to 1, above which the lead is a tone, the soft beginning of the sound itself; white noise stays far below.
/// Set on the sounds of `examples/hear_keys`.
const TONE: f64 = 0.6;
/// Rate at which repetition is looked at, in hertz, and the lags, in seconds: every tone has a multiple of its period among them.
const LOW_RATE_HZ: usize = 8_000;
const LAGS_S: Range<f64> = 0.002..0.03;
/// Hum of the mains is noise although it repeats: its periods in seconds, and how far a lag may lie beside one of them.
const MAINS_S: [f64; 2] = [1.0 / 50.0, 1.0 / 60.0];
const BESIDE_MAINS_S: f64 = 0.0003;

/// The first stretch of noise, if the recording begins with it and it is loud enough to hide an onset.
pub(super) fn floor(samples: &[f32], rate_hz: u32) -> Option<Range<usize>> {
    let frame = ((FRAME_S * f64::from(rate_hz)) as usize).max(1);
    let powers: Vec<f64> = samples.chunks_exact(frame).map(power).collect();
    let loudest = powers.iter().copied().fold(0.0, f64::max);
    let begin = powers.iter().position(|power| *power > SILENT)? + 1;
    let count = (LEAD_S / FRAME_S) as usize;
    let lead = powers.get(begin..begin + count)?;
    let parts: Vec<f64> = lead.chunks(count / PARTS).map(super::mean).collect();
    let (quietest, most) = parts.iter().fold((f64::INFINITY, 0.0), |(low, high), p| (p.min(low), p.max(high)));
    let is_steady = most < STEADY * quietest && most * QUIETER < loudest && most > IN_THE_WAY * loudest;
    let range = begin * frame..(begin + count) * frame;
    (is_steady && !is_tone(&samples[range.clone()], rate_hz)).then_some(range)
}

fn is_tone(lead: &[f32], rate_hz: u32) -> bool {
    let step = (rate_hz as usize / LOW_RATE_HZ).max(1);
    let low: Vec<f64> =
        lead.chunks_exact(step).map(|part| part.iter().map(|v| f64::from(*v)).sum::<f64>() / step as f64).collect();
    let low_rate_hz = f64::from(rate_hz) / step as f64;
    let [from, to] = [LAGS_S.start, LAGS_S.end].map(|lag_s| (lag_s * low_rate_hz) as usize);
    let lag = (from..to).max_by(|a, b| similarity(&low, *a).total_cmp(&similarity(&low, *b)));
    let is_mains =
        |lag: usize| MAINS_S.iter().any(|mains_s| (lag as f64 / low_rate_hz - mains_s).abs() < BESIDE_MAINS_S);
    lag.is_some_and(|lag| similarity(&low, lag) > TONE && !is_mains(lag))
}

/// Twice the product of the samples with themselves `lag` later, over the energy of both.
fn similarity(samples: &[f64], lag: usize) -> f64 {
    let pairs = || samples.iter().zip(samples.iter().skip(lag));
    let energy: f64 = pairs().map(|(a, b)| a * a + b * b).sum();
    2.0 * pairs().map(|(a, b)| a * b).sum::<f64>() / energy.max(f64::MIN_POSITIVE)
}

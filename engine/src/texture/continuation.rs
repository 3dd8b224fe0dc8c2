//! A join without a crossfade: what sounds on one side rings out under the other side as its own resonances would.
//!
//! An autoregressive model of both sides (autocorrelation method, Levinson's recursion: its poles lie within the unit circle) is started
//! from the difference of what comes before the join and what would come before the new samples, with no input. New samples plus that
//! response are what the model makes of the old past and the new innovations: no step in the waveform or in any of its derivatives, and
//! for noise no way to tell it from a recording.

/// Taps in a second: the model's memory is 1/250 s.
const TAPS_PER_S: u32 = 250;
/// Most taps, at any sample rate.
const MAX_TAPS: usize = 512;
/// White noise that is added to the model's spectrum, against its power. With less, where the bands above a lossy file's limit are empty,
/// what little the other side has there rings far above everything else: by 26 dB at 1e-9 in one of a hundred loops of a rain, -8 dB at 1e-6.
const NOISE: f64 = 1e-6;

/// How many samples on each side of a join the model takes into account.
pub(super) fn taps(rate_hz: u32) -> usize {
    ((rate_hz / TAPS_PER_S) as usize).clamp(8, MAX_TAPS)
}

/// What is to be added to the samples after a join, `length` of them. `past` are the samples before the join, `other_past` those that come
/// before the new samples where they are from, the last one nearest to the join; `after` are the new samples, for the model.
pub(super) fn ringing(past: &[f32], other_past: &[f32], after: &[f32], taps: usize, length: usize) -> Vec<f32> {
    let mut correlation = autocorrelation(past, taps);
    for (sum, value) in correlation.iter_mut().zip(autocorrelation(after, taps)) {
        *sum += value;
    }
    let model = levinson(&correlation);
    // The newest sample first, as the model's taps are.
    let mut state: std::collections::VecDeque<f64> =
        past.iter().rev().zip(other_past.iter().rev()).take(taps).map(|(a, b)| f64::from(*a) - f64::from(*b)).collect();
    let mut out = Vec::with_capacity(length);
    for n in 0..length {
        let value: f64 = model.iter().zip(&state).map(|(tap, past)| tap * past).sum();
        state.push_front(value);
        state.truncate(taps);
        out.push((value * fade(n, length)) as f32);
    }
    out
}

/// What may follow samples whose end nothing else is like: they themselves in reversed time, with the corner smoothed where time turns, so
/// that what has just begun ends again.
pub(super) fn mirrored(past: &[f32], taps: usize) -> Vec<f32> {
    let turned: Vec<f32> = past.iter().rev().copied().collect();
    // What comes before the turned samples is what would have followed the others.
    let silence = vec![0.0; taps];
    let mut before = ringing(past, &silence, &turned, taps, 2 * taps);
    before.truncate(taps);
    before.reverse();
    let ring = ringing(past, &before, &turned, taps, 4 * taps);
    let mut out = turned;
    out.iter_mut().zip(ring).for_each(|(sample, ring)| *sample += ring);
    out
}

/// 1, and over the second half down to 0.
fn fade(n: usize, length: usize) -> f64 {
    let rest = 2.0 - 2.0 * n as f64 / length as f64;
    if rest >= 1.0 { 1.0 } else { 0.5 - 0.5 * (std::f64::consts::PI * rest).cos() }
}

/// Of the samples under a Hann window, for lags 0 to `taps`.
fn autocorrelation(samples: &[f32], taps: usize) -> Vec<f64> {
    let turn = std::f64::consts::TAU / samples.len().max(1) as f64;
    let windowed: Vec<f64> = samples
        .iter()
        .enumerate()
        .map(|(n, value)| f64::from(*value) * (0.5 - 0.5 * (turn * (n as f64 + 0.5)).cos()))
        .collect();
    (0..=taps)
        .map(|lag| windowed.iter().zip(windowed.get(lag..).unwrap_or_default()).map(|(a, b)| a * b).sum())
        .collect()
}

/// Taps that predict a sample from those before it, the newest first; all 0 for silence.
fn levinson(correlation: &[f64]) -> Vec<f64> {
    let taps = correlation.len() - 1;
    let mut model = vec![0.0; taps];
    let mut error = correlation[0] * (1.0 + NOISE);
    if error <= 0.0 {
        return model;
    }
    for order in 0..taps {
        let known: f64 = (0..order).map(|tap| model[tap] * correlation[order - tap]).sum();
        let reflection = (correlation[order + 1] - known) / error;
        let before = model[..order].to_vec();
        for (tap, mirrored) in before.iter().rev().enumerate() {
            model[tap] -= reflection * mirrored;
        }
        model[order] = reflection;
        error *= 1.0 - reflection * reflection;
        if error <= correlation[0] * 1e-12 {
            break;
        }
    }
    model
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(from: usize, count: usize) -> Vec<f32> {
        (from..from + count).map(|n| (n as f32 * 0.05).sin() + 0.3 * (n as f32 * 0.31).cos()).collect()
    }

    #[test]
    fn a_tone_goes_on_under_silence_and_then_fades() {
        let (past, silence) = (wave(0, 4000), vec![0.0; 4000]);
        let rung = ringing(&past, &silence, &silence, 64, 400);
        let wanted = wave(4000, 100);
        let worst = rung.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 0.1, "{worst} beside the tone");
        assert!(rung[399].abs() < 1e-3);
    }

    #[test]
    fn what_is_mirrored_has_no_corner() {
        for from in [0, 17, 40] {
            let past = wave(from, 4_000);
            let next = mirrored(&past, 64);
            let whole = [&past[3_900..], &next[..100]].concat();
            let bend = |samples: &[f32]| (samples[0] - 2.0 * samples[1] + samples[2]).abs();
            let bends: Vec<f32> = whole.windows(3).map(bend).collect();
            let (usual, turn) = (bends[..90].iter().copied().fold(0.0, f32::max), bends[98].max(bends[99]));
            assert!(turn < 1.5 * usual, "{turn} where time turns against {usual} at {from}");
            assert!((next[399] - past[3_600]).abs() < 1e-3);
        }
    }

    #[test]
    fn what_the_model_holds_nothing_of_does_not_ring() {
        // Tones up to a third of the rate, as in a lossy file, and a tone above them that only one side has.
        let tones = |from: usize, count: usize| -> Vec<f32> {
            let tone = |n: usize, k: usize| (n as f64 * (0.02 + 0.025 * k as f64) + (k * k) as f64).sin();
            (from..from + count).map(|n| (0..80).map(|k| tone(n, k)).sum::<f64>() as f32).collect()
        };
        let (past, after) = (tones(0, 4_000), tones(7_000, 4_000));
        let other: Vec<f32> =
            tones(5_000, 2_000).iter().enumerate().map(|(n, tone)| tone + 0.1 * (3.0 * n as f32).sin()).collect();
        let peak = |samples: &[f32]| samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        let differences = past.iter().rev().zip(other.iter().rev()).take(64).map(|(a, b)| a - b);
        let (ring, difference) =
            (peak(&ringing(&past, &other, &after, 64, 200)), peak(&differences.collect::<Vec<_>>()));
        assert!(ring < difference, "{ring} rings of {difference}");
    }

    #[test]
    fn nothing_is_added_where_both_pasts_are_the_same_or_silent() {
        let past = wave(0, 2000);
        assert!(ringing(&past, &past, &past, 32, 100).iter().all(|value| *value == 0.0));
        let silence = vec![0.0; 2000];
        assert!(ringing(&silence, &silence, &silence, 32, 100).iter().all(|value| *value == 0.0));
    }
}

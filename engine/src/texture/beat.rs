//! How clear the beat of a recording is: what rises in all bands together comes again after one, two, three and four equal times.

use super::levels::{FRAMES_PER_S, Levels};

/// Shortest and longest beat in frames: 240 to 40 in a minute.
const BEAT: [usize; 2] = [FRAMES_PER_S / 4, 3 * FRAMES_PER_S / 2];
/// Beats that must come again.
const BEATS: usize = 4;
/// A beat may come so much early or late, in frames.
const SLACK: usize = 2;
/// Frames on each side over which rises are smoothed, and over which their mean is taken.
const NEAR: usize = 2;
const WIDE: usize = FRAMES_PER_S;

/// The mean autocorrelation of the rises at one to four beats, for the beat at which it is highest: 0 to 1. Of recordings shorter than two
/// seconds 0.
pub(super) fn beat(levels: &Levels) -> f64 {
    let rises: Vec<f64> = (1..levels.frames).map(|frame| levels.rise(frame)).collect();
    let near = smooth(&rises, NEAR);
    let wide = smooth(&near, WIDE);
    let rises: Vec<f64> = near.iter().zip(&wide).map(|(near, wide)| near - wide).collect();
    let correlation = |lag: usize| {
        let sums = rises
            .iter()
            .zip(&rises[lag..])
            .fold([0.0; 3], |sums, (a, b)| [sums[0] + a * b, sums[1] + a * a, sums[2] + b * b]);
        sums[0] / (sums[1] * sums[2]).sqrt().max(1e-30)
    };
    let longest = BEATS * BEAT[1] + SLACK;
    let correlations: Vec<f64> = (0..=longest.min(rises.len() / 2)).map(correlation).collect();
    let clearness = |beat: usize| {
        let best = |count: usize| {
            let lags = count * beat - SLACK..=count * beat + SLACK;
            correlations[lags].iter().copied().fold(0.0, f64::max)
        };
        (1..=BEATS).map(best).sum::<f64>() / BEATS as f64
    };
    let slowest = BEAT[1].min(correlations.len().saturating_sub(SLACK + 1) / BEATS);
    (BEAT[0]..=slowest).map(clearness).fold(0.0, f64::max)
}

/// Means over so many values on each side.
fn smooth(values: &[f64], side: usize) -> Vec<f64> {
    let mut sums = vec![0.0];
    for value in values {
        sums.push(sums[sums.len() - 1] + value);
    }
    let mean = |at: usize| {
        let (from, to) = (at.saturating_sub(side), (at + side + 1).min(values.len()));
        (sums[to] - sums[from]) / (to - from) as f64
    };
    (0..values.len()).map(mean).collect()
}

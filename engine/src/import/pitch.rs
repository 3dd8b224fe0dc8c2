//! The pitch of a one-shot: McLeod's normalised square difference function ("A smarter way to find pitch", 2005).
//!
//! Worker threads only; allocates.

use realfft::RealFftPlanner;

use crate::spectral::Complex32;

/// Lowest pitch that is looked for, in Hz (MIDI key 21).
const LOWEST_HZ: f32 = 27.0;
/// Highest pitch that is looked for, in Hz (MIDI key 101).
const HIGHEST_HZ: f32 = 2_800.0;
/// Times after the start at which the pitch is measured, in seconds: after the noise of most attacks.
const MOMENTS_S: [f32; 4] = [0.06, 0.12, 0.25, 0.5];
/// Length of one measurement, in seconds: three periods of the lowest pitch.
const SPAN_S: f32 = 0.11;
/// The first peak of at least this part of the highest is the period, later ones are its multiples. McLeod recommends 0.8 to 1; a higher
/// value avoids octaves too high, a lower one octaves too low.
const FIRST_PEAK: f32 = 0.93;
/// Least clarity of a pitch that is used: noise and drums stay below it.
const CLEAR: f32 = 0.85;
/// Moments quieter than this (root of the mean square, full scale 1) are not measured.
const QUIET: f32 = 1e-3;

/// A pitch and its clarity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pitch {
    /// Fractional MIDI key.
    pub(super) key: f32,
    /// Similarity of one period to the next, 0 to 1.
    pub(super) confidence: f32,
}

impl Pitch {
    /// Whether the clarity suffices to use it.
    pub(super) fn is_clear(&self) -> bool {
        self.confidence >= CLEAR
    }
}

/// The clearest pitch of the sound, if anything in it repeats.
pub(super) fn find(samples: &[f32], rate_hz: u32) -> Option<Pitch> {
    let rate_hz = rate_hz as f32;
    let span = (SPAN_S * rate_hz) as usize;
    let measured = MOMENTS_S.iter().filter_map(|at_s| {
        let start = (at_s * rate_hz) as usize;
        period(samples.get(start..start + span)?, rate_hz)
    });
    let (clarity, period) = measured.max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(Pitch { key: 69.0 + 12.0 * (rate_hz / period / 440.0).log2(), confidence: clarity.clamp(0.0, 1.0) })
}

/// Clarity in `[0, 1]` and period in samples of the strongest repetition.
fn period(window: &[f32], rate_hz: f32) -> Option<(f32, f32)> {
    let power = window.iter().map(|v| v * v).sum::<f32>() / window.len() as f32;
    if power.sqrt() < QUIET {
        return None;
    }
    let longest = ((rate_hz / LOWEST_HZ) as usize).min(window.len() / 2);
    let shortest = (rate_hz / HIGHEST_HZ) as usize;
    let similarity = similarities(window, longest + 1)?;
    // Lags before the first negative value show only that neighbouring samples are similar.
    let dip = similarity.iter().position(|&s| s < 0.0)?;
    let peaks: Vec<usize> = (dip.max(shortest)..=longest)
        .filter(|&lag| lag > 0 && similarity[lag - 1] < similarity[lag] && similarity[lag] >= similarity[lag + 1])
        .collect();
    let highest = peaks.iter().map(|&lag| similarity[lag]).fold(0.0, f32::max);
    let lag = peaks.into_iter().find(|&lag| similarity[lag] >= FIRST_PEAK * highest)?;
    let (before, here, after) = (similarity[lag - 1], similarity[lag], similarity[lag + 1]);
    let curve = before - 2.0 * here + after;
    let shift = if curve < 0.0 { 0.5 * (before - after) / curve } else { 0.0 };
    Some((here, lag as f32 + shift))
}

/// For every lag up to `longest` twice the product of the window with itself that much later, over the energy of both: 1 for a perfect
/// repetition. The products are the autocorrelation, by way of the power spectrum, which takes a hundredth of the time.
fn similarities(window: &[f32], longest: usize) -> Option<Vec<f32>> {
    let products = autocorrelation(window)?;
    let mut before = vec![0.0_f64];
    before.extend(window.iter().scan(0.0, |sum, value| {
        *sum += f64::from(*value).powi(2);
        Some(*sum)
    }));
    let (length, all) = (window.len(), before[window.len()]);
    let similarity = |lag: usize| {
        let energy = before[length - lag] + (all - before[lag]);
        if energy > 0.0 { (2.0 * f64::from(products[lag]) / energy) as f32 } else { 0.0 }
    };
    Some((0..=longest.min(length)).map(similarity).collect())
}

/// The sum of products of the window with itself, for every lag; zeros behind it keep its end from meeting its start.
fn autocorrelation(window: &[f32]) -> Option<Vec<f32>> {
    let size = (2 * window.len()).next_power_of_two();
    let mut planner = RealFftPlanner::new();
    let (forward, inverse) = (planner.plan_fft_forward(size), planner.plan_fft_inverse(size));
    let mut time = window.to_vec();
    time.resize(size, 0.0);
    let mut bins = forward.make_output_vec();
    forward.process(&mut time, &mut bins).ok()?;
    for bin in &mut bins {
        *bin = Complex32::new(bin.norm_sqr() / size as f32, 0.0);
    }
    inverse.process(&mut bins, &mut time).ok()?;
    Some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: u32 = 44_100;
    /// Largest error of a found key, in semitones.
    const TOLERANCE: f32 = 0.05;

    /// A decaying tone of some partials, the first of them as loud as `first`.
    fn tone(key: f32, first: f32) -> Vec<f32> {
        let step = std::f32::consts::TAU * 440.0 * ((key - 69.0) / 12.0).exp2() / RATE_HZ as f32;
        let partial = |h: u16, n: usize| (step * f32::from(h) * n as f32).sin() / f32::from(h);
        let sound = |n| first * partial(1, n) + (2..=5).map(|h| partial(h, n)).sum::<f32>();
        (0..RATE_HZ as usize).map(|n| 0.3 * sound(n) * (-(n as f32) / 30_000.0).exp()).collect()
    }

    #[test]
    fn a_tone_has_its_key_and_is_believed_even_without_its_fundamental() {
        for first in [1.0, 0.1] {
            for key in [36.0, 47.5, 57.0, 60.3, 72.0, 84.0] {
                let found = find(&tone(key, first), RATE_HZ).expect("something repeats");
                assert!((found.key - key).abs() < TOLERANCE && found.is_clear(), "{key}, {first}: {found:?}");
            }
        }
    }

    #[test]
    fn products_by_the_spectrum_are_products() {
        let window: Vec<f32> = tone(50.0, 1.0)[2000..6000].to_vec();
        let found = similarities(&window, 1500).expect("lags");
        for lag in [0, 1, 17, 400, 1500] {
            let pairs = || window.iter().zip(&window[lag..]);
            let product: f64 = pairs().map(|(a, b)| f64::from(a * b)).sum();
            let energy: f64 = pairs().map(|(a, b)| f64::from(a * a + b * b)).sum();
            assert!((f64::from(found[lag]) - 2.0 * product / energy).abs() < 1e-5, "lag {lag}");
        }
    }

    #[test]
    fn noise_is_not_believed_and_silence_has_no_pitch() {
        for seed in 1..6_u32 {
            let mut state = seed;
            let noise: Vec<f32> = (0..RATE_HZ)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    state as f32 / u32::MAX as f32 - 0.5
                })
                .collect();
            assert!(find(&noise, RATE_HZ).is_none_or(|found| !found.is_clear()), "seed {seed}");
        }
        assert_eq!(find(&vec![0.0; RATE_HZ as usize], RATE_HZ), None);
        assert_eq!(find(&[], RATE_HZ), None);
    }
}

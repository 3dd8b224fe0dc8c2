//! The pitch of a one-shot: McLeod's normalised square difference function ("A smarter way to find pitch", 2005).
//!
//! Worker threads only.

/// Lowest pitch that is looked for, in Hz (MIDI key 21).
const LOWEST_HZ: f32 = 27.0;
/// Highest pitch that is looked for, in Hz (MIDI key 101).
const HIGHEST_HZ: f32 = 2_800.0;
/// Moments after the start at which the pitch is measured, in seconds: behind the noise of most attacks.
const MOMENTS_S: [f32; 4] = [0.06, 0.12, 0.25, 0.5];
/// Length of one measurement, in seconds: three periods of the lowest pitch.
const SPAN_S: f32 = 0.11;
/// The first peak within this of the highest one is the period; later ones are its multiples.
const FIRST_PEAK: f32 = 0.93;
/// A pitch is believed from this clarity on; noise and drums stay below.
const CLEAR: f32 = 0.85;
/// Moments quieter than this (root of the mean square, full scale 1) are not measured.
const QUIET: f32 = 1e-3;

/// A pitch and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pitch {
    /// Fractional MIDI key.
    pub(super) key: f32,
    /// Likeness of one period to the next, 0 to 1.
    pub(super) confidence: f32,
}

impl Pitch {
    /// Whether it is to be believed.
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
    let similarity: Vec<f32> = (0..=longest + 1).map(|lag| similarity(window, lag)).collect();
    // Before the first dip below zero the sound is only like itself.
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

/// Twice the product of the window with itself `lag` later, over the energy of both: 1 for a perfect repetition.
fn similarity(window: &[f32], lag: usize) -> f32 {
    let (mut product, mut energy) = (0.0, 0.0);
    for (a, b) in window.iter().zip(&window[lag..]) {
        product += a * b;
        energy += a * a + b * b;
    }
    if energy > 0.0 { 2.0 * product / energy } else { 0.0 }
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

//! The transposition of one sound against another, octaves included. Allocates; never on the audio thread.

use super::pitch::{SPECTRUM_SIZE, spectrum_db};

/// Grid of the logarithmic frequency axis, in cents.
const GRID_CENTS: f64 = 5.0;
/// Range of the frequency axis in hertz.
const LOW_HZ: f64 = 30.0;
const HIGH_HZ: f64 = 12_000.0;
/// Largest transposition that is searched for, in cents: two octaves and a minor third.
const REACH_CENTS: f64 = 2_700.0;
/// Levels this far below the strongest partial are treated as silence.
const RANGE_DB: f64 = 50.0;
/// Width in cents of the moving average that is subtracted, so that partials are compared and not the spectral envelope.
const SMOOTH_CENTS: f64 = 600.0;
/// Correlation below which two spectra do not share a pattern of partials. Higher misses transpositions between timbres that differ;
/// lower reports chance matches.
const LEAST_CORRELATION: f64 = 0.2;

/// Transposition of `made` against `truth` in cents, positive upwards, within ±2 700: the shift at which their mean spectra on a
/// logarithmic frequency axis (30 Hz to 12 kHz) correlate best. `None` if the correlation stays below 0.2, or either is silent.
pub fn transposition_cents(truth: &[f32], made: &[f32], sample_rate_hz: f64) -> Option<f64> {
    let (truth, made) = (partials(truth, sample_rate_hz)?, partials(made, sample_rate_hz)?);
    let reach = (REACH_CENTS / GRID_CENTS) as isize;
    let matches: Vec<f64> = (-reach..=reach).map(|shift| correlation(&truth, &made, shift)).collect();
    let best = (1..matches.len() - 1).max_by(|a, b| matches[*a].total_cmp(&matches[*b]))?;
    if matches[best] < LEAST_CORRELATION {
        return None;
    }
    let (left, middle, right) = (matches[best - 1], matches[best], matches[best + 1]);
    let curve = left - 2.0 * middle + right;
    let part = if curve < 0.0 { (0.5 * (left - right) / curve).clamp(-0.5, 0.5) } else { 0.0 };
    Some(((best as isize - reach) as f64 + part) * GRID_CENTS)
}

/// Levels above the smoothed spectrum on the logarithmic frequency axis.
fn partials(samples: &[f32], sample_rate_hz: f64) -> Option<Vec<f64>> {
    let levels_db = spectrum_db(samples)?;
    let bin_hz = sample_rate_hz / SPECTRUM_SIZE as f64;
    let count = ((HIGH_HZ / LOW_HZ).log2() * 1200.0 / GRID_CENTS) as usize;
    let edge = |index: usize| (LOW_HZ / bin_hz * (index as f64 * GRID_CENTS / 1200.0).exp2()) as usize;
    let highest = |index: usize| {
        let (from, to) = (edge(index), edge(index + 1).max(edge(index) + 1));
        levels_db.get(from..to.min(levels_db.len())).unwrap_or_default().iter().copied().fold(-240.0, f64::max)
    };
    let levels: Vec<f64> = (0..count).map(highest).collect();
    let floor_db = levels.iter().copied().fold(-240.0, f64::max) - RANGE_DB;
    let above: Vec<f64> = levels.iter().map(|level| (level - floor_db).max(0.0)).collect();
    let half = (SMOOTH_CENTS / GRID_CENTS / 2.0) as usize;
    let mut sums = vec![0.0; count + 1];
    for index in 0..count {
        sums[index + 1] = sums[index] + above[index];
    }
    let smooth = |index: usize| {
        let (from, to) = (index.saturating_sub(half), (index + half + 1).min(count));
        (sums[to] - sums[from]) / (to - from) as f64
    };
    Some(above.iter().enumerate().map(|(index, level)| (level - smooth(index)).max(0.0)).collect())
}

/// Correlation of `truth` with `made` moved down by `shift` grid steps, normalised by the energy of both whole spectra, so that a small
/// overlap cannot give a high value.
fn correlation(truth: &[f64], made: &[f64], shift: isize) -> f64 {
    let product: f64 = truth
        .iter()
        .enumerate()
        .filter_map(|(index, level)| {
            let other = made.get(usize::try_from(index as isize + shift).ok()?)?;
            Some(level * other)
        })
        .sum();
    let power = |levels: &[f64]| levels.iter().map(|level| level * level).sum::<f64>();
    product / (power(truth) * power(made)).sqrt().max(1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(frequency_hz: f64, brightness: f64) -> Vec<f32> {
        let step = std::f64::consts::TAU * frequency_hz / 44_100.0;
        let partial = |n: u32, h: u32| (step * f64::from(n * h)).sin() / f64::from(h).powf(brightness);
        (0..66_150).map(|n| (1..12).map(|h| partial(n, h)).sum::<f64>() as f32).collect()
    }

    #[test]
    fn transpositions_from_cents_to_octaves_are_found_in_another_timbre() {
        let truth = tone(220.0, 1.0);
        for cents in [-1200.0f64, -400.0, -30.0, 0.0, 12.0, 50.0, 100.0, 700.0, 1200.0] {
            let made = tone(220.0 * (cents / 1200.0).exp2(), 1.5);
            let found = transposition_cents(&truth, &made, 44_100.0).expect("two tones");
            assert!((found - cents).abs() < 3.0, "{cents} cents read {found:.1}");
        }
    }

    #[test]
    fn silence_is_not_transposed() {
        assert_eq!(transposition_cents(&[0.0; 1000], &tone(220.0, 1.0), 44_100.0), None);
    }
}

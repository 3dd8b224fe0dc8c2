//! How exactly a sound repeats: McLeod's normalised square difference function ("A smarter way to find pitch", 2005).
//!
//! Worker threads only; allocates.

use realfft::RealFftPlanner;

use crate::spectral::Complex32;

/// The first peak of at least this part of the highest is the period, later ones are its multiples. McLeod recommends 0.8 to 1; a higher
/// value avoids octaves too high, a lower one octaves too low.
const FIRST_PEAK: f32 = 0.87;
/// Periods that a window must hold for the shortest repetition that is looked for.
const LEAST_PERIODS: usize = 3;
/// Shortest lag in samples at which a repetition is measured: at shorter ones a part of a sample is a large part of a period.
const LEAST_LAG: f64 = 24.0;

/// Clarity in `[0, 1]` and period in samples, at least `shortest`, of the strongest repetition that the window holds three times.
pub(super) fn strongest(window: &[f32], shortest: f64) -> Option<(f32, f64)> {
    let longest = window.len() / LEAST_PERIODS;
    let similarity = similarities(window, longest + 1)?;
    // Lags before the first negative value show only that neighbouring samples are similar.
    let dip = similarity.iter().position(|&s| s < 0.0)?;
    let peaks: Vec<(f32, f64)> = (dip.max(shortest as usize).max(1)..=longest)
        .filter(|&lag| similarity[lag - 1] < similarity[lag] && similarity[lag] >= similarity[lag + 1])
        .map(|lag| summit(lag, [similarity[lag - 1], similarity[lag], similarity[lag + 1]]))
        .collect();
    let highest = peaks.iter().map(|(height, _)| *height).fold(0.0, f32::max);
    peaks.into_iter().find(|(height, _)| *height >= FIRST_PEAK * highest)
}

/// Height, at most 1, and place of the parabola through three values around `lag`.
fn summit(lag: usize, [before, here, after]: [f32; 3]) -> (f32, f64) {
    let curve = before - 2.0 * here + after;
    let shift = if curve < 0.0 { 0.5 * (before - after) / curve } else { 0.0 };
    ((here - 0.25 * (before - after) * shift).clamp(0.0, 1.0), f64::from(lag as f32 + shift))
}

/// How similar the window is to itself a period later, −1 to 1.
pub(super) fn similarity_at(window: &[f32], period: f64) -> f64 {
    /// A period may be this much longer or shorter than it was found.
    const REACH: f64 = 0.005;
    let lag = period * (LEAST_LAG / period).ceil().max(1.0);
    let reach = (lag * REACH).ceil();
    let lags = (lag - reach).floor() as usize..=(lag + reach).ceil() as usize;
    lags.map(|lag| similarity(window, lag)).fold(-1.0, f64::max)
}

/// Twice the product of the window with itself `lag` samples later, over the energy of both; −1 where less than `lag` overlaps.
fn similarity(window: &[f32], lag: usize) -> f64 {
    // Where less than a period overlaps, anything is similar by chance.
    let later = window.get(lag..).filter(|later| later.len() >= lag).unwrap_or_default();
    let (mut products, mut energy) = (0.0, 0.0);
    for (a, b) in window.iter().zip(later).map(|(a, b)| (f64::from(*a), f64::from(*b))) {
        products += a * b;
        energy += a * a + b * b;
    }
    if energy > 0.0 { 2.0 * products / energy } else { -1.0 }
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

    fn tone(period: f64, length: usize) -> Vec<f32> {
        let step = std::f64::consts::TAU / period;
        (0..length).map(|n| (1..4).map(|h| (step * f64::from(h) * n as f64).sin() as f32).sum()).collect()
    }

    #[test]
    fn products_by_the_spectrum_are_products() {
        let window = tone(301.3, 4_000);
        let found = similarities(&window, 1500).expect("lags");
        for lag in [0, 1, 17, 400, 1500] {
            assert!((f64::from(found[lag]) - similarity(&window, lag)).abs() < 1e-5, "lag {lag}");
        }
    }

    #[test]
    fn three_periods_tell_the_period() {
        for period in [40.0, 100.4, 735.5] {
            let window = tone(period, (3.02 * period) as usize);
            let (clarity, found) = strongest(&window, 10.0).expect("it repeats");
            assert!(clarity > 0.95 && (found / period - 1.0).abs() < 0.005, "{period}: {found}, {clarity}");
            assert!(similarity_at(&window, period) > 0.95);
            assert!(similarity_at(&window, period * 1.3) < 0.5);
        }
        assert!(strongest(&[0.0; 500], 10.0).is_none() && strongest(&[], 10.0).is_none());
    }
}

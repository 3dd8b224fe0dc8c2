//! Phases from the gradient of magnitudes across bands. Any thread but the audio thread; allocates.
//!
//! A sine at a distance d from the centre of a band whose window reaches w from it has the weight cos²(π/2 · d/w) in it: the ratio of the
//! magnitudes in two bands tells the frequency. Its integral over time is the phase of the band's coefficients.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, TAU};

use rustfft::num_complex::Complex32;

use super::coefficients::{Coefficients, magnitude};
use super::transform::ConstantQ;

/// Sets the phases of the bands of `values` whose centres are at most at `highest_hz`; their magnitudes stay.
pub(super) fn set_phases(transform: &ConstantQ<f32>, values: &mut Coefficients<f32>, highest_hz: f64) {
    let shape = transform.shape();
    let duration_s = transform.padded() as f64 / shape.rate_hz();
    let magnitudes: Vec<Vec<f32>> =
        (0..values.bands()).map(|band| values.band(band).iter().map(magnitude).collect()).collect();
    let loudest_part = loudest(&magnitudes);
    for band in 0..values.bands() {
        let count = magnitudes[band].len();
        if count == 0 || shape.centre_hz(band) > highest_hz {
            continue;
        }
        let step_s = duration_s / count as f64;
        let hz: Vec<f64> = (0..count)
            .map(|place| {
                let at = |band: Option<usize>| band.map_or(0.0, |band| near(magnitudes.get(band), place, count));
                let [below, here, above] = [at(band.checked_sub(1)), at(Some(band)), at(Some(band + 1))];
                let centre = shape.centre_hz(band);
                let toward = if above >= below { band + 1 } else { band.saturating_sub(1) };
                let toward = toward.min(values.bands() - 1);
                let apart = shape.centre_hz(toward) - centre;
                let ratio = (f64::from(above.max(below)) / f64::from(here).max(1e-30)).sqrt();
                centre + apart.signum() * distance(ratio, apart.abs(), shape.width_hz(band, toward))
            })
            .collect();
        let middle = ((loudest_part * count as f64) as usize).min(count - 1);
        let begin_s = (middle as f64 - loudest_part * count as f64) * step_s;
        let mut phases = vec![TAU * hz[middle] * begin_s; count];
        for place in middle + 1..count {
            phases[place] = phases[place - 1] + TAU * 0.5 * (hz[place] + hz[place - 1]) * step_s;
        }
        for place in (0..middle).rev() {
            phases[place] = phases[place + 1] - TAU * 0.5 * (hz[place] + hz[place + 1]) * step_s;
        }
        for (value, phase) in values.band_mut(band).iter_mut().zip(phases) {
            *value = Complex32::from_polar(magnitude(value), phase.rem_euclid(TAU) as f32);
        }
    }
}

/// Distance of a sine from the centre of its band towards a neighbour `apart` away; `ratio` is the root of the neighbour's magnitude against
/// the band's own, and the windows of both reach `width`. With x = π/2 · d/w and a = π/2 · apart/w the ratio is cos(a − x) / cos(x).
fn distance(ratio: f64, apart: f64, width: f64) -> f64 {
    let turn = FRAC_PI_2 * apart / width.max(1e-9);
    let x = ((ratio - turn.cos()) / turn.sin().max(1e-9)).atan();
    (x * FRAC_2_PI * width).clamp(-apart, apart)
}

/// Magnitude of a band at the time of `place` of `count`.
fn near(band: Option<&Vec<f32>>, place: usize, count: usize) -> f32 {
    let Some(band) = band.filter(|band| !band.is_empty()) else { return 0.0 };
    let at = place as f64 / count as f64 * band.len() as f64;
    let (first, part) = (at as usize, at.fract() as f32);
    let of = |place: usize| band.get(place).or(band.last()).copied().unwrap_or(0.0);
    of(first) * (1.0 - part) + of(first + 1) * part
}

/// Where most of the bands are loudest, as part of the length: the median of their loudest places, weighted by magnitude.
fn loudest(magnitudes: &[Vec<f32>]) -> f64 {
    let mut places: Vec<(f64, f32)> = magnitudes
        .iter()
        .filter_map(|band| {
            let (place, loudest) = band.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
            Some((place as f64 / band.len() as f64, loudest))
        })
        .collect();
    places.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let half = places.iter().map(|(_, weight)| weight).sum::<f32>() / 2.0;
    let mut sum = 0.0;
    let median = places.iter().find(|(_, weight)| {
        sum += weight;
        sum >= half
    });
    median.map_or(0.0, |(place, _)| *place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_of_two_bands_tells_where_a_sine_lies_whatever_their_width() {
        let weight = |distance: f64, width: f64| (FRAC_PI_2 * (distance / width)).cos().powi(2);
        for width in [10.0, 25.0, 80.0] {
            for place in [0.0, 1.0, 4.0, 9.0] {
                let ratio = (weight(10.0 - place, width) / weight(place, width)).sqrt();
                assert!((distance(ratio, 10.0, width) - place).abs() < 1e-6, "{place} of 10 Hz, windows of {width} Hz");
            }
        }
    }
}

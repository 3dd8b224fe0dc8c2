//! The partials of a stretch of sound, and what they say of a pitch. Worker threads only; allocates.

use realfft::RealFftPlanner;

use crate::spectral::hann_periodic;

/// Level of a bin of digital silence, in dB: lower ones are raised to it.
const SILENT_DB: f64 = -200.0;
/// Partials this far below the strongest are left out, in dB.
const RANGE_DB: f64 = 40.0;
/// Lower ones are rumble, in hertz.
const LOWEST_HZ: f64 = 20.0;
/// Distance from its harmonic within which a partial belongs to it, and the largest such distance, in spacings of the harmonics. Set on the
/// sounds of `examples/hear_keys`.
const BESIDE: f64 = 0.015;
const MOST_BESIDE: f64 = 0.12;
/// Harmonics above this one are not looked at: stiff strings have moved them too far.
const LAST_HARMONIC: f64 = 16.5;

/// A peak of the spectrum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partial {
    pub(super) hz: f64,
    /// Against the strongest.
    pub(super) level_db: f64,
}

impl Partial {
    /// Weight among all: the square root of its amplitude, so that it does not depend on one alone.
    fn weight(&self) -> f64 {
        10f64.powf(self.level_db / 40.0)
    }
}

/// The partials of a stretch of sound: the maxima of its spectrum within a main lobe of its Hann window.
pub(super) fn partials(samples: &[f32], rate_hz: f64) -> Vec<Partial> {
    let Some(levels_db) = spectrum_db(samples) else { return Vec::new() };
    let size = 2 * (levels_db.len() - 1);
    let lobe = (2 * size).div_ceil(samples.len());
    let lowest = ((LOWEST_HZ / rate_hz * size as f64) as usize).max(lobe);
    let strongest = levels_db.iter().skip(lowest).copied().fold(f64::NEG_INFINITY, f64::max);
    let mut found = Vec::new();
    if strongest <= SILENT_DB {
        return found;
    }
    for (index, around) in levels_db.windows(2 * lobe + 1).enumerate() {
        let (at, level) = (index + lobe, around[lobe]);
        if at < lowest || level < strongest - RANGE_DB || around.iter().any(|other| *other > level) {
            continue;
        }
        let (left, right) = (around[lobe - 1], around[lobe + 1]);
        let curve = left - 2.0 * level + right;
        let shift = if curve < 0.0 { 0.5 * (left - right) / curve } else { 0.0 };
        found.push(Partial { hz: (at as f64 + shift) * rate_hz / size as f64, level_db: level - strongest });
    }
    found
}

fn spectrum_db(samples: &[f32]) -> Option<Vec<f64>> {
    /// Shorter ones have no partials.
    const LEAST: usize = 32;
    if samples.len() < LEAST {
        return None;
    }
    let mut time: Vec<f32> =
        samples.iter().zip(hann_periodic(samples.len())).map(|(sample, weight)| sample * weight).collect();
    time.resize((4 * samples.len()).next_power_of_two(), 0.0);
    let plan = RealFftPlanner::new().plan_fft_forward(time.len());
    let mut bins = plan.make_output_vec();
    plan.process(&mut time, &mut bins).ok()?;
    Some(bins.iter().map(|bin| (10.0 * f64::from(bin.norm_sqr()).log10()).max(SILENT_DB)).collect())
}

/// Part of the partials that are harmonics of `hz`, by weight, 0 to 1; 0 when there is none.
pub(super) fn explained(partials: &[Partial], hz: f64) -> f64 {
    let (mut own, mut all) = (0.0, 0.0);
    for partial in partials.iter().filter(|partial| partial.hz < LAST_HARMONIC * hz) {
        let place = partial.hz / hz;
        all += partial.weight();
        if is_harmonic(place) {
            own += partial.weight();
        }
    }
    if all > 0.0 { own / all } else { 0.0 }
}

/// Which harmonics of `hz` are there within `range_db` of the strongest of them.
pub(super) fn harmonics(partials: &[Partial], hz: f64, range_db: f64) -> Vec<usize> {
    let own: Vec<(usize, f64)> = partials
        .iter()
        .map(|partial| (partial.hz / hz, partial.level_db))
        .filter(|(place, _)| *place < LAST_HARMONIC && is_harmonic(*place))
        .map(|(place, level_db)| (place.round() as usize, level_db))
        .collect();
    let strongest_db = own.iter().map(|(_, level_db)| *level_db).fold(f64::NEG_INFINITY, f64::max);
    own.into_iter().filter(|(_, level_db)| *level_db > strongest_db - range_db).map(|(number, _)| number).collect()
}

fn is_harmonic(place: f64) -> bool {
    (place - place.round().max(1.0)).abs() < (BESIDE * place).min(MOST_BESIDE)
}

/// The fundamental within a semitone of `hz` that explains most of the partials: `hz` itself or one that a partial leads to.
pub(super) fn settled(partials: &[Partial], hz: f64) -> f64 {
    /// Harmonics that can lead to a fundamental.
    const LEADING: f64 = 8.5;
    const REACH_CENTS: f64 = 110.0;
    let near = |fundamental: &f64| (1200.0 * (fundamental / hz).log2()).abs() < REACH_CENTS;
    let led = partials.iter().filter(|partial| partial.hz < LEADING * hz && partial.level_db > -25.0);
    let led = led.map(|partial| partial.hz / (partial.hz / hz).round().max(1.0)).filter(near);
    let better = |best: (f64, f64), fundamental: f64| {
        let explained = explained(partials, fundamental);
        if explained > best.1 + 0.02 { (fundamental, explained) } else { best }
    };
    led.fold((hz, explained(partials, hz)), better).0
}

/// Offset in cents from `hz` to the fundamental that its first harmonics tell: their median, weighted by their amplitudes, since stiff
/// strings and beats put each of them elsewhere; 0 where there are none.
pub(super) fn offset_cents(partials: &[Partial], hz: f64) -> f64 {
    const HARMONICS: f64 = 8.5;
    const REACH_CENTS: f64 = 60.0;
    let told = |partial: &Partial| {
        let number = (partial.hz / hz).round();
        let cents = 1200.0 * (partial.hz / (number.max(1.0) * hz)).log2();
        (number < HARMONICS && cents.abs() < REACH_CENTS).then(|| (cents, 10f64.powf(partial.level_db / 20.0)))
    };
    let mut told: Vec<(f64, f64)> = partials.iter().filter_map(told).collect();
    told.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = told.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
    let mut sum = 0.0;
    let median = told.into_iter().find_map(|(cents, weight)| {
        sum += weight;
        (sum >= half).then_some(cents)
    });
    median.unwrap_or(0.0)
}

/// Level in dB of the strongest partial within `part` of `hz`, against the strongest of all.
pub(super) fn level_at(partials: &[Partial], hz: f64, part: f64) -> Option<f64> {
    let near = partials.iter().filter(|partial| (partial.hz / hz - 1.0).abs() < part);
    near.map(|partial| partial.level_db).max_by(f64::total_cmp)
}

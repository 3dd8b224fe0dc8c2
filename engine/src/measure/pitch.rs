//! The deviation of a sound from the pitch that it should have. Allocates; never on the audio thread.

use realfft::RealFftPlanner;

use crate::spectral::hann_periodic;

/// Transform length in samples; zero-padding makes the parabolic peak interpolation exact to a fraction of a cent.
pub(super) const SPECTRUM_SIZE: usize = 1 << 18;
/// Number of harmonics that are measured.
const HARMONICS: usize = 8;
/// Largest distance of a peak from its harmonic, in cents: more than the detuning to be measured, less than a semitone.
const REACH_CENTS: f64 = 60.0;
/// Peaks this far below the strongest are ignored, since noise may move them.
const RANGE_DB: f64 = 40.0;

/// Offset in cents of a mono sound from `expected_hz`: the level-weighted median over its first harmonics, each the
/// interpolated spectral peak within ±60 cents of where it should lie. `None` when there is no such peak or no sound.
pub fn pitch_offset_cents(samples: &[f32], sample_rate_hz: f64, expected_hz: f64) -> Option<f64> {
    let levels_db = spectrum_db(samples)?;
    let bin_hz = sample_rate_hz / SPECTRUM_SIZE as f64;
    let mut peaks: Vec<(f64, f64)> = (1..=HARMONICS)
        .map(|harmonic| expected_hz * harmonic as f64)
        .take_while(|frequency_hz| *frequency_hz < 0.45 * sample_rate_hz)
        .filter_map(|frequency_hz| peak_near(&levels_db, frequency_hz / bin_hz))
        .collect();
    let strongest_db = peaks.iter().map(|(_, level_db)| *level_db).max_by(f64::total_cmp)?;
    peaks.retain(|(_, level_db)| *level_db > strongest_db - RANGE_DB);
    peaks.sort_by(|a, b| a.0.total_cmp(&b.0));
    let weight = |level_db: f64| 10f64.powf(level_db / 20.0);
    let half: f64 = peaks.iter().map(|(_, level_db)| weight(*level_db)).sum::<f64>() / 2.0;
    let mut sum = 0.0;
    peaks.iter().find_map(|(cents, level_db)| {
        sum += weight(*level_db);
        (sum >= half).then_some(*cents)
    })
}

/// Level in dB of every bin up to the Nyquist frequency; `None` for silence.
pub(super) fn spectrum_db(samples: &[f32]) -> Option<Vec<f64>> {
    let samples = &samples[..samples.len().min(SPECTRUM_SIZE)];
    if samples.iter().all(|sample| *sample == 0.0) {
        return None;
    }
    let window = hann_periodic(samples.len());
    let mut time: Vec<f32> = samples.iter().zip(window).map(|(sample, weight)| sample * weight).collect();
    time.resize(SPECTRUM_SIZE, 0.0);
    let plan = RealFftPlanner::new().plan_fft_forward(SPECTRUM_SIZE);
    let mut bins = plan.make_output_vec();
    plan.process(&mut time, &mut bins).ok()?;
    Some(bins.iter().map(|bin| 20.0 * f64::from(bin.norm()).max(1e-12).log10()).collect())
}

/// Offset in cents and level in dB of the highest peak near a (fractional) bin; `None` if the maximum lies at the edge of the range.
fn peak_near(levels_db: &[f64], bin: f64) -> Option<(f64, f64)> {
    let reach = (REACH_CENTS / 1200.0).exp2();
    let (from, to) = ((bin / reach).floor() as usize, ((bin * reach).ceil() as usize).min(levels_db.len() - 2));
    let top = (from.max(1)..=to).max_by(|a, b| levels_db[*a].total_cmp(&levels_db[*b]))?;
    if top == from.max(1) || top == to {
        return None;
    }
    let (left, middle, right) = (levels_db[top - 1], levels_db[top], levels_db[top + 1]);
    let curve = left - 2.0 * middle + right;
    let shift = if curve < 0.0 { 0.5 * (left - right) / curve } else { 0.0 };
    Some((1200.0 * ((top as f64 + shift) / bin).log2(), middle))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_offset_of_a_detuned_tone() {
        for expected_hz in [65.4f64, 440.0, 2093.0] {
            for cents in [-30.0f64, -3.0, 0.0, 7.0, 40.0] {
                let frequency_hz = expected_hz * (cents / 1200.0).exp2();
                let step = std::f64::consts::TAU * frequency_hz / 48_000.0;
                let tone: Vec<f32> = (0..60_000)
                    .map(|n| (1..5).map(|h| (step * f64::from(n * h)).sin() as f32 / h as f32).sum())
                    .collect();
                let found = pitch_offset_cents(&tone, 48_000.0, expected_hz).expect("a tone");
                assert!((found - cents).abs() < 0.5, "{expected_hz} Hz {cents}: {found}");
            }
        }
    }

    #[test]
    fn silence_has_no_pitch() {
        assert_eq!(pitch_offset_cents(&[0.0; 1000], 48_000.0, 440.0), None);
    }
}

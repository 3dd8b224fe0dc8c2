//! Restores the peak of a decoded sound to that of its recording. WORKER side.
//!
//! Frames have the level of their recording after [`normalise_loudness`](crate::sample::normalise_loudness): no peak is above 1, and that
//! of a sound below the common loudness is 1. Frames do not determine how the energy within a window is distributed in time: with inexact
//! phases the first period of a kick can be twice as high, or a transient be smeared over 40 ms. Both are corrected locally, by a smooth
//! gain over some milliseconds, instead of by the level of the whole sound. `models/EXPERIMENTS.md` lists what was measured.

use crate::sample::{LOUDNESS_LUFS, loudness_lufs};

/// Standard deviation in seconds of the Gaussian gain that raises or lowers a peak. A transient is short; a peak that is lowered may lie in
/// a tone, where a shorter change would produce audible sidebands.
const RISE_SPREAD_S: f32 = 0.002;
const FALL_SPREAD_S: f32 = 0.006;
/// The gain ends at this many standard deviations, where it is within 0.04 % of 1 for each unit of change.
const REACH: usize = 4;
/// Largest rise and largest fall of a peak. Tried on 120 training sounds; larger ones bring the peak nearer to the recording's, but make
/// errors of the estimate more audible.
const RISE_DB: f32 = 8.0;
const FALL_DB: f32 = 6.0;
/// Seconds on either side over which the power of a transient and of its surroundings is measured; the latter as long as an analysis
/// window. Raising a peak by no more than its prominence over the surroundings avoids clicks in tones (`models/EXPERIMENTS.md`).
const STROKE_S: f32 = 0.004;
const SURROUNDINGS_S: f32 = 0.046;
/// Most peaks that are lowered, which bounds the work; the level of the sound corrects what remains above 1.
const LOWERED_PLACES: usize = 48;
/// Samples of a block whose peak is cached while peaks are lowered.
const BLOCK: usize = 512;
/// Tolerance of the ceiling, as a factor.
const NEAR: f32 = 1.0005;
/// Deviation from the common loudness that is not corrected: within it a sound keeps the level of its frames, which changes smoothly over
/// the latent space. Smaller evens sounds out more, but makes the level change along a morph.
const FREE_LU: f32 = 4.0;
/// Largest gain of a quiet sound, so that near silence is not amplified to noise.
const MOST_RAISED_DB: f32 = 30.0;

/// Restores the peak of samples that have the level of their frames; the result is at most 1, but for rounding.
pub(super) fn restore(samples: &mut [f32], rate_hz: u32) {
    let Some(found_lufs) = loudness_lufs(samples, rate_hz) else { return };
    let below_db = (LOUDNESS_LUFS - found_lufs) as f32;
    restore_part(samples, rate_hz, below_db, true);
}

/// The same for a part of a sound whose loudness is `below_db` below the common one. A peak is raised only if the part holds the loudest
/// moment of the sound.
pub(super) fn restore_part(samples: &mut [f32], rate_hz: u32, below_db: f32, holds_loudest: bool) {
    let length = |time_s: f32| time_s * rate_hz as f32;
    let (place, peak) = loudest(samples);
    if peak == 0.0 {
        return;
    }
    if peak >= 1.0 {
        lower(samples, peak, length(FALL_SPREAD_S));
    } else if holds_loudest {
        // A recording below the common loudness had a peak of 1, which limited its level; the peak of one at that loudness is unknown.
        // A peak that does not exceed its surroundings is not a transient.
        let stands_out_db = prominence_db(samples, place, length(STROKE_S) as usize, length(SURROUNDINGS_S) as usize);
        let rise_db = below_db.min(stands_out_db).clamp(0.0, RISE_DB);
        change(samples, place, (1.0 / peak).min(gain(rise_db)), length(RISE_SPREAD_S));
    }
    let (_, peak) = loudest(samples);
    let beyond_db = below_db.signum() * (below_db.abs() - FREE_LU).clamp(0.0, MOST_RAISED_DB);
    let level = gain(beyond_db).min(1.0 / peak);
    if level != 1.0 {
        samples.iter_mut().for_each(|sample| *sample *= level);
    }
}

/// Lowers all peaks above 1 to one ceiling: 1, or more if the largest peak would have to fall by more than [`FALL_DB`].
fn lower(samples: &mut [f32], peak: f32, spread: f32) {
    let ceiling = (peak * gain(-FALL_DB)).max(1.0);
    // Peaks by block: lowering one peak changes only a few of them.
    let mut peaks: Vec<f32> = samples.chunks(BLOCK).map(|block| loudest(block).1).collect();
    for _ in 0..LOWERED_PLACES {
        let (block, peak) = loudest(&peaks);
        if peak <= ceiling * NEAR {
            return;
        }
        let start = block * BLOCK;
        let place = start + loudest(&samples[start..(start + BLOCK).min(samples.len())]).0;
        change(samples, place, ceiling / peak, spread);
        let reach = (spread * REACH as f32) as usize + 1;
        let touched = place.saturating_sub(reach) / BLOCK..=((place + reach) / BLOCK).min(peaks.len() - 1);
        for block in touched {
            peaks[block] = loudest(&samples[block * BLOCK..((block + 1) * BLOCK).min(samples.len())]).1;
        }
    }
}

/// Mean power within `near` samples of a position relative to that within `far` samples.
fn prominence_db(samples: &[f32], place: usize, near: usize, far: usize) -> f32 {
    let power = |reach: usize| {
        let around = &samples[place.saturating_sub(reach)..(place + reach).min(samples.len())];
        around.iter().map(|sample| sample * sample).sum::<f32>() / around.len().max(1) as f32
    };
    10.0 * (power(near) / power(far).max(f32::MIN_POSITIVE)).log10()
}

fn gain(db: f32) -> f32 {
    10f32.powf(db / 20.0)
}

/// Position and magnitude of the largest sample.
fn loudest(samples: &[f32]) -> (usize, f32) {
    let peak = samples.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    (samples.iter().position(|sample| sample.abs() == peak).unwrap_or(0), peak)
}

/// Multiplies by `factor` at `place`, with a Gaussian transition to 1 on either side; `spread` is its standard deviation in samples.
fn change(samples: &mut [f32], place: usize, factor: f32, spread: f32) {
    let reach = (spread * REACH as f32) as usize;
    let from = place.saturating_sub(reach);
    let to = (place + reach + 1).min(samples.len());
    for (offset, sample) in samples[from..to].iter_mut().enumerate() {
        let distance = (from + offset).abs_diff(place) as f32 / spread;
        *sample *= 1.0 + (factor - 1.0) * (-0.5 * distance * distance).exp();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: u32 = 44_100;

    /// A decaying tone of peak `level`, so short that its loudness stays below the common one.
    fn tone(level: f32) -> Vec<f32> {
        (0..44_100).map(|n| level * (-(n as f32) / 1_000.0).exp() * (n as f32 * 0.05).sin()).collect()
    }

    fn restored(samples: &[f32]) -> Vec<f32> {
        let mut out = samples.to_vec();
        restore(&mut out, RATE_HZ);
        out
    }

    fn peak(samples: &[f32]) -> f32 {
        loudest(samples).1
    }

    #[test]
    fn a_peak_above_one_is_lowered_locally() {
        let before = tone(1.5);
        let after = restored(&before);
        assert!((peak(&after) - 1.0).abs() < 1e-3, "{}", peak(&after));
        let later = 4_410;
        assert_eq!(before[later..], after[later..], "samples away from the peak are unchanged");
    }

    #[test]
    fn a_smeared_transient_is_raised_within_a_few_milliseconds() {
        let stroke = |n: usize| 0.6 * (-((n as f32 - 4_000.0) / 150.0).powi(2)).exp() * (n as f32 * 0.3).sin();
        let before: Vec<f32> = (0..44_100).map(stroke).collect();
        let after = restored(&before);
        assert!((peak(&after) - 1.0).abs() < 1e-3, "{}", peak(&after));
        let changed = before.iter().zip(&after).filter(|(a, b)| a != b).count();
        assert!(changed < (0.02 * f64::from(RATE_HZ)) as usize, "{changed} samples");
    }

    #[test]
    fn no_peak_of_a_steady_tone_or_noise_is_raised() {
        let tone = |n: u32| 0.03 * (n as f32 * 0.05).sin();
        let noise = |n: u32| 0.03 * (n.wrapping_mul(2_654_435_761) as f32 / u32::MAX as f32 - 0.5);
        for sound in [&tone as &dyn Fn(u32) -> f32, &noise] {
            let before: Vec<f32> = (0..44_100).map(sound).collect();
            let after = restored(&before);
            let gain = |n: usize| after[n] / before[n];
            let (place, _) = loudest(&before);
            let rise_db = 20.0 * (gain(place) / gain((place + 22_050) % 44_100)).log10();
            assert!(rise_db.abs() < 1.0, "{rise_db} dB");
        }
    }

    #[test]
    fn a_sound_at_the_common_loudness_keeps_its_peak() {
        let mut held: Vec<f32> = (0..44_100).map(|n| (n as f32 * 0.05).sin()).collect();
        crate::sample::normalise_loudness(&mut held, RATE_HZ);
        let gain = peak(&restored(&held)) / peak(&held);
        assert!((gain - 1.0).abs() < 0.01, "{gain}");
    }

    #[test]
    fn loudness_far_from_the_common_one_is_corrected_but_never_above_full_scale() {
        let held = |level: f32| -> Vec<f32> { (0..44_100).map(|n| level * (n as f32 * 0.05).sin()).collect() };
        for level in [0.01, 0.05, 0.9, 4.0] {
            let after = restored(&held(level));
            let off_db = (LOUDNESS_LUFS - loudness_lufs(&after, RATE_HZ).expect("it sounds")) as f32;
            assert!(
                off_db.abs() < FREE_LU + 0.1 && peak(&after) < 1.001,
                "{level}: {off_db} LU, peak {}",
                peak(&after)
            );
        }
        let raised_db = 20.0 * (peak(&restored(&held(1e-5))) / 1e-5).log10();
        assert!((raised_db - MOST_RAISED_DB).abs() < 0.1, "the gain of near silence is limited: {raised_db} dB");
        assert!(peak(&restored(&tone(6.0))) < 1.001);
        assert_eq!(restored(&[0.0; 2_000]), [0.0; 2_000]);
    }

    #[test]
    fn the_correction_adds_no_steps() {
        for level in [0.4, 1.8] {
            let before = tone(level);
            let after = restored(&before);
            let steepest = |x: &[f32]| x.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
            let raised = peak(&after) / peak(&before);
            assert!(steepest(&after) < 1.3 * raised.max(1.0) * steepest(&before), "{}", steepest(&after));
        }
    }
}

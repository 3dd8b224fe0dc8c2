//! The peak of a decoded sound, brought to where its frames say that it was. WORKER side.
//!
//! Frames have the level of their recording ([`normalise_loudness`](crate::sample::normalise_loudness)): a short sound's peak was 1, and no peak was
//! higher. What they do not tell is how the energy of one window lies in time: with phases that are a little off, a kick's
//! first wave comes out twice as high, and the stone under a foot is smeared over forty milliseconds. Both are mended at the place
//! itself, by a smooth, short change of gain there instead of another level for the whole sound.

use crate::sample::{LOUDNESS_LUFS, loudness_lufs};

/// Half-width of a rise and of a fall, in seconds: the deviation of a Gaussian. A stroke is short; a fall may come in a tone, which must
/// not get sidebands that are heard beside its partials.
const RISE_SPREAD_S: f32 = 0.002;
const FALL_SPREAD_S: f32 = 0.006;
/// The change ends at this many deviations.
const REACH: usize = 4;
/// Largest rise, and largest fall.
const RISE_DB: f32 = 8.0;
const FALL_DB: f32 = 6.0;
/// How far on either side the stroke and its surroundings are looked at, in seconds: surroundings as long as an analysis window.
const STROKE_S: f32 = 0.004;
const SURROUNDINGS_S: f32 = 0.046;
/// Places that are lowered; what is still above 1 then is left.
const LOWERED_PLACES: usize = 48;
/// Samples of a block whose peak is kept while peaks are lowered.
const BLOCK: usize = 512;
/// Close enough to 1.
const NEAR: f32 = 1.0005;
/// Loudness this far from the common one is brought nearer; within it a sound keeps the level that its frames give it, which is as
/// smooth over the latent space as they are.
const FREE_LU: f32 = 4.0;
/// Most that a quiet sound is raised by as a whole: near silence there is nothing to hear better.
const MOST_RAISED_DB: f32 = 30.0;

/// Brings samples at the level of their frames to the peak that their recording had, as far as that is not heard as a change,
/// and never above 1.
pub(super) fn restore(samples: &mut [f32], rate_hz: u32) {
    let Some(found_lufs) = loudness_lufs(samples, rate_hz) else { return };
    let below_db = (LOUDNESS_LUFS - found_lufs) as f32;
    restore_part(samples, rate_hz, below_db, true);
}

/// The same for a part of a sound whose loudness lies `below_db` below the common one. Only a part that holds the loudest moment has a
/// stroke to raise.
pub(super) fn restore_part(samples: &mut [f32], rate_hz: u32, below_db: f32, holds_loudest: bool) {
    let length = |time_s: f32| time_s * rate_hz as f32;
    let (place, peak) = loudest(samples);
    if peak == 0.0 {
        return;
    }
    if peak >= 1.0 {
        lower(samples, peak, length(FALL_SPREAD_S));
    } else if holds_loudest {
        // A recording below the common loudness was held there by its peak, which then was 1; of one at that loudness
        // nobody knows the peak. What does not stand out of its surroundings is no stroke.
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

/// Lowers what stands above 1. What stands higher than the fall allows keeps that much above: one level for all that is lowered.
fn lower(samples: &mut [f32], peak: f32, spread: f32) {
    let ceiling = (peak * gain(-FALL_DB)).max(1.0);
    // Peaks by block: a change moves but a few of them.
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

/// Power of a few samples around a place against that of its surroundings.
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

/// Place and size of the largest sample.
fn loudest(samples: &[f32]) -> (usize, f32) {
    let peak = samples.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    (samples.iter().position(|sample| sample.abs() == peak).unwrap_or(0), peak)
}

/// Multiplies by `factor` at `place`, less and less around it.
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

    /// A tone that decays from `level`; short enough to be held by its peak at any level up to 1.
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
    fn a_peak_that_is_too_high_comes_down_where_it_is() {
        let before = tone(1.5);
        let after = restored(&before);
        assert!((peak(&after) - 1.0).abs() < 1e-3, "{}", peak(&after));
        let later = 4_410;
        assert_eq!(before[later..], after[later..], "what is not too loud stays");
    }

    #[test]
    fn a_smeared_stroke_gets_its_peak_back_in_a_few_milliseconds() {
        let stroke = |n: usize| 0.6 * (-((n as f32 - 4_000.0) / 150.0).powi(2)).exp() * (n as f32 * 0.3).sin();
        let before: Vec<f32> = (0..44_100).map(stroke).collect();
        let after = restored(&before);
        assert!((peak(&after) - 1.0).abs() < 1e-3, "{}", peak(&after));
        let changed = before.iter().zip(&after).filter(|(a, b)| a != b).count();
        assert!(changed < (0.02 * f64::from(RATE_HZ)) as usize, "{changed} samples");
    }

    #[test]
    fn no_place_of_a_steady_tone_or_noise_is_raised() {
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
    fn what_is_far_from_the_common_loudness_comes_nearer_but_never_above_full_scale() {
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
        assert!((raised_db - MOST_RAISED_DB).abs() < 0.1, "what is nearly silent stays so: {raised_db} dB");
        assert!(peak(&restored(&tone(6.0))) < 1.001);
        assert_eq!(restored(&[0.0; 2_000]), [0.0; 2_000]);
    }

    #[test]
    fn nothing_jumps() {
        for level in [0.4, 1.8] {
            let before = tone(level);
            let after = restored(&before);
            let steepest = |x: &[f32]| x.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
            let raised = peak(&after) / peak(&before);
            assert!(steepest(&after) < 1.3 * raised.max(1.0) * steepest(&before), "{}", steepest(&after));
        }
    }
}

//! Where in a sound its pitch is measured: moments of its audible part, each with its level.
//!
//! Worker threads only; allocates.

use crate::units::db_to_gain;

/// The sound is measured down to this below its loudest moment, in dB: below, hum and hiss of a recording outlast the tone.
const AUDIBLE_DB: f32 = -30.0;
/// What stays this far below the loudest moment is the noise of the recording, and the sound ends this far above it, in dB.
const FLOOR_BELOW_DB: f32 = -15.0;
const ABOVE_FLOOR_DB: f32 = 6.0;
/// Length of a level measurement in seconds.
const FRAME_S: f32 = 0.02;
/// Fewest level measurements of a short sound.
const LEAST_FRAMES: usize = 16;
/// Frames that a sound lasts at least before a pause may end it: 0.1 s, three periods of key 21.
const EVENT_FRAMES: usize = 5;
/// Frames below the audible level that are a pause: 40 ms, more than a period of any key.
const PAUSE_FRAMES: usize = 2;
/// Number of moments; more change no result.
const MOMENTS: usize = 8;
/// Part of the moments that shows how a sound ends, when the partials of its attack have died away.
const LATE: usize = 3;

/// A place in a sound and how loud it is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// In samples.
    pub(super) centre: usize,
    /// Root of the mean square.
    pub(super) level: f64,
}

/// The audible part of a sound.
#[derive(Debug)]
pub(super) struct Audible {
    /// Its length in samples, from the start of the sound.
    pub(super) length: usize,
    /// In time, the attack left out where there is more.
    pub(super) moments: Vec<Moment>,
}

impl Audible {
    /// `None` where there is no sound.
    pub(super) fn of(samples: &[f32], rate_hz: f32) -> Option<Self> {
        let end = samples.iter().rposition(|v| v.abs() > 0.0)? + 1;
        let frame = ((FRAME_S * rate_hz) as usize).min(end / LEAST_FRAMES).max(1);
        let levels: Vec<f64> = samples[..end].chunks(frame).map(level).collect();
        let loudest = levels.iter().copied().fold(0.0, f64::max);
        let floor = levels.iter().copied().fold(loudest, f64::min);
        let gain = |level_db| f64::from(db_to_gain(level_db));
        let is_floor = floor < loudest * gain(FLOOR_BELOW_DB);
        let threshold = (loudest * gain(AUDIBLE_DB)).max(if is_floor { floor * gain(ABOVE_FLOOR_DB) } else { 0.0 });
        let last = last_of_first_event(&levels, threshold)?;
        // What follows the attack tells more of the pitch.
        let first = if last >= LEAST_FRAMES { 2 } else { 0 };
        let count = (last + 1 - first).min(MOMENTS);
        let moment = |index: usize| {
            let at = first + (last + 1 - first) * (2 * index + 1) / (2 * count);
            Moment { centre: at * frame + frame / 2, level: levels[at] }
        };
        Some(Self { length: ((last + 1) * frame).min(end), moments: (0..count).map(moment).collect() })
    }

    /// Index of the first late moment.
    pub(super) fn late(&self) -> usize {
        self.moments.len() - self.moments.len().div_ceil(LATE)
    }
}

/// The last frame above `threshold` before the first pause, if what comes before that pause is long enough to have a pitch; else the last one
/// of all. What follows a pause is another sound, perhaps of another pitch.
fn last_of_first_event(levels: &[f64], threshold: f64) -> Option<usize> {
    let is_audible = |level: &f64| *level > threshold;
    let first = levels.iter().position(is_audible)?;
    let from = first + EVENT_FRAMES;
    let pause = levels.windows(PAUSE_FRAMES).skip(from).position(|frames| !frames.iter().any(is_audible));
    let end = pause.map_or(levels.len(), |pause| from + pause);
    levels[..end].iter().rposition(is_audible)
}

fn level(samples: &[f32]) -> f64 {
    (samples.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_a_pause_is_another_sound() {
        let levels = |parts: &[(usize, f64)]| -> Vec<f64> {
            parts.iter().flat_map(|(count, level)| std::iter::repeat_n(*level, *count)).collect()
        };
        let last = |parts| last_of_first_event(&levels(parts), 0.1);
        assert_eq!(last(&[(20, 1.0), (5, 0.0), (30, 1.0)]), Some(19));
        assert_eq!(last(&[(3, 0.0), (20, 1.0), (1, 0.0), (30, 1.0)]), Some(53), "one frame is no pause");
        assert_eq!(last(&[(2, 1.0), (2, 0.0), (30, 1.0)]), Some(33), "a click has no pitch");
        assert_eq!(last(&[(9, 0.0)]), None);
    }
}

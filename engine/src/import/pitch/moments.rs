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
/// A short sound is divided into at least so many.
const LEAST_FRAMES: usize = 16;
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
        let last = levels.iter().rposition(|level| *level > threshold)?;
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

fn level(samples: &[f32]) -> f64 {
    (samples.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
}

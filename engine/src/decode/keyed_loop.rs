//! The loop of an endless recording at a key, and its part in a mix with a decoded sound. WORKER THREADS.

use super::source_error::SourceError;
use crate::link::MAX_SOUND_SAMPLES;
use crate::sample;
use crate::state::{EndlessLoop, LoopSamples};

/// Samples before the place where a held note goes on: more than a voice may land before it, half a tick and a kernel at the highest ratio.
pub(super) const LEAD_SAMPLES: usize = 2_000;
/// Samples of the beginning that follow the end once more: room for the crossfade of 20 ms up to a playback ratio of 34, five octaves.
pub(super) const TAIL_SAMPLES: usize = 30_000;
/// Longest loop in samples: 8.0 s at 44.1 kHz.
pub const MAX_LOOP_SAMPLES: usize = MAX_SOUND_SAMPLES - LEAD_SAMPLES - TAIL_SAMPLES;

/// An endless recording and the MIDI key that it is at.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyedLoop {
    /// The loop.
    pub sound: EndlessLoop,
    /// Its key, with fractions.
    pub key: f32,
}

impl KeyedLoop {
    /// The samples.
    ///
    /// # Errors
    /// [`SourceError::Failed`] if the loop is damaged or too long.
    pub(super) fn samples(&self) -> Result<&LoopSamples, SourceError> {
        let samples = self.sound.samples().map_err(SourceError::Failed)?;
        let length = samples.channels.first().map_or(0, Vec::len);
        if length > MAX_LOOP_SAMPLES {
            return Err(SourceError::OutOfBounds {
                what: "length of a loop in samples",
                found: length,
                limit: MAX_LOOP_SAMPLES,
            });
        }
        Ok(samples)
    }

    /// Samples of the loop for each sample of a sound at `rate_hz` and key `root`.
    fn ratio(&self, root: f32, rate_hz: f32) -> Result<f64, SourceError> {
        let octaves = f64::from(root - self.key) / 12.0;
        Ok(octaves.exp2() * f64::from(self.samples()?.rate_hz) / f64::from(rate_hz))
    }

    /// The first `length` samples of each channel at `rate_hz` and key `root`, beginning again at the loop's end.
    ///
    /// # Errors
    /// [`SourceError`] if the loop is damaged, or if nothing is left of it so far from its key.
    pub(super) fn at_root(&self, root: f32, rate_hz: f32, length: usize) -> Result<Vec<Vec<f32>>, SourceError> {
        let ratio = self.ratio(root, rate_hz)?;
        let needed = (length as f64 * ratio).ceil() as usize + 1;
        let rate_hz = rate_hz.round() as u32;
        let played_hz = (f64::from(rate_hz) * ratio).round() as u32;
        let moved = |channel: &Vec<f32>| {
            let round: Vec<f32> = channel.iter().copied().cycle().take(needed).collect();
            let mut moved =
                sample::resample(&round, played_hz, rate_hz).map_err(|e| SourceError::Failed(e.to_string()))?;
            moved.resize(length, 0.0);
            Ok(moved)
        };
        self.samples()?.channels.iter().map(moved).collect()
    }
}

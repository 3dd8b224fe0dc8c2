//! How far ahead of a voice its sound must be there. AUDIO THREAD: plain arithmetic.

use super::kernel::MAX_TAPS;
use super::tick::TICK_SAMPLES;
use crate::link::BLOCK_SAMPLES;

/// Shortest region that makes a sound playable: 93 ms at 44.1 kHz, so that a voice that has moved over need not turn back at once.
const LEAST_SAMPLES: usize = 2 * BLOCK_SAMPLES;
/// Samples of the interpolation kernel for each unit of the playback ratio, rounded up from 2·16/0.95.
const TAPS_PER_RATIO: f64 = 40.0;
/// The region holds this many margins, so that a voice is not at its edge when it gets there.
const MARGINS: usize = 4;

/// Samples of a sound that must be there before a voice moves to it, and how near to a gap it turns back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lookahead {
    /// Samples from the cursor on that make a sound playable.
    pub(super) need: usize,
    /// Samples before a gap at which the voice must cross over to something else.
    pub(super) margin: usize,
}

impl Lookahead {
    /// For a playback ratio and a crossfade of `fade_samples` output samples.
    pub(super) fn new(ratio: f64, fade_samples: u32) -> Self {
        let taps = ((ratio.max(1.0) * TAPS_PER_RATIO) as usize).min(MAX_TAPS);
        let fade = (ratio * f64::from(fade_samples)) as usize;
        let tick = (ratio * TICK_SAMPLES as f64) as usize;
        let margin = fade + 2 * tick + taps;
        Self { need: LEAST_SAMPLES.max(MARGINS * margin), margin }
    }
}

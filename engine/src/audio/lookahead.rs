//! How many samples of a sound must be available ahead of a voice's cursor. AUDIO THREAD: plain arithmetic.

use super::kernel::MAX_TAPS;
use super::tick::TICK_SAMPLES;
use crate::link::BLOCK_SAMPLES;

/// Shortest available region that makes a sound playable: 93 ms at 44.1 kHz. A longer one delays the crossfade to a new sound; with a
/// shorter one a voice reaches a gap sooner after it has moved.
const LEAST_SAMPLES: usize = 2 * BLOCK_SAMPLES;
/// Upper bound of the interpolation kernel's taps per unit of playback ratio: 2·16/0.95 = 33.7, raised to the next kernel (a semitone)
/// and the next multiple of 8.
const TAPS_PER_RATIO: f64 = 40.0;
/// Length of the required region in margins. A crossfade uses less than one, so a voice has most of the region left when it ends.
const MARGINS: usize = 4;

/// Samples that must be available before a voice moves to a sound, and the distance to a gap at which it leaves it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lookahead {
    /// Samples that must be available from the cursor on.
    pub(super) need_samples: usize,
    /// Samples before a gap at which the voice must start its crossfade to other samples.
    pub(super) margin_samples: usize,
}

impl Lookahead {
    /// For a playback ratio (sound samples per output sample) and a crossfade of `fade_samples` output samples.
    pub(super) fn new(ratio: f64, fade_samples: u32) -> Self {
        let taps = ((ratio.max(1.0) * TAPS_PER_RATIO) as usize).min(MAX_TAPS);
        let fade_samples = (ratio * f64::from(fade_samples)) as usize;
        let tick_samples = (ratio * TICK_SAMPLES as f64) as usize;
        let margin_samples = fade_samples + 2 * tick_samples + taps;
        Self { need_samples: LEAST_SAMPLES.max(MARGINS * margin_samples), margin_samples }
    }
}

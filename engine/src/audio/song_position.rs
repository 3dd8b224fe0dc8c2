//! Where the song is at each tick. AUDIO THREAD: plain arithmetic.
//!
//! Hosts round the position that they tell: CLAP to 2⁻³¹ beats, at the beginning of each block. While the song runs on evenly the position
//! therefore goes on by itself from the one that was told first, so that it does not depend on where blocks begin.

use super::tick::TICK_SAMPLES;
use crate::params::Transport;

/// Difference in beats, below which a told position is the expected one: half a microsecond at 120 beats per minute, a thousand times what
/// hosts round, and a thousand times less than what is heard.
const ROUNDING_BEATS: f64 = 1e-6;

/// The position, while the song runs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SongPosition {
    expected: Option<f64>,
}

impl SongPosition {
    /// The position in beats of the tick that begins at sample `position` of a call, at whose first sample the host tells the transport; none while the
    /// song stands.
    pub(super) fn begin_tick(&mut self, transport: &Transport, position: usize, rate_hz: f32) -> Option<f64> {
        let beats = |samples: usize| samples as f64 * transport.tempo_bpm / 60.0 / f64::from(rate_hz);
        self.follow(transport.beat.map(|beat| beat + beats(position)), beats(TICK_SAMPLES))
    }

    /// The position of a tick of `tick_beats` that the host tells.
    fn follow(&mut self, told: Option<f64>, tick_beats: f64) -> Option<f64> {
        let expected = self.expected.zip(told).filter(|(expected, told)| (expected - told).abs() < ROUNDING_BEATS);
        let beat = expected.map(|(expected, _)| expected).or(told);
        self.expected = beat.map(|beat| beat + tick_beats);
        beat
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roundings_are_left_out_and_jumps_are_followed() {
        let mut song = SongPosition::default();
        assert_eq!(song.follow(None, 0.5), None);
        let positions = [(4.0, 4.0), (4.5 + 1e-9, 4.5), (5.0 - 1e-9, 5.0), (7.25, 7.25), (7.75, 7.75), (7.0, 7.0)];
        for (told, beat) in positions {
            assert_eq!(song.follow(Some(told), 0.5), Some(beat), "{told}");
        }
        assert_eq!(song.follow(None, 0.5), None, "the song stops");
        assert_eq!(song.follow(Some(7.5 + 1e-9), 0.5), Some(7.5 + 1e-9), "it begins anew");
    }
}

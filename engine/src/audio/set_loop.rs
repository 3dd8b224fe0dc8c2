//! A loop that the user has set, in place of the exits that were found. AUDIO THREAD: bounded, plain arithmetic.
//!
//! From the loop's end back by the crossfade's length the voice crosses to the same distance before the loop's start, so that one turn takes
//! exactly the loop's length. Where there is less in front of the start than the crossfade takes, the crossfade is shorter.

use super::sound_buffer::SoundBuffer;
use super::sustaining::{Jump, Position};
use crate::link::SoundHead;
use crate::params::LoopControls;

/// Shortest loop in seconds: below it the turns are heard as a tone of their own.
const LEAST_LOOP_S: f64 = 0.02;
/// Shortest crossfade in seconds. Where two unrelated phases of a tone meet, what it spreads above 6 kHz stays below −60 dBFS; with 2 ms it
/// is a click at −48 dBFS.
const LEAST_FADE_S: f64 = 0.01;
/// What is kept free before the end of the sound in seconds: the fade of the end.
const END_MARGIN_S: f64 = 0.006;
/// Samples of each piece whose likeness decides the gains of a crossfade. More take longer; fewer do not hold a period of a low tone.
const COMPARED: usize = 1024;

/// A loop in samples of a sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SetLoop {
    start: f64,
    end: f64,
    fade: f64,
}

impl SetLoop {
    /// The loop of the controls in a sound; none where the controls leave it to the worker, or where the sound is too short.
    pub(super) fn of(controls: &LoopControls, head: &SoundHead) -> Option<Self> {
        if controls.is_auto() {
            return None;
        }
        let (rate_hz, length) = (f64::from(head.sample_rate_hz), head.length_samples as f64);
        let last = length - END_MARGIN_S * rate_hz;
        let least = LEAST_LOOP_S * rate_hz;
        if last < least {
            return None;
        }
        let [a, b] = [controls.start, controls.end].map(|part| f64::from(part) * length);
        let start = a.min(b).min(last - least);
        let end = a.max(b).max(start + least).min(last);
        let least_fade = LEAST_FADE_S * rate_hz;
        let room = ((end - start) / 2.0).min(start.max(least_fade));
        Some(Self { start, end, fade: (f64::from(controls.fade_s) * rate_hz).min(room).max(least_fade) })
    }

    /// The crossing that is due, and the length of its crossfade in samples of the sound. A voice beyond the loop crosses into it.
    pub(super) fn jump(&self, buffer: &SoundBuffer, position: &Position) -> Option<(Jump, f64)> {
        let leaves_at = self.end - self.fade;
        if leaves_at - position.cursor_samples > position.tick_samples / 2.0 {
            return None;
        }
        let turn = self.end - self.start;
        let turns = ((position.cursor_samples - leaves_at) / turn).floor().max(0.0) + 1.0;
        let cursor_samples = (position.cursor_samples - turns * turn).max(0.0);
        let count = (self.fade as usize).clamp(1, COMPARED);
        let correlation = buffer.likeness(position.cursor_samples as i64, cursor_samples as i64, count);
        Some((Jump { cursor_samples, correlation, gain: 1.0, keeps_level: false }, self.fade))
    }
}

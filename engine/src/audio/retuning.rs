//! The tuning of the keys, and its changes while notes sound. AUDIO THREAD: bounded by the number of voices for each change.

use super::Synth;
use crate::params::{KeyPitches, Retune};

impl Synth {
    /// Sets the tuning of the project, for notes that start from now on. Another one than before ends what tuning messages have changed; the
    /// same one changes nothing. Audio-thread safe.
    pub fn set_tuning(&mut self, pitches: &KeyPitches) {
        self.key_tuning.set_project(pitches);
    }

    /// Takes a change by a tuning message; notes that sound move if the message is meant for them.
    pub(super) fn retune(&mut self, retune: Retune) {
        self.key_tuning.retune(retune);
        if !retune.moves_notes() {
            return;
        }
        for voice in self.voices.active_mut() {
            let channel = u8::try_from(voice.channel()).unwrap_or(0);
            if let Some(pitch) = self.key_tuning.pitch(channel, voice.pitch().played) {
                voice.move_to(pitch);
            }
        }
    }
}

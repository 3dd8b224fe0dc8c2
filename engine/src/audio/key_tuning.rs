//! Which pitch each key has: that of the project's tuning, with what tuning messages have changed since. AUDIO THREAD: plain arithmetic.

use super::zones::{CHANNELS, is_in};
use crate::params::{KeyPitches, Retune};

/// Keys of an octave that have a name of their own.
const CLASSES: usize = 12;

/// Where a note sounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NotePitch {
    /// The key that is played, after transposition.
    pub(super) played: u8,
    /// Its pitch as a fractional key of equal temperament.
    pub(super) key: f64,
}

impl NotePitch {
    /// That of a key of equal temperament.
    pub(super) fn of(key: u8) -> Self {
        Self { played: key, key: f64::from(key) }
    }

    /// The key of equal temperament that is nearest, in whose zone the note plays.
    pub(super) fn nearest_key(&self) -> u8 {
        self.key.round().clamp(0.0, 127.0) as u8
    }
}

/// The tuning that is heard.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyTuning {
    project: KeyPitches,
    pitches: KeyPitches,
    /// Offsets of the classes of each channel in semitones.
    offsets: [[f64; CLASSES]; CHANNELS],
}

impl KeyTuning {
    pub(super) fn new() -> Self {
        let (project, pitches) = (KeyPitches::EQUAL, KeyPitches::EQUAL);
        Self { project, pitches, offsets: [[0.0; CLASSES]; CHANNELS] }
    }

    /// Sets the project's tuning. Another one than before ends what messages have changed.
    pub(super) fn set_project(&mut self, project: &KeyPitches) {
        if self.project != *project {
            self.project = *project;
            self.reset();
        }
    }

    /// Ends what messages have changed.
    pub(super) fn reset(&mut self) {
        (self.pitches, self.offsets) = (self.project, [[0.0; CLASSES]; CHANNELS]);
    }

    /// Takes a change by a message.
    pub(super) fn retune(&mut self, retune: Retune) {
        match retune {
            Retune::Key { key, pitch, .. } => self.pitches.set(key, Retune::keys_of(pitch)),
            Retune::Class { channels, class, offset, .. } => {
                let channels = self.offsets.iter_mut().enumerate().filter(|(channel, _)| is_in(channels, *channel));
                for (_, offsets) in channels {
                    if let Some(place) = offsets.get_mut(usize::from(class)) {
                        *place = Retune::semitones_of(offset);
                    }
                }
            }
        }
    }

    /// The pitch of a key on a channel; none for a key that does not sound.
    pub(super) fn pitch(&self, channel: u8, key: u8) -> Option<NotePitch> {
        let offsets = self.offsets.get(usize::from(channel));
        let offset = offsets.and_then(|offsets| offsets.get(usize::from(key) % CLASSES)).copied().unwrap_or(0.0);
        self.pitches.pitch(key).map(|pitch| NotePitch { played: key, key: pitch + offset })
    }
}

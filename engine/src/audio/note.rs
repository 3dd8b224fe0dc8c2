//! Note addresses and the events of the synth. AUDIO THREAD: plain values.

use crate::params::{NoteModulated, Retune};

/// Addresses notes by port, channel, key and id, as CLAP does; `None` is a wildcard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct NoteAddress {
    /// Port of the host, from 0.
    pub port: Option<u16>,
    /// MIDI channel, [0, 15].
    pub channel: Option<u8>,
    /// MIDI key, [0, 127].
    pub key: Option<u8>,
    /// Note id assigned by the host; MIDI has none.
    pub id: Option<i32>,
}

impl NoteAddress {
    /// Every note.
    pub const ALL: Self = Self { port: None, channel: None, key: None, id: None };

    /// The notes of a key on a channel.
    pub fn key(channel: u8, key: u8) -> Self {
        Self { channel: Some(channel), key: Some(key), ..Self::ALL }
    }

    /// The notes of a channel; of all channels for `None`.
    pub fn channel(channel: Option<u8>) -> Self {
        Self { channel, ..Self::ALL }
    }

    /// Whether the address matches `note`, that of a sounding note. A field that is `None` on either side matches.
    pub fn matches(&self, note: &NoteAddress) -> bool {
        fn agree<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
            match (a, b) {
                (Some(a), Some(b)) => a == b,
                _ => true,
            }
        }
        agree(self.port, note.port)
            && agree(self.channel, note.channel)
            && agree(self.key, note.key)
            && agree(self.id, note.id)
    }
}

/// A property of a note that can change while the note sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Tuning in semitones, [−120, 120].
    TuningSemitones,
    /// Linear gain, [0, 4].
    Gain,
    /// Pan position from left, −1, to right, 1.
    Pan,
    /// Pressure on the key, [0, 1].
    Pressure,
    /// Timbre (brightness), [0, 1].
    Timbre,
}

/// An event at a sample of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Samples from the start of the call; a larger offset counts as the end of the call.
    pub offset: usize,
    /// What happens.
    pub kind: EventKind,
}

/// Velocity of a note-off that tells none (MIDI 1.0: 64 of 127).
pub const UNKNOWN_RELEASE: f32 = 64.0 / 127.0;

/// Kinds of events.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EventKind {
    /// A note starts. A sounding note of the same port, channel and key is released unless both have ids and these differ. Velocity 0 is
    /// a note-off.
    NoteOn {
        /// Port, channel, key and id; without a channel it is channel 0, without a key the event is ignored.
        note: NoteAddress,
        /// [0, 1].
        velocity: f32,
    },
    /// Notes are released, or held by the sustain pedal.
    NoteOff {
        /// Which notes.
        notes: NoteAddress,
        /// With which velocity, [0, 1]; [`UNKNOWN_RELEASE`] where none is told.
        velocity: f32,
    },
    /// Notes fade out within 5 ms.
    Choke {
        /// Which notes.
        notes: NoteAddress,
    },
    /// A property of sounding notes changes.
    Expression {
        /// Which notes.
        notes: NoteAddress,
        /// Which property.
        expression: Expression,
        /// In the property's unit.
        value: f32,
    },
    /// The host's modulation of a parameter changes for sounding notes.
    Modulate {
        /// Which notes.
        notes: NoteAddress,
        /// Which parameter.
        parameter: NoteModulated,
        /// Part of the parameter's range that is added for these notes, [−1, 1].
        offset: f32,
    },
    /// A MIDI controller changes.
    Controller {
        /// MIDI channel, [0, 15].
        channel: u8,
        /// Number of the controller, [0, 127].
        controller: u8,
        /// Value, [0, 1].
        value: f32,
    },
    /// The pitch wheel of a channel moves.
    PitchWheel {
        /// MIDI channel, [0, 15].
        channel: u8,
        /// Position, [−1, 1]; the range in semitones is that of the channel.
        position: f32,
    },
    /// The pressure of a channel changes.
    ChannelPressure {
        /// MIDI channel, [0, 15].
        channel: u8,
        /// [0, 1].
        pressure: f32,
    },
    /// A tuning message changes keys.
    Retune(Retune),
}

/// A note that has ended; reported to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedNote {
    /// Sample of the call at or before which it ended.
    pub offset: usize,
    /// Address of the note.
    pub note: NoteAddress,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_matches_and_a_named_field_must_be_equal() {
        let note = NoteAddress { port: Some(0), channel: Some(3), key: Some(60), id: Some(7) };
        let without_id = NoteAddress { id: None, ..note };
        for matching in [NoteAddress::ALL, note, without_id, NoteAddress::key(3, 60), NoteAddress::channel(Some(3))] {
            assert!(matching.matches(&note), "{matching:?}");
        }
        let others = [
            NoteAddress { port: Some(1), ..note },
            NoteAddress::key(4, 60),
            NoteAddress::key(3, 61),
            NoteAddress { id: Some(8), ..NoteAddress::ALL },
        ];
        assert!(others.iter().all(|other| !other.matches(&note)));
        assert!(note.matches(&without_id), "a note without an id matches by port, channel and key");
    }
}

//! Which notes an event means, and what can happen to them. AUDIO THREAD: plain values.

/// Names notes by port, channel, key and id, as CLAP does; what is `None` stands for any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct NoteAddress {
    /// Port of the host, from 0.
    pub port: Option<u16>,
    /// MIDI channel, [0, 15].
    pub channel: Option<u8>,
    /// MIDI key, [0, 127].
    pub key: Option<u8>,
    /// The host's own number of a note; hosts that speak MIDI give none.
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

    /// Whether `note`, the address of a sounding note, is meant. What either leaves open matches.
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

/// A property of a sounding note that moves while it sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Tuning in semitones, [−120, 120].
    TuningSemitones,
    /// Factor on the level, [0, 4].
    Gain,
    /// Position between left (−1) and right (1).
    Pan,
    /// Pressure on the key, [0, 1].
    Pressure,
    /// Timbre (brightness), [0, 1].
    Timbre,
}

/// Something that happens at a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Samples from the start of the call. Beyond its end counts as its end.
    pub offset: usize,
    /// What happens.
    pub kind: EventKind,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EventKind {
    /// A note begins. A sounding note of the same port, channel and key is released unless both have ids and these differ. Velocity 0 is
    /// a note-off.
    NoteOn {
        /// Port, channel, key and id; an open channel is channel 0, an open key is ignored.
        note: NoteAddress,
        /// [0, 1].
        velocity: f32,
    },
    /// Notes are released, or left to the pedal.
    NoteOff {
        /// Which.
        notes: NoteAddress,
    },
    /// Notes end within 5 ms.
    Choke {
        /// Which.
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
    /// A MIDI controller moves.
    Controller {
        /// MIDI channel, [0, 15].
        channel: u8,
        /// Number of the controller, [0, 127].
        controller: u8,
        /// [0, 1].
        value: f32,
    },
    /// The pitch wheel of a channel moves.
    PitchWheel {
        /// MIDI channel, [0, 15].
        channel: u8,
        /// [−1, 1]; the range in semitones is that of the channel.
        position: f32,
    },
    /// The pressure of a channel changes.
    ChannelPressure {
        /// MIDI channel, [0, 15].
        channel: u8,
        /// [0, 1].
        pressure: f32,
    },
}

/// A note that has ended, for the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedNote {
    /// Sample of the call at or before which it ended.
    pub offset: usize,
    /// Its address.
    pub note: NoteAddress,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_matches_and_what_is_named_must_agree() {
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
        assert!(note.matches(&without_id), "a note without an id is meant by port, channel and key");
    }
}

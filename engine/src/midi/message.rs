//! Channel messages of MIDI 1.0, and the events of the synth that they are. Plain arithmetic, safe on the audio thread.

use crate::audio::{EventKind, Expression, NoteAddress};

/// Largest value of seven bits.
const LARGEST_7_BIT: f32 = 127.0;
/// The wheel at rest, of 14 bits.
const WHEEL_CENTRE: u16 = 8192;

/// What a channel is told. Numbers of seven bits, the wheel of 14.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelMessage {
    /// A key is released.
    NoteOff {
        /// Key.
        key: u8,
        /// Velocity of the release.
        velocity: u8,
    },
    /// A key is struck; velocity 0 is a release.
    NoteOn {
        /// Key.
        key: u8,
        /// Velocity.
        velocity: u8,
    },
    /// Pressure on one key.
    KeyPressure {
        /// Key.
        key: u8,
        /// Pressure.
        value: u8,
    },
    /// A controller moves.
    Controller {
        /// Number of the controller.
        number: u8,
        /// Value.
        value: u8,
    },
    /// Pressure on the whole channel.
    ChannelPressure {
        /// Pressure.
        value: u8,
    },
    /// The pitch wheel moves; 8192 is its rest.
    PitchWheel {
        /// Position.
        value: u16,
    },
}

impl ChannelMessage {
    /// The synth's event on `channel`, [0, 15]. A host's MIDI gives the same events in the plug-in.
    #[must_use]
    pub fn event(self, channel: u8) -> EventKind {
        match self {
            Self::NoteOff { key, .. } => EventKind::NoteOff { notes: NoteAddress::key(channel, key) },
            Self::NoteOn { key, velocity } => {
                EventKind::NoteOn { note: NoteAddress::key(channel, key), velocity: unit(velocity) }
            }
            Self::KeyPressure { key, value } => EventKind::Expression {
                notes: NoteAddress::key(channel, key),
                expression: Expression::Pressure,
                value: unit(value),
            },
            Self::Controller { number, value } => {
                EventKind::Controller { channel, controller: number, value: unit(value) }
            }
            Self::ChannelPressure { value } => EventKind::ChannelPressure { channel, pressure: unit(value) },
            Self::PitchWheel { value } => EventKind::PitchWheel { channel, position: wheel_position(value) },
        }
    }
}

/// The wheel's 0 to 16383 as a position from −1 to 1. MIDI's centre, 8192, is exactly no bend.
#[must_use]
pub fn wheel_position(value: u16) -> f32 {
    (f32::from(value) - f32::from(WHEEL_CENTRE)) / f32::from(WHEEL_CENTRE)
}

fn unit(value: u8) -> f32 {
    f32::from(value) / LARGEST_7_BIT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wheel_rests_at_zero_and_reaches_both_ends() {
        assert_eq!((wheel_position(8192), wheel_position(0)), (0.0, -1.0));
        assert!((wheel_position(16_383) - 1.0).abs() < 1e-3);
    }
}

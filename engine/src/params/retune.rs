//! What a tuning message does to keys. ANY THREAD: plain values in the units of the MIDI Tuning Standard.

/// Parts of a semitone in which [`Retune::Key`] counts.
const SEMITONE_PARTS: f64 = 16_384.0;
/// Parts of a cent in which [`Retune::Class`] counts.
const CENT_PARTS: f64 = 8_192.0;

/// A change of tuning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retune {
    /// A key has this pitch, on every channel.
    Key {
        /// The key, [0, 127].
        key: u8,
        /// Its pitch in 16 384ths of a semitone above key 0.
        pitch: u32,
        /// Whether notes that sound move too.
        moves_notes: bool,
    },
    /// All keys of one name are off their pitch by this much.
    Class {
        /// Bit mask of the channels; bit n stands for channel n, from 0.
        channels: u16,
        /// 0 for C to 11 for B.
        class: u8,
        /// Offset in 8192nds of a cent.
        offset: i32,
        /// Whether notes that sound move too.
        moves_notes: bool,
    },
}

impl Retune {
    /// A pitch of [`Self::Key`] in keys.
    #[must_use]
    pub fn keys_of(pitch: u32) -> f64 {
        f64::from(pitch) / SEMITONE_PARTS
    }

    /// An offset of [`Self::Class`] in semitones.
    #[must_use]
    pub fn semitones_of(offset: i32) -> f64 {
        f64::from(offset) / CENT_PARTS / 100.0
    }

    /// Whether notes that sound move too.
    #[must_use]
    pub fn moves_notes(&self) -> bool {
        match self {
            Self::Key { moves_notes, .. } | Self::Class { moves_notes, .. } => *moves_notes,
        }
    }
}

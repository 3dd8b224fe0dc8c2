//! Tuning messages of MIDI: the MIDI Tuning Standard (MMA CA-020, CA-021). Plain arithmetic, safe on the audio thread.
//!
//! Read are changes of single keys, dumps of all keys, and offsets of the twelve keys of an octave. Programs and banks of tunings are not
//! told apart: a message changes the tuning that is heard.

use crate::params::Retune;

/// Longest message: a dump of 128 keys with a bank.
pub const MOST_MESSAGE_BYTES: usize = 409;

const BEGIN: u8 = 0xf0;
const END: u8 = 0xf7;
const NOT_REAL_TIME: u8 = 0x7e;
const REAL_TIME: u8 = 0x7f;
const TUNING: u8 = 0x08;
/// Bytes of a dump's name, and keys of a dump.
const NAME_BYTES: usize = 16;
const DUMP_KEYS: usize = 128;
const CLASSES: usize = 12;
/// Three bytes that leave a key as it is.
const NO_CHANGE: [u8; 3] = [0x7f; 3];

/// How the data of a message are laid out; each begins at this byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// Key and pitch, so many times.
    Changes { first: usize, count: usize },
    /// The pitches of all keys.
    Dump { first: usize },
    /// A mask of channels, and an offset of one byte for each class.
    Coarse { first: usize },
    /// The same with two bytes for each.
    Fine { first: usize },
}

/// A message that was found to be whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TuningMessage {
    bytes: [u8; MOST_MESSAGE_BYTES],
    length: usize,
    layout: Layout,
}

impl TuningMessage {
    /// Whether bytes from 0xf0 on are meant as a tuning message that has an effect.
    #[must_use]
    pub fn is_meant(message: &[u8]) -> bool {
        matches!(message, [BEGIN, NOT_REAL_TIME | REAL_TIME, _, TUNING, 1 | 2 | 4 | 7..=9, ..])
    }

    /// Reads a whole message, from 0xf0 to 0xf7; none for any other message and for a damaged one.
    #[must_use]
    pub fn read(message: &[u8]) -> Option<Self> {
        if !Self::is_meant(message) {
            return None;
        }
        let data = message.get(1..message.len().checked_sub(1)?)?;
        if message.last() != Some(&END) || data.iter().any(|byte| *byte > 127) {
            return None;
        }
        let with_bank = |kind: u8| usize::from(kind == 4 || kind == 7);
        let layout = match *message.get(4)? {
            kind @ (1 | 4) => Layout::Dump { first: 6 + with_bank(kind) + NAME_BYTES },
            kind @ (2 | 7) => {
                let first = 7 + with_bank(kind);
                Layout::Changes { first, count: usize::from(*message.get(first - 1)?) }
            }
            8 => Layout::Coarse { first: 5 },
            _ => Layout::Fine { first: 5 },
        };
        let length = match layout {
            Layout::Changes { first, count } => first + 4 * count + 1,
            Layout::Dump { first } => first + 3 * DUMP_KEYS + 2,
            Layout::Coarse { first } => first + 3 + CLASSES + 1,
            Layout::Fine { first } => first + 3 + 2 * CLASSES + 1,
        };
        let is_sound = !matches!(layout, Layout::Dump { .. }) || is_sum_right(data);
        let mut bytes = [0; MOST_MESSAGE_BYTES];
        if message.len() != length || !is_sound {
            return None;
        }
        bytes.get_mut(..length)?.copy_from_slice(message);
        Some(Self { bytes, length, layout })
    }

    /// The message as it was sent.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// The next change from place `next` on, which moves behind it; none at the end. At most 128 in all.
    pub fn next_change(&self, next: &mut usize) -> Option<Retune> {
        loop {
            let place = *next;
            *next += 1;
            match self.layout {
                Layout::Changes { count, .. } if place >= count => return None,
                Layout::Dump { .. } if place >= DUMP_KEYS => return None,
                Layout::Coarse { .. } | Layout::Fine { .. } if place >= CLASSES => return None,
                Layout::Changes { first, .. } => {
                    let key = self.byte(first + 4 * place);
                    let change = self.key(key, first + 4 * place + 1);
                    if change.is_some() {
                        return change;
                    }
                }
                Layout::Dump { first } => {
                    let change = self.key(place as u8, first + 3 * place);
                    if change.is_some() {
                        return change;
                    }
                }
                Layout::Coarse { first } => {
                    let cents = i32::from(self.byte(first + 3 + place)) - 64;
                    return Some(self.class(first, place, cents * 8192));
                }
                Layout::Fine { first } => {
                    let at = first + 3 + 2 * place;
                    let value = i32::from(self.byte(at)) << 7 | i32::from(self.byte(at + 1));
                    return Some(self.class(first, place, (value - 8192) * 100));
                }
            }
        }
    }

    /// All its changes.
    pub fn changes(&self) -> impl Iterator<Item = Retune> + '_ {
        let mut next = 0;
        std::iter::from_fn(move || self.next_change(&mut next))
    }

    fn byte(&self, place: usize) -> u8 {
        self.bytes.get(place).copied().unwrap_or(0)
    }

    fn moves_notes(&self) -> bool {
        self.byte(1) == REAL_TIME
    }

    fn key(&self, key: u8, at: usize) -> Option<Retune> {
        let pitch @ [semitone, high, low] = [at, at + 1, at + 2].map(|place| self.byte(place));
        let parts = u32::from(semitone) << 14 | u32::from(high) << 7 | u32::from(low);
        (pitch != NO_CHANGE).then(|| Retune::Key { key, pitch: parts, moves_notes: self.moves_notes() })
    }

    /// The mask has channels 15 and 16, then 8 to 14, then 1 to 7.
    fn class(&self, first: usize, class: usize, offset: i32) -> Retune {
        let [high, middle, low] = [first, first + 1, first + 2].map(|place| u16::from(self.byte(place)));
        let channels = (high & 3) << 14 | middle << 7 | low;
        Retune::Class { channels, class: class as u8, offset, moves_notes: self.moves_notes() }
    }
}

/// Whether the last byte is the exclusive sum of those before it.
fn is_sum_right(data: &[u8]) -> bool {
    data.split_last().is_some_and(|(sum, rest)| rest.iter().fold(0, |sum, byte| sum ^ byte) & 127 == *sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(bytes: &[u8]) -> Vec<Retune> {
        TuningMessage::read(bytes).map(|message| message.changes().collect()).unwrap_or_default()
    }

    /// The example of the standard: A4 at 445 Hz is key 69 and 0x0c 0x45 of a semitone.
    #[test]
    fn single_keys_are_changed_and_three_times_127_is_no_change() {
        let real_time = [0xf0, 0x7f, 0x7f, 8, 2, 0, 2, 69, 69, 0x19, 0x05, 70, 127, 127, 127, 0xf7];
        let pitch = 69 << 14 | 0x19 << 7 | 5;
        assert_eq!(changes(&real_time), [Retune::Key { key: 69, pitch, moves_notes: true }]);
        let later = [0xf0, 0x7e, 0x10, 8, 7, 3, 4, 1, 0, 1, 0, 0, 0xf7];
        assert_eq!(changes(&later), [Retune::Key { key: 0, pitch: 1 << 14, moves_notes: false }]);
        assert!((Retune::keys_of(pitch) - crate::units::hz_to_key(445.0)).abs() < 1.0 / 16_384.0);
    }

    #[test]
    fn octaves_are_changed_in_both_formats_on_the_channels_of_the_mask() {
        let mut coarse = vec![0xf0, 0x7f, 0x7f, 8, 8, 1, 0, 3];
        coarse.extend(0..12_u8);
        coarse.push(0xf7);
        let mut fine = vec![0xf0, 0x7e, 0x7f, 8, 9, 3, 127, 127];
        fine.extend([[0, 0], [64, 0]].concat().repeat(6));
        fine.push(0xf7);
        let (coarse, fine) = (changes(&coarse), changes(&fine));
        let channels = 1 << 14 | 3;
        assert_eq!(coarse[3], Retune::Class { channels, class: 3, offset: -61 * 8192, moves_notes: true });
        assert_eq!(fine[0], Retune::Class { channels: u16::MAX, class: 0, offset: -819_200, moves_notes: false });
        assert_eq!(fine[1], Retune::Class { channels: u16::MAX, class: 1, offset: 0, moves_notes: false });
        assert_eq!((coarse.len(), fine.len(), Retune::semitones_of(-819_200)), (12, 12, -1.0));
    }

    #[test]
    fn a_dump_changes_all_keys_and_a_damaged_message_none() {
        let mut dump = vec![0xf0, 0x7e, 0, 8, 1, 0];
        dump.extend([b'n'; NAME_BYTES]);
        dump.extend((0..128_u8).flat_map(|key| [127 - key, 0, 0]));
        let sum = dump[1..].iter().fold(0, |sum, byte| sum ^ byte);
        dump.extend([sum & 127, 0xf7]);
        let found = changes(&dump);
        assert_eq!((found.len(), dump.len()), (128, MOST_MESSAGE_BYTES - 1));
        assert_eq!(found[127], Retune::Key { key: 127, pitch: 0, moves_notes: false });
        for place in 1..dump.len() {
            let mut damaged = dump.clone();
            damaged[place] ^= 1;
            assert!(changes(&damaged).is_empty(), "byte {place}");
            assert!(changes(&dump[..place]).is_empty(), "cut at {place}");
        }
    }
}

//! The keys that are held, in the order in which they went down: where a monophonic note returns to. AUDIO THREAD: fixed memory, work bounded
//! by its size.

use super::note::NoteAddress;

/// Most keys that are remembered; of more, the oldest are forgotten.
const MOST_KEYS: usize = 32;

/// A key that is held.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct HeldKey {
    /// Its note, with channel and key.
    pub(super) note: NoteAddress,
    /// Velocity of its note-on, (0, 1].
    pub(super) velocity: f32,
}

/// The keys of all channels.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HeldKeys {
    keys: [HeldKey; MOST_KEYS],
    count: usize,
}

impl HeldKeys {
    /// A key goes down. Returns the one that is forgotten.
    pub(super) fn press(&mut self, key: HeldKey) -> Option<HeldKey> {
        self.let_go(&key.note);
        let forgotten = self.keys.first().filter(|_| self.count == MOST_KEYS).copied();
        if forgotten.is_some() {
            self.keys.rotate_left(1);
            self.count -= 1;
        }
        if let Some(place) = self.keys.get_mut(self.count) {
            *place = key;
            self.count += 1;
        }
        forgotten
    }

    /// The keys that are held, in the order in which they went down.
    pub(super) fn iter(&self) -> impl Iterator<Item = &HeldKey> {
        self.keys.iter().take(self.count)
    }

    /// Whether the key of a note is held.
    pub(super) fn holds(&self, note: &NoteAddress) -> bool {
        self.iter().any(|key| key.note == *note)
    }

    /// The keys that `notes` addresses go up.
    pub(super) fn let_go(&mut self, notes: &NoteAddress) {
        let mut kept = 0;
        for place in 0..self.count {
            let Some(key) = self.keys.get(place).copied().filter(|key| !notes.matches(&key.note)) else { continue };
            if let Some(to) = self.keys.get_mut(kept) {
                *to = key;
                kept += 1;
            }
        }
        self.count = kept;
    }

    /// The key of a channel that went down last.
    pub(super) fn last(&self, channel: u8) -> Option<HeldKey> {
        self.iter().filter(|key| key.note.channel == Some(channel)).last().copied()
    }

    /// No key is held.
    pub(super) fn clear(&mut self) {
        self.count = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: u8) -> HeldKey {
        HeldKey { note: NoteAddress::key(0, key), velocity: 0.5 }
    }

    #[test]
    fn the_last_key_that_is_still_held_is_found() {
        let mut held = HeldKeys::default();
        for number in [60, 64, 67] {
            assert_eq!(held.press(key(number)), None);
        }
        held.let_go(&key(64).note);
        assert_eq!(held.last(0), Some(key(67)));
        held.let_go(&key(67).note);
        assert_eq!((held.last(0), held.last(1)), (Some(key(60)), None));
        assert_eq!(held.press(key(60)), None);
        held.let_go(&key(60).note);
        assert_eq!(held.last(0), None, "a key that was pressed twice is held once");
    }

    #[test]
    fn of_too_many_keys_the_newest_are_remembered() {
        let mut held = HeldKeys::default();
        let forgotten = (0..100).filter(|number| held.press(key(*number)).is_some()).count();
        assert_eq!(forgotten, 100 - MOST_KEYS);
        assert_eq!(held.last(0), Some(key(99)));
        (0..100).rev().take(MOST_KEYS).for_each(|number| {
            assert_eq!(held.last(0), Some(key(number)));
            held.let_go(&key(number).note);
        });
        assert_eq!(held.last(0), None);
    }
}

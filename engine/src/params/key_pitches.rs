//! The pitch at which each key sounds. ANY THREAD: plain values.

/// Keys of a keyboard.
const KEYS: usize = 128;
/// Lowest and highest pitch that sounds, in keys of equal temperament: 2 Hz and 53 kHz, beyond what is heard.
const LOWEST: f64 = -24.0;
const HIGHEST: f64 = 152.0;
/// Stands for a key without a sound.
const SILENT: f64 = f64::NEG_INFINITY;

/// Where each of the 128 keys sounds, as a fractional key of equal temperament with A4 = key 69 = 440 Hz.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeyPitches([f64; KEYS]);

impl KeyPitches {
    /// Every key at its own pitch.
    pub const EQUAL: Self = {
        let mut pitches = [0.0; KEYS];
        let mut key = 0;
        while key < KEYS {
            pitches[key] = key as f64;
            key += 1;
        }
        Self(pitches)
    };

    /// The pitches that `pitch` gives; a key without one, or with one that is not heard, is silent.
    pub fn new(pitch: impl Fn(u8) -> Option<f64>) -> Self {
        let audible = |pitch: &f64| (LOWEST..=HIGHEST).contains(pitch);
        Self(std::array::from_fn(|key| pitch(key as u8).filter(audible).unwrap_or(SILENT)))
    }

    /// The pitch of a key; none for one that is silent or above 127.
    #[must_use]
    pub fn pitch(&self, key: u8) -> Option<f64> {
        self.0.get(usize::from(key)).copied().filter(|pitch| *pitch != SILENT)
    }

    /// Sets the pitch of a key, limited to what is heard. A key above 127 changes nothing.
    pub fn set(&mut self, key: u8, pitch: f64) {
        if let Some(place) = self.0.get_mut(usize::from(key)).filter(|_| pitch.is_finite()) {
            *place = pitch.clamp(LOWEST, HIGHEST);
        }
    }

    /// Whether no key sounds.
    #[must_use]
    pub fn are_silent(&self) -> bool {
        self.0.iter().all(|pitch| *pitch == SILENT)
    }
}

impl Default for KeyPitches {
    fn default() -> Self {
        Self::EQUAL
    }
}

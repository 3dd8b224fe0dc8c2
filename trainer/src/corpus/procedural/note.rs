//! The note that a procedural instrument renders: key and velocity.

use engine::units::key_to_hz;

use super::rng::SoundRng;

/// Velocity of a hard stroke.
const HARD: u8 = 112;
/// Velocity of a soft stroke.
const SOFT: u8 = 48;
/// The key at which a sound without a pitch has its natural size.
const NATURAL_KEY: u8 = 60;

/// One note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// MIDI key; 69 is A4.
    pub key: u8,
    /// MIDI velocity, 1 to 127.
    pub velocity: u8,
}

impl Note {
    /// Equal temperament, A4 = 440 Hz.
    pub fn frequency_hz(self) -> f64 {
        key_to_hz(f64::from(self.key))
    }

    /// How much higher than at its natural size something without a pitch sounds.
    pub fn ratio(self) -> f64 {
        ((f64::from(self.key) - f64::from(NATURAL_KEY)) / 12.0).exp2()
    }

    /// Velocity in `(0, 1]`.
    pub fn force(self) -> f64 {
        f64::from(self.velocity) / 127.0
    }
}

/// Notes of an instrument with a pitch between `low` and `high`: four keys over its range, two of them soft as well.
pub fn pitched(rng: &mut SoundRng, low: u8, high: u8) -> Vec<Note> {
    let step = f64::from(high - low) / 4.0;
    let keys: Vec<u8> = (0..4).map(|part| low + (step * (f64::from(part) + rng.between(0.0, 1.0))) as u8).collect();
    let hard = keys.iter().map(|&key| Note { key, velocity: HARD });
    let soft = [keys[rng.whole(0, 1)], keys[rng.whole(2, 3)]].map(|key| Note { key, velocity: SOFT });
    hard.chain(soft).collect()
}

/// Notes of an instrument without a pitch: mostly near its natural size, some far from it.
pub fn unpitched(rng: &mut SoundRng) -> Vec<Note> {
    let near = rng.choose(&[54, 57, 63, 66]);
    let far = rng.choose(&[36, 84]);
    let plan = [(60, HARD), (60, SOFT), (48, HARD), (72, HARD), (near, SOFT), (far, HARD)];
    plan.map(|(key, velocity)| Note { key, velocity }).to_vec()
}

//! Which keys a step plays. AUDIO THREAD: plain arithmetic on at most 128 keys.

use super::super::fixed_list::FixedList;
use super::KEYS;
use crate::random;

/// In which order keys are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// From the lowest to the highest.
    Up,
    /// From the highest to the lowest.
    Down,
    /// Up, then down; the ends are not repeated.
    UpDown,
    /// In the order in which they were pressed.
    AsPlayed,
    /// One at random.
    Random,
    /// All at once.
    Chord,
}

impl Mode {
    /// Of the parameter's value; `None` is off.
    pub(super) fn of(value: f32) -> Option<Self> {
        match value.round() as i32 {
            ..=0 => None,
            1 => Some(Self::Up),
            2 => Some(Self::Down),
            3 => Some(Self::UpDown),
            4 => Some(Self::AsPlayed),
            5 => Some(Self::Random),
            _ => Some(Self::Chord),
        }
    }
}

/// What a step plays.
pub(super) struct Step {
    /// Places of the keys among those held.
    pub(super) keys: FixedList<usize, KEYS>,
    /// Octaves that they are raised by.
    pub(super) octave: u64,
}

/// The step with the number `number`, from 0, of the keys that are held, given in the order in which they were pressed.
pub(super) fn step(mode: Mode, keys: impl Iterator<Item = u8>, octaves: u64, number: u64, seed: u64) -> Step {
    let mut places = [(0, 0); KEYS];
    let mut count = 0;
    for (place, (slot, key)) in places.iter_mut().zip(keys).enumerate() {
        *slot = (key, place);
        count = place + 1;
    }
    let places = places.get_mut(..count).unwrap_or_default();
    let mut chosen = FixedList::new();
    if mode == Mode::Chord || count == 0 {
        places.iter().for_each(|(_, place)| {
            chosen.push(*place);
        });
        return Step { keys: chosen, octave: number % octaves.max(1) };
    }
    if mode != Mode::AsPlayed {
        places.sort_unstable();
    }
    let index = index(mode, count as u64 * octaves.max(1), number, seed);
    if let Some((_, place)) = places.get((index % count as u64) as usize) {
        chosen.push(*place);
    }
    Step { keys: chosen, octave: index / count as u64 }
}

/// Place in the run through `length` notes, upwards.
fn index(mode: Mode, length: u64, number: u64, seed: u64) -> u64 {
    let within = number % length;
    match mode {
        Mode::Down => length - 1 - within,
        Mode::UpDown if length > 1 => {
            let within = number % (2 * length - 2);
            if within < length { within } else { 2 * length - 2 - within }
        }
        Mode::Random => random::nth(seed, number) % length,
        _ => within,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes of the first steps, relative to key 0 of each octave.
    fn run(mode: Mode, keys: &[u8], octaves: u64, steps: u64) -> Vec<Vec<u64>> {
        let step = |number| step(mode, keys.iter().copied(), octaves, number, 5);
        let notes = |number| {
            let Step { keys: places, octave } = step(number);
            places.iter().map(|place| u64::from(keys[*place]) + 12 * octave).collect()
        };
        (0..steps).map(notes).collect()
    }

    #[test]
    fn each_mode_has_its_order() {
        let keys = [64, 60, 67];
        let single = |mode, octaves, steps| run(mode, &keys, octaves, steps).concat();
        assert_eq!(single(Mode::Up, 1, 4), [60, 64, 67, 60]);
        assert_eq!(single(Mode::Up, 2, 7), [60, 64, 67, 72, 76, 79, 60]);
        assert_eq!(single(Mode::Down, 2, 7), [79, 76, 72, 67, 64, 60, 79]);
        assert_eq!(single(Mode::UpDown, 1, 6), [60, 64, 67, 64, 60, 64]);
        assert_eq!(single(Mode::AsPlayed, 2, 4), [64, 60, 67, 76]);
        assert_eq!(run(Mode::Chord, &keys, 2, 2), [[64, 60, 67], [76, 72, 79]]);
        assert_eq!(run(Mode::UpDown, &[60], 1, 3), [[60], [60], [60]]);
        assert!(run(Mode::Up, &[], 4, 1).concat().is_empty());
    }

    #[test]
    fn random_steps_reach_every_note_and_repeat_with_the_seed() {
        let notes = run(Mode::Random, &[60, 64, 67], 2, 200).concat();
        assert_eq!(notes, run(Mode::Random, &[60, 64, 67], 2, 200).concat());
        for note in [60, 64, 67, 72, 76, 79] {
            let share = notes.iter().filter(|found| **found == note).count();
            assert!((15..60).contains(&share), "{note}: {share} of 200");
        }
    }
}

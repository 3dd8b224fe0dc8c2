//! Which variation of its sound each note plays. AUDIO THREAD: plain arithmetic.
//!
//! The choice depends on the notes since the last reset and on the seed alone, so that a bounce repeats.

use crate::params::VariationControls;
use crate::random::hash;

/// Steps of a walk that differ: years of walking.
const MOST_STEPS: u32 = 1 << 30;

/// The order in which variations are played.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct VariationOrder {
    /// Notes since the last reset.
    notes: u64,
    last: u32,
}

impl VariationOrder {
    /// The step of the next note of a walk, from 1 on; 0 without variation.
    pub(super) fn next_step(&mut self, controls: &VariationControls) -> u32 {
        if controls.sounds() < 2 {
            *self = Self::default();
            return 0;
        }
        self.notes += 1;
        // Beyond that many steps the first come again, and no step has the number 0.
        self.last = ((self.notes - 1) % u64::from(MOST_STEPS)) as u32 + 1;
        self.last
    }

    /// The next take, from 0 on, the sound itself; always 0 without variation.
    pub(super) fn next_take(&mut self, controls: &VariationControls) -> u32 {
        self.next_step(controls).saturating_sub(1)
    }

    /// Gives the last take back: it comes again.
    pub(super) fn give_back(&mut self) {
        self.notes = self.notes.saturating_sub(1);
    }

    /// The variation of the next note, below the number of sounds; 0 without variation.
    pub(super) fn next(&mut self, controls: &VariationControls, seed: u64) -> u32 {
        let sounds = controls.sounds();
        if sounds < 2 {
            *self = Self::default();
            return 0;
        }
        let random = (hash(seed.wrapping_add(self.notes)) >> 32) as u32;
        let chosen = match controls.order.round() as i32 {
            1 => (self.notes % u64::from(sounds)) as u32,
            2 => random % sounds,
            _ if self.notes == 0 => 0,
            _ => (self.last + 1 + random % (sounds - 1)) % sounds,
        };
        self.notes += 1;
        self.last = chosen;
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(order: f32, count: f32, seed: u64) -> Vec<u32> {
        let controls = VariationControls { amount: 0.5, count, order };
        let mut state = VariationOrder::default();
        (0..400).map(|_| state.next(&controls, seed)).collect()
    }

    #[test]
    fn every_order_plays_every_variation_and_repeats_by_its_seed() {
        for order in 0..3 {
            for count in 2..=8 {
                let notes = played(order as f32, count as f32, 7);
                assert_eq!(notes, played(order as f32, count as f32, 7));
                assert!(
                    (0..count).all(|one| notes.contains(&one)) && notes.iter().all(|one| *one < count),
                    "{notes:?}"
                );
            }
        }
    }

    #[test]
    fn never_twice_and_round_robin_keep_their_words() {
        for count in 2..=8 {
            assert!(played(0.0, count as f32, 3).windows(2).all(|pair| pair[0] != pair[1]));
            let robin = played(1.0, count as f32, 3);
            assert!(robin.iter().enumerate().all(|(note, one)| *one == note as u32 % count));
        }
        let random = played(2.0, 4.0, 3);
        assert!(random.windows(2).any(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn steps_of_a_walk_go_on() {
        let controls = VariationControls { amount: 0.5, count: 4.0, order: 0.0 };
        let mut state = VariationOrder::default();
        assert!((1..2_000).all(|number| state.next_step(&controls) == number));
        assert_eq!(state.next_step(&VariationControls::default()), 0);
        assert_eq!(state.next_step(&controls), 1);
    }

    #[test]
    fn takes_begin_with_the_sound_itself_and_one_that_is_given_back_comes_again() {
        let controls = VariationControls { amount: 0.5, count: 4.0, order: 0.0 };
        let mut state = VariationOrder::default();
        assert_eq!([(); 3].map(|()| state.next_take(&controls)), [0, 1, 2]);
        state.give_back();
        assert_eq!([(); 2].map(|()| state.next_take(&controls)), [2, 3]);
        assert_eq!([(); 2].map(|()| state.next_take(&VariationControls::default())), [0, 0]);
        state.give_back();
        assert_eq!(state.next_take(&controls), 0);
    }

    #[test]
    fn without_variation_the_sound_itself_plays() {
        let mut state = VariationOrder::default();
        assert!((0..9).all(|_| state.next(&VariationControls::default(), 1) == 0));
    }
}

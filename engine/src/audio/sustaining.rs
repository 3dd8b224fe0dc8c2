//! Held notes: what a note does at its note-off and near the end of its sound. AUDIO THREAD: bounded, plain arithmetic.
//!
//! A voice that is to go on chooses one of the exits ahead of its cursor, and at that exit one of its landings, by a generator of its own:
//! the same note gives the same choices, and none of them repeats with a period.

use crate::link::{Exit, Exits, SustainMap};
use crate::params::Hold;
use crate::random::SplitMix64;

/// The exits at which a note goes on beyond the end of a sound, if it does.
fn exits_of(hold: Hold, map: &SustainMap) -> Option<&Exits> {
    match hold {
        Hold::OneShot | Hold::Gated => None,
        Hold::Sustained => Some(&map.sustain),
        Hold::Auto if map.is_steady => Some(&map.sustain),
        Hold::Auto => Some(&map.decay),
    }
}

/// Where a voice is in its sound, for the choice of an exit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    /// Cursor in samples of the sound.
    pub(super) cursor_samples: f64,
    /// Samples of the sound that a tick takes.
    pub(super) tick_samples: f64,
    /// Samples of the sound that a crossfade takes.
    pub(super) fade_samples: f64,
    /// Length of the sound in samples.
    pub(super) length_samples: usize,
}

/// A crossing within a sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Jump {
    /// Cursor after the crossing, in samples of the sound.
    pub(super) cursor_samples: f64,
    /// Correlation of what is left with what follows, [0, 1].
    pub(super) correlation: f32,
    /// Linear gain of what follows, relative to what is left.
    pub(super) gain: f32,
    /// Whether the note keeps the level that it has here from now on.
    pub(super) keeps_level: bool,
}

/// The exits of one note.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Jumper {
    hold: Hold,
    /// Generation of the sound, and the index of the exit chosen in it.
    chosen: Option<(u64, usize)>,
    random: SplitMix64,
}

impl Jumper {
    /// For a note that starts; `order` is its number.
    pub(super) fn new(hold: Hold, order: u64) -> Self {
        Self { hold, chosen: None, random: SplitMix64::new(order) }
    }

    pub(super) fn is_one_shot(&self) -> bool {
        self.hold == Hold::OneShot
    }

    /// Whether its note goes on in a loop that is set.
    pub(super) fn follows_set_loop(&self) -> bool {
        matches!(self.hold, Hold::Sustained | Hold::Auto)
    }

    /// A position in a sound that the note takes up, and the gain of the way there: one that goes on does so within the part that is repeated,
    /// with `reserve_samples` left before its end.
    pub(super) fn taken_up(&self, map: &SustainMap, cursor_samples: f64, reserve_samples: f64) -> (f64, f32) {
        let Some(exits) = exits_of(self.hold, map) else { return (cursor_samples, 1.0) };
        let ahead = cursor_samples + reserve_samples;
        let (within, gain) = exits.within(ahead);
        if within < ahead { ((within - reserve_samples).max(0.0), gain) } else { (cursor_samples, 1.0) }
    }

    /// The crossing that is due in the sound of `generation`, if there is one.
    pub(super) fn jump(&mut self, map: &SustainMap, generation: u64, position: &Position) -> Option<Jump> {
        let exits = exits_of(self.hold, map)?.as_slice();
        let chosen = self.chosen.filter(|(of, _)| *of == generation).and_then(|(_, index)| exits.get(index));
        let exit = match chosen.filter(|exit| !is_missed(exit, position)) {
            Some(exit) => *exit,
            None => self.choose(exits, generation, position)?,
        };
        // The tick that is nearest to the exit.
        let ahead = f64::from(exit.sample) - position.cursor_samples;
        if ahead > position.tick_samples / 2.0 {
            return None;
        }
        self.chosen = None;
        let landings = exit.landings();
        let landing = landings.get(self.next_random(landings.len()))?;
        Some(Jump {
            cursor_samples: position.cursor_samples - f64::from(exit.sample.saturating_sub(landing.sample)),
            correlation: landing.correlation,
            gain: landing.gain,
            keeps_level: self.keeps_level(map),
        })
    }

    /// Whether its note goes on at one level.
    fn keeps_level(&self, map: &SustainMap) -> bool {
        self.hold == Hold::Sustained || map.is_steady
    }

    /// Chooses one of the exits ahead that leave room for a crossfade before the end of the sound.
    fn choose(&mut self, exits: &[Exit], generation: u64, position: &Position) -> Option<Exit> {
        let is_open = |exit: &Exit| {
            !is_missed(exit, position)
                && f64::from(exit.sample) + position.fade_samples < position.length_samples as f64
        };
        let first = exits.iter().position(is_open)?;
        let open = exits.iter().skip(first).take_while(|exit| is_open(exit)).count();
        let index = first + self.next_random(open);
        self.chosen = Some((generation, index));
        exits.get(index).copied()
    }

    /// A number below `count`, which is positive.
    fn next_random(&mut self, count: usize) -> usize {
        (self.random.bits() % count.max(1) as u64) as usize
    }
}

/// Whether the cursor has passed an exit by more than a tick.
fn is_missed(exit: &Exit, position: &Position) -> bool {
    position.cursor_samples - f64::from(exit.sample) > position.tick_samples
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Landing;

    fn exits(gain: f32) -> Exits {
        let landing = |sample| Landing { sample, correlation: 0.9, gain };
        let exits = [40_000, 60_000, 80_000].map(|sample| {
            Exit::new(sample, &[landing(sample - 15_000), landing(sample - 24_000), landing(sample - 30_000)])
        });
        Exits::new(&exits)
    }

    fn map(is_steady: bool) -> SustainMap {
        SustainMap { sustain: exits(1.0), is_steady, ..SustainMap::default() }
    }

    /// Plays `ticks` ticks and returns the cursors after each jump, and the largest cursor.
    fn play(hold: Hold, map: &SustainMap, ticks: usize) -> (Vec<f64>, f64) {
        let mut jumper = Jumper::new(hold, 7);
        let (mut cursor, mut largest, mut jumps) = (0.0_f64, 0.0_f64, Vec::new());
        for _ in 0..ticks {
            let position =
                Position { cursor_samples: cursor, tick_samples: 58.8, fade_samples: 900.0, length_samples: 88_064 };
            if let Some(jump) = jumper.jump(map, 3, &position) {
                assert_eq!(jump.correlation, 0.9);
                cursor = jump.cursor_samples;
                jumps.push(cursor);
            }
            cursor += 58.8;
            largest = largest.max(cursor);
        }
        (jumps, largest)
    }

    #[test]
    fn a_held_note_stays_within_its_sound_and_does_not_repeat() {
        let (jumps, largest) = play(Hold::Auto, &map(true), 60_000);
        assert!(largest < 80_100.0 && jumps.len() > 50, "{largest}, {} jumps", jumps.len());
        let steps: Vec<i64> = jumps.iter().map(|cursor| *cursor as i64 / 1_000).collect();
        for period in 1..12 {
            let equal = steps.iter().zip(&steps[period..]).filter(|(a, b)| a == b).count();
            assert!(equal * 2 < steps.len(), "every {period} jumps the same");
        }
    }

    #[test]
    fn only_what_is_to_go_on_goes_on() {
        for (hold, steady, goes_on) in [
            (Hold::Auto, true, true),
            (Hold::Auto, false, false),
            (Hold::Sustained, false, true),
            (Hold::Gated, true, false),
            (Hold::OneShot, true, false),
        ] {
            let (jumps, _) = play(hold, &map(steady), 3_000);
            assert_eq!(!jumps.is_empty(), goes_on, "{hold:?}, {steady}");
        }
        assert!(play(Hold::Sustained, &SustainMap::default(), 3_000).0.is_empty());
    }

    #[test]
    fn a_decaying_sound_goes_on_only_by_itself_and_falls_with_each_crossing() {
        let map = SustainMap { decay: exits(0.8), ..map(false) };
        let position =
            Position { cursor_samples: 80_000.0, tick_samples: 58.8, fade_samples: 900.0, length_samples: 88_064 };
        for (hold, gain) in
            [(Hold::Auto, Some(0.8)), (Hold::Sustained, Some(1.0)), (Hold::Gated, None), (Hold::OneShot, None)]
        {
            let jump = Jumper::new(hold, 1).jump(&map, 1, &position);
            assert_eq!(jump.map(|jump| jump.gain), gain, "{hold:?}");
            let (cursor, taken) = Jumper::new(hold, 1).taken_up(&map, 96_000.0, 0.0);
            let is_back = cursor < 80_000.0;
            assert_eq!((is_back, taken), (gain.is_some(), gain.map_or(1.0, |gain| gain.powi(2))), "{hold:?}");
        }
    }

    #[test]
    fn exits_without_room_for_a_crossfade_are_left_out() {
        let mut jumper = Jumper::new(Hold::Sustained, 1);
        let position =
            Position { cursor_samples: 41_000.0, tick_samples: 500.0, fade_samples: 9_000.0, length_samples: 88_064 };
        for _ in 0..20 {
            let exit = jumper.choose(exits(1.0).as_slice(), 1, &position).expect("one is open");
            assert_eq!(exit.sample, 60_000);
        }
    }
}

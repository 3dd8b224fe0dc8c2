//! The recorded path of the pad's point as a pair of sources, for all notes or from the start of each. AUDIO THREAD: plain arithmetic, once
//! per tick.
//!
//! Its values are offsets from where the path begins: a route to the pad moves its point along the path from where the point stands.

use super::shared_clock::{ClockTick, NoteClock, SharedClock, TickTime, cycle_and_part};
use crate::params::{PadPath, PathControls};

/// How a path is played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Play {
    /// Once for each note; its last place stays.
    Once,
    /// From its start again.
    #[default]
    Loop,
    /// To its end and back.
    ThereAndBack,
}

impl Play {
    fn of(value: f32) -> Self {
        match value.round() as i32 {
            ..=0 => Self::Once,
            1 => Self::Loop,
            _ => Self::ThereAndBack,
        }
    }
}

/// The path during a tick. A cycle of its clock is one way along it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Path {
    clock: SharedClock,
    tick: ClockTick,
    play: Play,
    are_notes_together: bool,
    path: PadPath,
}

impl Path {
    /// Moves by a tick.
    pub(super) fn begin_tick(&mut self, controls: &PathControls, path: &PadPath, time: &TickTime) {
        self.path = *path;
        if path.is_empty() {
            return;
        }
        self.tick = self.clock.begin_tick(controls.sync, f64::from(controls.speed / path.length_s()), time);
        self.play = Play::of(controls.play);
        self.are_notes_together = controls.notes < 0.5;
    }

    /// Whether all notes hear the same place.
    pub(super) fn is_shared(&self) -> bool {
        self.are_notes_together && self.play != Play::Once
    }

    /// What the clocks of notes do.
    pub(super) fn clock(&self) -> &ClockTick {
        &self.tick
    }

    /// Its offsets for a note with a clock, [−1, 1] each; 0 without a path.
    pub(super) fn offset(&self, own: &NoteClock) -> [f32; 2] {
        let ways = if self.is_shared() { self.tick.shared } else { own.cycles() };
        let (way, part) = cycle_and_part(ways);
        self.path.offset(match self.play {
            Play::Once => ways.clamp(0.0, 1.0),
            Play::Loop => part,
            Play::ThereAndBack if way.rem_euclid(2.0) < 1.0 => part,
            Play::ThereAndBack => 1.0 - part,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::{PathPoint, Transport};

    const TICK_S: f64 = 64.0 / 48_000.0;
    const TOLERANCE: f32 = 1e-4;

    /// Half a second along x, from 0.25 to 0.75, with y falling.
    fn path() -> PadPath {
        PadPath::recorded(&[[0.0, 0.25, 0.8], [0.5, 0.75, 0.6]].map(PathPoint::from))
    }

    fn play(controls: &PathControls, times_s: f64) -> [f32; 2] {
        let (mut source, mut note) = (Path::default(), NoteClock::default());
        let transport = Transport { tempo_bpm: 120.0, beat: None };
        for _ in 0..(times_s / TICK_S).round() as usize {
            source.begin_tick(controls, &path(), &TickTime { transport: &transport, beat: None, tick_s: TICK_S });
            note.advance(source.clock(), TICK_S);
        }
        source.offset(&note)
    }

    #[test]
    fn a_path_is_played_once_looped_and_there_and_back() {
        for notes in [0.0, 1.0] {
            let with = |play| PathControls { play, notes, speed: 1.0, sync: 0.0 };
            for (how, wanted) in [(0.0, [0.2, 0.5, 0.5]), (1.0, [0.2, 0.2, 0.1]), (2.0, [0.2, 0.3, 0.1])] {
                for (time_s, wanted) in [0.2, 0.7, 1.1].into_iter().zip(wanted) {
                    let [x, y] = play(&with(how), time_s);
                    assert!((x - wanted).abs() < TOLERANCE, "{how} after {time_s} s: {x}");
                    assert!((y + 0.4 * wanted).abs() < TOLERANCE, "{how} after {time_s} s: {y}");
                }
            }
            let twice = PathControls { speed: 2.0, ..with(0.0) };
            assert!((play(&twice, 0.1)[0] - 0.2).abs() < TOLERANCE, "twice as fast");
            // A quarter note at 120 beats per minute is half a second, an eighth half of that.
            let synced = PathControls { sync: 12.0, ..with(1.0) };
            assert!((play(&synced, 0.1)[0] - 0.2).abs() < TOLERANCE, "an eighth note");
        }
    }

    #[test]
    fn no_path_moves_nothing() {
        let mut source = Path::default();
        let transport = Transport::default();
        let controls = PathControls { play: 1.0, notes: 0.0, speed: 1.0, sync: 0.0 };
        source.begin_tick(&controls, &PadPath::NONE, &TickTime { transport: &transport, beat: None, tick_s: TICK_S });
        assert_eq!(source.offset(&NoteClock::default()), [0.0; 2]);
    }
}

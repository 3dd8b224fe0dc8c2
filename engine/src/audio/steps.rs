//! The step source: a sequence of levels, for all notes or from the start of each. AUDIO THREAD: plain arithmetic, once per tick.
//!
//! A value belongs to the end of a tick, as an LFO's does.

use super::lfo::LfoMode;
use super::shared_clock::{ClockTick, NoteClock, SharedClock, TickTime, cycle_and_part};
use crate::params::{STEPS, StepControls, StepLevels};

/// The sequence during a tick. A cycle of its clock is one step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps {
    clock: SharedClock,
    tick: ClockTick,
    mode: LfoMode,
    levels: StepLevels,
    /// Number of steps, [1, 16].
    count: f64,
    /// Part of a step in which the level glides to it, [0, 1].
    glide: f64,
}

impl Default for Steps {
    /// Before the first tick.
    fn default() -> Self {
        Self {
            clock: SharedClock::default(),
            tick: ClockTick::default(),
            mode: LfoMode::Shared,
            levels: StepLevels::FIRST,
            count: 1.0,
            glide: 0.0,
        }
    }
}

impl Steps {
    /// Moves by a tick.
    pub(super) fn begin_tick(&mut self, controls: &StepControls, levels: &StepLevels, time: &TickTime) {
        self.tick = self.clock.begin_tick(controls.sync, f64::from(controls.rate_octaves.exp2()), time);
        self.mode = LfoMode::of(controls.mode);
        self.levels = *levels;
        self.count = f64::from(controls.count.round()).clamp(1.0, STEPS as f64);
        self.glide = f64::from(controls.glide);
    }

    /// Whether all notes hear the same step.
    pub(super) fn is_shared(&self) -> bool {
        self.mode == LfoMode::Shared
    }

    /// What the clocks of notes do.
    pub(super) fn clock(&self) -> &ClockTick {
        &self.tick
    }

    /// Its value for a note with a clock, [−1, 1].
    pub(super) fn value(&self, own: &NoteClock) -> f64 {
        let steps = if self.is_shared() { self.tick.shared } else { own.cycles() };
        if self.mode == LfoMode::OneShot && steps >= self.count {
            return self.level(self.count - 1.0);
        }
        let (step, part) = cycle_and_part(steps);
        let now = self.level(step);
        // Nothing comes before the first step of a note.
        let is_first = !self.is_shared() && step <= 0.0;
        if is_first || part >= self.glide {
            return now;
        }
        let before = self.level(step - 1.0);
        before + (now - before) * part / self.glide
    }

    fn level(&self, step: f64) -> f64 {
        f64::from(self.levels.level(step.rem_euclid(self.count) as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Transport;

    /// A tick whose multiples are exact.
    const TICK_S: f64 = 1.0 / 1_024.0;
    const TOLERANCE: f64 = 1e-6;

    fn controls(count: f32, rate_hz: f32, mode: f32, glide: f32) -> StepControls {
        StepControls { count, rate_octaves: rate_hz.log2(), sync: 0.0, glide, mode }
    }

    /// Values at the ends of `ticks` ticks.
    fn play(controls: &StepControls, ticks: usize) -> Vec<f64> {
        let (mut steps, mut note) = (Steps::default(), NoteClock::default());
        let transport = Transport::default();
        (0..ticks)
            .map(|_| {
                steps.begin_tick(
                    controls,
                    &StepLevels::FIRST,
                    &TickTime { transport: &transport, beat: None, tick_s: TICK_S },
                );
                note.advance(steps.clock(), TICK_S);
                steps.value(&note)
            })
            .collect()
    }

    fn level(step: usize) -> f64 {
        f64::from(StepLevels::FIRST.level(step))
    }

    #[test]
    fn steps_follow_each_other_at_their_rate_and_repeat() {
        for mode in [0.0, 1.0] {
            for count in [1, 3, 8, 16] {
                // Steps of exactly 32 ticks.
                let values = play(&controls(count as f32, 32.0, mode, 0.0), 32 * 40);
                for (tick, value) in values.into_iter().enumerate() {
                    assert_eq!(value, level((tick + 1) / 32 % count), "{count} steps, tick {tick}");
                }
            }
        }
    }

    #[test]
    fn a_glide_has_no_step_and_arrives() {
        for (mode, glide) in [(0.0, 1.0), (1.0, 0.5), (1.0, 1.0)] {
            let values = play(&controls(8.0, 32.0, mode, glide), 32 * 20);
            let steepest = values.windows(2).map(|pair| (pair[0] - pair[1]).abs()).fold(0.0, f64::max);
            assert!(steepest <= 2.0 / (32.0 * f64::from(glide)) + TOLERANCE, "{steepest}");
            assert!((values[32 * 3 - 2] - level(2)).abs() < 0.05, "the end of the third step");
        }
        assert_eq!(play(&controls(8.0, 32.0, 1.0, 1.0), 10), [level(0); 10], "nothing comes before the first step");
    }

    #[test]
    fn a_one_shot_keeps_its_last_step() {
        let values = play(&controls(4.0, 32.0, 2.0, 0.3), 32 * 10);
        assert!(values[32 * 4..].iter().all(|value| *value == level(3)));
        assert_eq!(values[32 * 2 - 2], level(1));
    }

    #[test]
    fn a_synced_sequence_lies_on_the_beats() {
        let controls = StepControls { sync: 9.0, ..controls(5.0, 1.0, 0.0, 0.0) };
        let transport = Transport { tempo_bpm: 90.0, beat: Some(0.0) };
        let mut steps = Steps::default();
        for (beat, step) in [(0.0, 0), (17.25, 2), (3.9, 3), (-0.5, 4)] {
            steps.begin_tick(
                &controls,
                &StepLevels::FIRST,
                &TickTime { transport: &transport, beat: Some(beat), tick_s: TICK_S },
            );
            assert_eq!(steps.value(&NoteClock::default()), level(step), "beat {beat}");
        }
    }
}

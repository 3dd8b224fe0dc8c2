//! The second envelope: delay, attack, hold, decay, sustain, release. AUDIO THREAD: plain arithmetic, once per tick.

use crate::params::EnvelopeControls;

/// ln 1000: decay and release fall by 60 dB in their times.
const FALL: f64 = 6.907_755_278_982_137;
/// Distance from its end at which a fall counts as over.
const CLOSE: f64 = 1e-6;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Stage {
    #[default]
    Delay,
    Attack,
    Hold,
    Decay,
    Release,
}

/// The envelope of a note.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ModEnvelope {
    stage: Stage,
    /// Seconds since the stage began.
    stage_s: f64,
    level: f64,
}

impl ModEnvelope {
    /// The level of the moment, [0, 1].
    pub(super) fn level(&self) -> f64 {
        self.level
    }

    /// The note is released: the level falls from where it is.
    pub(super) fn release(&mut self) {
        (self.stage, self.stage_s) = (Stage::Release, 0.0);
    }

    /// Moves by `time_s` seconds. With a time of 0 it goes through what takes no time: without delay and attack the level is 1 at once.
    pub(super) fn advance(&mut self, controls: &EnvelopeControls, time_s: f64) {
        let mut left_s = time_s;
        let stages = [
            (Stage::Delay, controls.delay_s, Stage::Attack),
            (Stage::Attack, controls.attack_s, Stage::Hold),
            (Stage::Hold, controls.hold_s, Stage::Decay),
        ];
        for (stage, length_s, next) in stages {
            if self.stage != stage {
                continue;
            }
            let rest_s = (f64::from(length_s) - self.stage_s).max(0.0);
            if left_s < rest_s {
                if stage == Stage::Attack {
                    self.level += (1.0 - self.level) * left_s / rest_s;
                }
                self.stage_s += left_s;
                return;
            }
            left_s -= rest_s;
            (self.stage, self.stage_s) = (next, 0.0);
            if stage == Stage::Attack {
                self.level = 1.0;
            }
        }
        let (length_s, end) = match self.stage {
            Stage::Release => (controls.release_s, 0.0),
            _ => (controls.decay_s, f64::from(controls.sustain)),
        };
        let left = if length_s > 0.0 { (-FALL * left_s / f64::from(length_s)).exp() } else { 0.0 };
        // A fall of no time begins at the end of a moment of no time.
        let left = if left_s > 0.0 { left } else { 1.0 };
        self.level = end + (self.level - end) * left;
        if (self.level - end).abs() < CLOSE {
            self.level = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTROLS: EnvelopeControls =
        EnvelopeControls { delay_s: 0.1, attack_s: 0.2, hold_s: 0.3, decay_s: 1.0, sustain: 0.25, release_s: 0.5 };

    fn level_after(time_s: f64, step_s: f64) -> f64 {
        let mut envelope = ModEnvelope::default();
        let steps = (time_s / step_s).round() as usize;
        (0..steps).for_each(|_| envelope.advance(&CONTROLS, step_s));
        envelope.level()
    }

    #[test]
    fn each_stage_takes_its_time_whatever_the_step() {
        for step_s in [0.000_1, 0.001, 0.05] {
            let wanted = [
                (0.1, 0.0),
                (0.2, 0.5),
                (0.3, 1.0),
                (0.6, 1.0),
                (1.1, 0.25 + 0.75 * 1e-3_f64.sqrt()),
                (1.6, 0.25 + 0.75e-3),
                (9.0, 0.25),
            ];
            for (time_s, wanted) in wanted {
                let found = level_after(time_s, step_s);
                assert!((found - wanted).abs() < 1e-5, "after {time_s} s in steps of {step_s} s: {found}");
            }
        }
    }

    #[test]
    fn release_falls_from_any_level_and_no_time_is_at_once() {
        let mut envelope = ModEnvelope::default();
        envelope.advance(&CONTROLS, 0.2);
        envelope.release();
        envelope.advance(&CONTROLS, 0.5);
        assert!((envelope.level() - 0.5e-3).abs() < 1e-5, "{}", envelope.level());

        let mut envelope = ModEnvelope::default();
        let at_once = EnvelopeControls { sustain: 0.5, ..EnvelopeControls::default() };
        envelope.advance(&at_once, 0.0);
        assert_eq!(envelope.level(), 1.0);
        envelope.advance(&at_once, 0.001);
        assert_eq!(envelope.level(), 0.5);
        envelope.release();
        envelope.advance(&at_once, 0.001);
        assert_eq!(envelope.level(), 0.0);
    }
}

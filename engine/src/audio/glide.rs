//! A glide: an offset of pitch that goes to 0 at an even pace in semitones. AUDIO THREAD: plain arithmetic, once per tick.

use super::tick::{Ramp, TICK_SAMPLES, ratio};
use crate::params::VoiceControls;

/// Offset of a voice's pitch over the current tick, in semitones.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Glide {
    before: f64,
    now: f64,
    /// What is left at most after each tick is less by this.
    step: f64,
}

impl Glide {
    /// From `semitones` above or below the pitch that is aimed at; none for a time of 0.
    pub(super) fn new(semitones: f64, controls: &VoiceControls, rate_hz: f32) -> Self {
        let octaves = if controls.glide_law >= 0.5 { semitones.abs() / 12.0 } else { 1.0 };
        let ticks = f64::from(controls.glide_s) * octaves * f64::from(rate_hz) / TICK_SAMPLES as f64;
        if ticks <= 0.0 || semitones == 0.0 {
            return Self::default();
        }
        Self { before: semitones, now: semitones, step: semitones.abs() / ticks.max(1.0) }
    }

    /// Semitones by which the pitch is off now.
    pub(super) fn semitones(&self) -> f64 {
        self.now
    }

    /// Moves by one tick.
    pub(super) fn step(&mut self) {
        self.before = self.now;
        self.now = self.now.signum() * (self.now.abs() - self.step).max(0.0);
    }

    /// `tune` with the glide's playback ratio over the tick.
    pub(super) fn tuned(&self, tune: Ramp) -> Ramp {
        if self.before == 0.0 && self.now == 0.0 {
            return tune;
        }
        tune.times(Ramp::between(ratio(self.before), ratio(self.now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(semitones: f64, glide_s: f32, law: f32) -> usize {
        let controls = VoiceControls { glide_s, glide_law: law, ..VoiceControls::default() };
        let mut glide = Glide::new(semitones, &controls, 48_000.0);
        (0..)
            .take_while(|_| {
                glide.step();
                glide.semitones() != 0.0
            })
            .count()
    }

    #[test]
    fn a_glide_takes_its_time_or_that_of_its_octaves_and_ends_at_the_pitch() {
        let of = |seconds: f64| (seconds * 750.0) as usize;
        for (semitones, law, seconds) in [(-12.0, 0.0, 0.5), (3.0, 0.0, 0.5), (24.0, 1.0, 1.0), (-6.0, 1.0, 0.25)] {
            let taken = ticks(semitones, 0.5, law);
            assert!(taken.abs_diff(of(seconds)) <= 2, "{semitones}: {taken}");
        }
        assert_eq!((ticks(12.0, 0.0, 0.0), ticks(0.0, 1.0, 0.0)), (0, 0));
    }
}

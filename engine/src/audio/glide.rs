//! A glide: an offset of pitch that goes to 0 at an even pace in semitones, from the sample of its note to the sample of its time. AUDIO THREAD:
//! plain arithmetic.

use super::tick::{Ramp, TICK_SAMPLES, ratio};
use crate::params::VoiceControls;

/// Offset of a voice's pitch over the current tick.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Glide {
    /// Semitones at its start.
    semitones: f64,
    length_samples: f64,
    /// Samples since its start at the first one of the tick; below 0 in the tick in which it starts.
    passed_samples: f64,
}

impl Glide {
    /// From `semitones` above or below the pitch that is aimed at, from sample `offset` of the tick on; none for a time of 0.
    pub(super) fn new(semitones: f64, controls: &VoiceControls, rate_hz: f32, offset: usize) -> Self {
        let octaves = if controls.glide_law >= 0.5 { semitones.abs() / 12.0 } else { 1.0 };
        let length_samples = f64::from(controls.glide_s) * octaves * f64::from(rate_hz);
        if length_samples <= 0.0 || semitones == 0.0 {
            return Self::default();
        }
        Self { semitones, length_samples, passed_samples: -(offset as f64) }
    }

    /// Semitones by which the pitch is off at sample `offset` of the tick.
    pub(super) fn semitones(&self, offset: f64) -> f64 {
        if self.semitones == 0.0 {
            return 0.0;
        }
        let part = (self.passed_samples + offset).max(0.0) / self.length_samples;
        self.semitones * (1.0 - part).max(0.0)
    }

    /// Moves by one tick.
    pub(super) fn step(&mut self) {
        self.passed_samples += TICK_SAMPLES as f64;
        if self.passed_samples >= self.length_samples {
            *self = Self::default();
        }
    }

    /// Samples from sample `offset` of the tick to the end of the glide, if it ends within the tick.
    pub(super) fn left_in_tick(&self, offset: usize) -> Option<usize> {
        let end = (self.length_samples - self.passed_samples).ceil();
        let is_within = self.semitones != 0.0 && end > offset as f64 && end < TICK_SAMPLES as f64;
        is_within.then(|| (end as usize).saturating_sub(offset))
    }

    /// `tune` with the glide's playback ratio, both over the whole tick.
    pub(super) fn tuned(&self, tune: Ramp) -> Ramp {
        if self.semitones == 0.0 {
            return tune;
        }
        tune.times(Ramp::between(ratio(self.semitones(0.0)), ratio(self.semitones(TICK_SAMPLES as f64))))
    }

    /// The same for the samples from `offset` on, either up to the end of the glide or after it: the line on which these lie.
    pub(super) fn tuned_from(&self, tune: Ramp, offset: usize) -> Ramp {
        let tick = TICK_SAMPLES as f64;
        let (start, end) = ((-self.passed_samples).max(0.0), (self.length_samples - self.passed_samples).min(tick));
        if self.semitones == 0.0 || end <= offset as f64 {
            return tune;
        }
        let (first, last) = (ratio(self.semitones(start)), ratio(self.semitones(end)));
        let slope = (last - first) / (end - start);
        tune.times(Ramp::between(first - slope * start, last + slope * (tick - end)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sample, from that of its note on, at which a glide of `glide_s` is over.
    fn ends(semitones: f64, glide_s: f32, law: f32, rate_hz: f32, offset: usize) -> usize {
        let controls = VoiceControls { glide_s, glide_law: law, ..VoiceControls::default() };
        let mut glide = Glide::new(semitones, &controls, rate_hz, offset);
        let (mut at, mut passed) = (offset, 0);
        loop {
            let tune = glide.tuned_from(Ramp::ONE, at);
            if tune.is_still_at(1.0) {
                return passed;
            }
            let piece = glide.left_in_tick(at).unwrap_or(TICK_SAMPLES - at);
            for sample in at..at + piece {
                let wanted = ratio(glide.semitones(sample as f64));
                assert!((tune.at(sample) / wanted - 1.0).abs() < 0.05, "{} at {sample}, not {wanted}", tune.at(sample));
            }
            (at, passed) = (at + piece, passed + piece);
            if at == TICK_SAMPLES {
                glide.step();
                at = 0;
            }
        }
    }

    #[test]
    fn a_glide_takes_its_time_or_that_of_its_octaves_to_the_sample() {
        for rate_hz in [8_000.0, 44_100.0, 48_000.0, 384_000.0] {
            for offset in [0, 1, 37, 63] {
                for (semitones, law, glide_s, seconds) in
                    [(-12.0, 0.0, 0.5, 0.5), (3.0, 0.0, 0.0123, 0.0123), (24.0, 1.0, 0.5, 1.0), (-6.0, 1.0, 0.5, 0.25)]
                {
                    let taken = ends(semitones, glide_s, law, rate_hz, offset);
                    let wanted = f64::from(rate_hz) * seconds;
                    let what = format!("{semitones} at {rate_hz} Hz from {offset}");
                    assert!((taken as f64 - wanted).abs() <= 1.0, "{what}: {taken}, not {wanted}");
                }
            }
        }
        assert_eq!((ends(12.0, 0.0, 0.0, 48_000.0, 5), ends(0.0, 1.0, 0.0, 48_000.0, 5)), (0, 0));
    }

    #[test]
    fn a_glide_that_is_shorter_than_a_tick_ends_in_it() {
        for offset in [0, 11, 50] {
            let taken = ends(0.2, 0.001, 0.0, 8_000.0, offset);
            assert!(taken.abs_diff(8) <= 1, "{taken} from {offset}");
        }
    }
}

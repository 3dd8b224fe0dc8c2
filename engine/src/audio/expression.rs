//! Expression of one sounding note: tuning, gain, pan, pressure, timbre. AUDIO THREAD: plain arithmetic.

use std::f64::consts::{FRAC_PI_4, SQRT_2};

use super::mixer::Pan;
use super::note::Expression;
use super::tick::{Ramp, Smoothed, ratio};

/// Largest tuning of a note in semitones, up or down: the range of CLAP's note expression.
const LARGEST_TUNING_SEMITONES: f32 = 120.0;
/// Largest linear gain of a note, +12 dB: the range of CLAP's note expression.
const LARGEST_GAIN: f32 = 4.0;

/// Expression values of a note. Tuning, gain and pan are smoothed; pressure and timbre are stored, but nothing is controlled by them yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoteExpression {
    tuning_semitones: Moving,
    gain: Moving,
    /// [−1, 1].
    pan: Moving,
    pressure: f32,
    timbre: f32,
}

/// A smoothed value and its target.
#[derive(Clone, Copy, Debug)]
struct Moving {
    target: f32,
    value: Smoothed,
    /// Whether it was ever set: a note without expression events skips the arithmetic.
    moved: bool,
}

impl Moving {
    fn at_rest(target: f32) -> Self {
        Self { target, value: Smoothed::at(f64::from(target)), moved: false }
    }

    fn set(&mut self, target: f32) {
        (self.target, self.moved) = (target, true);
    }

    fn step(&mut self, pace: f64) {
        if self.moved {
            self.value.step(f64::from(self.target), pace);
        }
    }
}

impl NoteExpression {
    /// Every property at its neutral value.
    pub(super) fn new() -> Self {
        Self {
            tuning_semitones: Moving::at_rest(0.0),
            gain: Moving::at_rest(1.0),
            pan: Moving::at_rest(0.0),
            pressure: 0.0,
            timbre: 0.0,
        }
    }

    /// Sets the target of a property, clamped to its range; a value that is not finite is ignored.
    pub(super) fn set(&mut self, expression: Expression, value: f32) {
        if !value.is_finite() {
            return;
        }
        match expression {
            Expression::TuningSemitones => {
                self.tuning_semitones.set(value.clamp(-LARGEST_TUNING_SEMITONES, LARGEST_TUNING_SEMITONES));
            }
            Expression::Gain => self.gain.set(value.clamp(0.0, LARGEST_GAIN)),
            Expression::Pan => self.pan.set(value.clamp(-1.0, 1.0)),
            Expression::Pressure => self.pressure = value.clamp(0.0, 1.0),
            Expression::Timbre => self.timbre = value.clamp(0.0, 1.0),
        }
    }

    /// Moves the smoothed values by one tick, by the fraction `pace` of the distance to their targets.
    pub(super) fn step(&mut self, pace: f64) {
        self.tuning_semitones.step(pace);
        self.gain.step(pace);
        self.pan.step(pace);
    }

    /// Playback ratio of a channel's tuning multiplied by that of the note's own.
    pub(super) fn tuned(&self, channel: Ramp) -> Ramp {
        if self.tuning_semitones.moved { channel.times(self.tuning_semitones.value.ramp(ratio)) } else { channel }
    }

    /// Multiplies `gains`, which start at sample `offset` of the tick, by the note's gain.
    pub(super) fn apply_gain(&self, offset: usize, gains: &mut [f32]) {
        if self.gain.moved {
            let ramp = self.gain.value.ramp(|gain| gain);
            gains.iter_mut().enumerate().for_each(|(index, gain)| *gain *= ramp.at(offset + index) as f32);
        }
    }

    /// Constant-power pan from sample `offset` of the tick on, with factors of 1 at the centre; `None` at the centre.
    pub(super) fn pan(&self, offset: usize) -> Option<Pan> {
        if !self.pan.moved || self.pan.value.ramp(|pan| pan).is_still_at(0.0) {
            return None;
        }
        let side = |part: fn(f64) -> f64| {
            let factor = move |position: f64| part((position + 1.0) * FRAC_PI_4) * SQRT_2;
            self.pan.value.ramp(factor)
        };
        Some(Pan { sides: [side(f64::cos), side(f64::sin)], offset })
    }
}

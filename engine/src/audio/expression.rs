//! What belongs to one sounding note: tuning, gain, pan, pressure, timbre. AUDIO THREAD: plain arithmetic.

use super::note::Expression;
use super::tick::{Ramp, Smoothed, ratio};

/// Largest tuning of a note either way, the range of CLAP's note expression.
const LARGEST_TUNING_SEMITONES: f32 = 120.0;
/// Largest factor on a note's level, +12 dB, the range of CLAP's note expression.
const LARGEST_GAIN: f32 = 4.0;

/// A note's own properties. Tuning, gain and pan move without steps; pressure and timbre are kept for what will follow them.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoteExpression {
    tuning_semitones: Moving,
    gain: Moving,
    /// [−1, 1].
    pan: Moving,
    pressure: f32,
    timbre: f32,
}

/// A value with its target.
#[derive(Clone, Copy, Debug)]
struct Moving {
    target: f32,
    value: Smoothed,
    /// Whether it was ever moved: a note that nobody touches costs nothing.
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
    /// Every property neutral.
    pub(super) fn new() -> Self {
        Self {
            tuning_semitones: Moving::at_rest(0.0),
            gain: Moving::at_rest(1.0),
            pan: Moving::at_rest(0.0),
            pressure: 0.0,
            timbre: 0.0,
        }
    }

    /// Sets a property; what is not finite is ignored, what is out of range comes to its end.
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

    /// Moves on by a tick.
    pub(super) fn step(&mut self, pace: f64) {
        self.tuning_semitones.step(pace);
        self.gain.step(pace);
        self.pan.step(pace);
    }

    /// The playback ratio of a channel's tuning with the note's own.
    pub(super) fn tuned(&self, channel: Ramp) -> Ramp {
        if self.tuning_semitones.moved { channel.times(self.tuning_semitones.value.ramp(ratio)) } else { channel }
    }

    /// Multiplies `gains`, which begin at sample `offset` of the tick, by the note's gain.
    pub(super) fn apply_gain(&self, offset: usize, gains: &mut [f32]) {
        if self.gain.moved {
            let ramp = self.gain.value.ramp(|gain| gain);
            gains.iter_mut().enumerate().for_each(|(index, gain)| *gain *= ramp.at(offset + index) as f32);
        }
    }

    /// Factors on left and right, or `None` in the middle: constant power, with 1 in the middle.
    pub(super) fn pan(&self, offset: usize) -> Option<[f32; 2]> {
        let position = self.pan.value.ramp(|pan| pan).at(offset);
        (self.pan.moved && position != 0.0).then(|| {
            let angle = (position + 1.0) * std::f64::consts::FRAC_PI_4;
            [angle.cos(), angle.sin()].map(|part| (part * std::f64::consts::SQRT_2) as f32)
        })
    }
}

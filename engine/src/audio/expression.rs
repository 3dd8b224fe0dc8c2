//! Expression of one sounding note: its own tuning, gain, pan, pressure and timbre, and the gain and pan of its channel. AUDIO THREAD:
//! plain arithmetic.

use std::f64::consts::{FRAC_PI_4, SQRT_2};

use super::channel::ChannelMix;
use super::mixer::Pan;
use super::note::Expression;
use super::tick::{Ramp, Smoothed, TICK_SAMPLES, ratio};

/// Largest tuning of a note in semitones, up or down: the range of CLAP's note expression.
const LARGEST_TUNING_SEMITONES: f32 = 120.0;
/// Largest linear gain of a note, +12 dB: the range of CLAP's note expression.
const LARGEST_GAIN: f32 = 4.0;

/// Expression values of a note. Tuning, gains and pan positions are smoothed; pressure and timbre are sources of modulation.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoteExpression {
    tuning_semitones: Moving,
    /// Linear.
    gain: Moving,
    /// [−1, 1].
    pan: Moving,
    /// Linear.
    channel_gain: Moving,
    /// [−1, 1].
    channel_pan: Moving,
    pressure: f32,
    timbre: f32,
}

/// A smoothed value and its target.
#[derive(Clone, Copy, Debug)]
struct Moving {
    target: f32,
    value: Smoothed,
    /// Whether it ever differed from its neutral value: a note that is played plainly skips the arithmetic.
    is_used: bool,
}

impl Moving {
    fn neutral(value: f32) -> Self {
        Self { target: value, value: Smoothed::at(f64::from(value)), is_used: false }
    }

    /// Starts at `value`.
    fn starting_at(value: f32, neutral: f32) -> Self {
        Self { is_used: value != neutral, ..Self::neutral(value) }
    }

    fn set(&mut self, target: f32) {
        if target != self.target {
            (self.target, self.is_used) = (target, true);
        }
    }

    fn step(&mut self, pace: f64) {
        if self.is_used {
            self.value.step(f64::from(self.target), pace);
        }
    }

    /// The ramp over the tick; `None` if it was always neutral.
    fn ramp(&self) -> Option<Ramp> {
        self.is_used.then(|| self.value.ramp())
    }
}

impl NoteExpression {
    /// Every property of the note at its neutral value; gain and pan of its channel start where these stand.
    pub(super) fn of_channel(mix: ChannelMix) -> Self {
        let ChannelMix { gain, pan } = ChannelMix::NEUTRAL;
        Self {
            tuning_semitones: Moving::neutral(0.0),
            gain: Moving::neutral(1.0),
            pan: Moving::neutral(0.0),
            channel_gain: Moving::starting_at(mix.gain, gain),
            channel_pan: Moving::starting_at(mix.pan, pan),
            pressure: 0.0,
            timbre: 0.0,
        }
    }

    /// Sets the targets of its channel's gain and pan.
    pub(super) fn set_channel_mix(&mut self, mix: ChannelMix) {
        self.channel_gain.set(mix.gain);
        self.channel_pan.set(mix.pan);
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

    /// Pressure and timbre, each [0, 1].
    pub(super) fn pressure_and_timbre(&self) -> [f32; 2] {
        [self.pressure, self.timbre]
    }

    /// Moves the smoothed values by one tick, by the fraction `pace` of the distance to their targets.
    pub(super) fn step(&mut self, pace: f64) {
        let Self { tuning_semitones, gain, pan, channel_gain, channel_pan, .. } = self;
        [tuning_semitones, gain, pan, channel_gain, channel_pan].into_iter().for_each(|moving| moving.step(pace));
    }

    /// Playback ratio of a channel's tuning multiplied by that of the note's own.
    pub(super) fn tuned(&self, channel: Ramp) -> Ramp {
        self.tuning_semitones.ramp().map_or(channel, |semitones| channel.times(semitones.map(ratio)))
    }

    /// Multiplies `gains`, which start at sample `offset` of the tick, by the gains of the note and of its channel.
    pub(super) fn apply_gain(&self, offset: usize, gains: &mut [f32]) {
        if let Some(ramp) = self.gain() {
            gains.iter_mut().enumerate().for_each(|(index, gain)| *gain *= ramp.at(offset + index) as f32);
        }
    }

    /// Linear gain of the note and its channel at the end of the tick.
    pub(super) fn level(&self) -> f32 {
        self.gain().map_or(1.0, |gain| gain.at(TICK_SAMPLES) as f32)
    }

    fn gain(&self) -> Option<Ramp> {
        [&self.gain, &self.channel_gain].into_iter().filter_map(Moving::ramp).reduce(Ramp::times)
    }

    /// Constant-power pan from sample `offset` of the tick on, with factors of 1 at the centre; `None` at the centre. The positions of the
    /// note, its channel and `moved` are added.
    pub(super) fn pan(&self, offset: usize, moved: Option<Ramp>) -> Option<Pan> {
        let own = [&self.pan, &self.channel_pan].into_iter().filter_map(Moving::ramp);
        let position = own.chain(moved).reduce(Ramp::plus)?;
        if position.is_still_at(0.0) {
            return None;
        }
        let side = |part: fn(f64) -> f64| {
            position.map(|position| part((position.clamp(-1.0, 1.0) + 1.0) * FRAC_PI_4) * SQRT_2)
        };
        Some(Pan { sides: [side(f64::cos), side(f64::sin)], offset })
    }
}

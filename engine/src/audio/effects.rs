//! The effects behind the voices: drive, ensemble, delay, reverb, in this order. AUDIO THREAD but for [`Effects::new`], which allocates.
//!
//! An effect whose amount is 0 and whose tail is over costs nothing and leaves every sample as it is.

mod delay;
mod drive;
mod ensemble;
mod oversampling;
mod reverb;

use super::tick::{Ramp, Smoothed, TICK_SAMPLES};
use crate::params::{SpaceControls, Transport};
use delay::Delay;
use drive::Drive;
use ensemble::Ensemble;
use reverb::Reverb;

/// Time constant of the effects' controls in seconds. Shorter makes steps of automation click; longer lags behind a moving control.
const CONTROL_S: f32 = 0.02;

/// All effects with their state.
pub(super) struct Effects {
    drive: Drive,
    ensemble: Ensemble,
    delay: Delay,
    reverb: Reverb,
    is_on: bool,
}

impl Effects {
    /// Allocates; not audio-thread safe.
    pub(super) fn new(rate_hz: f32) -> Self {
        Self {
            drive: Drive::new(rate_hz),
            ensemble: Ensemble::new(rate_hz),
            delay: Delay::new(rate_hz),
            reverb: Reverb::new(rate_hz),
            is_on: false,
        }
    }

    /// Clears all memories, at a new sample rate.
    pub(super) fn reset(&mut self, rate_hz: f32) {
        self.drive.reset(rate_hz);
        self.ensemble.reset(rate_hz);
        self.delay.reset(rate_hz);
        self.reverb.reset(rate_hz);
        self.is_on = false;
    }

    /// Takes the controls of a tick, and whether a note sounds already.
    pub(super) fn begin_tick(&mut self, controls: &SpaceControls, transport: &Transport, is_sounding: bool) {
        let parts = [
            self.drive.begin_tick(controls),
            self.ensemble.begin_tick(controls, is_sounding),
            self.delay.begin_tick(controls, transport),
            self.reverb.begin_tick(controls),
        ];
        self.is_on = parts.contains(&true);
    }

    /// Whether any effect changes the signal in this tick.
    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }

    /// Whether a tail goes on.
    pub(super) fn is_sounding(&self) -> bool {
        self.drive.is_awake() || self.ensemble.is_awake() || self.delay.is_awake() || self.reverb.is_awake()
    }

    /// Works on a span from sample `offset` of the tick on.
    pub(super) fn process(&mut self, left: &mut [f32], right: &mut [f32], offset: usize) {
        self.drive.process(left, right, offset);
        self.ensemble.process(left, right, offset);
        self.delay.process(left, right, offset);
        self.reverb.process(left, right, offset);
    }
}

/// A control of an effect, smoothed.
#[derive(Clone, Copy, Debug)]
struct Control {
    value: Smoothed,
    pace: f64,
}

impl Control {
    fn new(rate_hz: f32) -> Self {
        let pace = 1.0 - (-(TICK_SAMPLES as f32) / (CONTROL_S * rate_hz)).exp();
        Self { value: Smoothed::new(), pace: f64::from(pace) }
    }

    /// Moves by one tick towards a value; the first one is taken at once. Returns its course over the tick.
    fn step(&mut self, wanted: f32) -> Ramp {
        self.value.step(f64::from(wanted), self.pace);
        self.value.ramp()
    }
}

//! Saturation. AUDIO THREAD: plain arithmetic.
//!
//! tanh at twice the sample rate, by the difference of its integral (first-order antiderivative antialiasing: Parker, Zavalishin and Le
//! Bivic 2016). The level is kept for a sound of usual level. The signal behind it is a fraction of a millisecond late, so the amount
//! crosses over from the plain signal only while the effect is switched on or off.

use super::super::activity::Activity;
use super::super::line::slope;
use super::super::one_pole::OnePole;
use super::super::tick::Ramp;
use super::Control;
use super::oversampling::{HalfBand, Oversampler};
use crate::params::SpaceControls;

/// Gain before the saturation at the smallest amount: what is below full scale is then hardly changed.
const SMALLEST_GAIN: f64 = 0.2;
/// Factor from the smallest gain to that at amount 1: 40 dB.
const GAIN_RANGE: f64 = 100.0;
/// Level that keeps its level, linear. Not tuned by sounds: −13 dBFS is taken for the root mean square of a loud one.
const KEPT: f64 = 0.22;
/// Corner of the high-pass that removes the offset of a saturated uneven wave, in hertz.
const OFFSET_HZ: f32 = 8.0;
/// Difference of two samples below which the difference quotient is inexact.
const CLOSE: f64 = 1e-4;
/// Samples after which nothing is left in its filters but the high-pass' own decay, in seconds.
const MEMORY_S: f32 = 0.05;

/// The saturation with its state.
pub(super) struct Drive {
    filter: HalfBand,
    amount: Control,
    /// From the plain signal, 0, to the saturated one, 1.
    blend: Control,
    gain: Ramp,
    kept: Ramp,
    blended: Ramp,
    channels: [Channel; 2],
    activity: Activity,
    rate_hz: f32,
}

#[derive(Clone, Copy)]
struct Channel {
    oversampler: Oversampler,
    high_pass: OnePole,
    last: f64,
}

impl Channel {
    fn new(rate_hz: f32) -> Self {
        Self { oversampler: Oversampler::new(), high_pass: OnePole::new(OFFSET_HZ, rate_hz), last: 0.0 }
    }

    fn next(&mut self, filter: &HalfBand, sample: f32, gain: f64) -> f32 {
        let last = &mut self.last;
        let saturated = self.oversampler.process(filter, sample, |sample| {
            let now = f64::from(sample) * gain;
            let before = std::mem::replace(last, now);
            saturated(before, now) as f32
        });
        self.high_pass.high(saturated)
    }
}

/// Mean of tanh between two values.
fn saturated(before: f64, now: f64) -> f64 {
    let difference = now - before;
    if difference.abs() < CLOSE {
        ((before + now) / 2.0).tanh()
    } else {
        (integral(now) - integral(before)) / difference
    }
}

/// Integral of tanh: ln cosh x.
fn integral(x: f64) -> f64 {
    let x = x.abs();
    x + (-2.0 * x).exp().ln_1p() - std::f64::consts::LN_2
}

/// Gain before the saturation for an amount.
fn gain_of(amount: f64) -> f64 {
    SMALLEST_GAIN * GAIN_RANGE.powf(amount)
}

impl Drive {
    pub(super) fn new(rate_hz: f32) -> Self {
        Self {
            filter: HalfBand::new(),
            amount: Control::new(rate_hz),
            blend: Control::new(rate_hz),
            gain: Ramp::ONE,
            kept: Ramp::ONE,
            blended: Ramp::still(0.0),
            channels: [Channel::new(rate_hz); 2],
            activity: Activity::default(),
            rate_hz,
        }
    }

    /// Clears its memory, at a new sample rate.
    pub(super) fn reset(&mut self, rate_hz: f32) {
        *self = Self { filter: self.filter, ..Self::new(rate_hz) };
    }

    pub(super) fn is_awake(&self) -> bool {
        self.activity.is_awake()
    }

    /// Takes the controls of a tick. Returns whether the effect changes the signal.
    pub(super) fn begin_tick(&mut self, controls: &SpaceControls) -> bool {
        self.gain = self.amount.step(controls.drive).map(gain_of);
        self.kept = self.gain.map(|gain| KEPT / (gain * KEPT).tanh());
        self.blended = self.blend.step(if controls.drive > 0.0 { 1.0 } else { 0.0 });
        let is_off = self.blended.is_still_at(0.0);
        if self.activity.falls_asleep((MEMORY_S * self.rate_hz) as usize) || is_off {
            self.activity.stop();
            self.channels = [Channel::new(self.rate_hz); 2];
        }
        !is_off
    }

    /// Works on a span from sample `offset` of the tick on.
    pub(super) fn process(&mut self, left: &mut [f32], right: &mut [f32], offset: usize) {
        if self.blended.is_still_at(0.0) || !self.activity.works(left, right) {
            return;
        }
        let [kept, kept_step] = slope(self.kept);
        let [blend, blend_step] = slope(self.blended);
        let [first, second] = &mut self.channels;
        for (index, (left, right)) in left.iter_mut().zip(right).enumerate() {
            let place = (offset + index) as f32;
            let gain = self.gain.at(offset + index);
            let (kept, blend) = (kept + kept_step * place, blend + blend_step * place);
            let mut peak = left.abs().max(right.abs());
            for (sample, channel) in [left, right].into_iter().zip([&mut *first, &mut *second]) {
                let saturated = channel.next(&self.filter, *sample, gain) * kept;
                *sample += (saturated - *sample) * blend;
                peak = peak.max(saturated.abs());
            }
            self.activity.hear(peak);
        }
    }
}

//! Delay: echoes that alternate between the sides. AUDIO THREAD but for [`Delay::new`], which allocates.
//!
//! The sum of both sides goes into the left line; each line feeds the other one. The amount is the level of what goes in, so echoes that
//! have begun go on when it becomes 0.

use super::super::activity::Activity;
use super::super::line::{Line, Tap, slope};
use super::super::one_pole::OnePole;
use super::super::tick::Ramp;
use super::Control;
use crate::params::{SpaceControls, Transport, division_beats};

/// Longest time in seconds; a longer note value is halved until it fits.
const LONGEST_S: f32 = 2.0;
/// Corner of the low-pass that each repetition passes, in hertz.
const LOW_PASS_HZ: f32 = 5_000.0;
/// Corner of the high-pass that each repetition passes, in hertz.
const HIGH_PASS_HZ: f32 = 80.0;

/// The delay with its state.
pub(super) struct Delay {
    amount: Control,
    feedback: Control,
    send: Ramp,
    back: Ramp,
    lines: [Line; 2],
    tap: Tap,
    filters: [[OnePole; 2]; 2],
    activity: Activity,
    rate_hz: f32,
}

impl Delay {
    /// Allocates; not audio-thread safe.
    pub(super) fn new(rate_hz: f32) -> Self {
        let mut delay = Self {
            amount: Control::new(rate_hz),
            feedback: Control::new(rate_hz),
            send: Ramp::still(0.0),
            back: Ramp::still(0.0),
            lines: [Line::new(LONGEST_S), Line::new(LONGEST_S)],
            tap: Tap::new(),
            filters: [[OnePole::default(); 2]; 2],
            activity: Activity::default(),
            rate_hz,
        };
        delay.reset(rate_hz);
        delay
    }

    /// Clears its memory, at a new sample rate.
    pub(super) fn reset(&mut self, rate_hz: f32) {
        self.rate_hz = rate_hz;
        (self.amount, self.feedback) = (Control::new(rate_hz), Control::new(rate_hz));
        self.lines.iter_mut().for_each(|line| line.set_length(LONGEST_S, rate_hz));
        self.clear();
    }

    fn clear(&mut self) {
        self.lines.iter_mut().for_each(Line::clear);
        self.filters = [[OnePole::new(LOW_PASS_HZ, self.rate_hz), OnePole::new(HIGH_PASS_HZ, self.rate_hz)]; 2];
        self.activity.stop();
    }

    pub(super) fn is_awake(&self) -> bool {
        self.activity.is_awake()
    }

    /// Takes the controls of a tick. Returns whether the effect changes the signal.
    pub(super) fn begin_tick(&mut self, controls: &SpaceControls, transport: &Transport) -> bool {
        self.send = self.amount.step(controls.delay);
        self.back = self.feedback.step(controls.delay_feedback);
        let memory_samples = self.lines.iter().map(Line::length).min().unwrap_or(1);
        if self.activity.falls_asleep(memory_samples) {
            self.clear();
        }
        let distance = distance_samples(controls, transport, self.rate_hz).min(memory_samples);
        if self.is_awake() {
            self.tap.begin_tick(distance, self.rate_hz);
        } else {
            self.tap.jump(distance);
        }
        self.is_awake() || !self.send.is_still_at(0.0)
    }

    /// Works on a span from sample `offset` of the tick on.
    pub(super) fn process(&mut self, left: &mut [f32], right: &mut [f32], offset: usize) {
        if !self.is_awake() && (self.send.is_still_at(0.0) || !self.activity.works(left, right)) {
            return;
        }
        let ([send, send_step], [back, back_step]) = (slope(self.send), slope(self.back));
        let [first, second] = &mut self.lines;
        let [first_filters, second_filters] = &mut self.filters;
        for (index, (left, right)) in left.iter_mut().zip(right).enumerate() {
            let place = (offset + index) as f32;
            let echoes = [self.tap.read(first, offset + index), self.tap.read(second, offset + index)];
            let [on_left, on_right] = echoes;
            let back = back + back_step * place;
            let sent = 0.5 * (*left + *right) * (send + send_step * place);
            let into_first = sent + back * darkened(second_filters, on_right);
            let into_second = back * darkened(first_filters, on_left);
            first.push(into_first);
            second.push(into_second);
            self.activity.hear(into_first.abs().max(into_second.abs()));
            *left += on_left;
            *right += on_right;
        }
    }
}

fn darkened(filters: &mut [OnePole; 2], sample: f32) -> f32 {
    let [low_pass, high_pass] = filters;
    high_pass.high(low_pass.low(sample))
}

/// Time between two echoes in samples.
fn distance_samples(controls: &SpaceControls, transport: &Transport, rate_hz: f32) -> usize {
    let free_s = f64::from(controls.delay_s);
    let time_s =
        division_beats(controls.delay_sync).map_or(free_s, |beats| fitting(beats * 60.0 / transport.tempo_bpm));
    ((time_s * f64::from(rate_hz)).round() as usize).max(1)
}

/// A time halved until it is at most the longest one.
fn fitting(time_s: f64) -> f64 {
    let halvings = (time_s / f64::from(LONGEST_S)).log2().ceil().max(0.0);
    time_s * (-halvings).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_value_is_exact_and_one_that_is_too_long_is_halved() {
        let synced = |sync: f32, tempo_bpm: f64| {
            let controls = SpaceControls { delay_sync: sync, delay_s: 0.123, ..SpaceControls::default() };
            distance_samples(&controls, &Transport { tempo_bpm, beat: None }, 48_000.0)
        };
        assert_eq!(synced(0.0, 120.0), 5_904, "free");
        assert_eq!(synced(9.0, 120.0), 24_000, "a quarter note at 120");
        assert_eq!(synced(11.0, 90.0), 24_000, "a dotted eighth at 90");
        assert_eq!(synced(4.0, 120.0), 96_000, "a bar at 120 just fits");
        assert_eq!(synced(1.0, 60.0), 96_000, "eight bars at 60 become 2 s");
        assert_eq!(synced(9.0, 5.0), 72_000, "12 s become 1.5 s");
    }
}

//! Ensemble: three copies of each side whose delays swing against each other. AUDIO THREAD but for [`Ensemble::new`], which allocates.
//!
//! The swing becomes smaller as it becomes faster, so that the pitch of a copy moves by the same interval at every rate. Bass is left out
//! of the copies: it would be cancelled now and then.

use std::f64::consts::{FRAC_PI_4, TAU};

use super::super::activity::Activity;
use super::super::entry::Entry;
use super::super::line::{Line, slope};
use super::super::one_pole::OnePole;
use super::super::tick::{Ramp, TICK_SAMPLES};
use super::Control;
use crate::params::SpaceControls;

/// Copies of each side.
const COPIES: usize = 3;
/// Middle of the swing of each copy in seconds.
const DELAYS_S: [f64; COPIES] = [0.0071, 0.0097, 0.0121];
/// Largest swing to either side in seconds.
const WIDEST_S: f64 = 0.004;
/// Largest change of pitch: 20 cents as a part of the frequency.
const PITCH_PART: f64 = 0.0116;
/// Longest delay in seconds.
const LONGEST_S: f32 = 0.02;
/// Corner of the high-pass before the copies in hertz.
const CORNER_HZ: f32 = 120.0;
/// How far the right side's swings are behind the left side's, in cycles.
const RIGHT_PHASE: f64 = 1.0 / 6.0;

/// The ensemble with its state.
pub(super) struct Ensemble {
    amount: Control,
    octaves: Control,
    dry: Ramp,
    wet: Ramp,
    /// Phase of the first copy in cycles at the end of the tick.
    phase: f64,
    /// Delay of each copy of each side in samples at both ends of the tick; 0 before the first tick.
    delays: [[[f32; 2]; COPIES]; 2],
    lines: [Line; 2],
    high_pass: [OnePole; 2],
    activity: Activity,
    entry: Entry,
    rate_hz: f32,
}

impl Ensemble {
    /// Allocates; not audio-thread safe.
    pub(super) fn new(rate_hz: f32) -> Self {
        let mut ensemble = Self {
            amount: Control::new(rate_hz),
            octaves: Control::new(rate_hz),
            dry: Ramp::ONE,
            wet: Ramp::still(0.0),
            phase: 0.0,
            delays: [[[0.0; 2]; COPIES]; 2],
            lines: [Line::new(LONGEST_S), Line::new(LONGEST_S)],
            high_pass: [OnePole::default(); 2],
            activity: Activity::default(),
            entry: Entry::default(),
            rate_hz,
        };
        ensemble.reset(rate_hz);
        ensemble
    }

    /// Clears its memory, at a new sample rate.
    pub(super) fn reset(&mut self, rate_hz: f32) {
        self.rate_hz = rate_hz;
        (self.amount, self.octaves) = (Control::new(rate_hz), Control::new(rate_hz));
        (self.phase, self.delays) = (0.0, [[[0.0; 2]; COPIES]; 2]);
        self.lines.iter_mut().for_each(|line| line.set_length(LONGEST_S, rate_hz));
        self.high_pass = [OnePole::new(CORNER_HZ, rate_hz); 2];
        self.activity.stop();
        self.entry.end();
    }

    pub(super) fn is_awake(&self) -> bool {
        self.activity.is_awake()
    }

    /// Takes the controls of a tick, and whether a note sounds already. Returns whether the effect changes the signal.
    pub(super) fn begin_tick(&mut self, controls: &SpaceControls, is_sounding: bool) -> bool {
        let was_off = self.wet.is_still_at(0.0);
        let amount = self.amount.step(controls.ensemble);
        self.dry = amount.map(|amount| (amount * FRAC_PI_4).cos());
        self.wet = amount.map(|amount| (amount * FRAC_PI_4).sin() / (COPIES as f64).sqrt());
        let rate_octaves = self.octaves.step(controls.ensemble_rate_octaves).at(TICK_SAMPLES);
        self.swing(rate_octaves.exp2());
        let is_off = amount.is_still_at(0.0);
        if was_off && is_sounding && !is_off {
            self.entry.begin(self.rate_hz);
        }
        if self.activity.falls_asleep((LONGEST_S * self.rate_hz) as usize) || is_off {
            self.activity.stop();
            self.lines.iter_mut().for_each(Line::clear);
            self.high_pass.iter_mut().for_each(OnePole::clear);
        }
        !is_off
    }

    /// Moves the delays by one tick.
    fn swing(&mut self, swing_hz: f64) {
        let before = self.phase;
        let rate_hz = f64::from(self.rate_hz);
        self.phase = (before + swing_hz * TICK_SAMPLES as f64 / rate_hz).fract();
        let width_s = WIDEST_S.min(PITCH_PART / (TAU * swing_hz));
        let longest = (self.lines.iter().map(Line::length).min().unwrap_or(0) as f64 - 2.0).max(2.0);
        for (side, delays) in self.delays.iter_mut().enumerate() {
            for (copy, (delay, middle_s)) in delays.iter_mut().zip(DELAYS_S).enumerate() {
                let place = copy as f64 / COPIES as f64 + side as f64 * RIGHT_PHASE;
                let at =
                    |phase: f64| ((middle_s + width_s * (TAU * (phase + place)).sin()) * rate_hz).clamp(2.0, longest);
                // The first sample is where the last tick ended, so that a new rate is no step.
                let [_, last] = *delay;
                let from = if last == 0.0 { at(before) as f32 } else { last };
                *delay = [from, at(self.phase) as f32];
            }
        }
    }

    /// Works on a span from sample `offset` of the tick on.
    pub(super) fn process(&mut self, left: &mut [f32], right: &mut [f32], offset: usize) {
        if (self.wet.is_still_at(0.0)) || !self.activity.works(left, right) {
            return;
        }
        let ([dry, dry_step], [wet, wet_step]) = (slope(self.dry), slope(self.wet));
        for (index, (left, right)) in left.iter_mut().zip(right).enumerate() {
            let place = (offset + index) as f32;
            let (dry, wet) = (dry + dry_step * place, wet + wet_step * place);
            let part = place / TICK_SAMPLES as f32;
            self.activity.hear(left.abs().max(right.abs()));
            let entering = self.entry.next();
            let sides = self.lines.iter_mut().zip(&mut self.high_pass).zip(&self.delays);
            for (sample, ((line, high_pass), delays)) in [left, right].into_iter().zip(sides) {
                line.push(high_pass.high(*sample * entering));
                let copies: f32 = delays.iter().map(|[from, to]| line.read_between(from + (to - from) * part)).sum();
                *sample = *sample * dry + copies * wet;
            }
        }
    }
}

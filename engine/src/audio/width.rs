//! Stereo width of mono sounds. AUDIO THREAD but for [`Width::new`], which allocates.
//!
//! left = middle + side and right = middle − side, so that the mono sum is the middle itself. The side is the middle through a chain of
//! all-passes (Schroeder 1961), which gives each band its own phase and keeps its level, behind a high-pass that leaves the bass alone. The
//! chain begins later than the middle, so an attack is heard in the middle first.

use super::activity::Activity;
use super::entry::Entry;
use super::line::{Line, slope};
use super::mixer::Buses;
use super::one_pole::OnePole;
use super::tick::{Ramp, Smoothed, TICK_SAMPLES};

/// Delays of the all-passes in seconds, without a common divisor. Not tuned: longer ones smear the edges of drums more.
const ALL_PASS_S: [f32; 4] = [0.000_93, 0.002_17, 0.003_71, 0.005_23];
/// Coefficient of the all-passes. Larger makes the phase turn more often but the chain ring for longer.
const COEFFICIENT: f32 = 0.55;
/// Delay before the chain in seconds.
const BEFORE_S: f32 = 0.001;
/// Corner of the high-pass (second order) in hertz: below it two ears hear no difference of level, and a difference costs loudness on one
/// loudspeaker.
const CORNER_HZ: f32 = 180.0;
/// Level of the side at width 1 against the middle. At 1 whole bands would be missing on one side.
const FULL: f64 = 0.8;
/// Time constant of the amount in seconds.
const AMOUNT_S: f32 = 0.02;
/// Time in which the chain rings out below what is heard, in seconds: 0.55^20 is −104 dB, 20 times the longest delay.
const MEMORY_S: f32 = 0.12;

/// The decorrelator with its state.
pub(super) struct Width {
    amount: Smoothed,
    /// Level of the side over the tick.
    level: Ramp,
    before: Line,
    chain: [Line; 4],
    delays: [usize; 5],
    high_pass: [OnePole; 2],
    activity: Activity,
    entry: Entry,
    rate_hz: f32,
}

impl Width {
    /// Allocates; not audio-thread safe.
    pub(super) fn new(rate_hz: f32) -> Self {
        let mut width = Self {
            amount: Smoothed::new(),
            level: Ramp::still(0.0),
            before: Line::new(BEFORE_S),
            chain: ALL_PASS_S.map(Line::new),
            delays: [1; 5],
            high_pass: [OnePole::default(); 2],
            activity: Activity::default(),
            entry: Entry::default(),
            rate_hz,
        };
        width.reset(rate_hz);
        width
    }

    /// Clears its memory, at a new sample rate.
    pub(super) fn reset(&mut self, rate_hz: f32) {
        self.rate_hz = rate_hz;
        self.amount = Smoothed::new();
        self.before.set_length(BEFORE_S, rate_hz);
        let [first, rest @ ..] = &mut self.delays;
        *first = whole_samples(BEFORE_S, rate_hz, &self.before);
        for ((line, delay), delay_s) in self.chain.iter_mut().zip(rest).zip(ALL_PASS_S) {
            line.set_length(delay_s, rate_hz);
            *delay = whole_samples(delay_s, rate_hz, line);
        }
        self.high_pass = [OnePole::new(CORNER_HZ, rate_hz); 2];
        self.activity.stop();
        self.entry.end();
    }

    /// Takes the wanted width, [0, 1], and whether a note sounds already.
    pub(super) fn begin_tick(&mut self, width: f32, is_sounding: bool) {
        let was_off = self.level.is_still_at(0.0);
        let pace = 1.0 - (-(TICK_SAMPLES as f32) / (AMOUNT_S * self.rate_hz)).exp();
        self.amount.step(f64::from(width), f64::from(pace));
        self.level = self.amount.ramp().map(|width| FULL * width);
        if was_off && is_sounding && !self.level.is_still_at(0.0) {
            self.entry.begin(self.rate_hz);
        }
        let is_off = self.level.is_still_at(0.0) && self.activity.is_awake();
        if self.activity.falls_asleep((MEMORY_S * self.rate_hz) as usize) || is_off {
            self.clear();
        }
    }

    /// Whether its memory holds something that is heard.
    pub(super) fn is_awake(&self) -> bool {
        self.activity.is_awake()
    }

    fn clear(&mut self) {
        self.activity.stop();
        self.before.clear();
        self.chain.iter_mut().for_each(Line::clear);
        self.high_pass.iter_mut().for_each(OnePole::clear);
    }

    /// Adds the side to the buses, whose middle holds `count` samples from sample `offset` of the tick on.
    pub(super) fn widen(&mut self, buses: &mut Buses, count: usize, offset: usize) {
        if self.level.is_still_at(0.0) || !self.activity.works(buses.middle(count), &[]) {
            return;
        }
        let [first, step] = slope(self.level);
        let mut side = [0.0; TICK_SAMPLES];
        for (index, (side, middle)) in side.iter_mut().zip(buses.middle(count)).enumerate() {
            let decorrelated = self.next(*middle);
            *side = decorrelated * (first + step * (offset + index) as f32);
        }
        buses.spread(side.get(..count).unwrap_or_default());
    }

    fn next(&mut self, middle: f32) -> f32 {
        let [first, rest @ ..] = &self.delays;
        self.before.push(middle * self.entry.next());
        let mut sample = self.before.read(*first);
        for (line, delay) in self.chain.iter_mut().zip(rest) {
            let delayed = line.read(*delay);
            let kept = sample + COEFFICIENT * delayed;
            line.push(kept);
            sample = delayed - COEFFICIENT * kept;
        }
        for filter in &mut self.high_pass {
            sample = filter.high(sample);
        }
        self.activity.hear(middle.abs().max(sample.abs()));
        sample
    }
}

fn whole_samples(time_s: f32, rate_hz: f32, line: &Line) -> usize {
    ((time_s * rate_hz).round() as usize).clamp(1, line.length())
}

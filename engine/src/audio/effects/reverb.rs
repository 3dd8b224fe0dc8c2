//! Reverb: a feedback delay network of 16 lines (Jot and Chaigne 1991) behind a diffuser of all-passes. AUDIO THREAD but for
//! [`Reverb::new`], which allocates.
//!
//! The lines are mixed by a Hadamard matrix, which keeps their energy, so the shelf of each line alone sets how it decays: by 60 dB in the
//! time of the room, faster above a corner. The amount is the level of what goes in, so a tail goes on when it becomes 0.

use std::f64::consts::FRAC_PI_2;

use super::super::activity::Activity;
use super::super::line::{Line, Tap, slope};
use super::super::one_pole::OnePole;
use super::super::tick::{Ramp, TICK_SAMPLES};
use super::Control;
use crate::params::SpaceControls;

const LINES: usize = 16;
/// Delays of the lines in the largest room in seconds: spread evenly on a logarithmic scale, without common divisors, so that echoes do
/// not coincide.
const DELAYS_S: [f32; LINES] = [
    0.029_3, 0.031_7, 0.034_1, 0.036_7, 0.039_7, 0.042_7, 0.046_1, 0.049_9, 0.053_9, 0.058_1, 0.062_3, 0.067_3,
    0.072_7, 0.078_1, 0.084_1, 0.091_1,
];
/// Delays of the diffuser's all-passes of each side in seconds.
const DIFFUSERS_S: [[f32; DIFFUSERS]; 2] =
    [[0.004_77, 0.003_59, 0.012_73, 0.009_31], [0.005_03, 0.003_37, 0.012_07, 0.008_93]];
const DIFFUSERS: usize = 4;
/// Coefficient of the all-passes. Larger rings, smaller leaves single echoes.
const DIFFUSION: f32 = 0.6;
/// Delays in the smallest room as a part of those in the largest.
const SMALLEST_ROOM: f64 = 0.35;
/// Decay time by 60 dB of the smallest room in seconds, and the factor from it to the largest: 0.3 to 8 s, 1.5 s in the middle.
const SHORTEST_S: f64 = 0.3;
const DECAY_RANGE: f64 = 26.7;
/// Decay time above the corner as a part of that below it, for tone 0, and the factor from there to tone 1, where both are equal.
const DARKEST: f64 = 0.06;
const TONE_RANGE: f64 = 1.0 / DARKEST;
/// Corner of the lines' shelves in hertz.
const CORNER_HZ: f32 = 3_000.0;
/// Corner of the high-pass before the network in hertz: no offset goes in.
const HIGH_PASS_HZ: f32 = 30.0;
/// Signs with which lines take in and give out, one bit for each line: both sides get sums that have no line in common.
const SIGNS: u16 = 0b0110_1100_1010_0011;

/// The reverb with its state.
pub(super) struct Reverb {
    amount: Control,
    size: Control,
    tone: Control,
    dry: Ramp,
    send: Ramp,
    inputs: [Input; 2],
    lines: [Line; LINES],
    taps: [Tap; LINES],
    shelves: [OnePole; LINES],
    /// Gain of each line below and above the corner: at the first sample of the tick, and at the end.
    gains: [[[f32; 2]; 2]; LINES],
    activity: Activity,
    rate_hz: f32,
}

/// High-pass and diffuser of one side.
struct Input {
    high_pass: OnePole,
    lines: [Line; DIFFUSERS],
    delays: [usize; DIFFUSERS],
}

impl Input {
    fn new(delays_s: [f32; DIFFUSERS]) -> Self {
        Self { high_pass: OnePole::default(), lines: delays_s.map(Line::new), delays: [1; DIFFUSERS] }
    }

    fn reset(&mut self, delays_s: [f32; DIFFUSERS], rate_hz: f32) {
        self.high_pass = OnePole::new(HIGH_PASS_HZ, rate_hz);
        for ((line, delay), delay_s) in self.lines.iter_mut().zip(&mut self.delays).zip(delays_s) {
            line.set_length(delay_s, rate_hz);
            *delay = ((delay_s * rate_hz) as usize).clamp(1, line.length());
        }
    }

    fn clear(&mut self) {
        self.high_pass.clear();
        self.lines.iter_mut().for_each(Line::clear);
    }

    fn next(&mut self, sample: f32) -> f32 {
        let mut sample = self.high_pass.high(sample);
        for (line, delay) in self.lines.iter_mut().zip(&self.delays) {
            let delayed = line.read(*delay);
            let kept = sample + DIFFUSION * delayed;
            line.push(kept);
            sample = delayed - DIFFUSION * kept;
        }
        sample
    }
}

impl Reverb {
    /// Allocates; not audio-thread safe.
    pub(super) fn new(rate_hz: f32) -> Self {
        let mut reverb = Self {
            amount: Control::new(rate_hz),
            size: Control::new(rate_hz),
            tone: Control::new(rate_hz),
            dry: Ramp::ONE,
            send: Ramp::still(0.0),
            inputs: DIFFUSERS_S.map(Input::new),
            lines: DELAYS_S.map(Line::new),
            taps: [Tap::new(); LINES],
            shelves: [OnePole::default(); LINES],
            gains: [[[0.0; 2]; 2]; LINES],
            activity: Activity::default(),
            rate_hz,
        };
        reverb.reset(rate_hz);
        reverb
    }

    /// Clears its memory, at a new sample rate.
    pub(super) fn reset(&mut self, rate_hz: f32) {
        self.rate_hz = rate_hz;
        [self.amount, self.size, self.tone] = [Control::new(rate_hz); 3];
        self.lines.iter_mut().zip(DELAYS_S).for_each(|(line, delay_s)| line.set_length(delay_s, rate_hz));
        self.inputs.iter_mut().zip(DIFFUSERS_S).for_each(|(input, delays_s)| input.reset(delays_s, rate_hz));
        self.gains = [[[0.0; 2]; 2]; LINES];
        self.clear();
    }

    fn clear(&mut self) {
        self.lines.iter_mut().for_each(Line::clear);
        self.inputs.iter_mut().for_each(Input::clear);
        self.shelves = [OnePole::new(CORNER_HZ, self.rate_hz); LINES];
        self.activity.stop();
    }

    pub(super) fn is_awake(&self) -> bool {
        self.activity.is_awake()
    }

    /// Takes the controls of a tick. Returns whether the effect changes the signal.
    pub(super) fn begin_tick(&mut self, controls: &SpaceControls) -> bool {
        let amount = self.amount.step(controls.reverb);
        let size = self.size.step(controls.reverb_size).at(TICK_SAMPLES);
        let tone = self.tone.step(controls.reverb_tone).at(TICK_SAMPLES);
        if self.activity.falls_asleep(self.lines.iter().map(Line::length).max().unwrap_or(0)) {
            self.clear();
        }
        self.shape(size, tone, f64::from(controls.reverb_size));
        let level = self.level();
        self.dry = amount.map(|amount| (amount * FRAC_PI_2).cos());
        self.send = amount.map(|amount| (amount * FRAC_PI_2).sin() * level);
        self.is_awake() || !amount.is_still_at(0.0)
    }

    /// Moves the lines by one tick: their lengths to the room that is wanted, their gains with the smoothed controls.
    fn shape(&mut self, size: f64, tone: f64, wanted_size: f64) {
        let is_awake = self.is_awake();
        let decay_s = SHORTEST_S * DECAY_RANGE.powf(size);
        let high_decay_s = decay_s * DARKEST * TONE_RANGE.powf(tone);
        let part = |size: f64| SMALLEST_ROOM + (1.0 - SMALLEST_ROOM) * size;
        let lines = self.lines.iter().zip(&mut self.taps).zip(&mut self.gains).zip(DELAYS_S);
        for (((line, tap), gains), delay_s) in lines {
            let wanted =
                (f64::from(delay_s * self.rate_hz) * part(wanted_size)).round().clamp(1.0, line.length() as f64);
            if is_awake {
                tap.begin_tick(wanted as usize, self.rate_hz);
            } else {
                tap.jump(wanted as usize);
            }
            let loop_s = f64::from(delay_s) * part(size);
            for (gain, decay_s) in gains.iter_mut().zip([decay_s, high_decay_s]) {
                let [_, last] = *gain;
                let next = 10f64.powf(-3.0 * loop_s / decay_s) as f32;
                *gain = [if is_awake { last } else { next }, next];
            }
        }
    }

    /// Level of what goes in for which the tail of a sound has the energy of the sound: the energy of all passes through the lines is a
    /// geometric series.
    fn level(&self) -> f64 {
        let kept = self.gains.iter().map(|[[_, low], _]| f64::from(*low).powi(2)).sum::<f64>() / LINES as f64;
        ((1.0 - kept) / kept.max(1e-6) * (1.0 / 8.0)).sqrt()
    }

    /// Works on a span from sample `offset` of the tick on.
    pub(super) fn process(&mut self, left: &mut [f32], right: &mut [f32], offset: usize) {
        if !self.is_awake() && (self.send.is_still_at(0.0) || !self.activity.works(left, right)) {
            return;
        }
        let ([dry, dry_step], [send, send_step]) = (slope(self.dry), slope(self.send));
        for (index, (left, right)) in left.iter_mut().zip(right).enumerate() {
            let place = (offset + index) as f32;
            let [into_left, into_right] = &mut self.inputs;
            let send = send + send_step * place;
            let sent = [into_left.next(*left * send), into_right.next(*right * send)];
            let [on_left, on_right] = self.next(sent, offset + index);
            let dry = dry + dry_step * place;
            *left = *left * dry + on_left;
            *right = *right * dry + on_right;
        }
    }

    /// One sample of the network: even lines belong to the left side, odd ones to the right.
    fn next(&mut self, sent: [f32; 2], index: usize) -> [f32; 2] {
        let part = index as f32 / TICK_SAMPLES as f32;
        let mut signals = [0.0; LINES];
        let taps = self.taps.iter().zip(&self.lines).zip(&mut self.shelves).zip(&self.gains);
        for (signal, (((tap, line), shelf), [low, high])) in signals.iter_mut().zip(taps) {
            let delayed = tap.read(line, index);
            let [low, high] = [low, high].map(|[from, to]| from + (to - from) * part);
            let below = shelf.low(delayed);
            *signal = below * low + (delayed - below) * high;
        }
        let mut out = [0.0; 2];
        for (line, signal) in signals.iter().enumerate() {
            if let Some(out) = out.get_mut(line % 2) {
                *out += signal * sign(line);
            }
        }
        mix(&mut signals);
        let mut peak = 0.0_f32;
        for (line, (signal, memory)) in signals.iter().zip(&mut self.lines).enumerate() {
            let into = signal + sent.get(line % 2).copied().unwrap_or(0.0) * sign(line / 2);
            memory.push(into);
            peak = peak.max(into.abs());
        }
        self.activity.hear(peak);
        out
    }
}

fn sign(line: usize) -> f32 {
    if SIGNS >> line & 1 == 0 { 1.0 } else { -1.0 }
}

/// Multiplies by the Hadamard matrix of order 16, scaled to keep the energy.
fn mix(signals: &mut [f32; LINES]) {
    let mut half = 1;
    while half < LINES {
        for pair in signals.chunks_exact_mut(2 * half) {
            let (first, second) = pair.split_at_mut(half);
            for (a, b) in first.iter_mut().zip(second) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        half *= 2;
    }
    signals.iter_mut().for_each(|signal| *signal *= 0.25);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_keeps_the_energy_and_undoes_itself() {
        let before: [f32; LINES] = std::array::from_fn(|line| (line as f32 * 0.7).sin());
        let mut after = before;
        mix(&mut after);
        let energy = |signals: &[f32]| signals.iter().map(|signal| signal * signal).sum::<f32>();
        assert!((energy(&after) - energy(&before)).abs() < 1e-5);
        assert!(after.iter().zip(&before).any(|(after, before)| (after - before).abs() > 0.1));
        mix(&mut after);
        assert!(after.iter().zip(&before).all(|(after, before)| (after - before).abs() < 1e-5));
    }
}

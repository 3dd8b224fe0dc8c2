//! A delay line, and a tap whose distance changes by a crossfade. AUDIO THREAD but for [`Line::new`], which allocates.

use super::tick::{Ramp, TICK_SAMPLES};

/// Highest sample rate for which lines have their full time; above it their longest time is shorter.
pub(super) const HIGHEST_RATE_HZ: f32 = 384_000.0;
/// Duration of the crossfade of a tap. Shorter makes a small change of distance audible as a click; longer delays a moving control, since
/// a tap finishes one crossfade before it starts another.
const TAP_FADE_S: f32 = 0.05;

/// The last samples of a signal. Clearing is one assignment, so that a reset costs the same however long the line is.
pub(super) struct Line {
    samples: Vec<f32>,
    /// Samples in use: no memory beyond them is ever touched.
    length: usize,
    /// Place of the next sample.
    next: usize,
    /// Samples pushed since the line was cleared, at most `length`.
    filled: usize,
}

impl Line {
    /// For `longest_s` seconds at [`HIGHEST_RATE_HZ`]. Allocates; not audio-thread safe.
    pub(super) fn new(longest_s: f32) -> Self {
        // Four more for interpolation.
        let capacity = (longest_s * HIGHEST_RATE_HZ).ceil() as usize + 4;
        Self { samples: vec![0.0; capacity], length: capacity, next: 0, filled: 0 }
    }

    /// Clears the line and sets its length to `longest_s` seconds at a rate, as far as its memory goes.
    pub(super) fn set_length(&mut self, longest_s: f32, rate_hz: f32) {
        self.length = ((longest_s * rate_hz).ceil() as usize + 4).min(self.samples.len());
        self.clear();
    }

    /// Largest distance that can be read.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    pub(super) fn clear(&mut self) {
        (self.next, self.filled) = (0, 0);
    }

    pub(super) fn push(&mut self, sample: f32) {
        if let Some(place) = self.samples.get_mut(self.next) {
            *place = sample;
        }
        self.next = if self.next + 1 < self.length { self.next + 1 } else { 0 };
        self.filled = (self.filled + 1).min(self.length);
    }

    /// The sample that was pushed `distance` pushes ago; 1 is the newest. 0 for what was never pushed.
    pub(super) fn read(&self, distance: usize) -> f32 {
        if distance == 0 || distance > self.filled {
            return 0.0;
        }
        let place = if distance <= self.next { self.next - distance } else { self.next + self.length - distance };
        self.samples.get(place).copied().unwrap_or(0.0)
    }

    /// The signal at a fractional distance from 2 on: third-order Lagrange interpolation.
    pub(super) fn read_between(&self, distance: f32) -> f32 {
        let whole = (distance as usize).max(2);
        let t = distance - whole as f32;
        let [a, b, c, d] = [whole - 1, whole, whole + 1, whole + 2].map(|distance| self.read(distance));
        let (below, above) = (t - 1.0, t - 2.0);
        -a * t * below * above / 6.0 + b * (t + 1.0) * below * above / 2.0 - c * (t + 1.0) * t * above / 2.0
            + d * (t + 1.0) * t * below / 6.0
    }
}

/// Where a line is read, in whole samples. A new distance is taken by a crossfade; the next one when that has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tap {
    here: usize,
    next: usize,
    /// Part of the crossfade that is over at both ends of the tick.
    fade: [f32; 2],
    /// Weight of `next` at both ends of the tick.
    weight: [f32; 2],
}

/// Weight of the new distance when a part of the crossfade is over: without a bend at either end, which a low tone would let be heard.
fn weight(part: f32) -> f32 {
    part * part * (3.0 - 2.0 * part)
}

impl Tap {
    pub(super) fn new() -> Self {
        Self { here: 1, next: 1, fade: [0.0; 2], weight: [0.0; 2] }
    }

    /// Takes a distance at once, for a line that is silent.
    pub(super) fn jump(&mut self, distance: usize) {
        *self = Self { here: distance.max(1), next: distance.max(1), ..Self::new() };
    }

    /// Moves by one tick towards a distance.
    pub(super) fn begin_tick(&mut self, distance: usize, rate_hz: f32) {
        let step = TICK_SAMPLES as f32 / (TAP_FADE_S * rate_hz);
        let [_, reached] = self.fade;
        if self.here != self.next && reached < 1.0 {
            self.fade = [reached, (reached + step).min(1.0)];
        } else {
            self.jump(self.next);
            if distance != self.here {
                (self.next, self.fade) = (distance.max(1), [0.0, step.min(1.0)]);
            }
        }
        self.weight = self.fade.map(weight);
    }

    /// Reads a line at sample `offset` of the tick.
    pub(super) fn read(&self, line: &Line, offset: usize) -> f32 {
        let here = line.read(self.here);
        if self.here == self.next {
            return here;
        }
        let [from, to] = self.weight;
        let weight = from + (to - from) * (offset as f32 / TICK_SAMPLES as f32);
        here + (line.read(self.next) - here) * weight
    }
}

/// Copies a ramp over the current tick as 32-bit numbers: value at its first sample, and its change per sample.
pub(super) fn slope(ramp: Ramp) -> [f32; 2] {
    let first = ramp.at(0);
    [first as f32, ((ramp.at(TICK_SAMPLES) - first) / TICK_SAMPLES as f64) as f32]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_back_what_was_pushed_and_silence_before_it() {
        let mut line = Line::new(0.001);
        line.set_length(0.001, 8_000.0);
        assert_eq!(line.length(), 12);
        for n in 1..=40u8 {
            line.push(f32::from(n));
            let wanted =
                |distance: usize| if distance <= usize::from(n).min(12) { usize::from(n) + 1 - distance } else { 0 };
            assert!((1..20).all(|distance| line.read(distance) == wanted(distance) as f32));
        }
        assert!((line.read_between(4.25) - 36.75).abs() < 1e-4, "a straight line is interpolated exactly");
        line.clear();
        assert_eq!((line.read(1), line.read(12)), (0.0, 0.0));
    }

    #[test]
    fn a_tap_moves_without_a_step_and_arrives() {
        let mut line = Line::new(0.01);
        (0..400).for_each(|n| line.push(n as f32 / 400.0));
        let mut tap = Tap::new();
        tap.jump(10);
        let mut last = tap.read(&line, 0);
        let mut heard = Vec::new();
        for tick in 0..60 {
            tap.begin_tick(if tick == 7 { 50 } else { 300 }, 48_000.0);
            heard.extend((0..TICK_SAMPLES).map(|offset| tap.read(&line, offset)));
        }
        for value in heard {
            assert!((value - last).abs() < 1e-3);
            last = value;
        }
        assert_eq!(last, line.read(300));
    }
}

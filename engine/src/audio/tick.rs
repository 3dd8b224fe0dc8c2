//! The 64-sample grid on which controls are read, and values that are smoothed on it. AUDIO THREAD: plain arithmetic.

/// Samples between two readings of the controls: 1.3 ms at 48 kHz. Shorter costs more per sample; longer delays controls and requests.
pub(super) const TICK_SAMPLES: usize = 64;

/// A value that changes linearly over one tick.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ramp {
    from: f64,
    to: f64,
}

impl Ramp {
    /// Constant 1.
    pub(super) const ONE: Self = Self { from: 1.0, to: 1.0 };

    /// A value that does not move.
    pub(super) fn still(value: f64) -> Self {
        Self { from: value, to: value }
    }

    /// From one value to another.
    pub(super) fn between(from: f64, to: f64) -> Self {
        Self { from, to }
    }

    /// The ramp between the sums at both ends of the tick.
    pub(super) fn plus(self, other: Self) -> Self {
        Self { from: self.from + other.from, to: self.to + other.to }
    }

    /// The ramp with `map` applied at both ends.
    pub(super) fn map(self, map: impl Fn(f64) -> f64) -> Self {
        Self { from: map(self.from), to: map(self.to) }
    }

    /// Whether the value is `value` over the whole tick.
    pub(super) fn is_still_at(self, value: f64) -> bool {
        self.from == value && self.to == value
    }

    /// The value, if it does not move.
    pub(super) fn still_value(self) -> Option<f64> {
        (self.from == self.to).then_some(self.from)
    }

    /// The ramp between the products at both ends of the tick.
    pub(super) fn times(self, other: Self) -> Self {
        Self { from: self.from * other.from, to: self.to * other.to }
    }

    /// Value at a sample of the tick; exact if both ends are equal.
    pub(super) fn at(&self, offset: usize) -> f64 {
        // By way of 16 bits, since compilers vectorise the conversion of small integers only.
        self.from + (self.to - self.from) * (f64::from(offset as u16) / TICK_SAMPLES as f64)
    }

    pub(super) fn maximum(&self) -> f64 {
        self.from.max(self.to)
    }
}

/// One-pole smoothing of a value, updated once per tick.
#[derive(Clone, Copy, Debug)]
pub(super) struct Smoothed {
    value: f64,
    last: f64,
    started: bool,
}

impl Smoothed {
    /// Distance below which the value is set to its target.
    const CLOSE: f64 = 1e-5;

    /// Takes its first target without smoothing.
    pub(super) const fn new() -> Self {
        Self { value: 0.0, last: 0.0, started: false }
    }

    /// Starts at `value`, with smoothing from there.
    pub(super) fn at(value: f64) -> Self {
        Self { value, last: value, started: true }
    }

    /// Moves by one tick: the fraction `pace`, (0, 1], of the distance to `target`.
    pub(super) fn step(&mut self, target: f64, pace: f64) {
        self.last = self.value;
        self.value += (target - self.value) * pace;
        if !self.started || (target - self.value).abs() < Self::CLOSE {
            self.value = target;
        }
        if !self.started {
            self.last = target;
            self.started = true;
        }
    }

    /// The value at the end of the current tick.
    pub(super) fn now(&self) -> f64 {
        self.value
    }

    /// The ramp over the current tick.
    pub(super) fn ramp(&self) -> Ramp {
        Ramp { from: self.last, to: self.value }
    }
}

/// Playback ratio of a number of semitones.
pub(super) fn ratio(semitones: f64) -> f64 {
    (semitones / 12.0).exp2()
}

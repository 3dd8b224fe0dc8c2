//! The 64-sample grid on which controls are read, and values that move along it. AUDIO THREAD: plain arithmetic.

/// Samples between two readings of the controls.
pub(super) const TICK_SAMPLES: usize = 64;

/// A value that moves in a straight line over one tick.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ramp {
    from: f64,
    to: f64,
}

impl Ramp {
    /// A factor of 1.
    pub(super) const ONE: Self = Self { from: 1.0, to: 1.0 };

    /// The product of two factors at both ends of the tick.
    pub(super) fn times(self, other: Self) -> Self {
        Self { from: self.from * other.from, to: self.to * other.to }
    }

    /// Value at a sample of the tick. Exact where nothing moves.
    pub(super) fn at(&self, offset: usize) -> f64 {
        self.from + (self.to - self.from) * (offset as f64 / TICK_SAMPLES as f64)
    }

    pub(super) fn maximum(&self) -> f64 {
        self.from.max(self.to)
    }
}

/// Follows a target tick by tick, without steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Smoothed {
    value: f64,
    last: f64,
    started: bool,
}

impl Smoothed {
    /// Closer than this the value is the target.
    const CLOSE: f64 = 1e-5;

    /// Takes its first target at once.
    pub(super) fn new() -> Self {
        Self { value: 0.0, last: 0.0, started: false }
    }

    /// At rest at a value.
    pub(super) fn at(value: f64) -> Self {
        Self { value, last: value, started: true }
    }

    /// Moves by one tick: the fraction `pace` of the way to `target`.
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

    /// The present tick, through `map` at both ends.
    pub(super) fn ramp(&self, map: impl Fn(f64) -> f64) -> Ramp {
        Ramp { from: map(self.last), to: map(self.value) }
    }
}

/// Playback ratio of a number of semitones.
pub(super) fn ratio(semitones: f64) -> f64 {
    (semitones / 12.0).exp2()
}

//! Low-frequency oscillators. AUDIO THREAD: plain arithmetic, once per tick.
//!
//! A value belongs to the end of a tick; what it moves lies on a line between two of them.

use super::shared_clock::{ClockTick, NoteClock, SharedClock, TickTime, cycle_and_part};
use crate::params::LfoControls;
use crate::random::hash;

/// Shapes in the order of the parameter's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Sine,
    Triangle,
    SawUp,
    SawDown,
    Square,
    Random,
    Wander,
}

impl Shape {
    fn of(value: f32) -> Self {
        match value.round() as i32 {
            ..=0 => Self::Sine,
            1 => Self::Triangle,
            2 => Self::SawUp,
            3 => Self::SawDown,
            4 => Self::Square,
            5 => Self::Random,
            _ => Self::Wander,
        }
    }

    /// Value at the part `part`, [0, 1], of the cycle with a number, [−1, 1].
    fn at(self, cycle: f64, part: f64, seed: u64) -> f64 {
        let random = |cycle: f64| signed_unit(seed, cycle as i64);
        match self {
            Self::Sine => (std::f64::consts::TAU * part).sin(),
            Self::Triangle => 4.0 * ((part + 0.75).fract() - 0.5).abs() - 1.0,
            Self::SawUp => 2.0 * part - 1.0,
            Self::SawDown => 1.0 - 2.0 * part,
            Self::Square => {
                if part < 0.5 {
                    1.0
                } else {
                    -1.0
                }
            }
            Self::Random => random(cycle),
            Self::Wander => {
                let (from, to) = (random(cycle), random(cycle + 1.0));
                from + (to - from) * part * part * (3.0 - 2.0 * part)
            }
        }
    }
}

/// A number in [−1, 1) that looks random.
fn signed_unit(seed: u64, cycle: i64) -> f64 {
    (hash(seed ^ hash(cycle as u64)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

/// Which notes share an LFO, and whether it repeats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LfoMode {
    #[default]
    Shared,
    PerNote,
    OneShot,
}

impl LfoMode {
    pub(super) fn of(value: f32) -> Self {
        match value.round() as i32 {
            ..=0 => Self::Shared,
            1 => Self::PerNote,
            _ => Self::OneShot,
        }
    }
}

/// What an LFO does during a tick.
#[derive(Clone, Copy, Debug)]
pub(super) struct LfoTick {
    shape: Shape,
    clock: ClockTick,
    /// Value of the shared one at the end of the tick.
    shared: f64,
}

impl LfoTick {
    /// Before the first tick.
    pub(super) const STILL: Self =
        Self { shape: Shape::Sine, clock: ClockTick { rate_hz: 0.0, shared: 0.0 }, shared: 0.0 };
}

/// The LFO that all notes share.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SharedLfo {
    clock: SharedClock,
}

impl SharedLfo {
    /// Moves by a tick.
    pub(super) fn begin_tick(&mut self, controls: &LfoControls, time: &TickTime, seed: u64) -> LfoTick {
        let clock = self.clock.begin_tick(controls.sync, f64::from(controls.rate_octaves.exp2()), time);
        let shape = Shape::of(controls.shape);
        LfoTick { shape, clock, shared: value(shape, clock.shared + f64::from(controls.phase), seed) }
    }
}

/// An LFO as a note hears it: its own, or the shared one behind the note's delay and fade.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NoteLfo {
    mode: LfoMode,
    phase: f64,
    delay_s: f64,
    fade_s: f64,
    seed: u64,
    age_s: f64,
    clock: NoteClock,
}

impl NoteLfo {
    /// Of a note that starts.
    pub(super) fn start(controls: &LfoControls, seed: u64) -> Self {
        Self {
            mode: LfoMode::of(controls.mode),
            phase: f64::from(controls.phase),
            delay_s: f64::from(controls.delay_s),
            fade_s: f64::from(controls.fade_s),
            seed,
            age_s: 0.0,
            clock: NoteClock::default(),
        }
    }

    /// Moves by `time_s` seconds.
    pub(super) fn advance(&mut self, tick: &LfoTick, time_s: f64) {
        let waits_s = (self.delay_s - self.age_s).max(0.0);
        self.age_s += time_s;
        self.clock.advance(&tick.clock, (time_s - waits_s).max(0.0));
    }

    /// Its value, [−1, 1].
    pub(super) fn value(&self, tick: &LfoTick) -> f64 {
        let since_s = self.age_s - self.delay_s;
        if since_s < 0.0 {
            return 0.0;
        }
        let fade = if self.fade_s > 0.0 { (since_s / self.fade_s).min(1.0) } else { 1.0 };
        let value = match self.mode {
            LfoMode::Shared => tick.shared,
            LfoMode::PerNote => value(tick.shape, self.clock.cycles() + self.phase, self.seed),
            LfoMode::OneShot => self.one_shot(tick.shape),
        };
        value * fade
    }

    /// One cycle, whose last value stays.
    fn one_shot(&self, shape: Shape) -> f64 {
        let cycles = self.clock.cycles();
        let place = cycles.min(1.0) + self.phase;
        let cycle = if cycles >= 1.0 && place > 0.0 { place.ceil() - 1.0 } else { place.floor() };
        shape.at(cycle, place - cycle, self.seed)
    }
}

/// Value of a shape after `cycles` cycles.
fn value(shape: Shape, cycles: f64, seed: u64) -> f64 {
    let (cycle, part) = cycle_and_part(cycles);
    shape.at(cycle, part, seed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Transport;

    const TICK_S: f64 = 64.0 / 48_000.0;
    const TOLERANCE: f64 = 1e-6;

    fn controls(shape: f32, rate_hz: f32, mode: f32) -> LfoControls {
        LfoControls { shape, rate_octaves: rate_hz.log2(), mode, ..LfoControls::default() }
    }

    /// Values at the ends of `ticks` ticks, and their moments in seconds.
    fn play(controls: &LfoControls, ticks: usize) -> Vec<(f64, f64)> {
        let (mut shared, mut note) = (SharedLfo::default(), NoteLfo::start(controls, 5));
        let transport = Transport::default();
        (1..=ticks)
            .map(|n| {
                let time = TickTime { transport: &transport, beat: None, tick_s: TICK_S };
                let tick = shared.begin_tick(controls, &time, 5);
                note.advance(&tick, TICK_S);
                (n as f64 * TICK_S, note.value(&tick))
            })
            .collect()
    }

    #[test]
    fn rate_and_phase_are_exact_for_shared_and_own() {
        for mode in [0.0, 1.0] {
            for (rate_hz, phase) in [(0.01_f32, 0.0_f32), (1.0, 0.25), (50.0, 0.6)] {
                let controls = LfoControls { phase, ..controls(0.0, rate_hz, mode) };
                let rate_hz = f64::from(controls.rate_octaves.exp2());
                for (time_s, value) in play(&controls, 20_000) {
                    let wanted = (std::f64::consts::TAU * (rate_hz * time_s + f64::from(phase))).sin();
                    assert!((value - wanted).abs() < TOLERANCE, "{rate_hz} Hz after {time_s} s: {value}");
                }
            }
        }
    }

    #[test]
    fn shapes_pass_through_their_corners() {
        let at = |shape: f32, part: f64| Shape::of(shape).at(0.0, part, 3);
        for (shape, values) in [
            (0.0, [0.0, 1.0, 0.0, -1.0]),
            (1.0, [0.0, 1.0, 0.0, -1.0]),
            (2.0, [-1.0, -0.5, 0.0, 0.5]),
            (3.0, [1.0, 0.5, 0.0, -0.5]),
            (4.0, [1.0, 1.0, -1.0, -1.0]),
        ] {
            for (quarter, wanted) in values.into_iter().enumerate() {
                let found = at(shape, quarter as f64 / 4.0);
                assert!((found - wanted).abs() < TOLERANCE, "shape {shape}, quarter {quarter}: {found}");
            }
        }
    }

    #[test]
    fn random_shapes_repeat_by_seed_and_wander_has_no_step() {
        let steps = play(&controls(5.0, 10.0, 1.0), 2_000);
        assert_eq!(steps, play(&controls(5.0, 10.0, 1.0), 2_000));
        let distinct = steps.windows(2).filter(|pair| pair[0].1 != pair[1].1).count();
        assert!((24..=27).contains(&distinct), "{distinct} steps in 2.7 s at 10 Hz");
        let wander = play(&controls(6.0, 10.0, 1.0), 2_000);
        let widest = wander.windows(2).map(|pair| (pair[0].1 - pair[1].1).abs()).fold(0.0, f64::max);
        assert!(widest < 3.0 * 10.0 * TICK_S + TOLERANCE, "{widest}");
        assert!(wander.iter().chain(&steps).all(|(_, value)| value.abs() <= 1.0));
    }

    #[test]
    fn a_one_shot_keeps_its_last_value() {
        for (shape, last) in [(0.0, 0.0), (1.0, 0.0), (2.0, 1.0), (3.0, -1.0), (4.0, -1.0)] {
            let values = play(&controls(shape, 5.0, 2.0), 1_000);
            assert!((values[999].1 - last).abs() < TOLERANCE, "shape {shape}: {}", values[999].1);
            assert_eq!(values[999].1, values[500].1);
        }
    }

    #[test]
    fn delay_and_fade_come_before_the_full_amount() {
        for mode in [0.0, 1.0] {
            let controls = LfoControls { delay_s: 0.5, fade_s: 1.0, ..controls(4.0, 1e-2, mode) };
            for (time_s, value) in play(&controls, 2_000) {
                let wanted = (time_s - 0.5).clamp(0.0, 1.0);
                assert!((value - wanted).abs() < TOLERANCE, "after {time_s} s: {value}");
            }
        }
    }

    #[test]
    fn a_synced_one_lies_on_the_beat_and_runs_at_the_tempo() {
        let controls = LfoControls { sync: 9.0, ..controls(2.0, 1.0, 0.0) };
        let transport = Transport { tempo_bpm: 90.0, beat: Some(0.0) };
        let mut lfo = SharedLfo::default();
        for beat in [0.0, 17.25, 3.9, -0.5] {
            let time = TickTime { transport: &transport, beat: Some(beat), tick_s: TICK_S };
            let tick = lfo.begin_tick(&controls, &time, 0);
            let wanted = 2.0 * (beat + 1.5 * TICK_S).rem_euclid(1.0) - 1.0;
            assert!((tick.shared - wanted).abs() < TOLERANCE, "beat {beat}: {}", tick.shared);
            assert_eq!(tick.clock.rate_hz, 1.5);
        }
    }
}

//! Clocks of what repeats: one for all notes, and one for each note. AUDIO THREAD: plain arithmetic, once per tick.

use crate::params::{Transport, division_beats};

/// Parts of a cycle below this are rounding: hosts tell positions that differ by as much between block sizes.
const PHASE_STEPS: f64 = 4_294_967_296.0;

/// Musical time of a tick.
#[derive(Clone, Copy, Debug)]
pub(super) struct TickTime<'a> {
    pub(super) transport: &'a Transport,
    /// Position in beats at which the tick begins, while the transport runs.
    pub(super) beat: Option<f64>,
    pub(super) tick_s: f64,
}

/// The clock that all notes share.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SharedClock {
    cycles: f64,
}

/// What a clock does during a tick.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ClockTick {
    /// Cycles per second.
    pub(super) rate_hz: f64,
    /// Cycles of the shared clock at the end of the tick.
    pub(super) shared: f64,
}

impl SharedClock {
    /// Moves by a tick: a cycle takes the note value `sync`, or follows from `free_hz`. A synced one lies on the beats while the transport runs.
    pub(super) fn begin_tick(&mut self, sync: f32, free_hz: f64, time: &TickTime) -> ClockTick {
        let beats = division_beats(sync);
        let beats_per_s = time.transport.tempo_bpm / 60.0;
        let rate_hz = beats.map_or(free_hz, |beats| beats_per_s / beats);
        self.cycles = match beats.zip(time.beat) {
            Some((beats, beat)) => (beat + time.tick_s * beats_per_s) / beats,
            None => self.cycles + time.tick_s * rate_hz,
        };
        ClockTick { rate_hz, shared: self.cycles }
    }
}

/// The clock of a note.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NoteClock {
    cycles: f64,
}

impl NoteClock {
    /// Moves by `time_s` seconds.
    pub(super) fn advance(&mut self, tick: &ClockTick, time_s: f64) {
        self.cycles += time_s * tick.rate_hz;
    }

    /// Cycles since the note began.
    pub(super) fn cycles(&self) -> f64 {
        self.cycles
    }
}

/// The number of a cycle and the part of it, [0, 1), after `cycles` cycles.
pub(super) fn cycle_and_part(cycles: f64) -> (f64, f64) {
    let place = (cycles * PHASE_STEPS).round() / PHASE_STEPS;
    let cycle = place.floor();
    (cycle, place - cycle)
}

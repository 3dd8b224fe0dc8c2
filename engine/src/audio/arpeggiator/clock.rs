//! When a step is due: on the beats of the host while its transport runs, else on those of a clock that starts with the first key. AUDIO
//! THREAD: plain arithmetic.

use super::super::tick::TICK_SAMPLES;
use crate::params::Transport;

/// How many samples before its exact place a step may be played. A step that lies on a sample is thereby played on it, even if the host's
/// positions are off by a little. No simple fraction, so that no grid lies on the edge.
const EARLY_SAMPLES: f64 = 0.2371;

/// A position in beats that moves with the samples.
#[derive(Clone, Copy, Debug)]
struct Position {
    /// Beats at the place where it was set.
    beat: f64,
    /// Samples since.
    samples: usize,
    beats_per_sample: f64,
}

impl Position {
    fn new(beat: f64, tempo_bpm: f64, rate_hz: f32) -> Self {
        Self { beat, samples: 0, beats_per_sample: tempo_bpm / 60.0 / f64::from(rate_hz) }
    }

    fn now(&self) -> f64 {
        self.beat + self.samples as f64 * self.beats_per_sample
    }
}

/// The clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// The host's position while its transport runs.
    host: Option<Position>,
    /// Set anew at every tick, so that its sums do not depend on how a tick is split.
    free: Position,
    /// Beat of the free clock on which its steps begin.
    origin: f64,
    /// Whether a step was played at the current sample.
    has_stepped: bool,
}

impl Clock {
    pub(super) fn new() -> Self {
        let free = Position { beat: 0.0, samples: 0, beats_per_sample: 0.0 };
        Self { host: None, free, origin: 0.0, has_stepped: false }
    }

    /// Takes tempo and position at the first sample of a call. When the transport stops, the free clock goes on in step with it.
    pub(super) fn begin_call(&mut self, transport: Transport, rate_hz: f32) {
        let before = self.host;
        self.host = transport.beat.map(|beat| Position::new(beat, transport.tempo_bpm, rate_hz));
        if let Some(before) = before.filter(|_| self.host.is_none()) {
            self.origin = self.free.now() - before.now();
        }
    }

    /// Takes the tempo of a tick for the free clock.
    pub(super) fn begin_tick(&mut self, transport: &Transport, rate_hz: f32) {
        self.free = Position::new(self.free.now(), transport.tempo_bpm, rate_hz);
    }

    /// The free clock's steps begin now.
    pub(super) fn start(&mut self) {
        self.origin = self.free.now();
    }

    /// Samples until the next step.
    pub(super) fn due_samples(&self, step_beats: f64) -> usize {
        let (position, origin) = self.host.map_or((self.free, self.origin), |host| (host, 0.0));
        let pace = position.beats_per_sample;
        if pace <= 0.0 {
            return TICK_SAMPLES;
        }
        let now = position.now();
        let first = f64::from(u8::from(self.has_stepped));
        // A step that lies between the last sample and this one is due now.
        let from = now + (first - 1.0 + EARLY_SAMPLES) * pace;
        let next = origin + ((from - origin) / step_beats).ceil() * step_beats;
        ((next - now) / pace - EARLY_SAMPLES).ceil().max(first) as usize
    }

    /// A length in samples, at least one.
    pub(super) fn length_samples(&self, beats: f64) -> usize {
        let pace = self.host.unwrap_or(self.free).beats_per_sample;
        if pace > 0.0 { ((beats / pace).round() as usize).max(1) } else { 1 }
    }

    /// A step is played at the current sample.
    pub(super) fn step(&mut self) {
        self.has_stepped = true;
    }

    /// `count` samples go by.
    pub(super) fn advance(&mut self, count: usize) {
        self.has_stepped &= count == 0;
        self.free.samples += count;
        if let Some(host) = &mut self.host {
            host.samples += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples at which steps fall within `length` samples, called in blocks.
    fn steps(block: usize, first_beat: Option<f64>, step_beats: f64, tempo_bpm: f64) -> Vec<usize> {
        const RATE_HZ: f32 = 44_100.0;
        let mut clock = Clock::new();
        let mut found = Vec::new();
        for sample in 0..100_000 {
            if sample % block == 0 {
                let beat = first_beat.map(|beat| beat + sample as f64 * tempo_bpm / 60.0 / f64::from(RATE_HZ));
                clock.begin_call(Transport { tempo_bpm, beat }, RATE_HZ);
            }
            if sample % TICK_SAMPLES == 0 {
                clock.begin_tick(&Transport { tempo_bpm, beat: None }, RATE_HZ);
            }
            if clock.due_samples(step_beats) == 0 {
                clock.step();
                found.push(sample);
            }
            clock.advance(1);
        }
        found
    }

    #[test]
    fn every_step_falls_once_within_a_sample_of_its_place_in_any_blocks() {
        for (tempo_bpm, step_beats) in [(120.0, 0.25), (87.3, 1.0 / 6.0), (999.0, 0.0625), (33.3, 1.5)] {
            let step_samples = step_beats * 60.0 / tempo_bpm * 44_100.0;
            for first_beat in [None, Some(0.0), Some(7.013), Some(-0.6)] {
                let reference = steps(64, first_beat, step_beats, tempo_bpm);
                let beat = first_beat.unwrap_or(0.0) / step_beats;
                for (index, sample) in reference.iter().enumerate() {
                    let place = (beat.ceil() - beat + index as f64) * step_samples;
                    assert!((*sample as f64 - place).abs() < 1.0, "{tempo_bpm}, {first_beat:?}: {sample} for {place}");
                }
                for block in [1, 17, 333, 8192] {
                    assert_eq!(steps(block, first_beat, step_beats, tempo_bpm), reference, "blocks of {block}");
                }
            }
        }
    }
}

//! From the ticks of a MIDI file to samples and beats. Plain arithmetic in whole numbers: no error adds up over a song.

use crate::params::Transport;

/// Microseconds of a quarter note until the first tempo: 120 per minute, as the format says.
const FIRST_QUARTER_US: u32 = 500_000;
const MICROSECONDS: u128 = 1_000_000;

/// A stretch of constant tempo.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stretch {
    /// Where it begins, in ticks.
    tick: u64,
    /// Where it begins, in the map's units of time.
    time: u128,
    /// Units of time of one tick.
    tick_units: u128,
    /// Quarter notes per minute.
    tempo_bpm: f64,
}

/// What a tick is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Division {
    /// A part of a quarter note, whose length follows the tempo.
    Quarter {
        /// Ticks of a quarter note.
        ticks: u16,
    },
    /// A part of a second (SMPTE), whatever the tempo.
    Second,
}

/// Where each tick lies in time.
#[derive(Clone, Debug, PartialEq)]
pub struct TempoMap {
    division: Division,
    /// Units of time per second.
    second_units: u128,
    /// Never empty, sorted by tick.
    stretches: Vec<Stretch>,
}

impl TempoMap {
    /// With `ticks` ticks to the quarter note, at 120 quarter notes per minute; none for 0 ticks.
    pub fn of_quarters(ticks: u16) -> Option<Self> {
        let division = Division::Quarter { ticks };
        // A unit is a microsecond divided by the ticks of a quarter note.
        (ticks > 0).then(|| Self {
            division,
            second_units: u128::from(ticks) * MICROSECONDS,
            stretches: vec![stretch_of(FIRST_QUARTER_US)],
        })
    }

    /// With `frames` / `seconds` frames per second of `ticks` ticks each; none for 0 of any.
    pub fn of_frames(frames: u32, seconds: u32, ticks: u8) -> Option<Self> {
        (frames > 0 && seconds > 0 && ticks > 0).then(|| Self {
            division: Division::Second,
            second_units: u128::from(frames) * u128::from(ticks),
            stretches: vec![Stretch { tick_units: u128::from(seconds), ..stretch_of(FIRST_QUARTER_US) }],
        })
    }

    /// A quarter note takes `quarter_us` microseconds from `tick` on, which is not before the last change. Where ticks are parts of a
    /// second that does not move them.
    pub fn set_tempo(&mut self, tick: u64, quarter_us: u32) {
        let Some(last) = self.stretches.last().copied().filter(|_| quarter_us > 0) else { return };
        let time = last.time + u128::from(tick.saturating_sub(last.tick)) * last.tick_units;
        let mut next = Stretch { tick, time, ..stretch_of(quarter_us) };
        if self.division == Division::Second {
            next.tick_units = last.tick_units;
        }
        if last.tick == tick {
            self.stretches.pop();
        }
        self.stretches.push(next);
    }

    /// The sample nearest to a tick at `rate_hz` samples per second.
    #[must_use]
    pub fn sample_at(&self, tick: u64, rate_hz: u32) -> u64 {
        let after = self.stretches.partition_point(|stretch| stretch.tick <= tick);
        let Some(stretch) = self.stretches.get(after.saturating_sub(1)) else { return 0 };
        let time = stretch.time + u128::from(tick - stretch.tick) * stretch.tick_units;
        let sample = (time * u128::from(rate_hz) + self.second_units / 2) / self.second_units;
        u64::try_from(sample).unwrap_or(u64::MAX)
    }

    /// Tempo and position in quarter notes at a sample.
    #[must_use]
    pub fn transport_at(&self, sample: u64, rate_hz: u32) -> Transport {
        let rate = u128::from(rate_hz.max(1));
        let time = u128::from(sample) * self.second_units;
        let after = self.stretches.partition_point(|stretch| stretch.time * rate <= time);
        let Some(stretch) = self.stretches.get(after.saturating_sub(1)) else { return Transport::default() };
        let since = (time - stretch.time * rate) as f64 / rate as f64;
        Transport { tempo_bpm: stretch.tempo_bpm, beat: Some(self.beat_at(stretch, since)) }
    }

    /// Position in quarter notes, `since` units of time after `stretch` began.
    fn beat_at(&self, stretch: &Stretch, since: f64) -> f64 {
        match self.division {
            Division::Quarter { ticks } => (stretch.tick as f64 + since / stretch.tick_units as f64) / f64::from(ticks),
            Division::Second => {
                let seconds = |units: u128| units as f64 / self.second_units as f64;
                let beats = |part: &Stretch, end: u128| seconds(end - part.time) * part.tempo_bpm / 60.0;
                let before = self.stretches.windows(2).take_while(|pair| pair[1].time <= stretch.time);
                let passed: f64 = before.map(|pair| beats(&pair[0], pair[1].time)).sum();
                passed + since / self.second_units as f64 * stretch.tempo_bpm / 60.0
            }
        }
    }
}

/// A stretch from tick 0 on whose quarter notes take `quarter_us` microseconds.
fn stretch_of(quarter_us: u32) -> Stretch {
    Stretch { tick: 0, time: 0, tick_units: u128::from(quarter_us), tempo_bpm: 60e6 / f64::from(quarter_us) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_tempo_moves_what_follows_and_nothing_before() {
        let mut map = TempoMap::of_quarters(480).expect("ticks");
        map.set_tempo(960, 1_000_000);
        map.set_tempo(1_440, 250_000);
        let at = |tick| map.sample_at(tick, 48_000);
        assert_eq!([0, 480, 960, 1_200, 1_440, 1_920].map(at), [0, 24_000, 48_000, 72_000, 96_000, 108_000]);
        let transport = map.transport_at(72_000, 48_000);
        assert_eq!((transport.tempo_bpm, transport.beat), (60.0, Some(2.5)));
        assert_eq!(map.transport_at(108_000, 48_000).beat, Some(4.0));
    }

    #[test]
    fn ticks_of_a_second_do_not_follow_the_tempo() {
        let mut map = TempoMap::of_frames(30_000, 1_001, 80).expect("ticks");
        map.set_tempo(2_400, 1_000_000);
        assert_eq!(map.sample_at(24_000, 1_000), 10_010);
        let transport = map.transport_at(10_010, 1_000);
        assert!((transport.beat.unwrap() - (1.001 * 2.0 + 9.009)).abs() < 1e-9, "{transport:?}");
    }

    #[test]
    fn extremes_do_not_overflow_and_nothing_divides_by_zero() {
        assert_eq!((TempoMap::of_quarters(0), TempoMap::of_frames(25, 1, 0)), (None, None));
        let mut map = TempoMap::of_quarters(1).expect("ticks");
        map.set_tempo(0, 0xff_ffff);
        map.set_tempo(u64::MAX / 2, 1);
        assert!(map.sample_at(u64::MAX, 768_000) > u64::MAX / 2);
        assert!(map.transport_at(u64::MAX, 768_000).tempo_bpm.is_finite());
    }
}

//! The outline of a recording for display: smallest and largest sample of short stretches, in bounded memory however long
//! the recording is.
//!
//! Worker and main threads only.

use super::mix::{Mix, Mixer};
use super::sink::Sink;

/// Most stretches that are kept (512 KiB); beyond them two become one.
const MOST: usize = 1 << 16;
/// Samples of the shortest stretch: finer than a screen shows of two seconds.
const SHORTEST: usize = 32;

/// Lowest and highest level of each stretch of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    rate_hz: u32,
    /// Samples of a stretch.
    stretch: usize,
    levels: Vec<(f32, f32)>,
    seen: u64,
}

impl Outline {
    /// Of nothing so far.
    fn new(rate_hz: u32) -> Self {
        Self { rate_hz, stretch: SHORTEST, levels: Vec::new(), seen: 0 }
    }

    /// Of samples.
    #[must_use]
    pub fn of(samples: &[f32], rate_hz: u32) -> Self {
        let mut outline = Self::new(rate_hz);
        samples.iter().for_each(|sample| outline.push(*sample));
        outline
    }

    /// Length of what was read, in seconds.
    #[must_use]
    pub fn length_s(&self) -> f64 {
        self.seen as f64 / f64::from(self.rate_hz)
    }

    /// Lowest and highest level in each of `count` columns from `from_s` to `to_s`, in seconds; `(0, 0)` outside.
    pub fn columns(&self, from_s: f64, to_s: f64, count: usize) -> impl Iterator<Item = (f32, f32)> {
        let per_s = f64::from(self.rate_hz) / self.stretch as f64;
        let edge = move |column: usize| (from_s + (to_s - from_s) * column as f64 / count as f64) * per_s;
        (0..count).map(move |column| {
            let (from, to) = (edge(column), edge(column + 1));
            if to <= 0.0 {
                return (0.0, 0.0);
            }
            let from = from.max(0.0) as usize;
            let to = (to.ceil() as usize).clamp(from + 1, self.levels.len().max(from + 1));
            let part = self.levels.get(from..to).unwrap_or_default();
            part.iter().copied().reduce(union).unwrap_or_default()
        })
    }

    fn push(&mut self, sample: f32) {
        let begins = self.seen.is_multiple_of(self.stretch as u64);
        if begins && self.levels.len() == MOST {
            self.halve();
        }
        self.seen += 1;
        match self.levels.last_mut() {
            Some(last) if !begins => *last = union(*last, (sample, sample)),
            _ => self.levels.push((sample, sample)),
        }
    }

    fn halve(&mut self) {
        let pairs = self.levels.chunks(2).map(|pair| pair.iter().copied().reduce(union).unwrap_or_default());
        self.levels = pairs.collect();
        self.stretch *= 2;
    }
}

/// Draws the outline of a stream.
pub(super) struct Tracer {
    outline: Outline,
    mixer: Mixer,
    limit: u64,
}

impl Tracer {
    /// Of at most `limit_s` seconds.
    pub(super) fn new(rate_hz: u32, limit_s: f64, mix: Mix) -> Self {
        let limit = (limit_s * f64::from(rate_hz)).round() as u64;
        Self { outline: Outline::new(rate_hz), mixer: Mixer::new(mix), limit }
    }

    /// The loudest channel where the channels cancel in the mean.
    pub(super) fn cancelled(&self) -> Option<usize> {
        self.mixer.cancelled()
    }

    /// What was drawn.
    pub(super) fn finish(self) -> Outline {
        self.outline
    }
}

impl Sink for Tracer {
    fn seen(&self) -> u64 {
        self.outline.seen
    }

    fn is_full(&self) -> bool {
        self.outline.seen >= self.limit
    }

    fn take(&mut self, frame: &[f32]) {
        self.mixer.weigh(frame);
        self.outline.push(self.mixer.mono(frame));
    }
}

fn union(a: (f32, f32), b: (f32, f32)) -> (f32, f32) {
    (a.0.min(b.0), a.1.max(b.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A quiet sound with one peak of 1 at `place` and one of −1 right behind it.
    fn spike(length: usize, place: usize) -> Vec<f32> {
        let mut samples = vec![0.1; length];
        (samples[place], samples[place + 1]) = (1.0, -1.0);
        samples
    }

    #[test]
    fn a_peak_is_seen_where_it_is_at_every_length() {
        for length in [1_000, 44_100, 10_000_000] {
            let place = length * 7 / 10;
            let outline = Outline::of(&spike(length, place), 44_100);
            assert!(outline.levels.len() <= MOST);
            let length_s = length as f64 / 44_100.0;
            assert!((outline.length_s() - length_s).abs() < 1e-9);
            let columns: Vec<_> = outline.columns(0.0, length_s, 10).collect();
            assert_eq!(columns[7], (-1.0, 1.0), "{length} samples");
            assert_eq!((columns[3], columns[9]), ((0.1, 0.1), (0.1, 0.1)), "{length} samples");
        }
    }

    #[test]
    fn a_part_is_seen_larger_and_nothing_outside() {
        let outline = Outline::of(&spike(44_100, 22_050), 44_100);
        let near: Vec<_> = outline.columns(0.49, 0.51, 20).collect();
        assert!(near.contains(&(-1.0, 1.0)) && near[0] == (0.1, 0.1));
        // Narrower than a stretch: every column shows the one that it lies in.
        assert!(outline.columns(0.2, 0.2001, 50).all(|column| column == (0.1, 0.1)));
        assert!(outline.columns(-2.0, -1.0, 4).chain(outline.columns(1.5, 3.0, 4)).all(|column| column == (0.0, 0.0)));
    }

    #[test]
    fn it_ends_at_its_limit() {
        let mut tracer = Tracer::new(1000, 2.0, Mix::Mean);
        while !tracer.is_full() {
            tracer.take(&[0.0]);
        }
        assert_eq!(tracer.finish().length_s(), 2.0);
    }
}

//! How much the envelope of a sound comes again: its autocorrelation, kept while the sound grows.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use super::levels::FRAMES_PER_S;

/// Lags that count, in frames: 0.2 to 10 s.
const LAGS: RangeInclusive<usize> = FRAMES_PER_S / 5..=10 * FRAMES_PER_S;
/// What is older than so many frames is forgotten bit by bit.
const MEMORY: f64 = 4000.0;

/// The autocorrelation of an envelope about a known mean.
#[derive(Clone)]
pub(super) struct Recurrence {
    mean: f32,
    /// The newest last.
    past: VecDeque<f32>,
    /// One for each lag.
    sums: Vec<f64>,
    energy: f64,
    frames: f64,
}

impl Recurrence {
    /// Of nothing so far.
    pub fn new(mean: f32) -> Self {
        let lags = LAGS.count();
        Self { mean, past: VecDeque::new(), sums: vec![0.0; lags], energy: 0.0, frames: 0.0 }
    }

    /// The highest autocorrelation of an envelope.
    pub fn of(envelope: &[f32]) -> f32 {
        let mut whole = Self::new(envelope.iter().sum::<f32>() / envelope.len().max(1) as f32);
        whole.add(envelope);
        whole.excess(&[], 0.0).1
    }

    /// Takes the next frames.
    pub fn add(&mut self, envelope: &[f32]) {
        let kept = if self.frames > MEMORY { 1.0 - envelope.len() as f64 / MEMORY } else { 1.0 }.max(0.0);
        self.sums.iter_mut().for_each(|sum| *sum *= kept);
        self.energy *= kept;
        self.frames *= kept;
        for value in envelope {
            let value = value - self.mean;
            let lagged = self.past.iter().rev().skip(LAGS.start() - 1);
            self.sums.iter_mut().zip(lagged).for_each(|(sum, past)| *sum += f64::from(value * past));
            self.energy += f64::from(value).powi(2);
            self.frames += 1.0;
            self.past.push_back(value);
            if self.past.len() > *LAGS.end() {
                self.past.pop_front();
            }
        }
    }

    /// If these frames followed: the sum over the lags of what of the autocorrelation would be above `limit`, and its highest value. Lags
    /// above half the length do not count.
    pub fn excess(&self, envelope: &[f32], limit: f32) -> (f32, f32) {
        let next: Vec<f32> = envelope.iter().map(|value| value - self.mean).collect();
        let energy = self.energy + next.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>();
        let frames = self.frames + next.len() as f64;
        let (mut excess, mut highest) = (0.0, 0.0_f32);
        for (lag, sum) in LAGS.zip(&self.sums) {
            if 2.0 * lag as f64 > frames || lag > self.past.len() {
                break;
            }
            // The new frames are shorter than the least lag: only the past is met.
            let met = self.past.iter().skip(self.past.len() - lag).zip(&next);
            let more: f32 = met.map(|(past, next)| past * next).sum();
            let share = (frames - lag as f64) / frames;
            let correlation = ((sum + f64::from(more)) / (energy * share).max(1e-30)) as f32;
            excess += (correlation - limit).max(0.0);
            highest = highest.max(correlation);
        }
        (excess, highest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texture::random::Random;

    #[test]
    fn what_comes_again_stands_out_and_would_be_told_before() {
        let mut random = Random::new(2);
        let noise: Vec<f32> = (0..1000).map(|_| random.unit()).collect();
        assert!(Recurrence::of(&noise) < 0.25);
        let again = [&noise[..300], &noise[..300], &noise[..300]].concat();
        assert!(Recurrence::of(&again) > 0.9);
        let mut growing = Recurrence::new(0.5);
        growing.add(&noise[..300]);
        for part in noise[..120].chunks(15) {
            growing.add(part);
        }
        let (same, other) = (&noise[120..135], &noise[500..515]);
        assert!(growing.excess(same, 0.1).0 > growing.excess(other, 0.1).0 + 0.02);
    }
}

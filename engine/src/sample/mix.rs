//! From the channels of a file to mono: their mean, or the loudest one where they cancel in it.
//!
//! Worker and main threads only. Whether channels cancel is known only after they were read, so a file whose channels do is
//! read twice: no channel has to be kept.

/// The mean cancels the channels when its energy is below this part of what it is for channels that have nothing to do with each
/// other: −10 dB, for two channels of equal level a correlation of −0.9. A sound in one channel of two alone stays 7 dB above it.
const CANCELLED: f64 = 0.1;

/// How frames become mono.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mix {
    /// The mean of the channels.
    Mean,
    /// One channel alone, counted from 0.
    Only(usize),
}

/// Makes frames mono and sums what the channels and their mean hold.
pub(super) struct Mixer {
    mix: Mix,
    /// Sum of squares of each channel.
    channels: Vec<f64>,
    /// Sum of squares of the mean.
    mean: f64,
}

impl Mixer {
    /// One that has seen nothing.
    pub fn new(mix: Mix) -> Self {
        Self { mix, channels: Vec::new(), mean: 0.0 }
    }

    /// A frame as mono.
    pub fn mono(&self, frame: &[f32]) -> f32 {
        match (self.mix, frame) {
            (_, [only]) => *only,
            (Mix::Mean, _) => mean(frame) as f32,
            (Mix::Only(channel), _) => frame.get(channel).copied().unwrap_or_default(),
        }
    }

    /// Counts a frame among those that decide whether the channels cancel.
    pub fn weigh(&mut self, frame: &[f32]) {
        if frame.len() < 2 {
            return;
        }
        if self.channels.len() < frame.len() {
            self.channels.resize(frame.len(), 0.0);
        }
        for (sum, value) in self.channels.iter_mut().zip(frame) {
            *sum += f64::from(*value).powi(2);
        }
        self.mean += mean(frame).powi(2);
    }

    /// The loudest channel where the mean cancels the channels.
    pub fn cancelled(&self) -> Option<usize> {
        let all: f64 = self.channels.iter().sum();
        let unrelated = all / (self.channels.len() as f64).powi(2);
        // Of equally loud channels the first one.
        let loudest = self.channels.iter().enumerate().rev().max_by(|(_, a), (_, b)| a.total_cmp(b))?;
        (self.mix == Mix::Mean && all > 0.0 && self.mean < CANCELLED * unrelated).then_some(loudest.0)
    }

    /// Channels of the frames that were weighed; 0 for mono.
    pub fn channel_count(&self) -> usize {
        self.channels.len()
    }
}

/// In double precision: the sum of finite single-precision values stays finite.
fn mean(frame: &[f32]) -> f64 {
    frame.iter().map(|value| f64::from(*value)).sum::<f64>() / frame.len() as f64
}

/// What the user is told of a file whose channels cancel.
pub(super) fn note(channel: usize, count: usize) -> String {
    let which = match (channel, count) {
        (0, 2) => "the left one".to_owned(),
        (1, 2) => "the right one".to_owned(),
        _ => format!("channel {}", channel + 1),
    };
    format!("the channels cancel when mixed; used {which}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cancelled(frames: impl Iterator<Item = Vec<f32>>) -> Option<usize> {
        let mut mixer = Mixer::new(Mix::Mean);
        frames.for_each(|frame| mixer.weigh(&frame));
        mixer.cancelled()
    }

    fn tone(n: usize) -> f32 {
        (n as f32 * 0.1).sin()
    }

    #[test]
    fn channels_cancel_when_one_is_nearly_the_other_upside_down() {
        for level in [1.0, 0.9, 0.75] {
            assert_eq!(cancelled((0..1_000).map(|n| vec![tone(n), -level * tone(n)])), Some(0), "{level}");
            assert_eq!(cancelled((0..1_000).map(|n| vec![-level * tone(n), 1.1 * tone(n)])), Some(1), "{level}");
        }
        let four = (0..1_000).map(|n| vec![0.5 * tone(n), -0.5 * tone(n), tone(n), -tone(n)]);
        assert_eq!(cancelled(four), Some(2));
    }

    #[test]
    fn other_channels_are_mixed() {
        assert_eq!(cancelled((0..1_000).map(|n| vec![tone(n)])), None);
        assert_eq!(cancelled((0..1_000).map(|_| vec![0.0, 0.0])), None);
        assert_eq!(cancelled((0..1_000).map(|n| vec![tone(n), tone(n)])), None);
        assert_eq!(cancelled((0..1_000).map(|n| vec![tone(n), tone(3 * n)])), None, "channels of their own");
        for channels in [2, 6, 8] {
            let one = (0..1_000).map(|n| (0..channels).map(|c| if c == 1 { tone(n) } else { 0.0 }).collect());
            assert_eq!(cancelled(one), None, "one of {channels}");
        }
        assert_eq!(Mixer::new(Mix::Mean).mono(&[1.0, 0.0]), 0.5);
        assert_eq!(Mixer::new(Mix::Only(1)).mono(&[1.0, 0.25]), 0.25);
        assert!(Mixer::new(Mix::Mean).mono(&[f32::MAX, f32::MAX]).is_finite());
    }
}

//! The saturation before the filter: x / √(1 + x²). AUDIO THREAD: plain arithmetic.
//!
//! Each output is the mean of the curve between two samples, which keeps most of what would be folded back below the Nyquist frequency out
//! of the sound (Parker, Zavalishin, Le Bivic 2016). The integral of the curve is √(1 + x²), so the mean between a and b is
//! (a + b) / (√(1 + a²) + √(1 + b²)), without a division by their distance.

use super::super::playback::Piece;
use super::super::tick::TICK_SAMPLES;
use crate::link::MAX_CHANNELS;
use crate::units::db_to_gain;

/// Drive up to which the saturated sound is mixed in, so that it comes without a step.
const WHOLE_DB: f32 = 6.0;

/// Gain into the curve, and level of the saturated sound against the plain one, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Amount {
    gain: f32,
    mix: f32,
}

impl Amount {
    fn new(drive_db: f32) -> Self {
        Self { gain: db_to_gain(drive_db), mix: (drive_db / WHOLE_DB).clamp(0.0, 1.0) }
    }
}

/// The saturation with its memory.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Saturation {
    from: Amount,
    to: Amount,
    /// The last sample of each channel.
    last: [f32; MAX_CHANNELS],
}

impl Saturation {
    pub(super) fn new(drive_db: f32) -> Self {
        let to = Amount::new(drive_db);
        Self { from: to, to, last: [0.0; MAX_CHANNELS] }
    }

    /// Takes the drive at the end of the tick that begins.
    pub(super) fn begin_tick(&mut self, drive_db: f32) {
        self.from = self.to;
        self.to = Amount::new(drive_db);
    }

    /// Saturates the first `count` samples of each channel in place, from sample `offset` of the tick on.
    pub(super) fn process(&mut self, sound: &mut Piece, channels: usize, count: usize, offset: usize) {
        if self.from.mix == 0.0 && self.to.mix == 0.0 {
            return self.remember(sound, channels, count);
        }
        for (samples, last) in sound.iter_mut().zip(&mut self.last).take(channels) {
            for (index, sample) in samples.iter_mut().take(count).enumerate() {
                let at = (offset + index + 1) as f32 / TICK_SAMPLES as f32;
                let gain = self.from.gain + (self.to.gain - self.from.gain) * at;
                let mix = self.from.mix + (self.to.mix - self.from.mix) * at;
                let (before, now) = (*last * gain, *sample * gain);
                let root = |x: f32| (1.0 + x * x).sqrt();
                // A full-scale sample keeps its level.
                let saturated = (before + now) / (root(before) + root(now)) * root(gain) / gain;
                *last = *sample;
                *sample += (saturated - *sample) * mix;
            }
        }
        self.share(channels);
    }

    /// Keeps the last samples, so that a drive that sets in later does so without a step.
    fn remember(&mut self, sound: &Piece, channels: usize, count: usize) {
        for (samples, last) in sound.iter().zip(&mut self.last).take(channels) {
            if let Some(sample) = count.checked_sub(1).and_then(|index| samples.get(index)) {
                *last = *sample;
            }
        }
        self.share(channels);
    }

    /// If the voice moves to a stereo sound, both channels continue from the state of the one.
    fn share(&mut self, channels: usize) {
        if channels == 1 {
            let [first, ..] = self.last;
            self.last = [first; MAX_CHANNELS];
        }
    }
}

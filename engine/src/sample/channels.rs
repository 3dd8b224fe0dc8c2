//! The beginning of an audio file with all its channels, silence included. Worker and main threads only.

use super::ReadProblem;
use super::sink::Sink;

/// Most values that are kept, all channels together: an hour of one channel at 48 kHz, 0.7 GB.
const MOST_VALUES: usize = 3600 * 48_000;

/// The channels of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Channels {
    /// The samples of each channel, all finite; full scale is 1.
    pub samples: Vec<Vec<f32>>,
    /// Sample rate in Hz.
    pub sample_rate_hz: u32,
    /// Whether this is the whole file.
    pub is_whole: bool,
    /// Remarks for the user.
    pub notes: Vec<String>,
}

/// Keeps the first frames of a stream.
pub(super) struct Keeper {
    samples: Vec<Vec<f32>>,
    most_frames: u64,
    seen: u64,
}

impl Keeper {
    /// For at most `look_s` seconds.
    pub fn new(rate_hz: u32, look_s: f64) -> Self {
        Self { samples: Vec::new(), most_frames: (look_s * f64::from(rate_hz)).ceil() as u64, seen: 0 }
    }

    /// What was kept of a stream at this rate.
    ///
    /// # Errors
    /// [`ReadProblem::Empty`] and [`ReadProblem::Silent`].
    pub fn finish(self, rate_hz: u32, notes: Vec<String>) -> Result<Channels, ReadProblem> {
        if self.seen == 0 {
            return Err(ReadProblem::Empty);
        }
        let is_whole = !self.is_full();
        if self.samples.iter().flatten().all(|sample| *sample == 0.0) {
            let looked_s = self.seen as f64 / f64::from(rate_hz);
            return Err(if is_whole { ReadProblem::Silent } else { ReadProblem::SilentStart { looked_s } });
        }
        Ok(Channels { samples: self.samples, sample_rate_hz: rate_hz, is_whole, notes })
    }
}

impl Sink for Keeper {
    fn seen(&self) -> u64 {
        self.seen
    }

    fn is_full(&self) -> bool {
        self.seen >= self.most_frames || self.seen as usize * self.samples.len() >= MOST_VALUES
    }

    fn take(&mut self, frame: &[f32]) {
        self.seen += 1;
        if self.is_full() {
            return;
        }
        self.samples.resize(frame.len(), Vec::new());
        self.samples.iter_mut().zip(frame).for_each(|(channel, value)| channel.push(*value));
    }
}

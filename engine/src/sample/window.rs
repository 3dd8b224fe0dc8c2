//! The part of a stream that is kept: from a little before its first sound, for a bounded time. Worker and main threads only.

use super::mix::{self, Mix, Mixer};
use super::sink::Sink;
use super::{ReadProblem, Recording};

/// How much of the silence in front of the first sound is kept, in seconds.
const LEAD_KEPT_S: f64 = 0.1;

/// How much of a stream is read.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// What is kept, in seconds from the first sound.
    pub look_s: f64,
    /// How long the first sound is waited for, in seconds.
    pub lead_s: f64,
    /// Samples at or above this level count as sound; linear, full scale 1.
    pub silence: f32,
    /// What is left out at the start of the stream, in seconds.
    pub skip_s: f64,
}

/// Keeps what [`Limits`] ask for.
pub(super) struct Window {
    rate_hz: u32,
    limits: Limits,
    mixer: Mixer,
    /// Sample frames that came in so far.
    seen: u64,
    sounding: bool,
    /// Sample frames before those that are kept.
    dropped: u64,
    kept: Vec<f32>,
    look_samples: usize,
    lead_kept_samples: usize,
    /// Sample frames at the start of the stream that are not looked at.
    skip_samples: u64,
}

impl Window {
    pub fn new(rate_hz: u32, limits: Limits, mix: Mix) -> Self {
        let samples = |seconds: f64| (seconds * f64::from(rate_hz)).ceil() as usize;
        Self {
            rate_hz,
            limits,
            mixer: Mixer::new(mix),
            seen: 0,
            sounding: limits.silence <= 0.0,
            dropped: 0,
            kept: Vec::new(),
            look_samples: samples(limits.look_s),
            lead_kept_samples: samples(LEAD_KEPT_S),
            skip_samples: (limits.skip_s * f64::from(rate_hz)).round() as u64,
        }
    }

    /// The loudest channel of what is kept, where the channels cancel in the mean, and what the user is told then.
    pub fn cancelled(&self) -> Option<(usize, String)> {
        let channel = self.mixer.cancelled()?;
        Some((channel, mix::note(channel, self.mixer.channel_count())))
    }

    /// What was kept. `frames` is the length of the whole stream, if it is known.
    ///
    /// # Errors
    /// [`ReadProblem::Empty`], [`ReadProblem::Short`] and [`ReadProblem::Silent`].
    pub fn finish(self, frames: Option<u64>) -> Result<Recording, ReadProblem> {
        let now_s = self.now_s();
        if self.seen == 0 {
            return Err(ReadProblem::Empty);
        }
        if self.kept.is_empty() && self.skip_samples > 0 {
            return Err(ReadProblem::Short { found_s: now_s, start_s: self.limits.skip_s });
        }
        if !self.sounding && self.is_full() {
            return Err(ReadProblem::SilentStart { looked_s: now_s });
        }
        if !self.sounding {
            return Err(ReadProblem::Silent);
        }
        let mut notes = Vec::new();
        if self.is_full() && self.skip_samples == 0 {
            let whole = frames
                .map_or_else(String::new, |frames| format!(" of {:.0} s", frames as f64 / f64::from(self.rate_hz)));
            notes.push(format!("a long file: read {:.0} s{whole}, from its first sound on", self.limits.look_s));
        }
        let start_s = self.dropped as f64 / f64::from(self.rate_hz);
        Ok(Recording { samples: self.kept, sample_rate_hz: self.rate_hz, start_s, root_key: None, notes })
    }

    fn now_s(&self) -> f64 {
        self.seen as f64 / f64::from(self.rate_hz)
    }

    /// Takes the silence before the first sound out of what is kept, but for its end.
    fn wait(&mut self, frame: &[f32]) {
        self.sounding = frame.iter().any(|value| value.abs() >= self.limits.silence);
        // Dropping in bulk keeps the cost per sample constant.
        if self.kept.len() >= 2 * self.lead_kept_samples {
            self.kept.drain(..self.lead_kept_samples);
            self.dropped += self.lead_kept_samples as u64;
        }
    }
}

impl Sink for Window {
    fn seen(&self) -> u64 {
        self.seen
    }

    fn is_full(&self) -> bool {
        if self.sounding { self.kept.len() >= self.look_samples } else { self.now_s() >= self.limits.lead_s }
    }

    fn take(&mut self, frame: &[f32]) {
        self.seen += 1;
        if self.dropped < self.skip_samples {
            self.dropped += 1;
            return;
        }
        if !self.sounding {
            self.wait(frame);
        }
        if !self.is_full() {
            self.mixer.weigh(frame);
            self.kept.push(self.mixer.mono(frame));
        }
    }
}

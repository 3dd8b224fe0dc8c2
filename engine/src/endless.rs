//! Makes a recording endless: a seamless loop of its texture, at the level that imported sounds have. Any thread but the audio thread;
//! takes seconds.

use std::path::Path;

use crate::decode::keyed_loop::MAX_LOOP_SAMPLES;
use crate::sample::{self, LOUDNESS_LUFS, loudness_lufs};
use crate::state::EndlessLoop;
use crate::texture::{Figures, Judgement, Reference, Source, Tap, TextureError, Wish, best_take, texture};

/// Lengths of a loop in seconds: shorter ones are heard as a rhythm, longer ones do not fit into a sound.
pub const LENGTHS_S: std::ops::RangeInclusive<f64> = 1.0..=8.0;
/// Length that is offered first, in seconds.
pub const FIRST_LENGTH_S: f64 = 4.0;
/// So much of a file is used, in seconds.
const LOOK_S: f64 = 60.0;
/// Shares of the whole work that looking at the recording and comparing takes have. Set by hand: how many takes it needs is not known
/// before.
const LOOKING_PART: f64 = 0.3;
const TAKES_PART: f64 = 0.6;

/// A recording that is looked at and can be made endless.
#[derive(Debug, Clone)]
pub struct Material {
    source: Source,
    judgement: Judgement,
    notes: Vec<String>,
}

/// A loop, and how near it is to its recording.
#[derive(Debug, Clone)]
pub struct Made {
    /// The loop.
    pub sound: EndlessLoop,
    /// Its length in seconds.
    pub seconds: f64,
    /// What was measured.
    pub figures: Figures,
}

/// Why nothing is made.
#[derive(Debug, thiserror::Error)]
pub enum EndlessError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] sample::SampleError),
    /// There is no texture in it, or it was cancelled.
    #[error(transparent)]
    Texture(#[from] TextureError),
    /// The loop cannot be kept.
    #[error(transparent)]
    Kept(#[from] crate::state::StateError),
}

impl Material {
    /// Of a file from `start_s` seconds on, at most its first minute from there, converted to `rate_hz`. Of more than two channels the
    /// first two are used.
    ///
    /// # Errors
    /// [`EndlessError`] for a file that cannot be read, and for a recording that is too short or silent.
    pub fn of_file(path: &Path, start_s: f64, rate_hz: u32) -> Result<Self, EndlessError> {
        let mut read = sample::read_channels(path, start_s + LOOK_S)?;
        let mut notes = std::mem::take(&mut read.notes);
        if read.samples.len() > 2 {
            notes.push(format!("of its {} channels the first two are used", read.samples.len()));
            read.samples.truncate(2);
        }
        let start = (start_s * f64::from(read.sample_rate_hz)) as usize;
        for channel in &mut read.samples {
            channel.drain(..start.min(channel.len()));
        }
        if !read.is_whole {
            notes.push(format!("a long recording: {LOOK_S:.0} s of it are used"));
        }
        Self::new(read.samples, read.sample_rate_hz, rate_hz, notes)
    }

    /// Of the recording that a project keeps, whose file is not known.
    ///
    /// # Errors
    /// [`EndlessError`] for a recording that is too short or silent.
    pub fn of_recording(samples: Vec<f32>, from_hz: u32, rate_hz: u32) -> Result<Self, EndlessError> {
        let seconds = samples.len() as f64 / f64::from(from_hz);
        let notes = vec![format!("its file is not at hand: the {seconds:.1} s that the project keeps are used")];
        Self::new(vec![samples], from_hz, rate_hz, notes)
    }

    fn new(channels: Vec<Vec<f32>>, from_hz: u32, rate_hz: u32, notes: Vec<String>) -> Result<Self, EndlessError> {
        // Refused before the work of the conversion.
        let source = Source::new(channels, from_hz)?;
        let source = if from_hz == rate_hz {
            source
        } else {
            let channels = source.channels().iter().map(|channel| sample::resample(channel, from_hz, rate_hz));
            Source::new(channels.collect::<Result<_, _>>()?, rate_hz)?
        };
        Ok(Self { judgement: Judgement::of(&source), source, notes })
    }

    /// Remarks on what is used, in plain words.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What the user should know before anything is made, if anything.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        self.judgement.warning()
    }

    /// Length of what is used, in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.source.seconds()
    }

    /// Channels of what is used, 1 or 2.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.source.channels().len()
    }

    /// A loop of `seconds`, brought into [`LENGTHS_S`], of a sound whose nearest MIDI key is `key`. `progress` is told which part is done,
    /// 0 to 1, and cancels by answering `false`.
    ///
    /// # Errors
    /// [`TextureError::Cancelled`] when it is cancelled.
    pub fn endless(
        &self,
        seconds: f64,
        seed: u64,
        key: u8,
        progress: &mut dyn FnMut(f64) -> bool,
    ) -> Result<Made, EndlessError> {
        let rate_hz = self.source.rate_hz();
        let seconds = seconds.clamp(*LENGTHS_S.start(), *LENGTHS_S.end());
        let samples = ((seconds * f64::from(rate_hz)).round() as usize).min(MAX_LOOP_SAMPLES);
        let wish = Wish { samples, seed, looped: true };
        if !progress(0.0) {
            return Err(TextureError::Cancelled.into());
        }
        let reference = Reference::of(&self.source);
        let wish = best_take(&reference, &wish, false, &mut |part| progress(LOOKING_PART + part * TAKES_PART))?;
        let rest = 1.0 - LOOKING_PART - TAKES_PART;
        let made = |part: f64| LOOKING_PART + TAKES_PART + part * rest;
        let mut channels = texture(&self.source, &wish, &mut |part| progress(made(part)))?;
        let mut tap = Tap::new(&reference, &wish, 0);
        tap.take(&channels);
        let figures = tap.figures(None);
        if !progress(1.0) {
            return Err(TextureError::Cancelled.into());
        }
        level(&mut channels, rate_hz);
        let sound = EndlessLoop::from_samples(key, rate_hz, &channels)?;
        Ok(Made { sound, seconds: samples as f64 / f64::from(rate_hz), figures })
    }
}

/// Scales the channels together to the loudness of all recordings, or to peak 1 if that comes first. A mono sound is heard on both sides,
/// so the mean power of the sides counts.
fn level(channels: &mut [Vec<f32>], rate_hz: u32) {
    let peak = channels.iter().flatten().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let powers: Vec<f64> =
        channels.iter().map(|one| loudness_lufs(one, rate_hz).map_or(0.0, |found| 10_f64.powf(found / 10.0))).collect();
    let mean = powers.iter().sum::<f64>() / powers.len().max(1) as f64;
    let by_peak = 1.0 / peak.max(1e-9);
    let by_loudness =
        if mean > 0.0 { 10_f64.powf((LOUDNESS_LUFS - 10.0 * mean.log10()) / 20.0) as f32 } else { by_peak };
    let gain = by_peak.min(by_loudness);
    channels.iter_mut().flatten().for_each(|sample| *sample *= gain);
}

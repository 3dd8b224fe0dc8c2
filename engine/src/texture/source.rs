//! The recording that a texture is made of, checked once. Any thread but the audio thread.

use std::ops::Range;

use super::steady::steady_part;
use crate::sample::{MAX_RATE_HZ, MIN_RATE_HZ, is_supported_rate};

/// Shortest recording that is continued, in seconds.
pub const MIN_SOURCE_S: f64 = 0.25;
/// Most channels of a recording.
pub const MAX_CHANNELS: usize = 8;

/// Of a longer recording so much is used for pieces, in seconds: the beginning for a new texture, the end where it goes on. Results are compared
/// with as much, its end.
pub(super) const MATERIAL_S: usize = 120;

/// Why there is no texture.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TextureError {
    /// The recording is too short.
    #[error("the recording lasts {0:.2} s; a texture is made of at least {MIN_SOURCE_S} s")]
    Short(f64),
    /// Every sample is 0.
    #[error("the recording is silent throughout, so there is nothing to continue")]
    Silent,
    /// A sample is NaN or infinite.
    #[error("the recording holds a value that is not a finite number")]
    NotFinite,
    /// No channels, too many, or channels of different lengths.
    #[error("the recording has {0} channels; 1 to {MAX_CHANNELS} of equal length are continued")]
    Channels(usize),
    /// A sample rate outside the limits.
    #[error("a sample rate of {0} Hz is outside {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz")]
    Rate(u32),
    /// A length of 0.
    #[error("a texture of no samples cannot be made; ask for a longer one")]
    NoLength,
    /// Nothing to add.
    #[error("the recording lasts {found_s:.2} s already, and {wanted_s:.2} s are asked for; ask for more")]
    LongEnough {
        /// Length of the recording in seconds.
        found_s: f64,
        /// Length that is asked for, in seconds.
        wanted_s: f64,
    },
    /// The caller wanted no more.
    #[error("cancelled")]
    Cancelled,
}

/// A recording of one to eight channels.
#[derive(Debug, Clone)]
pub struct Source {
    channels: Vec<Vec<f32>>,
    rate_hz: u32,
    steady: Range<usize>,
}

impl Source {
    /// From the samples of each channel at a sample rate in Hz.
    ///
    /// # Errors
    /// [`TextureError`] for what cannot be continued.
    pub fn new(channels: Vec<Vec<f32>>, rate_hz: u32) -> Result<Self, TextureError> {
        let length = channels.first().map_or(0, Vec::len);
        if channels.is_empty() || channels.len() > MAX_CHANNELS || channels.iter().any(|one| one.len() != length) {
            return Err(TextureError::Channels(channels.len()));
        }
        if !is_supported_rate(rate_hz) {
            return Err(TextureError::Rate(rate_hz));
        }
        if channels.iter().flatten().any(|sample| !sample.is_finite()) {
            return Err(TextureError::NotFinite);
        }
        let seconds = length as f64 / f64::from(rate_hz);
        if seconds < MIN_SOURCE_S {
            return Err(TextureError::Short(seconds));
        }
        if channels.iter().flatten().all(|sample| *sample == 0.0) {
            return Err(TextureError::Silent);
        }
        let steady = steady_part(&channels, rate_hz);
        Ok(Self { channels, rate_hz, steady })
    }

    /// The samples of each channel.
    #[must_use]
    pub fn channels(&self) -> &[Vec<f32>] {
        &self.channels
    }

    /// The samples between a fade at the beginning and one at the end: of these textures are made.
    #[must_use]
    pub fn steady(&self) -> Range<usize> {
        self.steady.clone()
    }

    /// Sample rate in Hz.
    #[must_use]
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Samples of each channel.
    #[must_use]
    pub fn len(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    /// Always false: a source has samples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Length in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.len() as f64 / f64::from(self.rate_hz)
    }
}

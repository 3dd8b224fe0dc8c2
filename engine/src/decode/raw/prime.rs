//! What a sound goes on from: the beginning of a recording at the pack's rate. WORKER side or main thread; converts up to a second of
//! sound, which takes milliseconds.

use thiserror::Error;

use crate::pack::{PackInfo, PackKind, RawManifest};
use crate::sample::{SampleError, resample};
use crate::state::Prime;

/// Samples below this are silence: the least step of 16 bits.
const SILENT: f32 = 1.0 / 32_768.0;

/// What primes a pack takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrimeRoom {
    /// Rate of its sounds in hertz.
    pub rate_hz: u32,
    /// Length of its sounds in samples; no prime is longer.
    pub longest_samples: usize,
}

/// Why a prime is refused. Each message is one line for the user.
#[derive(Debug, Error)]
pub enum PrimeError {
    /// The length is below one sample or above that of the pack's sounds.
    #[error("a prime of {asked_ms} ms: this pack takes {least_ms} ms, which is one sample, to {most_ms} ms")]
    Length {
        /// The length that was asked for.
        asked_ms: f32,
        /// Length of a sample.
        least_ms: f64,
        /// Length of a sound.
        most_ms: f64,
    },
    /// The recording is shorter.
    #[error("{name} lasts {found_ms:.1} ms, and {asked_ms} ms of it are asked for; ask for less")]
    Short {
        /// Name of the recording.
        name: String,
        /// Its length.
        found_ms: f64,
        /// The length that was asked for.
        asked_ms: f32,
    },
    /// There is no sound in what is used.
    #[error("the first {asked_ms} ms of {name} are silent; cut the silence off its start")]
    Silent {
        /// Name of the recording.
        name: String,
        /// How much of it is used.
        asked_ms: f32,
    },
    /// The recording in the document is damaged.
    #[error("{0}")]
    Damaged(String),
    /// The rate cannot be changed.
    #[error(transparent)]
    Rate(#[from] SampleError),
}

impl PrimeRoom {
    /// That of a pack of kind `raw`.
    pub fn of_raw(manifest: &RawManifest) -> Self {
        Self { rate_hz: manifest.sample_rate_hz, longest_samples: manifest.length_samples }
    }

    /// That of a pack; none for one of another kind, which takes no prime.
    pub fn of(info: &PackInfo) -> Option<Self> {
        let room = Self { rate_hz: info.sample_rate_hz, longest_samples: info.length_samples };
        (info.kind == PackKind::Raw).then_some(room)
    }

    /// Length of the longest prime in milliseconds.
    pub fn longest_ms(self) -> f64 {
        self.longest_samples as f64 * 1000.0 / f64::from(self.rate_hz)
    }

    /// How many samples a prime of a length has.
    ///
    /// # Errors
    /// [`PrimeError::Length`] for a length that the pack does not take.
    pub fn count(self, asked_ms: f32) -> Result<usize, PrimeError> {
        let rate_hz = f64::from(self.rate_hz);
        let count = (f64::from(asked_ms) * rate_hz / 1000.0).round() as usize;
        let refused = || PrimeError::Length { asked_ms, least_ms: 1000.0 / rate_hz, most_ms: self.longest_ms() };
        (1..=self.longest_samples).contains(&count).then_some(count).ok_or_else(refused)
    }

    /// The samples that a sound goes on from.
    ///
    /// # Errors
    /// [`PrimeError`] for a length that the pack does not take, and for a recording that is too short, silent or damaged.
    pub fn samples(self, prime: &Prime) -> Result<Vec<f32>, PrimeError> {
        let asked_ms = prime.length_ms;
        let count = self.count(asked_ms)?;
        let recording = prime.beginning().map_err(PrimeError::Damaged)?;
        let mut samples = resample(recording, prime.rate_hz(), self.rate_hz)?;
        let name = || prime.name.clone();
        if samples.len() < count {
            let found_ms = samples.len() as f64 * 1000.0 / f64::from(self.rate_hz);
            return Err(PrimeError::Short { name: name(), found_ms, asked_ms });
        }
        samples.truncate(count);
        if samples.iter().all(|sample| sample.abs() < SILENT) {
            return Err(PrimeError::Silent { name: name(), asked_ms });
        }
        Ok(samples)
    }
}

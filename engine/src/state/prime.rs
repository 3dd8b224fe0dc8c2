//! The beginning of a recording that the sounds of a pack of kind `raw` go on from, inside a document.
//!
//! Main and worker threads only: packing and unpacking a second takes milliseconds. It is unpacked once, when a sound first needs it.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::{FrozenZone, StateError};
use crate::sample::{MAX_FLAC_RATE_HZ, resample};

/// How much of a recording a document's sounds can go on from, in milliseconds.
pub const PRIME_MS: std::ops::RangeInclusive<f32> = 1.0..=1000.0;
/// How much that is where the user says nothing, in milliseconds.
pub const DEFAULT_PRIME_MS: f32 = 20.0;
/// What is kept of a recording beyond what can be used, in milliseconds: what the rate converter hears on either side of a sample
/// at the lowest rate, 512 samples of 4 kHz.
const MARGIN_MS: f64 = 128.0;
/// The key that the packed samples are said to be at; a prime has none.
const KEY: u8 = 60;

/// A recording's beginning, and how sounds go on from it; cheap to clone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prime {
    /// Name of the recording, as shown.
    #[serde(default)]
    pub name: String,
    /// How much of it is used, in milliseconds.
    pub length_ms: f32,
    /// Whether a sound begins with the recording's own samples; else it begins after them.
    #[serde(default = "keeps")]
    pub keep: bool,
    audio: PrimeAudio,
    /// Fields of other versions, kept as they came.
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

/// The samples, packed and, once they were needed, unpacked.
#[derive(Debug, Clone)]
struct PrimeAudio(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    zone: FrozenZone,
    unpacked: OnceLock<Result<Vec<f32>, String>>,
}

fn keeps() -> bool {
    true
}

impl Prime {
    /// Packs what can be used of a recording, which is kept within one 24-bit step: its first second, or `length_ms` where that is more.
    ///
    /// # Errors
    /// [`StateError::Prime`] for a recording that cannot be packed.
    pub fn of_recording(
        name: impl Into<String>,
        samples: &[f32],
        rate_hz: u32,
        length_ms: f32,
    ) -> Result<Self, StateError> {
        let kept_ms = f64::from(length_ms.max(*PRIME_MS.end())) + MARGIN_MS;
        let kept = (kept_ms * f64::from(rate_hz) / 1000.0).ceil() as usize;
        let samples = &samples[..samples.len().min(kept)];
        let audio = if rate_hz > MAX_FLAC_RATE_HZ {
            let slower =
                resample(samples, rate_hz, MAX_FLAC_RATE_HZ).map_err(|error| StateError::Prime(error.to_string()))?;
            FrozenZone::from_samples(KEY, MAX_FLAC_RATE_HZ, &slower)
        } else {
            FrozenZone::from_samples(KEY, rate_hz, samples)
        };
        let audio = PrimeAudio::new(audio.map_err(of_prime)?);
        let made = Self { name: name.into(), length_ms, keep: true, audio, unknown: Map::new() };
        made.beginning().map_err(StateError::Prime)?;
        Ok(made)
    }

    /// Rate of its samples in Hz.
    pub fn rate_hz(&self) -> u32 {
        self.audio.0.zone.sample_rate_hz
    }

    /// The samples that are used and, as far as they are there, those that a rate converter hears beside them. They depend on the length
    /// alone, not on how much is kept.
    ///
    /// # Errors
    /// Why the recording is damaged.
    pub fn beginning(&self) -> Result<&[f32], String> {
        let zone = &self.audio.0.zone;
        let unpack = || zone.to_samples().map_err(|error| of_prime(error).to_string());
        let samples = self.audio.0.unpacked.get_or_init(unpack).as_ref().map_err(Clone::clone)?;
        let wanted =
            ((f64::from(self.length_ms) + MARGIN_MS) * f64::from(zone.sample_rate_hz) / 1000.0).ceil() as usize;
        Ok(&samples[..samples.len().min(wanted)])
    }

    /// How much of the recording there is, in milliseconds; `None` before it was first unpacked.
    pub fn recorded_ms(&self) -> Option<f32> {
        let samples = self.audio.0.unpacked.get()?.as_ref().ok()?;
        Some((samples.len() as f64 * 1000.0 / f64::from(self.rate_hz())) as f32)
    }

    /// Whether sounds go on from both alike; their names do not matter.
    pub fn sounds_as(&self, other: &Self) -> bool {
        (self.length_ms, self.keep) == (other.length_ms, other.keep) && self.audio == other.audio
    }

    /// Brings the length into its range, and checks all else that can be checked without unpacking.
    ///
    /// # Errors
    /// [`StateError`] with the first value that cannot be.
    pub(super) fn check(&mut self) -> Result<(), StateError> {
        if !self.length_ms.is_finite() {
            return Err(StateError::NotFinite("the length of the prime".to_owned()));
        }
        self.length_ms = self.length_ms.clamp(*PRIME_MS.start(), *PRIME_MS.end());
        self.audio.0.zone.check().map_err(of_prime)
    }
}

impl PrimeAudio {
    fn new(zone: FrozenZone) -> Self {
        Self(Arc::new(Kept { zone, unpacked: OnceLock::new() }))
    }
}

fn of_prime(error: StateError) -> StateError {
    match error {
        StateError::Frozen { reason, .. } => StateError::Prime(reason),
        other => other,
    }
}

impl PartialEq for PrimeAudio {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.zone == other.0.zone
    }
}

impl Serialize for PrimeAudio {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.zone.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PrimeAudio {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        FrozenZone::deserialize(deserializer).map(Self::new)
    }
}

//! The seamless loop that was made of a recording, inside a document: one frozen zone for each channel.
//!
//! Main and worker threads only: unpacking eight seconds takes tens of milliseconds. It is done once, when a sound first needs them.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::{FrozenZone, StateError};
use crate::link::MAX_CHANNELS;

/// Fewest samples of a loop: an eighth of a second at the lowest rate, 4 kHz.
const LEAST_SAMPLES: usize = 500;

/// A loop whose end goes on with its beginning; cheap to clone.
#[derive(Debug, Clone)]
pub struct EndlessLoop(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    document: LoopDocument,
    unpacked: OnceLock<Result<LoopSamples, String>>,
}

/// As a document holds it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct LoopDocument {
    /// One zone for each channel, left first.
    channels: Vec<FrozenZone>,
    /// Fields of other versions, kept as they came.
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

/// The samples of a loop.
#[derive(Debug, Clone, PartialEq)]
pub struct LoopSamples {
    /// One or two channels of equal length.
    pub channels: Vec<Vec<f32>>,
    /// Sample rate in Hz.
    pub rate_hz: u32,
}

impl EndlessLoop {
    /// Packs the samples of one or two channels; each comes back within one 24-bit step. `key` is the nearest MIDI key.
    ///
    /// # Errors
    /// [`StateError::Frozen`] for what cannot be packed.
    pub fn from_samples(key: u8, rate_hz: u32, channels: &[Vec<f32>]) -> Result<Self, StateError> {
        let zones = channels.iter().map(|samples| FrozenZone::from_samples(key, rate_hz, samples));
        let made = Self::new(LoopDocument { channels: zones.collect::<Result<_, _>>()?, unknown: Map::new() });
        made.check()?;
        made.samples().map_err(|reason| StateError::Frozen { key, reason })?;
        Ok(made)
    }

    fn new(document: LoopDocument) -> Self {
        Self(Arc::new(Kept { document, unpacked: OnceLock::new() }))
    }

    /// The samples, unpacked at the first call.
    ///
    /// # Errors
    /// Why the loop is damaged.
    pub fn samples(&self) -> Result<&LoopSamples, String> {
        self.0.unpacked.get_or_init(|| unpack(&self.0.document)).as_ref().map_err(Clone::clone)
    }

    /// Checks all that can be checked without unpacking.
    ///
    /// # Errors
    /// [`StateError::Frozen`] with the first value that is out of range.
    pub(super) fn check(&self) -> Result<(), StateError> {
        let zones = &self.0.document.channels;
        if !(1..=MAX_CHANNELS).contains(&zones.len()) {
            let key = zones.first().map_or(0, |zone| zone.root_key);
            return Err(StateError::Frozen { key, reason: format!("its loop has {} channels", zones.len()) });
        }
        zones.iter().try_for_each(FrozenZone::check)
    }
}

fn unpack(document: &LoopDocument) -> Result<LoopSamples, String> {
    let unpacked = document.channels.iter().map(FrozenZone::to_samples).collect::<Result<Vec<_>, _>>();
    let channels = unpacked.map_err(|error| error.to_string())?;
    let (Some(first), Some(zone)) = (channels.first(), document.channels.first()) else {
        return Err("the loop has no channels".to_owned());
    };
    let is_even = channels.iter().all(|channel| channel.len() == first.len());
    let is_one_rate = document.channels.iter().all(|other| other.sample_rate_hz == zone.sample_rate_hz);
    if !is_even || !is_one_rate || first.len() < LEAST_SAMPLES {
        return Err("the loop is damaged: its channels do not fit together".to_owned());
    }
    Ok(LoopSamples { rate_hz: zone.sample_rate_hz, channels })
}

impl PartialEq for EndlessLoop {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.document == other.0.document
    }
}

impl Serialize for EndlessLoop {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.document.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for EndlessLoop {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        LoopDocument::deserialize(deserializer).map(Self::new)
    }
}

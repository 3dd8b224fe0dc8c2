//! Frozen zones: decoded sound inside a document, as 24-bit FLAC in base64.
//!
//! Main and worker threads only: encoding two seconds takes tens of milliseconds.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::StateError;
use crate::sample::{FlacFormat, decode_flac, encode_flac, is_supported_rate};

const BITS: usize = 24;
/// Full scale of a 24-bit sample.
const FULL_SCALE: f32 = 8_388_608.0;
/// Longest frozen sound, in seconds: the longest sound of any pack at the largest stretch, twice over.
const MAX_SECONDS: f64 = 16.0;
/// Longest text of one zone, in bytes: 16 s at 48 kHz, uncompressed, in base64.
const MAX_TEXT_BYTES: usize = 4 << 20;
/// Largest level that a zone can hold; a power of two, as all scales are.
const MAX_SCALE: f32 = 1024.0;

/// The decoded sound of one key zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrozenZone {
    /// The MIDI key that the sound is at, 0 to 127.
    pub root_key: u8,
    /// Sample rate in Hz.
    pub sample_rate_hz: u32,
    /// Level of a full-scale sample: 1, or the next power of two for a sound that goes beyond.
    #[serde(default = "unit_scale", skip_serializing_if = "is_unit_scale")]
    pub scale: f32,
    /// The sound as a mono 24-bit FLAC stream in base64.
    pub flac_base64: String,
    /// Fields of other versions, kept as they came.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

fn unit_scale() -> f32 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn is_unit_scale(scale: &f32) -> bool {
    *scale == 1.0
}

impl FrozenZone {
    /// Packs a sound; every sample comes back within one 24-bit step.
    ///
    /// # Errors
    /// [`StateError::Frozen`] for an empty sound, samples that are not finite or too loud, or an unsupported rate.
    pub fn from_samples(root_key: u8, sample_rate_hz: u32, samples: &[f32]) -> Result<Self, StateError> {
        let refuse = |reason: String| StateError::Frozen { key: root_key, reason };
        let peak = samples.iter().fold(0.0_f32, |peak, v| peak.max(v.abs()));
        if samples.is_empty() || samples.iter().any(|v| !v.is_finite()) || peak > MAX_SCALE {
            return Err(refuse("there is no sound to keep".to_owned()));
        }
        // A power of two divides without rounding.
        let scale = if peak <= 1.0 { 1.0 } else { peak.log2().ceil().exp2() };
        let steps: Vec<i32> = samples.iter().map(|v| quantise(v / scale)).collect();
        let format = FlacFormat { channels: 1, bits: BITS, sample_rate_hz };
        let flac = encode_flac(&steps, format).map_err(|error| refuse(error.to_string()))?;
        let zone = Self { root_key, sample_rate_hz, scale, flac_base64: BASE64.encode(flac), unknown: Map::new() };
        zone.check()?;
        Ok(zone)
    }

    /// Unpacks the sound.
    ///
    /// # Errors
    /// [`StateError::Frozen`] when the zone is damaged.
    pub fn to_samples(&self) -> Result<Vec<f32>, StateError> {
        self.check()?;
        let refuse = |reason: String| StateError::Frozen { key: self.root_key, reason };
        let flac = BASE64.decode(&self.flac_base64).map_err(|e| refuse(e.to_string()))?;
        let mut sound = decode_flac(flac, MAX_SECONDS).map_err(|e| refuse(e.to_string()))?;
        if sound.sample_rate_hz != self.sample_rate_hz {
            return Err(refuse(format!("{} Hz inside, {} Hz outside", sound.sample_rate_hz, self.sample_rate_hz)));
        }
        sound.samples.iter_mut().for_each(|v| *v *= self.scale);
        Ok(sound.samples)
    }

    /// Checks all that can be checked without decoding.
    ///
    /// # Errors
    /// [`StateError::Frozen`] with the first value that is out of range.
    pub(super) fn check(&self) -> Result<(), StateError> {
        let reason = if self.root_key > 127 {
            "there is no such key".to_owned()
        } else if !is_supported_rate(self.sample_rate_hz) {
            format!("its sample rate is {} Hz", self.sample_rate_hz)
        } else if !(self.scale >= 1.0 && self.scale <= MAX_SCALE) {
            format!("its scale is {}", self.scale)
        } else if self.flac_base64.len() > MAX_TEXT_BYTES {
            "it is too long".to_owned()
        } else {
            return Ok(());
        };
        Err(StateError::Frozen { key: self.root_key, reason })
    }
}

fn quantise(value: f32) -> i32 {
    (value * FULL_SCALE).round().clamp(-FULL_SCALE, FULL_SCALE - 1.0) as i32
}

//! What seven numbers leave out of a recording: the difference between its frames and those that the decoder makes of its
//! point, coded in at most 6 KiB. Worker and main threads only; allocates.
//!
//! Levels below −80 dB count as silence on both sides, so a silent tail costs nothing. The difference is cut into blocks of
//! 16 bands × 16 frames, each transformed (DCT-II), rounded to a common step and deflated; the step is the smallest that fits.

mod blocks;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

use crate::spectral::{Frames, SpectralShape};
use blocks::Blocks;

/// Most bytes of a coded residual.
pub const MAX_RESIDUAL_BYTES: usize = 6144;
/// Below this is silence, in dB against a full-scale sine.
const SILENCE_DB: f32 = -80.0;
/// First byte of every coded residual.
const VERSION: u8 = 1;
/// Steps in frame values (45 dB each): the finest is a hundredth of a dB, each next one an eleventh coarser.
const FINEST_STEP: f32 = 0.000_25;
const STEP_RATIO: f32 = 1.1;
const STEPS: u8 = 96;
/// Most values that a residual may describe: a guard against a header that lies.
const MAX_VALUES: usize = 1 << 18;
const DEFLATE_LEVEL: u8 = 9;

/// A coded difference of frames.
#[derive(Clone, Debug, PartialEq)]
pub struct Residual {
    bytes: Vec<u8>,
}

/// Why bytes are no residual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the residual is damaged: {0}")]
pub struct ResidualError(&'static str);

impl Residual {
    /// What is to be added to the frames `made` to come to the frames `wanted`, which have the same size.
    pub fn between(wanted: &Frames, made: &Frames, shape: &SpectralShape) -> Self {
        let silence = shape.normalise_db(SILENCE_DB);
        let values =
            wanted.values.iter().zip(&made.values).map(|(wanted, made)| wanted.max(silence) - made.max(silence));
        let blocks = Blocks::of(&Frames { values: values.collect(), ..*wanted });
        let coded = |number: u8| {
            let mut bytes = vec![VERSION, number];
            bytes.extend((wanted.bands as u16).to_le_bytes());
            bytes.extend((wanted.frames as u16).to_le_bytes());
            bytes.extend(compress_to_vec(&blocks.quantised(step(number)), DEFLATE_LEVEL));
            bytes
        };
        // The finest step that reaches the largest value; the coarsest leaves hardly anything but zeros, which always fit.
        let mut low = (0..STEPS - 1).find(|number| blocks.reach_with(step(*number))).unwrap_or(STEPS - 1);
        let mut high = STEPS - 1;
        let mut best = coded(high);
        while low < high {
            let middle = low.midpoint(high);
            let bytes = coded(middle);
            if bytes.len() <= MAX_RESIDUAL_BYTES {
                (high, best) = (middle, bytes);
            } else {
                low = middle + 1;
            }
        }
        Self { bytes: best }
    }

    /// Reads coded bytes.
    ///
    /// # Errors
    /// [`ResidualError`] when they are too many, of another version, or damaged.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, ResidualError> {
        let residual = Self { bytes };
        residual.decode().map(|_| residual)
    }

    /// The coded bytes, at most [`MAX_RESIDUAL_BYTES`].
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The difference as frames.
    pub fn difference(&self) -> Frames {
        self.decode().unwrap_or_else(|_| Frames { bands: 0, frames: 0, values: Vec::new() })
    }

    fn decode(&self) -> Result<Frames, ResidualError> {
        if self.bytes.len() > MAX_RESIDUAL_BYTES {
            return Err(ResidualError("it is longer than 6144 bytes"));
        }
        let [version, number, b0, b1, f0, f1, coded @ ..] = self.bytes.as_slice() else {
            return Err(ResidualError("it is too short"));
        };
        if *version != VERSION || *number >= STEPS {
            return Err(ResidualError("it is of another version"));
        }
        let (bands, frames) = (u16::from_le_bytes([*b0, *b1]), u16::from_le_bytes([*f0, *f1]));
        let size = blocks::padded(bands.into()) * blocks::padded(frames.into());
        if size == 0 || size > MAX_VALUES {
            return Err(ResidualError("its size is out of range"));
        }
        let quantised =
            decompress_to_vec_with_limit(coded, 2 * size).map_err(|_| ResidualError("it does not unpack"))?;
        if quantised.len() != 2 * size {
            return Err(ResidualError("it is incomplete"));
        }
        Ok(Blocks::read(bands.into(), frames.into(), &quantised, step(*number)).frames())
    }
}

/// Adds `weight` times a difference to frames of the same size; others stay as they are. What comes to lie below the
/// threshold of silence becomes silent.
pub fn add(frames: &mut Frames, difference: &Frames, weight: f32, shape: &SpectralShape) {
    if (frames.bands, frames.frames) != (difference.bands, difference.frames) || weight == 0.0 {
        return;
    }
    let silence = shape.normalise_db(SILENCE_DB);
    for (value, change) in frames.values.iter_mut().zip(&difference.values) {
        let sum = value.max(silence) + weight * change;
        *value = if sum <= silence + STILL { -1.0 } else { sum.min(MAX_VALUE) };
    }
}

/// Margin above the threshold of silence that rounding fills: half a dB.
const STILL: f32 = 0.011;
/// Largest frame value: 9 dB above full scale.
const MAX_VALUE: f32 = 1.2;

fn step(number: u8) -> f32 {
    FINEST_STEP * STEP_RATIO.powi(i32::from(number))
}

impl Serialize for Residual {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.bytes))
    }
}

impl<'de> Deserialize<'de> for Residual {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text).map_err(serde::de::Error::custom)?;
        Self::from_bytes(bytes).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: SpectralShape = SpectralShape::DEFAULT;
    /// A recording differs from what the model makes of it by about 4 dB.
    const SPREAD: f32 = 4.0 / 45.0;

    /// A smooth ground and, on it, rough differences that fade with time as in a decaying sound.
    fn pair(roughness: f32) -> (Frames, Frames) {
        let mut state = 5u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state as f32 / u32::MAX as f32 - 0.5
        };
        let mut made = Frames::silent(SHAPE.mel_bands, SHAPE.frame_count);
        let mut wanted = made.clone();
        for band in 0..SHAPE.mel_bands {
            for frame in 0..SHAPE.frame_count {
                let level = 0.8 - band as f32 * 0.004 - frame as f32 * 0.009;
                let index = band * SHAPE.frame_count + frame;
                made.values[index] = level.max(-1.0);
                let slow = (band as f32 * 0.3).sin() * (frame as f32 * 0.1).cos();
                wanted.values[index] = (level + SPREAD * slow + roughness * random()).max(-1.0);
            }
        }
        (wanted, made)
    }

    fn error_db(wanted: &Frames, got: &Frames) -> f32 {
        let silence = SHAPE.normalise_db(SILENCE_DB);
        let errors = wanted.values.iter().zip(&got.values).map(|(a, b)| (a.max(silence) - b.max(silence)).abs());
        errors.sum::<f32>() / wanted.values.len() as f32 * 45.0
    }

    #[test]
    fn a_residual_fits_and_gives_the_recording_back() {
        for (roughness, limit_db) in [(0.0, 0.1), (0.05, 0.3), (0.5, 3.0)] {
            let (wanted, made) = pair(roughness);
            let residual = Residual::between(&wanted, &made, &SHAPE);
            assert!(residual.bytes().len() <= MAX_RESIDUAL_BYTES);
            let mut got = made.clone();
            add(&mut got, &residual.difference(), 1.0, &SHAPE);
            let error_db = error_db(&wanted, &got);
            assert!(error_db < limit_db, "roughness {roughness}: {error_db} dB");
        }
    }

    #[test]
    fn no_weight_is_no_change_and_half_lies_between() {
        let (wanted, made) = pair(0.05);
        let difference = Residual::between(&wanted, &made, &SHAPE).difference();
        let mut none = made.clone();
        add(&mut none, &difference, 0.0, &SHAPE);
        assert_eq!(none, made);
        let distances = [0.25, 0.5, 0.75, 1.0].map(|weight| {
            let mut got = made.clone();
            add(&mut got, &difference, weight, &SHAPE);
            error_db(&wanted, &got)
        });
        assert!(distances.is_sorted_by(|a, b| a > b), "{distances:?}");
    }

    #[test]
    fn damaged_bytes_are_refused() {
        let (wanted, made) = pair(0.1);
        let good = Residual::between(&wanted, &made, &SHAPE).bytes().to_vec();
        assert!(Residual::from_bytes(good.clone()).is_ok());
        for length in [0, 1, 6, good.len() / 2] {
            assert!(Residual::from_bytes(good[..length].to_vec()).is_err(), "{length} bytes");
        }
        let changed = |place: usize, value: u8| {
            let mut bytes = good.clone();
            bytes[place] = value;
            Residual::from_bytes(bytes)
        };
        assert!(changed(0, 9).is_err() && changed(1, 255).is_err() && changed(3, 255).is_err());
        assert!(Residual::from_bytes(vec![1; MAX_RESIDUAL_BYTES + 1]).is_err());
    }

    #[test]
    fn it_survives_json() {
        let (wanted, made) = pair(0.1);
        let residual = Residual::between(&wanted, &made, &SHAPE);
        let text = serde_json::to_string(&residual).expect("a string");
        assert_eq!(serde_json::from_str::<Residual>(&text).expect("the same"), residual);
        assert!(serde_json::from_str::<Residual>("\"AAAA\"").is_err());
    }
}

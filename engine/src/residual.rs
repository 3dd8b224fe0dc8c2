//! The residual of a recording: the difference between its frames and the decoder's frames at its latent point, coded in at most 6 KiB.
//! Worker and main threads only; allocates.
//!
//! Levels below −80 dB count as silence in both, so a silent tail takes no space. The difference is split into blocks of 16 bands ×
//! 16 frames, each transformed (DCT-II), quantised with a common step and deflated; the step is the smallest that fits. Of the block
//! sizes that were tried (8, 16, 43 × 32, 172 × 16) on 12 held-out sounds, 8 and 16 leave the smallest errors, 0.14 and 0.15 dB of 3.73 dB.

mod blocks;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

use crate::spectral::{Frames, SpectralShape};
use blocks::Blocks;

/// Most bytes of a coded residual. Trades the size of packs and projects against the error that is left.
pub const MAX_RESIDUAL_BYTES: usize = 6144;
/// Level below which a band counts as silent, in dB relative to a full-scale sine.
const SILENCE_DB: f32 = -80.0;
/// First byte of every coded residual.
const VERSION: u8 = 1;
/// Bytes before the deflated values: version, step, bands, frames.
const HEADER_BYTES: usize = 6;
/// Quantisation steps in frame values (1 is 45 dB): the finest is 0.011 dB, each further one is coarser by [`STEP_RATIO`].
const FINEST_STEP: f32 = 0.000_25;
const STEP_RATIO: f32 = 1.1;
const STEPS: u8 = 96;
/// Most values that a residual may describe: limits the memory that a damaged header can claim.
const MAX_VALUES: usize = 1 << 18;
const DEFLATE_LEVEL: u8 = 9;

/// A coded difference of frames.
#[derive(Clone, Debug, PartialEq)]
pub struct Residual {
    bytes: Vec<u8>,
}

/// Why bytes are not a valid residual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the residual is damaged: {0}")]
pub struct ResidualError(&'static str);

/// A residual and the zone that it is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ZoneResidual {
    /// Root key of the zone.
    pub root_key: u8,
    /// The residual relative to the decoder's frames at that key.
    pub residual: Residual,
}

/// Frames of a recording and of its decoded point, of the same size.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// Frames of the recording.
    pub wanted: &'a Frames,
    /// Frames of the decoder.
    pub made: &'a Frames,
}

impl ResidualError {
    /// The cause, without the prefix of the message.
    pub fn why(&self) -> &'static str {
        self.0
    }
}

impl Residual {
    /// Codes the difference of the frames `wanted` and `made` with the finest step that fits [`MAX_RESIDUAL_BYTES`].
    pub fn between(pair: Pair, shape: &SpectralShape) -> Self {
        let blocks = Blocks::of(&difference(pair, shape));
        let bytes = finest(blocks.first_step(), |number| {
            let bytes = coded(&blocks, number);
            (bytes.len() <= MAX_RESIDUAL_BYTES).then_some(bytes)
        });
        Self { bytes: bytes.unwrap_or_else(|| coded(&blocks, STEPS - 1)) }
    }

    /// Codes the residuals of one sound at several keys with one common step, within [`MAX_RESIDUAL_BYTES`] together.
    pub fn sharing(pairs: &[Pair], shape: &SpectralShape) -> Vec<Self> {
        let blocks: Vec<Blocks> = pairs.iter().map(|pair| Blocks::of(&difference(*pair, shape))).collect();
        let first = blocks.iter().map(Blocks::first_step).max().unwrap_or(0);
        let all = |number| blocks.iter().map(|blocks| coded(blocks, number)).collect::<Vec<_>>();
        let fitting = finest(first, |number| {
            let coded = all(number);
            (coded.iter().map(Vec::len).sum::<usize>() <= MAX_RESIDUAL_BYTES).then_some(coded)
        });
        fitting.unwrap_or_else(|| all(STEPS - 1)).into_iter().map(|bytes| Self { bytes }).collect()
    }

    /// Takes coded bytes after decoding them once as a check.
    ///
    /// # Errors
    /// [`ResidualError`] if they are too long, of another version, or damaged.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, ResidualError> {
        let residual = Self { bytes };
        residual.decode().map(|_| residual)
    }

    /// Takes coded bytes for frames of `shape` after a check of the header alone, since a pack holds thousands of residuals. Bytes that
    /// cannot be decoded later give an empty difference.
    ///
    /// # Errors
    /// [`ResidualError`] if they are too long, of another version, or for frames of another size.
    pub fn packed(bytes: &[u8], shape: &SpectralShape) -> Result<Self, ResidualError> {
        let header = Header::read(bytes)?;
        if (header.bands, header.frames) != (shape.mel_bands, shape.frame_count) {
            return Err(ResidualError("it is for frames of another size"));
        }
        Ok(Self { bytes: bytes.to_vec() })
    }

    /// The coded bytes, at most [`MAX_RESIDUAL_BYTES`].
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The decoded difference, in frame values; empty if the bytes are damaged.
    pub fn difference(&self) -> Frames {
        self.decode().unwrap_or_else(|_| Frames { bands: 0, frames: 0, values: Vec::new() })
    }

    fn decode(&self) -> Result<Frames, ResidualError> {
        let header = Header::read(&self.bytes)?;
        let size = header.size();
        let coded = self.bytes.get(HEADER_BYTES..).unwrap_or_default();
        let quantised =
            decompress_to_vec_with_limit(coded, 2 * size).map_err(|_| ResidualError("it does not unpack"))?;
        if quantised.len() != 2 * size {
            return Err(ResidualError("it is incomplete"));
        }
        Ok(Blocks::read(header.bands, header.frames, &quantised, step(header.step)).frames())
    }
}

/// Header of coded bytes.
struct Header {
    step: u8,
    bands: usize,
    frames: usize,
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, ResidualError> {
        if bytes.len() > MAX_RESIDUAL_BYTES {
            return Err(ResidualError("it is longer than 6144 bytes"));
        }
        let [version, step, b0, b1, f0, f1, ..] = *bytes else {
            return Err(ResidualError("it is too short"));
        };
        if version != VERSION || step >= STEPS {
            return Err(ResidualError("it is of another version"));
        }
        let (bands, frames) = (u16::from_le_bytes([b0, b1]).into(), u16::from_le_bytes([f0, f1]).into());
        let header = Self { step, bands, frames };
        if header.size() == 0 || header.size() > MAX_VALUES {
            return Err(ResidualError("its size is out of range"));
        }
        Ok(header)
    }

    /// Number of values, rounded up to whole blocks.
    fn size(&self) -> usize {
        blocks::padded(self.bands) * blocks::padded(self.frames)
    }
}

/// The difference, with the levels below the silence threshold raised to it on both sides.
fn difference(pair: Pair, shape: &SpectralShape) -> Frames {
    let silence = shape.normalise_db(SILENCE_DB);
    let values = pair.wanted.values.iter().zip(&pair.made.values);
    let values = values.map(|(wanted, made)| wanted.max(silence) - made.max(silence)).collect();
    Frames { values, ..*pair.wanted }
}

/// The bytes of blocks with the step of this number.
fn coded(blocks: &Blocks, number: u8) -> Vec<u8> {
    let mut bytes = vec![VERSION, number];
    bytes.extend((blocks.bands() as u16).to_le_bytes());
    bytes.extend((blocks.frame_count() as u16).to_le_bytes());
    bytes.extend(compress_to_vec(&blocks.quantised(step(number)), DEFLATE_LEVEL));
    bytes
}

/// The result with the finest step that fits, from `first` on; `None` if none fits.
fn finest<T>(first: u8, fitting: impl Fn(u8) -> Option<T>) -> Option<T> {
    let (mut low, mut high) = (first, STEPS);
    let mut best = None;
    while low < high {
        let middle = low.midpoint(high);
        match fitting(middle) {
            Some(found) => (high, best) = (middle, Some(found)),
            None => low = middle + 1,
        }
    }
    best
}

/// Adds `weight` times a difference to frames of the same size; others stay as they are. Values below the silence threshold become
/// silent, and so do those that rounding leaves a little above it.
pub fn add(frames: &mut Frames, difference: &Frames, weight: f32, shape: &SpectralShape) {
    if (frames.bands, frames.frames) != (difference.bands, difference.frames) || weight == 0.0 {
        return;
    }
    let silence = shape.normalise_db(SILENCE_DB);
    let still = shape.normalise_db(SILENCE_DB + STILL_DB * weight.min(1.0));
    for (value, change) in frames.values.iter_mut().zip(&difference.values) {
        let sum = value.max(silence) + weight * change;
        *value = if sum <= still { -1.0 } else { sum.min(MAX_VALUE) };
    }
}

/// Margin above the silence threshold, in dB, within which quantisation errors would be audible as isolated blips; values there are set to
/// silence. Tuned on 44 recordings: 2 dB raises the log-mel error from 1.671 to 1.678 dB and removes 42 % of the changes between silence
/// and sound; 4 dB raises it to 1.751 dB (`models/EXPERIMENTS.md`).
const STILL_DB: f32 = 2.0;
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
    /// Standard deviation of the difference between a recording and its decoded point: about 4 dB.
    const SPREAD: f32 = 4.0 / 45.0;

    /// Smooth differences plus rough ones that fade with time as in a decaying sound.
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
    fn a_residual_fits_its_limit_and_restores_the_recording() {
        for (roughness, limit_db) in [(0.0, 0.1), (0.05, 0.3), (0.5, 3.0)] {
            let (wanted, made) = pair(roughness);
            let residual = Residual::between(Pair { wanted: &wanted, made: &made }, &SHAPE);
            assert!(residual.bytes().len() <= MAX_RESIDUAL_BYTES);
            let mut got = made.clone();
            add(&mut got, &residual.difference(), 1.0, &SHAPE);
            let error_db = error_db(&wanted, &got);
            assert!(error_db < limit_db, "roughness {roughness}: {error_db} dB");
        }
    }

    #[test]
    fn the_keys_of_a_sound_share_the_limit_and_one_step() {
        let pairs = [0.0, 0.05, 0.1].map(pair);
        let pairs: Vec<Pair> = pairs.iter().map(|(wanted, made)| Pair { wanted, made }).collect();
        let shared = Residual::sharing(&pairs, &SHAPE);
        let bytes: Vec<usize> = shared.iter().map(|residual| residual.bytes().len()).collect();
        assert!(bytes.iter().sum::<usize>() <= MAX_RESIDUAL_BYTES, "{bytes:?}");
        assert!(bytes.is_sorted_by(|a, b| a < b), "a rougher difference takes more bytes: {bytes:?}");
        assert!(shared.iter().all(|residual| residual.bytes()[1] == shared[0].bytes()[1]), "one step for all");
        for (pair, residual) in pairs.iter().zip(&shared) {
            let mut got = pair.made.clone();
            add(&mut got, &residual.difference(), 1.0, &SHAPE);
            assert!(error_db(pair.wanted, &got) < 0.6 * error_db(pair.wanted, pair.made));
        }
        assert!(Residual::sharing(&[], &SHAPE).is_empty());
    }

    #[test]
    fn packed_bytes_are_not_decoded_at_first_and_add_nothing_if_they_are_damaged() {
        let (wanted, made) = pair(0.1);
        let good = Residual::between(Pair { wanted: &wanted, made: &made }, &SHAPE);
        assert_eq!(Residual::packed(good.bytes(), &SHAPE).expect("a valid header"), good);
        let other = SpectralShape { mel_bands: 64, ..SHAPE };
        assert!(Residual::packed(good.bytes(), &other).is_err());
        let damaged = Residual::packed(&good.bytes()[..40], &SHAPE).expect("a valid header");
        let mut got = made.clone();
        add(&mut got, &damaged.difference(), 1.0, &SHAPE);
        assert_eq!(got, made);
    }

    #[test]
    fn the_error_falls_with_the_weight_and_weight_zero_changes_nothing() {
        let (wanted, made) = pair(0.05);
        let difference = Residual::between(Pair { wanted: &wanted, made: &made }, &SHAPE).difference();
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
    fn values_within_the_margin_above_silence_become_silent() {
        let at =
            |above_db: f32| Frames { bands: 1, frames: 1, values: vec![SHAPE.normalise_db(SILENCE_DB + above_db)] };
        let nothing = Frames { values: vec![0.0], ..at(0.0) };
        let got = |above_db: f32, weight: f32| {
            let mut frames = at(above_db);
            add(&mut frames, &nothing, weight, &SHAPE);
            frames.values[0]
        };
        assert_eq!((got(1.0, 1.0), got(3.0, 1.0)), (-1.0, at(3.0).values[0]));
        assert_eq!((got(0.5, 0.5), got(1.5, 0.5)), (-1.0, at(1.5).values[0]), "half the weight, half the margin");
    }

    #[test]
    fn damaged_bytes_are_refused() {
        let (wanted, made) = pair(0.1);
        let good = Residual::between(Pair { wanted: &wanted, made: &made }, &SHAPE).bytes().to_vec();
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
    fn a_residual_is_unchanged_by_json() {
        let (wanted, made) = pair(0.1);
        let residual = Residual::between(Pair { wanted: &wanted, made: &made }, &SHAPE);
        let text = serde_json::to_string(&residual).expect("a string");
        assert_eq!(serde_json::from_str::<Residual>(&text).expect("the same"), residual);
        assert!(serde_json::from_str::<Residual>("\"AAAA\"").is_err());
    }
}

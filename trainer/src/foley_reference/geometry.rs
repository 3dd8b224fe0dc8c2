//! What the models see of a clip: sample rate, frames, bands and, of combined embeddings, the rows of an encoder. Plain data.

use super::config::{Size, Variant};

/// Positions of a code in each direction: codes are a quarter as many as rows and as frames.
pub const STRIDE: i64 = 4;

/// How clips become frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    /// Sample rate in Hz.
    pub rate_hz: u32,
    /// Samples of a clip.
    pub samples: i64,
    /// Length of the transform in samples.
    pub fft: i64,
    /// Samples from frame to frame.
    pub hop: i64,
    /// Bands on the Slaney mel scale.
    pub bands: i64,
    /// Upper edge of the highest band in Hz.
    pub highest_hz: f64,
    /// Rows that an encoder gives beside the bands; 0 without one.
    pub encoder_rows: i64,
    /// Frames of a clip, a multiple of 4.
    pub frames: i64,
}

impl Geometry {
    /// Of a variant: 80 × 344, or 1152 × 300 for combined embeddings; at the size `tiny` a clip is 0.3 s long and has fewer rows.
    ///
    /// The bands end at 8 kHz as those of the DCASE 2023 baseline do. Those of combined embeddings, for which no limit is published, reach to
    /// half the sample rate, so that the vocoder has all of the sound.
    pub fn new(variant: Variant, size: Size) -> Self {
        let melspectrogram = Self {
            rate_hz: 22_050,
            samples: 88_200,
            fft: 1024,
            hop: 256,
            bands: 80,
            highest_hz: 8000.0,
            encoder_rows: 0,
            frames: 344,
        };
        let combined = Self {
            rate_hz: 24_000,
            samples: 96_000,
            hop: 320,
            bands: 129,
            highest_hz: 12_000.0,
            encoder_rows: 1023,
            frames: 300,
            ..melspectrogram
        };
        match (variant.is_combined(), size) {
            (true, Size::Tiny) => Self { samples: 24 * 320, bands: 13, encoder_rows: 19, frames: 24, ..combined },
            (true, _) => combined,
            (false, Size::Tiny) => Self { samples: 24 * 256, bands: 16, frames: 24, ..melspectrogram },
            _ => melspectrogram,
        }
    }

    /// Bands and encoder rows together.
    pub fn rows(&self) -> i64 {
        self.bands + self.encoder_rows
    }

    /// Rows and columns of a clip's codes.
    pub fn codes(&self) -> (i64, i64) {
        (self.rows() / STRIDE, self.frames / STRIDE)
    }

    /// Samples before the first and after the last sample that the frames cover.
    pub fn padding(&self) -> i64 {
        (self.fft - self.hop) / 2
    }
}

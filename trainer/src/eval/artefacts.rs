//! Artefacts of decoded sounds: a return after silence, an abrupt end, flicker, a decay that rises again. Measured on samples alone, so
//! that sounds without a recording to compare with have these figures too.

mod contour;
mod cut_end;
mod decay;
mod flicker;
pub mod returns;
pub mod survey;

use engine::spectral::{FrameAnalysis, SpectralShape};
use serde::Serialize;

use super::full_scale::at_full_scale;

/// The figures of one sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Artefacts {
    /// Level that the sound comes back to after it was silent, in dB above silence ([`returns::SILENT_DB`]); 0 where it stays silent.
    pub return_db: f32,
    /// Largest fall within 12 ms to a level that is not exceeded again, in dB.
    pub end_fall_db: f32,
    /// Changes between silence and sound, per band and second.
    pub flicker_per_band_s: f32,
    /// Part of the level's movement in the last half of the sound that is upward, [0, 1].
    pub rising_part: f32,
}

impl Artefacts {
    /// Measures samples of a model's shape at any level.
    pub fn new(analysis: &mut FrameAnalysis, shape: &SpectralShape, samples: &[f32]) -> Self {
        let samples = at_full_scale(samples);
        let rate_hz = f64::from(shape.sample_rate_hz);
        Self {
            return_db: returns::height_db(&samples, rate_hz),
            end_fall_db: cut_end::fall_db(&samples, rate_hz),
            flicker_per_band_s: flicker::changes_per_band_s(&analysis.frames(&samples), shape),
            rising_part: decay::rising_part(&samples, rate_hz),
        }
    }

    /// Whether the sound comes back after it was silent.
    pub fn returns(&self) -> bool {
        self.return_db > 0.0
    }

    /// Whether the sound ends abruptly.
    pub fn is_cut(&self) -> bool {
        self.end_fall_db >= cut_end::CUT_DB
    }
}

/// The rules in words, for reports.
pub fn rules() -> String {
    format!("{} {} {} {}", returns::rule(), cut_end::rule(), flicker::rule(), decay::rule())
}

/// Signals that the tests of the figures share.
#[cfg(test)]
mod test_signals {
    /// Sample rate of the test signals.
    pub const RATE_HZ: f64 = 44_100.0;

    /// Two seconds of a tone of `hz` at the level that `level_db` gives for each time in seconds.
    pub fn tone(hz: f64, level_db: impl Fn(f64) -> f64) -> Vec<f32> {
        let sample = |n: usize| {
            let seconds = n as f64 / RATE_HZ;
            (10f64.powf(level_db(seconds) / 20.0) * (std::f64::consts::TAU * hz * seconds).sin()) as f32
        };
        (0..(2.0 * RATE_HZ) as usize).map(sample).collect()
    }

    /// What is silent, in dB.
    pub const SILENCE_DB: f64 = -200.0;
}

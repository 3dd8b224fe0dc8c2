//! What may be wished of a network that draws, and why a wish is refused. Plain arithmetic, any thread.

use std::ops::RangeInclusive;

use thiserror::Error;

/// Temperatures at which one can draw.
const TEMPERATURES: RangeInclusive<f32> = 0.1..=2.0;

/// Why a wish is refused. Each message is one line for the user.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum WishError {
    /// Too many class weights.
    #[error("{found} class weights, and the pack has {expected} classes")]
    ClassCount {
        /// Number of weights.
        found: usize,
        /// Number of classes.
        expected: usize,
    },
    /// Class weights that cannot be divided by their sum.
    #[error("class weights must be finite, not negative and not all 0")]
    ClassWeights,
    /// The temperature is out of its range.
    #[error("a temperature of {0} is outside 0.1 to 2")]
    Temperature(f32),
    /// The part that is kept is out of its range.
    #[error("to keep {0} of the probability is outside 0.5 to 1")]
    Keep(f32),
    /// The weight of the class is out of its range.
    #[error("a guidance of {0} is outside 0 to 10")]
    Guidance(f32),
    /// The clip is too short or longer than those that the network was trained on.
    #[error(
        "a clip of {found} s is outside 0.05 to {most:.3}, the length of the clips that the network was trained on"
    )]
    Seconds {
        /// Its length.
        found: f32,
        /// Length of a training clip.
        most: f32,
    },
    /// The prime is longer than the sounds that the network was trained on.
    #[error("the prime has {found} samples, and the network was trained on sounds of {most}")]
    LongPrime {
        /// Its samples.
        found: usize,
        /// Samples of a training sound.
        most: usize,
    },
    /// A sample of the prime is NaN or infinite.
    #[error("sample {0} of the prime is not a finite number")]
    NotFinite(usize),
}

/// Class weights divided by their sum; of none, none.
///
/// # Errors
/// [`WishError::ClassCount`] and [`WishError::ClassWeights`].
pub(super) fn shares(class_weights: &[f32], expected: usize) -> Result<Vec<f32>, WishError> {
    let found = class_weights.len();
    if found > expected {
        return Err(WishError::ClassCount { found, expected });
    }
    let sum: f32 = class_weights.iter().sum();
    let are_weights = class_weights.iter().all(|weight| *weight >= 0.0) && sum.is_finite();
    if found > 0 && !(are_weights && sum > 0.0) {
        return Err(WishError::ClassWeights);
    }
    Ok(class_weights.iter().map(|weight| weight / sum).collect())
}

/// The temperature of a pack times that of a request, within what one can draw at.
pub(super) fn scaled_temperature(of_pack: f32, factor: f32) -> f32 {
    (of_pack * factor).clamp(*TEMPERATURES.start(), *TEMPERATURES.end())
}

/// Whether one can draw so.
///
/// # Errors
/// [`WishError::Temperature`] and [`WishError::Keep`].
pub(super) fn check_draw(temperature: f32, keep: f32) -> Result<(), WishError> {
    if !TEMPERATURES.contains(&temperature) {
        return Err(WishError::Temperature(temperature));
    }
    if !(0.5..=1.0).contains(&keep) {
        return Err(WishError::Keep(keep));
    }
    Ok(())
}

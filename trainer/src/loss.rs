//! What the two stages minimise. Frames are in normalised units, the vocoder's levels in dB, phases in radians.

pub mod frames;
pub mod vocoder;

/// Level below which a bin or a band does not count, in dB.
pub const FLOOR_DB: f64 = -80.0;
/// One neper in dB.
pub const DB_PER_NEPER: f64 = 20.0 / std::f64::consts::LN_10;

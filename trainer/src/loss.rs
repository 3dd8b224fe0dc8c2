//! What the two stages minimise. Levels are in dB, phases in radians.

pub mod frames;
pub mod vocoder;

/// Level below which a bin or a band does not count, in dB.
const FLOOR_DB: f64 = -80.0;
const DB_PER_NEPER: f64 = 20.0 / std::f64::consts::LN_10;

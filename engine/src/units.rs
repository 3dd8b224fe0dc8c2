//! Latent points and unit conversions. Pure arithmetic; any thread, the audio thread included.

/// Number of latent dimensions of every model that this engine plays.
pub const MODEL_LATENTS: usize = 7;

/// A point of the latent space, in σ units, each coordinate in [−3, 3]. One unit is about the standard deviation of a model's training
/// sounds on that axis; a pack may use a larger unit so that nearly all of its sounds lie within the range.
pub type Latent = [f32; MODEL_LATENTS];

/// Largest magnitude of one latent coordinate, in σ units.
pub const LATENT_LIMIT: f32 = 3.0;

/// Frequency in hertz of a (fractional) MIDI key in equal temperament, A4 = key 69 = 440 Hz.
pub fn key_to_hz(key: f64) -> f64 {
    440.0 * ((key - 69.0) / 12.0).exp2()
}

/// Fractional MIDI key of a frequency in hertz, the inverse of [`key_to_hz`].
pub fn hz_to_key(hz: f64) -> f64 {
    69.0 + 12.0 * (hz / 440.0).log2()
}

/// Amplitude factor of a level in decibels.
pub fn db_to_gain(level_db: f32) -> f32 {
    10f32.powf(level_db / 20.0)
}

/// Level in decibels of an amplitude factor; −∞ for 0.
pub fn gain_to_db(gain: f32) -> f32 {
    20.0 * gain.log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a4_is_440_hz_and_an_octave_doubles() {
        assert!((key_to_hz(69.0) - 440.0).abs() < 1e-9);
        assert!((key_to_hz(81.0) - 880.0).abs() < 1e-9);
        assert!((hz_to_key(key_to_hz(21.3)) - 21.3).abs() < 1e-9);
    }

    #[test]
    fn decibels_round_trip() {
        for level_db in [-60.0f32, -6.0, 0.0, 12.0] {
            assert!((gain_to_db(db_to_gain(level_db)) - level_db).abs() < 1e-4);
        }
    }
}

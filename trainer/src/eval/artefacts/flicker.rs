//! How often the bands of a sound change between silence and sound.

use engine::spectral::{Frames, SpectralShape};

/// A silent band sounds from this level on, against the loudest band and frame, in dB.
const ON_DB: f32 = -54.0;
/// A sounding band is silent below this level, in dB. Between both nothing changes: the level of noise in one band and frame varies
/// by about 6 dB (standard deviation of the logarithm of a Rayleigh distribution: 5.6 dB), so a single threshold would be crossed
/// in every frame.
const OFF_DB: f32 = -66.0;

/// Changes between silence and sound, per band and second. A sound of 2 s that begins and ends once in every band has 1.
pub fn changes_per_band_s(frames: &Frames, shape: &SpectralShape) -> f32 {
    let loudest = frames.values.iter().copied().fold(-1.0_f32, f32::max);
    if loudest <= -1.0 {
        return 0.0;
    }
    let level_db = |value: f32| shape.denormalise_db(value) - shape.denormalise_db(loudest);
    let changes = |band: usize| {
        let mut sounds = false;
        let mut count = 0;
        for value in frames.band(band) {
            let level_db = level_db(*value);
            if (!sounds && level_db > ON_DB) || (sounds && level_db < OFF_DB) {
                sounds = !sounds;
                count += 1;
            }
        }
        count
    };
    let seconds = shape.samples_of(frames.frames) as f32 / shape.sample_rate_hz as f32;
    (0..frames.bands).map(changes).sum::<usize>() as f32 / (frames.bands as f32 * seconds).max(1e-6)
}

/// The rule in words.
pub fn rule() -> String {
    format!(
        "Flicker counts the changes between silence and sound per band and second; a band sounds from {ON_DB} dB of the loudest band on, until \
         it falls below {OFF_DB} dB."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: SpectralShape = SpectralShape::DEFAULT;

    /// Frames whose bands have the level that `level_db` gives for each band and frame.
    fn frames(level_db: impl Fn(usize, usize) -> f32) -> Frames {
        let mut frames = Frames::silent(SHAPE.mel_bands, SHAPE.frame_count);
        for band in 0..frames.bands {
            for frame in 0..frames.frames {
                frames.values[band * SHAPE.frame_count + frame] = SHAPE.normalise_db(level_db(band, frame));
            }
        }
        frames
    }

    fn flicker(level_db: impl Fn(usize, usize) -> f32) -> f32 {
        changes_per_band_s(&frames(level_db), &SHAPE)
    }

    #[test]
    fn a_sound_that_decays_once_has_one_change_a_second_and_a_gated_one_has_its_gates() {
        let decay = flicker(|_, frame| -(frame as f32));
        assert!((decay - 1.0).abs() < 0.05, "{decay}");
        let period = 10;
        let gated = flicker(|_, frame| if frame / period % 2 == 0 { -6.0 } else { -90.0 });
        let wanted = (SHAPE.frame_count as f32 / period as f32).ceil() / 2.0;
        assert!((gated - wanted).abs() < 0.5, "{gated} instead of {wanted}");
        let half = flicker(|band, frame| if frame / period % 2 == 0 || band % 2 == 0 { -6.0 } else { -90.0 });
        assert!(half < gated && half > gated / 3.0, "{half} of {gated}");
    }

    #[test]
    fn levels_within_the_hysteresis_and_the_whole_level_change_nothing() {
        // One band sounds throughout, the others rise and fall between the thresholds.
        let noisy = |band: usize, frame: usize| -63.0 + 5.0 * ((band * 7 + frame * 13) % 3) as f32 / 2.0;
        let held = flicker(|band, frame| if band == 0 { 0.0 } else { noisy(band, frame) });
        let once = (SHAPE.mel_bands as f32 * SHAPE.sound_samples() as f32 / SHAPE.sample_rate_hz as f32).recip();
        assert!((held - once).abs() < 1e-6, "{held} instead of {once}");
        let loud = flicker(|_, frame| -(frame as f32));
        let soft = flicker(|_, frame| -12.0 - frame as f32);
        assert!((loud - soft).abs() < 1e-6);
        assert_eq!(flicker(|_, _| -200.0), 0.0);
    }
}

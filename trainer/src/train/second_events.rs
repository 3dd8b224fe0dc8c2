//! Second events: what of a sound's level rises again after it has become quiet.
//!
//! A decoder gives them at points between its sounds although hardly any sound has one: coarse frames that two kinds of sounds use at
//! different times are loud where neither kind is. `eval::artefacts` counts those that follow silence; here every rise out of quiet
//! counts, on frames instead of samples.

use engine::spectral::SpectralShape;
use tch::{Kind, Tensor};

use super::ending_loss::{from_loudest, units};
use crate::loss::frames::level;

/// Levels against the loudest frame from where to where a sound becomes quiet, in dB. Of the eighth pack's named sounds 7 in 100 rise
/// by more than 3 dB out of it, mostly typing, dogs and footsteps; of its random ones 46.
const QUIET_DB: (f32, f32) = (-32.0, -48.0);
/// What a level may rise above its lowest so far and be no event, in dB: beats, and what noise varies by.
const ALLOWED_RISE_DB: f32 = 4.0;

/// What each frame would have to be attenuated by for its sound to have no second event, in normalised units:
/// `[sound, band, frame]` → `[sound, frame]`.
pub fn attenuation(made: &Tensor, shape: &SpectralShape) -> Tensor {
    let floor = f64::from(shape.normalise_db(shape.floor_db));
    let levels = level(made, shape).clamp_min(floor);
    let levels = from_loudest(&(&levels - levels.amax([1i64].as_slice(), true)));
    let (lowest, _) = levels.cummin(1);
    let span = units(QUIET_DB.0 - QUIET_DB.1, shape);
    let quiet = ((units(QUIET_DB.0, shape) - &lowest) / span).clamp(0.0, 1.0);
    (levels - lowest - units(ALLOWED_RISE_DB, shape)).relu() * quiet
}

/// The largest attenuation of each sound, in dB: `[sound, band, frame]` → `[sound]`.
pub fn height_db(made: &Tensor, shape: &SpectralShape) -> Tensor {
    attenuation(made, shape).amax([1i64].as_slice(), false).to_kind(Kind::Float) / units(1.0, shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: SpectralShape = SpectralShape::DEFAULT;

    fn sound(level_db: impl Fn(usize) -> f32) -> Tensor {
        let values: Vec<f32> = (0..SHAPE.frame_count).map(|frame| SHAPE.normalise_db(level_db(frame))).collect();
        let made = Tensor::full([1, 128, SHAPE.frame_count as i64], -3.0, tch::kind::FLOAT_CPU);
        made.narrow(1, 20, 1).copy_(&Tensor::from_slice(&values).view([1, 1, -1]));
        made
    }

    #[test]
    fn decays_onsets_and_beats_are_no_second_event() {
        let cases: [&dyn Fn(usize) -> f32; 4] = [
            &|frame| -0.7 * frame as f32,
            &|frame| (frame as f32 - 40.0).min(0.0),
            &|frame| -0.3 * frame as f32 + 1.9 * (frame as f32 * 0.4).sin(),
            // Deep tremolo of a sound that stays loud.
            &|frame| -15.0 + 15.0 * (frame as f32 * 0.3).sin(),
        ];
        for case in cases {
            assert!(height_db(&sound(case), &SHAPE).double_value(&[0]) < 0.1);
        }
    }

    #[test]
    fn a_burst_after_quiet_falls_to_the_lowest_level_before_it_and_nothing_else_changes() {
        let made = sound(|frame| if (100..120).contains(&frame) { -15.0 } else { -0.6 * frame as f32 });
        let found = attenuation(&made, &SHAPE);
        assert!((height_db(&made, &SHAPE).double_value(&[0]) - 40.4).abs() < 0.2);
        assert_eq!(found.narrow(1, 0, 100).abs().max().double_value(&[]), 0.0);
        assert_eq!(found.narrow(1, 120, SHAPE.frame_count as i64 - 120).abs().max().double_value(&[]), 0.0);
        let without = &made - found.unsqueeze(1);
        assert!(height_db(&without, &SHAPE).double_value(&[0]) < 0.1, "once is enough");
    }
}

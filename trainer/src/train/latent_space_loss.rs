//! Loss of the whole latent space: every point that knobs reach must decode to a sound that is neither inaudible nor beyond full scale,
//! and that begins in the first frames.
//!
//! Sounds of a corpus lie in a ball; knobs reach every corner of a cube around it. No other loss constrains the decoder
//! there, and without this one it gives silence or noise far beyond full scale.

use engine::spectral::SpectralShape;
use engine::units::LATENT_LIMIT;
use tch::{Kind, Tensor};

use crate::loss::frames::level;
use crate::model::Decoder;
use crate::model::vae::LATENTS;

/// Points of each of the two kinds in one look.
const POINTS: i64 = 8;
/// How far out points lie, in σ of the sounds: what the knobs of a pack reach, and a sixth more.
const REACH: f64 = LATENT_LIMIT as f64 * 7.0 / 6.0;
/// Levels between which the loudest frame lies, in dB: those of 98 in a hundred named sounds.
const LOUDEST_DB: (f32, f32) = (-22.0, 1.0);
/// By when a sound has begun, in frames of 512 samples, and the level that it has by then.
const BEGUN_FRAMES: i64 = 8;
const BEGUN_DB: f32 = -35.0;

/// Points of the whole space: sounds with one knob anywhere, then all knobs anywhere. `latents`, `[batch, 7]`: at least [`POINTS`];
/// `spread`, `[1, 7]`: σ of the sounds.
pub fn points(latents: &Tensor, spread: &Tensor) -> Tensor {
    let anywhere = Tensor::rand([2 * POINTS, LATENTS], (Kind::Float, latents.device())) * 2.0 - 1.0;
    let anywhere = anywhere * spread * REACH;
    let knobs = Tensor::randint(LATENTS, [POINTS], (Kind::Int64, latents.device())).one_hot(LATENTS);
    let turned = &knobs * anywhere.narrow(0, 0, POINTS) + (1 - &knobs) * latents.narrow(0, 0, POINTS);
    Tensor::cat(&[turned, anywhere.narrow(0, POINTS, POINTS)], 0)
}

/// How far sounds exceed the bounds, mean over random points of the whole space, some of them `latents` with one knob turned: 0 where
/// none does, about the excess in normalised units where it is small. It grows with the logarithm alone, since what a decoder
/// gives in an unconstrained corner can be a million times full scale, and one such point would outweigh all others. `latents` is
/// `[batch, 7]`, `keys` `[batch, 1]`, of 16 sounds or more; `spread`, `[1, 7]`: σ of the sounds.
pub fn excess(decoder: &Decoder, latents: &Tensor, keys: &Tensor, spread: &Tensor) -> Tensor {
    let made = decoder.forward(&points(latents, spread), &keys.narrow(0, 0, 2 * POINTS));
    beyond(&made, &SpectralShape::DEFAULT).log1p().mean(Kind::Float)
}

/// Part of `count` random points anywhere that exceed the bounds, at `key`, `[1, 1]`; `spread`, `[1, 7]`: σ of the sounds.
pub fn broken_part(decoder: &Decoder, key: &Tensor, spread: &Tensor, count: i64) -> f64 {
    let points = Tensor::rand([count, LATENTS], (Kind::Float, key.device())) * 2.0 - 1.0;
    let points = points * spread * f64::from(LATENT_LIMIT);
    let made = decoder.forward(&points, &key.expand([count, 1], false));
    beyond(&made, &SpectralShape::DEFAULT).gt(0.0).to_kind(Kind::Float).mean(Kind::Float).double_value(&[])
}

/// What each sound's levels lie beyond their bounds: `[sound, band, frame]` → `[sound]`.
pub fn beyond(made: &Tensor, shape: &SpectralShape) -> Tensor {
    let bound = |db: f32| f64::from(shape.normalise_db(db));
    let levels = level(made, shape);
    let (loudest, begun) =
        (levels.amax([1i64].as_slice(), false), levels.narrow(1, 0, BEGUN_FRAMES).amax([1i64].as_slice(), false));
    let too_faint = (bound(LOUDEST_DB.0) - &loudest).relu();
    too_faint + (loudest - bound(LOUDEST_DB.1)).relu() + (bound(BEGUN_DB) - begun).relu()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sound of one band at these levels, in dB, before and after it has to have begun.
    fn sound(before_db: f32, after_db: f32) -> Tensor {
        let shape = SpectralShape::DEFAULT;
        let made = Tensor::full([1, 128, 172], -2.0, tch::kind::FLOAT_CPU);
        let _ = made.narrow(1, 20, 1).fill_(f64::from(shape.normalise_db(after_db)));
        let _ = made.narrow(1, 20, 1).narrow(2, 0, BEGUN_FRAMES).fill_(f64::from(shape.normalise_db(before_db)));
        made
    }

    #[test]
    fn a_sound_within_its_bounds_costs_nothing_and_one_beyond_costs_by_how_far() {
        let db_per_unit = f64::from(-SpectralShape::DEFAULT.floor_db / 2.0);
        for (before_db, after_db, wanted_db) in [
            (-10.0, -30.0, 0.0),
            (-30.0, -10.0, 0.0),
            // Faint all the time; beyond full scale; far too late.
            (-32.0, -32.0, 10.0),
            (-10.0, 7.0, 6.0),
            (-80.0, -10.0, 45.0),
        ] {
            let found_db =
                beyond(&sound(before_db, after_db), &SpectralShape::DEFAULT).double_value(&[0]) * db_per_unit;
            assert!((found_db - wanted_db).abs() < 0.05, "{before_db}, {after_db}: {found_db} instead of {wanted_db}");
        }
    }

    #[test]
    fn what_has_fallen_below_the_floor_still_has_a_slope_upwards() {
        let silent = Tensor::full([1, 128, 172], -6.0, tch::kind::FLOAT_CPU).set_requires_grad(true);
        beyond(&silent, &SpectralShape::DEFAULT).sum(Kind::Float).backward();
        assert!(silent.grad().min().double_value(&[]) < 0.0);
    }

    #[test]
    fn half_of_the_points_are_sounds_with_one_knob_turned() {
        let latents = Tensor::full([16, LATENTS], 9.5, tch::kind::FLOAT_CPU);
        let points = points(&latents, &Tensor::full([1, LATENTS], 2.0, tch::kind::FLOAT_CPU));
        let kept = points.eq(9.5).sum_dim_intlist([1i64].as_slice(), false, Kind::Int64);
        let kept = Vec::<i64>::try_from(kept).expect("numbers");
        assert!(
            kept[..8].iter().all(|count| *count == LATENTS - 1) && kept[8..].iter().all(|count| *count == 0),
            "{kept:?}"
        );
        let turned = points.masked_select(&points.ne(9.5));
        let farthest = turned.abs().max().double_value(&[]);
        assert!(REACH < farthest && farthest <= 2.0 * REACH, "{farthest}: as far as sounds are spread");
    }
}

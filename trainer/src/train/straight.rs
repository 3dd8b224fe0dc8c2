//! The law of straight lines: on the way from one sound to another no step is much larger than the others.
//!
//! A decoder that only has to give its sounds back may cross from one kind to another within a hundredth of a knob: a line
//! then stands still, leaps, and stands still again.

use engine::spectral::SpectralShape;
use tch::{Kind, Tensor};

use crate::model::Decoder;

/// Steps of a whole line, as evaluation walks it.
const LINE_STEPS: i64 = 32;
/// Points of the part of a line that is looked at.
const POINTS: i64 = 17;
/// Lines of one batch.
const LINES: i64 = 2;
/// A step may be this many times the median step of its line before it costs something. Below the 3 that evaluation allows.
const ALLOWED: f64 = 2.0;
/// What neither of two frames reaches is silence, and no part of a step, in dB.
const FLOOR_DB: f32 = -80.0;

/// Where the part of a line may begin, in steps.
pub const STARTS: std::ops::RangeInclusive<i64> = 0..=LINE_STEPS + 1 - POINTS;

/// Sum over a part of a line of what its steps exceed [`ALLOWED`] times the median step by, in normalised units, mean over a few
/// lines between the first sounds of a batch. `latents`: `[batch, 7]`, at least four; `keys`: `[batch, 1]`; `start` is one of
/// [`STARTS`].
pub fn excess(decoder: &Decoder, latents: &Tensor, keys: &Tensor, start: i64, shape: &SpectralShape) -> Tensor {
    let points = points(latents, start);
    let keys = keys.narrow(0, 0, LINES).repeat_interleave_self_int(POINTS, 0, None);
    let made = decoder.forward(&points, &keys).clamp_min(f64::from(shape.normalise_db(FLOOR_DB)));
    let made = made.view([LINES, POINTS, made.size()[1], made.size()[2]]);
    beyond_allowed(&steps(&made, shape)) / LINES as f64
}

/// Points along a part of each line, `[line · point, 7]`.
fn points(latents: &Tensor, start: i64) -> Tensor {
    let ends = latents.narrow(0, 0, 2 * LINES).view([2, LINES, 1, -1]);
    let part = |step: i64| step as f64 / LINE_STEPS as f64;
    let way = Tensor::linspace(part(start), part(start + POINTS - 1), POINTS, (Kind::Float, latents.device()));
    let way = way.view([1, POINTS, 1]);
    let points: Tensor = ends.get(0) * (1.0 - &way) + ends.get(1) * &way;
    points.flatten(0, 1)
}

/// Sum of what the steps of each line, `[line, step]`, exceed [`ALLOWED`] times their median by. The median itself is not pushed up.
fn beyond_allowed(steps: &Tensor) -> Tensor {
    let allowed = steps.median_dim(1, true).0.detach() * ALLOWED;
    (steps - allowed).relu().sum(steps.kind())
}

/// Mean absolute difference of neighbouring points over the frames in which either sounds: `[line, point, band, frame]` →
/// `[line, point − 1]`.
fn steps(made: &Tensor, shape: &SpectralShape) -> Tensor {
    let count = made.size()[1] - 1;
    let (before, after) = (made.narrow(1, 0, count), made.narrow(1, 1, count));
    let floor = f64::from(shape.normalise_db(FLOOR_DB));
    let sounds = made.amax([2i64].as_slice(), false).gt(floor).to_kind(Kind::Float);
    let sounds = sounds.narrow(1, 0, count).maximum(&sounds.narrow(1, 1, count));
    let differences = (after - before).abs().mean_dim([2i64].as_slice(), false, Kind::Float) * &sounds;
    let over_time = |x: &Tensor| x.sum_dim_intlist([2i64].as_slice(), false, Kind::Float);
    over_time(&differences) / over_time(&sounds).clamp_min(1.0)
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    const SHAPE: SpectralShape = SpectralShape::DEFAULT;

    fn line(levels: &[f64]) -> Tensor {
        let points: Vec<Tensor> =
            levels.iter().map(|level| Tensor::full([4, 5], *level, (Kind::Float, Device::Cpu))).collect();
        Tensor::stack(&points, 0).unsqueeze(0)
    }

    #[test]
    fn a_step_is_the_mean_difference_of_what_sounds() {
        let found = Vec::<f32>::try_from(steps(&line(&[-0.5, -0.25, 0.5]), &SHAPE).view(-1)).expect("two steps");
        assert!((found[0] - 0.25).abs() < 1e-6 && (found[1] - 0.75).abs() < 1e-6, "{found:?}");
        let floor = f64::from(SHAPE.normalise_db(FLOOR_DB));
        assert_eq!(steps(&line(&[floor, floor]), &SHAPE).double_value(&[0, 0]), 0.0);
    }

    #[test]
    fn only_a_leap_costs_and_only_it_is_held_back() {
        let even = Tensor::from_slice(&[0.1, 0.12, 0.1, 0.08, 0.15]).unsqueeze(0);
        assert_eq!(beyond_allowed(&even).double_value(&[]), 0.0);
        let leap = Tensor::from_slice(&[0.1, 0.12, 0.1, 0.08, 0.5]).unsqueeze(0).set_requires_grad(true);
        let cost = beyond_allowed(&leap);
        assert!((cost.double_value(&[]) - (0.5 - 0.1 * ALLOWED)).abs() < 1e-6);
        cost.backward();
        let slopes = Vec::<f64>::try_from(leap.grad().view(-1)).expect("five slopes");
        assert_eq!(slopes, [0.0, 0.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn points_go_straight_from_sound_to_sound() {
        let latents = Tensor::from_slice(&[0.0f32, 8.0, 32.0, -24.0]).unsqueeze(1);
        let values = |start: i64| Vec::<f32>::try_from(points(&latents, start).view(-1)).expect("numbers");
        let (first, last) = (values(*STARTS.start()), values(*STARTS.end()));
        let count = POINTS as usize;
        assert_eq!(
            (first[0], first[1], first[count], last[count - 1], last[2 * count - 1]),
            (0.0, 1.0, 8.0, 32.0, -24.0)
        );
    }
}

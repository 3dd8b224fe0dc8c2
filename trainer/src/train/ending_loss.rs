//! Loss of how sounds end, at points of the whole latent space: none may return after silence, end abruptly or rise again in its
//! tail. The laws are those of `eval::artefacts`, on frames instead of samples.
//!
//! Off by default: its weight is 0 until a training has shown what it does to the sounds themselves.

use engine::spectral::SpectralShape;
use tch::{Kind, Tensor};

use crate::loss::frames::level;
use crate::model::Decoder;

/// Level of silence against the loudest frame, in dB, as in the evaluation.
const SILENT_DB: f32 = -60.0;
/// Fall from one frame to the next that costs nothing, in dB. A gate in the samples lets the level of frames four hops long fall by
/// up to about 20 dB a hop, so this is below the evaluation's 25 dB in 12 ms.
const ALLOWED_FALL_DB: f32 = 18.0;
/// Falls from below this level against the loudest frame cost nothing, in dB.
const HEARD_DB: f32 = -40.0;
/// A tail may rise by so much above its lowest level before it costs, in dB: beats and tremolo of real sounds.
const ALLOWED_RISE_DB: f32 = 6.0;

/// The excess of each law, mean over the sounds, in normalised units.
#[derive(Debug)]
pub struct Endings {
    /// Level above silence after silence, mean over the frames.
    pub returns: Tensor,
    /// What the largest final fall exceeds the allowed one by.
    pub cut_ends: Tensor,
    /// What the level of the last half rises beyond the allowed, mean over the frames.
    pub rises: Tensor,
}

/// What sounds at `points`, `[point, 7]`, at their `keys`, `[point, 1]`, break each law by.
pub fn excess(decoder: &Decoder, points: &Tensor, keys: &Tensor) -> Endings {
    endings(&decoder.forward(points, keys), &SpectralShape::DEFAULT)
}

/// What sounds of the given shape break each law by: `[sound, band, frame]`.
pub fn endings(made: &Tensor, shape: &SpectralShape) -> Endings {
    // Frames below the floor are silence, however far below.
    let floor = f64::from(shape.normalise_db(shape.floor_db));
    let levels = level(made, shape).clamp_min(floor);
    let against_loudest = &levels - levels.amax([1i64].as_slice(), true).detach();
    let mean = |x: Tensor| x.mean(Kind::Float);
    Endings {
        returns: mean(beyond_silence(&against_loudest, shape)),
        cut_ends: mean(beyond_fall(&against_loudest, shape)),
        rises: mean(beyond_rise(&against_loudest, shape)),
    }
}

/// A difference of levels in normalised units.
pub(super) fn units(db: f32, shape: &SpectralShape) -> f64 {
    f64::from(db) / f64::from(-shape.floor_db / 2.0)
}

/// Levels after the loudest frame keep their values, those before it count as loudest: a sound's own rise is no return.
pub(super) fn from_loudest(levels: &Tensor) -> Tensor {
    let is_after = levels.detach().ge(0.0).to_kind(Kind::Float).cumsum(1, Kind::Float).gt(0.0).to_kind(Kind::Float);
    levels * &is_after
}

/// Level above silence of frames that follow a silent one: `[sound, frame]`, 0 elsewhere.
fn beyond_silence(levels: &Tensor, shape: &SpectralShape) -> Tensor {
    let silent = units(SILENT_DB, shape);
    let (lowest, _) = from_loudest(levels).cummin(1);
    let was_silent = lowest.detach().lt(silent).to_kind(Kind::Float);
    (levels - silent).relu() * was_silent
}

/// What the fall from a heard frame to the loudest one behind the next exceeds the allowed one by, the largest of each sound: `[sound]`.
fn beyond_fall(levels: &Tensor, shape: &SpectralShape) -> Tensor {
    let count = levels.size()[1] - 1;
    let loudest_from = levels.flip([1i64].as_slice()).cummax(1).0.flip([1i64].as_slice());
    let before = levels.narrow(1, 0, count);
    let is_heard = before.detach().gt(units(HEARD_DB, shape)).to_kind(Kind::Float);
    let fall = before - loudest_from.narrow(1, 1, count) - units(ALLOWED_FALL_DB, shape);
    (fall.relu() * is_heard).amax([1i64].as_slice(), false)
}

/// What levels of the last half lie above the lowest one before them, beyond the allowed rise: `[sound, frame]`. The lowest itself
/// is not raised.
fn beyond_rise(levels: &Tensor, shape: &SpectralShape) -> Tensor {
    let count = levels.size()[1];
    let last = levels.narrow(1, count / 2, count - count / 2).clamp_min(units(SILENT_DB, shape));
    let (lowest, _) = last.cummin(1);
    (&last - lowest.detach() - units(ALLOWED_RISE_DB, shape)).relu()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One sound of one band whose level is given for each frame, in dB.
    fn sound(level_db: impl Fn(usize) -> f32) -> Tensor {
        let shape = SpectralShape::DEFAULT;
        let values: Vec<f32> = (0..shape.frame_count).map(|frame| shape.normalise_db(level_db(frame))).collect();
        let made = Tensor::full([1, 128, shape.frame_count as i64], -3.0, tch::kind::FLOAT_CPU);
        made.narrow(1, 20, 1).copy_(&Tensor::from_slice(&values).view([1, 1, -1]));
        made
    }

    fn found(level_db: impl Fn(usize) -> f32) -> [f64; 3] {
        let Endings { returns, cut_ends, rises } = endings(&sound(level_db), &SpectralShape::DEFAULT);
        [returns, cut_ends, rises].map(|law| law.double_value(&[]))
    }

    #[test]
    fn a_decay_and_a_slow_onset_cost_nothing() {
        for decay in
            [found(|frame| -0.7 * frame as f32), found(|_| -12.0), found(|frame| (frame as f32 - 40.0).min(0.0))]
        {
            assert!(decay.iter().all(|law| *law < 1e-6), "{decay:?}");
        }
    }

    #[test]
    fn each_fault_costs_by_its_own_law() {
        let burst = |height_db: f32| {
            found(move |frame| if (130..140).contains(&frame) { height_db } else { -0.8 * frame as f32 })
        };
        assert!(burst(-30.0)[0] > burst(-50.0)[0] && burst(-50.0)[0] > 0.0);
        let gate = |end_db: f32| found(move |frame| if frame < 80 { -0.1 * frame as f32 } else { end_db });
        assert!(gate(-80.0)[1] > gate(-40.0)[1] && gate(-40.0)[1] > 0.0 && gate(-20.0)[1] == 0.0);
        let swell = found(|frame| if frame < 100 { -0.4 * frame as f32 } else { -40.0 + 0.4 * (frame as f32 - 100.0) });
        assert!(swell[2] > 0.0 && swell[0] == 0.0 && swell[1] == 0.0, "{swell:?}");
    }

    #[test]
    fn a_return_is_pulled_down_and_nothing_else_is() {
        let made = sound(|frame| if (130..140).contains(&frame) { -30.0 } else { -0.8 * frame as f32 })
            .set_requires_grad(true);
        endings(&made, &SpectralShape::DEFAULT).returns.backward();
        let slope = made.grad().get(0).get(20);
        assert!(slope.narrow(0, 130, 10).min().double_value(&[]) > 0.0, "the burst falls");
        assert_eq!(slope.narrow(0, 0, 130).abs().max().double_value(&[]), 0.0);
    }
}

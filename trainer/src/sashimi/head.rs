//! The distribution of the next level, and what a level costs under it: a softmax, or a mixture of logistic distributions over the companded
//! curve whose mass between the halves to its neighbours a level gets (Salimans, Karpathy, Chen and Kingma 2017).

use engine::decode::raw::{COMPONENTS, LOG_SCALES};
use engine::pack::{LEVELS, Quantisation};
use tch::{Kind, Reduction, Tensor};

/// Logarithm of a scale for an output of 0.
pub const LOG_SCALE_OFFSET: f64 = -4.0;
/// Below this mass the density at the level's middle stands in for it, whose logarithm does not run out of digits.
const LEAST_MASS: f64 = 1e-5;

/// Outputs of a network of this quantisation.
pub fn outputs(quantisation: Quantisation) -> i64 {
    if quantisation == Quantisation::Mixture { 3 * COMPONENTS as i64 } else { LEVELS as i64 }
}

/// Mean cost of `levels`, `[batch, time]`, under `made`, `[batch, output, time]`, in nats a sample.
pub fn cost(quantisation: Quantisation, made: &Tensor, levels: &Tensor) -> Tensor {
    if quantisation == Quantisation::Mixture {
        return mixture_cost(quantisation, made, levels);
    }
    made.cross_entropy_loss::<Tensor>(levels, None, Reduction::Mean, -100, 0.0)
}

/// Adds [`LOG_SCALE_OFFSET`] to the logarithms of scales among outputs, `[time][output]` flat: the engine's outputs have it.
pub fn offset_log_scales(made: &mut [f32]) {
    for outputs in made.chunks_exact_mut(3 * COMPONENTS) {
        outputs[2 * COMPONENTS..].iter_mut().for_each(|scale| *scale += LOG_SCALE_OFFSET as f32);
    }
}

fn mixture_cost(quantisation: Quantisation, made: &Tensor, levels: &Tensor) -> Tensor {
    let size = made.size();
    let parts = made.view([size[0], 3, COMPONENTS as i64, size[2]]);
    let half = quantisation.half();
    let curve = ((levels.to_kind(Kind::Float) - half) / half).unsqueeze(1);
    let log_scale = (parts.select(1, 2) + LOG_SCALE_OFFSET).clamp(f64::from(LOG_SCALES.0), f64::from(LOG_SCALES.1));
    let inverse = (-&log_scale).exp();
    let from_mean = curve - parts.select(1, 1);
    let reach = &inverse * (0.5 / half);
    let place = from_mean * inverse;
    let (above, below) = (&place + &reach, &place - &reach);
    let mass = above.sigmoid() - below.sigmoid();
    let density = &place - log_scale - place.softplus() * 2.0 - half.ln();
    let inside = mass.clamp_min(1e-12).log().where_self(&mass.gt(LEAST_MASS), &density);
    // The outermost levels have all that lies beyond them.
    let level = levels.unsqueeze(1);
    let inside = above.log_sigmoid().where_self(&level.eq(0), &inside);
    let inside = (-below).log_sigmoid().where_self(&level.eq(2 * half as i64 - 1), &inside);
    let chances = parts.select(1, 0).log_softmax(1, Kind::Float);
    -(inside + chances).logsumexp([1i64].as_slice(), false).mean(Kind::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_costs_of_all_levels_are_those_of_one_distribution() {
        tch::manual_seed(3);
        for quantisation in [Quantisation::MuLaw, Quantisation::Mixture] {
            let count = quantisation.levels() as i64;
            let made = Tensor::randn([1, outputs(quantisation), 1], tch::kind::FLOAT_CPU);
            let level = |level: i64| Tensor::full([1, 1], level, tch::kind::INT64_CPU);
            let chance = |number: i64| (-cost(quantisation, &made, &level(number)).double_value(&[])).exp();
            let sum: f64 = (0..count).map(chance).sum();
            assert!((sum - 1.0).abs() < 1e-3, "{quantisation:?}: {sum}");
        }
    }
}

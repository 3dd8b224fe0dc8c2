//! The distribution of the next level, and what a level costs under it: a softmax, or a mixture of logistic distributions over the companded
//! curve whose mass between the halves to its neighbours a level gets (Salimans, Karpathy, Chen and Kingma 2017).

use engine::decode::raw::{COMPONENTS, LOG_SCALES};
use engine::pack::{LEVELS, Quantisation};
use tch::{Kind, Reduction, Tensor};

/// Logarithm of a scale for an output of 0.
pub const LOG_SCALE_OFFSET: f64 = -4.0;
/// Half of the range of the scales' logarithms at first.
const SCALES_SPREAD: f64 = 3.0;
/// Factor on a mixture's first weights: by larger ones the first cost is 17 bits a sample, most of it for the silence after a sound.
const FIRST_WEIGHTS: f64 = 0.1;
/// Below this mass the density at the level's middle stands in for it, whose logarithm does not run out of digits.
const LEAST_MASS: f64 = 1e-5;

/// Outputs of a network of this quantisation.
pub fn outputs(quantisation: Quantisation) -> i64 {
    if quantisation == Quantisation::Mixture { 3 * COMPONENTS as i64 } else { LEVELS as i64 }
}

/// Makes the outputs of a mixture begin near the sample before, with scales from narrow to wide.
pub fn begin(quantisation: Quantisation, weight: &Tensor, bias: &Tensor) {
    if quantisation != Quantisation::Mixture {
        return;
    }
    let count = COMPONENTS as i64;
    let scales = Tensor::linspace(-SCALES_SPREAD, SCALES_SPREAD, count, tch::kind::FLOAT_CPU).to_device(bias.device());
    tch::no_grad(|| {
        let _ = weight.shallow_clone().g_mul_scalar_(FIRST_WEIGHTS);
        bias.narrow(0, 2 * count, count).copy_(&scales);
    });
}

/// 1 for the outputs of a mixture that are means, to which the sample before is added; 0 for the others.
pub fn anchored_outputs() -> Tensor {
    let mut places = [0.0f32; 3 * COMPONENTS];
    places[COMPONENTS..2 * COMPONENTS].fill(1.0);
    Tensor::from_slice(&places)
}

/// Mean cost of `levels`, `[batch, time]`, under `made`, `[batch, time, output]`, in nats a sample.
pub fn cost(quantisation: Quantisation, made: &Tensor, levels: &Tensor) -> Tensor {
    if quantisation == Quantisation::Mixture {
        return mixture_cost(quantisation, made, levels);
    }
    made.flatten(0, 1).cross_entropy_loss::<Tensor>(&levels.flatten(0, 1), None, Reduction::Mean, -100, 0.0)
}

/// Adds [`LOG_SCALE_OFFSET`] to the logarithms of scales among outputs, `[time][output]` flat: the engine's outputs have it.
pub fn offset_log_scales(made: &mut [f32]) {
    for outputs in made.chunks_exact_mut(3 * COMPONENTS) {
        outputs[2 * COMPONENTS..].iter_mut().for_each(|scale| *scale += LOG_SCALE_OFFSET as f32);
    }
}

fn mixture_cost(quantisation: Quantisation, made: &Tensor, levels: &Tensor) -> Tensor {
    let size = made.size();
    let parts = made.view([size[0], size[1], 3, COMPONENTS as i64]);
    let half = quantisation.half();
    let curve = ((levels.to_kind(Kind::Float) - half) / half).unsqueeze(-1);
    let log_scale = (parts.select(2, 2) + LOG_SCALE_OFFSET).clamp(f64::from(LOG_SCALES.0), f64::from(LOG_SCALES.1));
    let inverse = (-&log_scale).exp();
    let from_mean = curve - parts.select(2, 1);
    let reach = &inverse * (0.5 / half);
    let place = from_mean * inverse;
    let (above, below) = (&place + &reach, &place - &reach);
    let mass = above.sigmoid() - below.sigmoid();
    let density = &place - log_scale - place.softplus() * 2.0 - half.ln();
    let inside = mass.clamp_min(1e-12).log().where_self(&mass.gt(LEAST_MASS), &density);
    // The outermost levels have all that lies beyond them.
    let level = levels.unsqueeze(-1);
    let inside = above.log_sigmoid().where_self(&level.eq(0), &inside);
    let inside = (-below).log_sigmoid().where_self(&level.eq(2 * half as i64 - 1), &inside);
    let chances = parts.select(2, 0).log_softmax(-1, Kind::Float);
    -(inside + chances).logsumexp([-1i64].as_slice(), false).mean(Kind::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_costs_of_all_levels_are_those_of_one_distribution() {
        tch::manual_seed(3);
        for quantisation in [Quantisation::MuLaw, Quantisation::Mixture] {
            let count = quantisation.levels() as i64;
            let made = Tensor::randn([1, 1, outputs(quantisation)], tch::kind::FLOAT_CPU);
            let level = |level: i64| Tensor::full([1, 1], level, tch::kind::INT64_CPU);
            let chance = |number: i64| (-cost(quantisation, &made, &level(number)).double_value(&[])).exp();
            let sum: f64 = (0..count).map(chance).sum();
            assert!((sum - 1.0).abs() < 1e-3, "{quantisation:?}: {sum}");
        }
    }
}

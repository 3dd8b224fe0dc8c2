//! Loss of the latent axes: over random points each axis must correlate with one property of the sound.
//!
//! Random points, not the sounds of the corpus: a knob passes through the points between sounds, and an order that holds for
//! the sounds need not hold there. After the order of Pati and Lerch 2020, with correlations in place of pairs.

use tch::{Kind, Tensor};

use crate::descriptors;
use crate::model::Decoder;
use crate::model::vae::LATENTS;

/// Part of the batches with this loss.
pub const PART: f64 = 0.3;
/// Its weight: the loss if no axis correlates with its property.
pub const WEIGHT: f64 = 0.5;
/// Points of one step of training.
pub const POINTS: i64 = 24;

/// A property that varies by less than this, in its own unit, does not vary: nothing is to be won by making that much follow a knob.
const SLIGHTEST: f64 = 0.01;

/// How far the knobs are from following their properties: 0 if each axis goes along with its own one, 1 if none does, 2 if each goes
/// against it; mean over the axes, at so many random points, all at `key`, `[1, 1]`, spread as sounds are: `spread`, `[1, 7]`, is their σ.
pub fn distance(decoder: &Decoder, key: &Tensor, spread: &Tensor, points: i64) -> Tensor {
    let latents = Tensor::randn([points, LATENTS], (Kind::Float, key.device())) * spread;
    let made = decoder.decode(&latents, &key.expand([points, 1], false));
    1.0 - correlations(&latents, &descriptors::measure(&made)).mean(Kind::Float)
}

/// Of each column of points `a` with the same one of properties `b`: `[row, column]` each → `[column]`.
fn correlations(a: &Tensor, b: &Tensor) -> Tensor {
    let over_rows = |x: &Tensor| x.mean_dim([0i64].as_slice(), true, Kind::Float);
    let (a, b) = (a - over_rows(a), b - over_rows(b));
    let both = over_rows(&(&a * &b));
    let powers = over_rows(&a.square()) * (over_rows(&b.square()) + SLIGHTEST * SLIGHTEST);
    (both / powers.sqrt()).squeeze_dim(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_compared_each_with_its_own() {
        let a = Tensor::from_slice(&[0.0f32, 1.0, 2.0, 3.0, 4.0, -5.0]).view([3, 2]);
        let b = Tensor::from_slice(&[1.0f32, 2.0, 5.0, 6.0, 9.0, -10.0]).view([3, 2]);
        let found = Vec::<f32>::try_from(correlations(&a, &b)).expect("two numbers");
        assert!(found.iter().all(|value| (value - 1.0).abs() < 1e-4), "{found:?}");
        // Properties that hardly vary pull no harder for it.
        let nearly = (Tensor::rand([3, 2], tch::kind::FLOAT_CPU) * 1e-6).set_requires_grad(true);
        correlations(&a, &nearly).sum(Kind::Float).backward();
        assert!(nearly.grad().abs().max().double_value(&[]) < 1.0 / SLIGHTEST);
        let flat = correlations(&a, &Tensor::zeros([3, 2], tch::kind::FLOAT_CPU));
        assert_eq!(Vec::<f32>::try_from(flat).expect("two numbers"), [0.0, 0.0]);
    }
}

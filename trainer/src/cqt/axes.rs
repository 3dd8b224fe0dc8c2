//! What the knobs of a footstep pack are: directions of the latent space that follow properties of the sounds, as far as they can be found
//! without training for them.
//!
//! The latents are made uncorrelated with deviation 1. Each property then has the direction along which it grows most (linear regression);
//! the property that its direction explains best takes it first, and the others what is orthogonal to those that are taken.

use anyhow::Result;
use engine::units::MODEL_LATENTS;
use tch::{Kind, Tensor};

use crate::descriptors::DESCRIPTORS;
use crate::train::LEAST_SPREAD;

const N: usize = MODEL_LATENTS;
type Vector = [f64; N];
// Every knob has a property.
const _: () = assert!(DESCRIPTORS == N);
/// A direction shorter than this, as a correlation, is none: any that is left is taken.
const LEAST_LENGTH: f64 = 1e-6;

/// Knobs from latents and back: `knobs = to · (latents − middle)`.
#[derive(Debug)]
pub struct Axes {
    /// `[7]`.
    pub middle: Tensor,
    /// `[7, 7]`.
    pub to: Tensor,
    /// Inverse of `to`.
    pub from: Tensor,
}

impl Axes {
    /// Of latents `[sound, 7]` and properties `[sound, 7]`. The knobs have mean 0, deviation 1 and no correlation.
    ///
    /// # Errors
    /// Torch refuses a conversion.
    pub fn of(latents: &Tensor, properties: &Tensor) -> Result<Self> {
        let mean = |x: &Tensor| x.mean_dim([0i64].as_slice(), false, Kind::Float);
        let count = latents.size()[0] as f64;
        let middle = mean(latents);
        let around = latents - &middle;
        let (values, vectors) = (around.tr().matmul(&around) / count).linalg_eigh("U");
        let spread = values.clamp_min(0.0).sqrt().clamp_min(LEAST_SPREAD);
        let whiten = (&vectors / &spread).matmul(&vectors.tr());
        let colour = (&vectors * &spread).matmul(&vectors.tr());
        let deviation = properties.std_dim([0i64].as_slice(), false, false).clamp_min(LEAST_SPREAD);
        let grown = ((properties - mean(properties)) / deviation).tr().matmul(&around.matmul(&whiten)) / count;
        let rows = Vec::<f64>::try_from(grown.to_kind(Kind::Double).contiguous().view(-1))?;
        let slopes: Vec<Vector> = rows.chunks_exact(N).map(|row| std::array::from_fn(|axis| row[axis])).collect();
        let turn: Vec<f64> = directions(&slopes).into_iter().flatten().collect();
        let turn = Tensor::from_slice(&turn).view([N as i64, N as i64]).to_kind(Kind::Float);
        Ok(Self { middle, to: turn.matmul(&whiten), from: colour.matmul(&turn.tr()) })
    }

    /// With each knob's unit `unit` times as large, `[7]`.
    pub fn scaled(self, unit: &Tensor) -> Self {
        Self { to: self.to / unit.unsqueeze(1), from: self.from * unit, ..self }
    }
}

/// Orthonormal directions, one for each slope.
fn directions(slopes: &[Vector]) -> [Vector; N] {
    let mut taken: [Option<Vector>; N] = [None; N];
    for _ in 0..N {
        let left = |number: &usize| taken[*number].is_none();
        let rest = |number: usize| (number, without(&slopes[number], &taken));
        let best = (0..N).filter(left).map(rest).max_by(|a, b| norm(&a.1).total_cmp(&norm(&b.1)));
        let Some((number, mut direction)) = best else { break };
        if norm(&direction) < LEAST_LENGTH {
            let units = (0..N).map(|axis| without(&std::array::from_fn(|at| f64::from(u8::from(at == axis))), &taken));
            direction = units.max_by(|a, b| norm(a).total_cmp(&norm(b))).unwrap_or(direction);
        }
        let length = norm(&direction);
        taken[number] = Some(direction.map(|part| part / length));
    }
    taken.map(Option::unwrap_or_default)
}

fn without(vector: &Vector, taken: &[Option<Vector>; N]) -> Vector {
    let mut rest = *vector;
    for direction in taken.iter().flatten() {
        let along: f64 = direction.iter().zip(&rest).map(|(a, b)| a * b).sum();
        rest.iter_mut().zip(direction).for_each(|(part, unit)| *part -= along * unit);
    }
    rest
}

fn norm(vector: &Vector) -> f64 {
    vector.iter().map(|part| part * part).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knobs_are_uncorrelated_and_follow_their_properties() {
        tch::manual_seed(2);
        let mix = Tensor::randn([7, 7], tch::kind::FLOAT_CPU);
        let latents = Tensor::randn([4_000, 7], tch::kind::FLOAT_CPU).matmul(&mix) + 3.0;
        let (one, other) = (latents.select(1, 2), latents.select(1, 5));
        let nothing = Tensor::zeros([4_000], tch::kind::FLOAT_CPU);
        let rows = [&nothing, &one, &nothing, &nothing, &(&one + &other), &nothing, &nothing];
        let axes = Axes::of(&latents, &Tensor::stack(&rows, 1)).unwrap();
        let knobs = (&latents - &axes.middle).matmul(&axes.to.tr());
        let largest = |x: Tensor| x.abs().max().double_value(&[]);
        let identity = Tensor::eye(7, tch::kind::FLOAT_CPU);
        assert!(largest(knobs.tr().matmul(&knobs) / 4_000.0 - &identity) < 1e-3);
        assert!(largest(axes.to.matmul(&axes.from) - identity) < 1e-3);
        // The one that is taken first is followed exactly.
        let follows = |knob: i64, wanted: &Tensor| {
            let both = Tensor::stack(&[&knobs.select(1, knob), wanted], 0);
            both.corrcoef().double_value(&[0, 1])
        };
        let found = [follows(1, &one), follows(4, &(&one + &other))];
        assert!(found.iter().any(|one| *one > 0.999) && found.iter().all(|one| *one > 0.1), "{found:?}");
    }
}

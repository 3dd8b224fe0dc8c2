//! Axes that mean something: the latent space is turned so that each knob goes along with one property of the sound.
//!
//! A turn changes no sound and no distance; it only chooses which way the knobs point. Properties go along with each other, and axes
//! stand at right angles: the turn is the one whose axes are nearest to all properties' directions together (the orthogonal Procrustes
//! problem, Schönemann 1966).

use anyhow::{Result, ensure};
use engine::pack::LatentAxis;
use engine::units::{LATENT_LIMIT, Latent, MODEL_LATENTS};
use tch::{Kind, Tensor};

use crate::eval::statistics::{rank_correlation, ranks};
use crate::traits::{NAMES, TRAITS, Traits};

/// An axis along which its property grows less than this (as a correlation) does not get its name.
const WEAKEST: f64 = 0.2;
/// How much each property's direction counts: the ear asks for the first ones first.
const EMPHASIS: [f64; TRAITS] = [3.0, 3.0, 2.0, 2.0, 1.0, 1.0, 1.0];
// Every axis has a property, and every property an axis.
const _: () = assert!(TRAITS == MODEL_LATENTS);

/// A matrix that turns latent points, in rows.
pub type Matrix = [[f64; MODEL_LATENTS]; MODEL_LATENTS];

/// What takes a point to its place on the axes: orthonormal rows, one for each property. Found from random points whose
/// coordinates have mean 0, deviation 1 and no correlation, and the properties of what the decoder makes of them. Not from the
/// corpus: what a knob does is heard on the way between its sounds as well.
///
/// # Errors
/// When properties are no numbers.
pub fn turn(points: &[Latent], traits: &[Traits]) -> Result<Matrix> {
    ensure!(
        traits.iter().flatten().all(|value| value.is_finite()),
        "the decoder gives what is no number at random points"
    );
    let knobs: [Vec<f64>; MODEL_LATENTS] = std::array::from_fn(|axis| column(points, axis));
    let slopes: Matrix = std::array::from_fn(|number| {
        let ranks = ranks(&column(traits, number));
        knobs.each_ref().map(|knob| EMPHASIS[number] * correlation(&ranks, knob))
    });
    let (left, _, right) = Tensor::from_slice2(&slopes).f_svd(false, true)?;
    let flat = Vec::<f64>::try_from(left.matmul(&right.transpose(0, 1)).to_kind(Kind::Double).contiguous().view(-1))?;
    Ok(std::array::from_fn(|row| std::array::from_fn(|axis| flat[row * MODEL_LATENTS + axis])))
}

/// Names the axes, each with the rank correlation of its knob and its property over random `points`.
pub fn named(points: &[Latent], traits: &[Traits]) -> Vec<LatentAxis> {
    let axis = |number: usize| {
        let strength = rank_correlation(&column(points, number), &column(traits, number));
        let followed = strength >= WEAKEST;
        LatentAxis {
            name: if followed { NAMES[number].to_owned() } else { format!("Colour {}", number + 1) },
            low: -LATENT_LIMIT,
            high: LATENT_LIMIT,
            rank_correlation: followed.then_some(((strength * 100.0).round() / 100.0) as f32),
        }
    };
    (0..MODEL_LATENTS).map(axis).collect()
}

fn column<const N: usize>(rows: &[[f32; N]], number: usize) -> Vec<f64> {
    rows.iter().map(|row| f64::from(row[number])).collect()
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let count = a.len().max(1) as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / count, b.iter().sum::<f64>() / count);
    let (mut both, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        both += (a - mean_a) * (b - mean_b);
        square_a += (a - mean_a).powi(2);
        square_b += (b - mean_b).powi(2);
    }
    both / (square_a * square_b).sqrt().max(1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers between −1.7 and 1.7, the same every time.
    fn random_points(count: usize) -> Vec<Latent> {
        let mut state = 7_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (f64::from(state) / f64::from(u32::MAX) - 0.5) as f32 * 3.4
        };
        (0..count).map(|_| std::array::from_fn(|_| random())).collect()
    }

    #[test]
    fn knobs_are_turned_to_what_they_are_named_after() {
        // Brightness rises along one direction, Length along another that leans towards it; nothing else changes.
        let directions = [[0.6f32, 0.0, 0.0, -0.8, 0.0, 0.0, 0.0], [0.6, 0.0, 0.8, 0.0, 0.0, 0.0, 0.0]];
        let points = random_points(600);
        let along = |row: &[f32; 7], point: &Latent| row.iter().zip(point).map(|(a, b)| a * b).sum::<f32>();
        let traits: Vec<Traits> = points
            .iter()
            .map(|point| {
                let mut traits = [0.0; TRAITS];
                directions.iter().zip(&mut traits).for_each(|(row, value)| *value = along(row, point).exp());
                traits
            })
            .collect();
        let turn = turn(&points, &traits).expect("numbers");
        for (row, other) in (0..MODEL_LATENTS).flat_map(|row| (0..=row).map(move |other| (row, other))) {
            let product: f64 = turn[row].iter().zip(&turn[other]).map(|(a, b)| a * b).sum();
            assert!((product - f64::from(u8::from(row == other))).abs() < 1e-9, "rows {row} and {other}: {product}");
        }
        let turned: Vec<Latent> =
            points.iter().map(|point| turn.each_ref().map(|row| along(&row.map(|x| x as f32), point))).collect();
        let axes = named(&turned, &traits);
        assert_eq!((axes[0].name.as_str(), axes[1].name.as_str()), ("Brightness", "Length"));
        // The two lean towards each other by 0.36, so neither axis can follow its property wholly, and both do alike.
        let strengths = [axes[0].rank_correlation, axes[1].rank_correlation].map(|found| found.expect("a figure"));
        assert!(strengths.iter().all(|strength| *strength > 0.95), "{strengths:?}");
        assert!((strengths[0] - strengths[1]).abs() < 0.05, "{strengths:?}");
        let rest = &axes[2..];
        assert!(rest.iter().all(|axis| axis.rank_correlation.is_none() && axis.name.starts_with("Colour")), "{rest:?}");
    }
}

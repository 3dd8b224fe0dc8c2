//! Axes that mean something: the latent space is turned so that each knob goes along with one property of the sound.
//!
//! A turn changes no sound and no distance; it only chooses which way the knobs point. The first property of the list gets the direction
//! along which it grows most; the next one the direction at a right angle to it along which that grows most; and so on.

use engine::pack::LatentAxis;
use engine::units::{LATENT_LIMIT, Latent, MODEL_LATENTS};

use super::traits::{NAMES, TRAITS, measure};

/// An axis along which nothing grows more than this (as a correlation) gets no property's name.
const WEAKEST: f64 = 0.2;

/// A matrix that turns latent points, in rows.
pub type Matrix = [[f64; MODEL_LATENTS]; MODEL_LATENTS];

/// The turned axes.
#[derive(Debug)]
pub struct Turn {
    /// What takes a whitened point to its place on the axes: orthonormal rows.
    pub matrix: Matrix,
    /// Property of each axis.
    traits: [Option<usize>; MODEL_LATENTS],
}

/// Finds the turn from what the decoder makes of random points whose coordinates have mean 0, deviation 1 and no correlation. Not
/// from the corpus: what a knob does is heard on the way between its sounds as well.
pub fn turn(points: &[Latent], frames: &[Vec<f32>]) -> Turn {
    let measured: Vec<[f64; TRAITS]> = frames.iter().map(|values| measure(values)).collect();
    let slopes: Vec<[f64; MODEL_LATENTS]> = (0..TRAITS)
        .map(|number| {
            let values: Vec<f64> = measured.iter().map(|traits| traits[number]).collect();
            let ranks = ranks(&values);
            let knob = |axis: usize| points.iter().map(|point| f64::from(point[axis])).collect::<Vec<_>>();
            std::array::from_fn(|axis| correlation(&ranks, &knob(axis)))
        })
        .collect();
    let mut found: Vec<(Option<usize>, [f64; MODEL_LATENTS])> = Vec::new();
    for (number, slopes) in slopes.iter().enumerate() {
        let rest = without(slopes, &found);
        if length(&rest) > WEAKEST && found.len() < MODEL_LATENTS {
            found.push((Some(number), unit(&rest)));
        }
    }
    while found.len() < MODEL_LATENTS {
        let rest = anything_else(&found);
        found.push((None, unit(&rest)));
    }
    Turn { matrix: std::array::from_fn(|row| found[row].1), traits: std::array::from_fn(|row| found[row].0) }
}

/// Names the axes, each with the rank correlation of its knob and its property over `frames` of random `points`.
pub fn named(turn: &Turn, points: &[Latent], frames: &[Vec<f32>]) -> Vec<LatentAxis> {
    let measured: Vec<[f64; TRAITS]> = frames.iter().map(|values| measure(values)).collect();
    let axis = |(row, number): (usize, &Option<usize>)| {
        let knob = ranks(&points.iter().map(|point| f64::from(point[row])).collect::<Vec<_>>());
        let strength = number.map(|number| {
            let values: Vec<f64> = measured.iter().map(|traits| traits[number]).collect();
            (correlation(&knob, &ranks(&values)) * 100.0).round() / 100.0
        });
        LatentAxis {
            name: number.map_or_else(|| format!("Colour {}", row + 1), |number| NAMES[number].to_owned()),
            low: -LATENT_LIMIT,
            high: LATENT_LIMIT,
            rank_correlation: strength.map(|strength| strength as f32),
        }
    };
    turn.traits.iter().enumerate().map(axis).collect()
}

/// What is left of a direction at right angles to those found.
fn without(direction: &[f64; MODEL_LATENTS], found: &[(Option<usize>, [f64; MODEL_LATENTS])]) -> [f64; MODEL_LATENTS] {
    let mut rest = *direction;
    for (_, other) in found {
        let along: f64 = rest.iter().zip(other).map(|(a, b)| a * b).sum();
        rest.iter_mut().zip(other).for_each(|(value, other)| *value -= along * other);
    }
    rest
}

/// The coordinate direction that is least taken, at right angles to those found.
fn anything_else(found: &[(Option<usize>, [f64; MODEL_LATENTS])]) -> [f64; MODEL_LATENTS] {
    let candidates = (0..MODEL_LATENTS).map(|axis| {
        let mut unit = [0.0; MODEL_LATENTS];
        unit[axis] = 1.0;
        without(&unit, found)
    });
    candidates.max_by(|a, b| length(a).total_cmp(&length(b))).unwrap_or_default()
}

fn unit(direction: &[f64; MODEL_LATENTS]) -> [f64; MODEL_LATENTS] {
    let length = length(direction);
    direction.map(|value| value / length)
}

fn length(direction: &[f64; MODEL_LATENTS]) -> f64 {
    direction.iter().map(|value| value * value).sum::<f64>().sqrt()
}

/// Ranks of values, as numbers; equal values get ranks in their order.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    order.iter().enumerate().for_each(|(rank, index)| ranks[*index] = rank as f64);
    ranks
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

    #[test]
    fn what_is_left_stands_at_right_angles() {
        let mut found = Vec::new();
        for _ in 0..MODEL_LATENTS {
            let direction = anything_else(&found);
            assert!(length(&direction) > 1e-6);
            found.push((None, unit(&direction)));
        }
        assert!(length(&without(&[1.0; MODEL_LATENTS], &found)) < 1e-9);
    }

    #[test]
    fn ranks_follow_the_order() {
        assert_eq!(ranks(&[3.0, -1.0, 2.0]), [2.0, 0.0, 1.0]);
        assert!((correlation(&[0.0, 1.0, 2.0], &[0.0, -1.0, -2.0]) + 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_knob_is_turned_to_what_it_is_named_after() {
        // Brightness rises along one direction that no knob has yet.
        let direction = [0.6f32, 0.0, 0.0, -0.8, 0.0, 0.0, 0.0];
        let mut state = 7_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (f64::from(state) / f64::from(u32::MAX) - 0.5) as f32 * 3.4
        };
        let points: Vec<Latent> = (0..400).map(|_| std::array::from_fn(|_| random())).collect();
        let shape = engine::spectral::SpectralShape::DEFAULT;
        let sound = |point: &Latent| -> Vec<f32> {
            let slope = point.iter().zip(&direction).map(|(a, b)| a * b).sum::<f32>() * 0.002;
            let level = |band: usize| slope * (band as f32 - 64.0);
            (0..shape.mel_bands).flat_map(|band| vec![level(band); shape.frame_count]).collect()
        };
        let frames: Vec<Vec<f32>> = points.iter().map(sound).collect();
        let turn = turn(&points, &frames);
        let along: f64 = turn.matrix[0].iter().zip(&direction).map(|(a, b)| a * f64::from(*b)).sum();
        assert!(along > 0.98, "{:?}", turn.matrix[0]);
        for (row, other) in (0..MODEL_LATENTS).flat_map(|row| (0..row).map(move |other| (row, other))) {
            let product: f64 = turn.matrix[row].iter().zip(&turn.matrix[other]).map(|(a, b)| a * b).sum();
            assert!(product.abs() < 1e-9 && (length(&turn.matrix[row]) - 1.0).abs() < 1e-9);
        }
        let turned: Vec<Latent> = points
            .iter()
            .map(|point| {
                let along =
                    |row: &[f64; MODEL_LATENTS]| row.iter().zip(point).map(|(a, b)| a * f64::from(*b)).sum::<f64>();
                turn.matrix.each_ref().map(|row| along(row) as f32)
            })
            .collect();
        let axes = named(&turn, &turned, &frames);
        assert_eq!(axes[0].name, "Brightness");
        assert!(axes[0].rank_correlation.is_some_and(|found| found > 0.98), "{:?}", axes[0].rank_correlation);
        let unnamed = axes.iter().filter(|axis| axis.rank_correlation.is_none());
        assert!(unnamed.count() >= 5, "what does not change names no knob: {axes:?}");
    }
}

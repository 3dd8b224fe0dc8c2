//! What each axis of the latent space is named after: the property that training correlated it with, where the correlation holds.

use engine::pack::Control;
use engine::units::{LATENT_LIMIT, Latent, MODEL_LATENTS};

use crate::descriptors::{DESCRIPTORS, Descriptors, NAMES};
use crate::statistics::rank_correlation;

/// An axis along which its property grows less than this (as a correlation) does not get its name.
const WEAKEST: f64 = 0.2;
// Every axis has a property, and every property an axis.
const _: () = assert!(DESCRIPTORS == MODEL_LATENTS);

/// Names the axes, each with the rank correlation of its knob and its property over random `points`.
pub fn named(points: &[Latent], traits: &[Descriptors]) -> Vec<Control> {
    let axis = |number: usize| {
        let strength = rank_correlation(&column(points, number), &column(traits, number));
        let followed = strength >= WEAKEST;
        Control {
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

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Numbers between −1.7 and 1.7, the same every time.
    fn random_points(count: usize) -> Vec<Latent> {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        (0..count).map(|_| std::array::from_fn(|_| rng.random_range(-1.7..1.7))).collect()
    }

    #[test]
    fn an_axis_has_the_name_of_its_property_where_it_follows_it() {
        let points = random_points(600);
        // Brightness follows its knob, Length half of the time, Attack goes against its own; the others do not move.
        let traits: Vec<Descriptors> =
            points.iter().map(|point| [point[0].exp(), point[1] + point[2], -point[2], 0.0, 0.0, 0.0, 0.0]).collect();
        let axes = named(&points, &traits);
        let names: Vec<&str> = axes.iter().map(|axis| axis.name.as_str()).collect();
        assert_eq!(names, ["Brightness", "Length", "Colour 3", "Colour 4", "Colour 5", "Colour 6", "Colour 7"]);
        assert_eq!(axes[0].rank_correlation, Some(1.0));
        let of_length = axes[1].rank_correlation.expect("a figure");
        assert!((0.6..0.8).contains(&of_length), "{of_length}: half of its variance is its knob's");
        assert!(axes[2..].iter().all(|axis| axis.rank_correlation.is_none()), "{axes:?}");
    }
}

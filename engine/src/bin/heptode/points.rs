//! Latent points made of others: at random, nearby.

use engine::Latent;
use engine::pack::LatentDistribution;
use engine::units::LATENT_LIMIT;

/// Random points; the same seed gives the same sequence on every machine.
pub(crate) struct Points {
    state: u64,
}

impl Points {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A point as the sounds of a pack are scattered.
    pub(crate) fn anywhere(&mut self, distribution: &LatentDistribution) -> Latent {
        distribution.point(&std::array::from_fn(|_| self.normal()))
    }

    /// A point round `centre`, with a normal deviation of `amount` σ in each latent, within ±3 σ.
    pub(crate) fn near(&mut self, centre: &Latent, amount: f32) -> Latent {
        centre.map(|z| (z + amount * self.normal()).clamp(-LATENT_LIMIT, LATENT_LIMIT))
    }

    /// A normal number by the transform of Box and Muller.
    fn normal(&mut self) -> f32 {
        let (radius, angle) = (self.uniform(), self.uniform());
        ((-2.0 * (1.0 - radius).ln()).sqrt() * (std::f64::consts::TAU * angle).cos()) as f32
    }

    /// A number in `[0, 1)` by SplitMix64 (Steele, Lea, Flood 2014).
    fn uniform(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_points_are_normal_bounded_and_repeatable() {
        let unit = LatentDistribution::default();
        let draw = |seed| {
            let mut points = Points::new(seed);
            (0..4_000).flat_map(|_| points.anywhere(&unit)).collect::<Vec<f32>>()
        };
        let values = draw(5);
        assert_eq!(values, draw(5));
        assert_ne!(values, draw(6));
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let spread = (values.iter().map(|z| z * z).sum::<f32>() / values.len() as f32).sqrt();
        assert!(mean.abs() < 0.02 && (spread - 1.0).abs() < 0.02, "mean {mean}, deviation {spread}");
        assert!(values.iter().all(|z| z.abs() <= LATENT_LIMIT));
    }

    #[test]
    fn no_amount_is_no_change() {
        let centre = [0.5; 7];
        assert_eq!(Points::new(1).near(&centre, 0.0), centre);
    }
}

//! Random points of the latent space: the same seed gives the same points in the window and on the command line. Any thread but
//! the audio thread.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use rand_distr::{Distribution as _, StandardNormal};

use super::LatentDistribution;
use crate::units::{LATENT_LIMIT, Latent};

/// A sequence of random points: normal deviates by rejection in strips (Marsaglia and Tsang 2000) from ChaCha with 8 rounds, the
/// same on every machine.
#[derive(Clone, Debug)]
pub struct RandomPoints(ChaCha8Rng);

impl RandomPoints {
    /// The sequence of this seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A point of a pack's distribution.
    pub fn anywhere(&mut self, distribution: &LatentDistribution) -> Latent {
        let normal = std::array::from_fn(|_| self.normal());
        let kernel = if distribution.has_kernels() { self.0.next_u32() } else { 0 };
        distribution.point(&normal, kernel)
    }

    /// A point near `centre`: each coordinate moves by a normal deviation of `sigma`, within ±3 σ.
    pub fn near(&mut self, centre: &Latent, sigma: f32) -> Latent {
        centre.map(|coordinate| (coordinate + sigma * self.normal()).clamp(-LATENT_LIMIT, LATENT_LIMIT))
    }

    fn normal(&mut self) -> f32 {
        StandardNormal.sample(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_points_are_normal_bounded_and_repeatable() {
        let unit = LatentDistribution::default();
        let draw = |seed| {
            let mut points = RandomPoints::new(seed);
            (0..4_000).flat_map(|_| points.anywhere(&unit)).collect::<Vec<f32>>()
        };
        let values = draw(5);
        assert_eq!(values, draw(5));
        assert_ne!(values, draw(6));
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let deviation = (values.iter().map(|z| z * z).sum::<f32>() / values.len() as f32).sqrt();
        assert!(mean.abs() < 0.02 && (deviation - 1.0).abs() < 0.02, "mean {mean}, deviation {deviation}");
        assert!(values.iter().all(|z| z.abs() <= LATENT_LIMIT));
    }

    /// Seeds that users have noted keep their sounds.
    #[test]
    fn a_seed_gives_the_same_point_in_every_version() {
        let point = RandomPoints::new(2).anywhere(&LatentDistribution::default());
        assert_eq!(
            point,
            [0.807_143_1, 0.212_021_35, 1.452_932_5, 0.772_653_16, -1.120_788_7, 0.746_757_2, 1.027_464_6]
        );
    }

    #[test]
    fn near_points_keep_to_their_centre_and_deviation() {
        let centre = [0.5; 7];
        assert_eq!(RandomPoints::new(1).near(&centre, 0.0), centre);
        let mut points = RandomPoints::new(2);
        let away: Vec<f32> = (0..2_000).flat_map(|_| points.near(&centre, 0.3)).map(|z| z - 0.5).collect();
        let deviation = (away.iter().map(|z| z * z).sum::<f32>() / away.len() as f32).sqrt();
        assert!((deviation - 0.3).abs() < 0.01, "{deviation}");
    }
}

//! The distribution of a pack's sounds in its latent space, from which random points are drawn. Any thread but the audio thread.

use nalgebra::{SMatrix, SVector};

use super::{NamedSound, PackKind};
use crate::units::{LATENT_LIMIT, Latent, MODEL_LATENTS};

type Matrix = SMatrix<f64, MODEL_LATENTS, MODEL_LATENTS>;
type Vector = SVector<f64, MODEL_LATENTS>;

/// Fewest sounds whose covariance is used: about twice as many as it has axes; below, the unit normal distribution stands in.
const LEAST_SOUNDS: usize = 16;
/// Added to the variance along each axis, in σ²: sounds in one plane still let random points leave it. 1 % of σ, which is inaudible.
const LEAST_VARIANCE: f64 = 1e-4;
/// Width of the kernels around sounds, in deviations of all of them. Two of 50 sounds drawn from the footstep pack differ by 10.6 dB at 0.3 and by
/// 10.8 at 0.5, two of its named sounds by 10.0, two footsteps of its corpus by 12.0.
const KERNEL_WIDTH: f64 = 0.5;

/// The normal distribution with the mean and the covariance of a pack's sounds, or kernels around them.
///
/// Kernels leave the space between groups of sounds empty, where a decoder mixes what does not belong together (density estimation after the
/// fact, Ghosh and others 2020).
#[derive(Clone, Debug)]
pub struct LatentDistribution {
    mean: Vector,
    /// Lower triangle whose product with its transpose is the covariance (Cholesky).
    factor: Matrix,
    /// Where the kernels are; empty for the normal distribution.
    centres: Vec<Vector>,
}

impl Default for LatentDistribution {
    /// The unit normal distribution.
    fn default() -> Self {
        Self { mean: Vector::zeros(), factor: Matrix::identity(), centres: Vec::new() }
    }
}

impl LatentDistribution {
    /// Of the sounds of a pack: kernels for kind `cqt`. For the others it is normal, so that seeds which users have noted keep their sounds.
    pub fn of(kind: PackKind, sounds: &[NamedSound]) -> Self {
        if sounds.len() < LEAST_SOUNDS {
            return Self::default();
        }
        let count = sounds.len() as f64;
        let points: Vec<Vector> = sounds.iter().map(|sound| Vector::from(sound.latent.map(f64::from))).collect();
        let mean = points.iter().sum::<Vector>() / count;
        let products = points.iter().map(|point| (point - mean) * (point - mean).transpose());
        let covariance = products.sum::<Matrix>() / count + Matrix::identity() * LEAST_VARIANCE;
        let Some(cholesky) = covariance.cholesky() else { return Self::default() };
        if kind != PackKind::Cqt {
            return Self { mean, factor: cholesky.l(), centres: Vec::new() };
        }
        Self { mean, factor: cholesky.l() * KERNEL_WIDTH, centres: points }
    }

    /// Whether a point is one of several kernels', which a further number chooses.
    pub fn has_kernels(&self) -> bool {
        !self.centres.is_empty()
    }

    /// The point that seven standard normal numbers and a number of any size, which chooses the kernel, stand for, within ±3 σ.
    pub fn point(&self, normal: &[f32; MODEL_LATENTS], kernel: u32) -> Latent {
        let centre = match self.centres.len() {
            0 => self.mean,
            count => self.centres[kernel as usize % count],
        };
        let point = centre + self.factor * Vector::from(normal.map(f64::from));
        std::array::from_fn(|axis| (point[axis] as f32).clamp(-LATENT_LIMIT, LATENT_LIMIT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sounds(count: usize, latent: impl Fn(usize) -> Latent) -> Vec<NamedSound> {
        let sound = |number: usize| NamedSound {
            name: number.to_string(),
            category: "Test".into(),
            latent: latent(number),
            key: 60,
        };
        (0..count).map(sound).collect()
    }

    #[test]
    fn points_are_scattered_as_the_sounds_are() {
        // On a circle round (1, −0.5) in a plane that leans over the first two axes; the others stand still.
        let circle = |number: usize| {
            let (sine, cosine) = (std::f32::consts::TAU * number as f32 / 64.0).sin_cos();
            [1.0 + cosine, -0.5 + 0.5 * cosine + 0.5 * sine, 0.0, 0.0, 0.0, 0.0, 0.0]
        };
        let distribution = LatentDistribution::of(PackKind::Latent, &sounds(64, circle));
        let origin = distribution.point(&[0.0; 7], 7);
        assert!((origin[0] - 1.0).abs() < 1e-6 && (origin[1] + 0.5).abs() < 1e-6, "{origin:?}");
        let first = distribution.point(&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 0);
        let deviation = 0.5_f32.sqrt();
        assert!((first[0] - 1.0 - deviation).abs() < 1e-3, "{first:?}: one deviation");
        assert!((first[1] + 0.5 - deviation / 2.0).abs() < 1e-3, "{first:?}: and what goes along with it");
        let second = distribution.point(&[0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], 0);
        assert!((second[0] - 1.0).abs() < 1e-6, "{second:?}");
        assert_eq!(distribution.point(&[99.0; 7], 0)[0], LATENT_LIMIT);
    }

    #[test]
    fn few_sounds_leave_the_unit_normal_distribution() {
        let normal = [0.5, -1.0, 0.0, 2.0, -2.5, 0.1, 4.0];
        let wanted = [0.5, -1.0, 0.0, 2.0, -2.5, 0.1, LATENT_LIMIT];
        assert_eq!(LatentDistribution::of(PackKind::Latent, &sounds(3, |_| [1.0; 7])).point(&normal, 0), wanted);
        let of_one_place = LatentDistribution::of(PackKind::Latent, &sounds(99, |_| [1.0; 7])).point(&normal, 0);
        assert!(of_one_place.iter().all(|place| (place - 1.0).abs() < 0.1), "{of_one_place:?}");
    }

    #[test]
    fn kernels_are_around_the_sounds_and_the_middle_of_groups_is_empty() {
        let two_groups = |number: usize| [if number.is_multiple_of(2) { 1.5 } else { -1.5 }; 7];
        let distribution = LatentDistribution::of(PackKind::Cqt, &sounds(64, two_groups));
        assert!(distribution.has_kernels());
        for kernel in 0..130 {
            let wanted = if kernel % 2 == 0 { 1.5 } else { -1.5 };
            assert_eq!(distribution.point(&[0.0; 7], kernel), [wanted; 7]);
        }
        let step = distribution.point(&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 0)[0];
        assert!((f64::from(step) - 1.5 - 1.5 * KERNEL_WIDTH).abs() < 1e-3, "{step}");
    }
}

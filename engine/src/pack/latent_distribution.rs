//! How the sounds of a pack are scattered over its latent space: where random points are drawn. Any thread but the audio thread.

use super::NamedSound;
use crate::cholesky::{Matrix, lower_triangle};
use crate::units::{LATENT_LIMIT, Latent, MODEL_LATENTS};

/// So many sounds tell how they are scattered; of fewer, points are drawn from the unit normal distribution.
const LEAST_SOUNDS: usize = 16;
/// Variance along each axis at least: sounds in one plane still let random points leave it.
const LEAST_VARIANCE: f64 = 1e-4;

/// The normal distribution with the mean and the covariance of a pack's sounds.
#[derive(Clone, Debug)]
pub struct LatentDistribution {
    mean: [f64; MODEL_LATENTS],
    /// Lower triangle whose product with its transpose is the covariance (Cholesky).
    factor: Matrix,
}

impl Default for LatentDistribution {
    /// The unit normal distribution.
    fn default() -> Self {
        let unit = |row, column| f64::from(u8::from(row == column));
        let factor = std::array::from_fn(|row| std::array::from_fn(|column| unit(row, column)));
        Self { mean: [0.0; MODEL_LATENTS], factor }
    }
}

impl LatentDistribution {
    /// Of these sounds.
    pub fn of(sounds: &[NamedSound]) -> Self {
        if sounds.len() < LEAST_SOUNDS {
            return Self::default();
        }
        let count = sounds.len() as f64;
        let place = |sound: &NamedSound, axis: usize| f64::from(sound.latent[axis]);
        let mean = std::array::from_fn(|axis| sounds.iter().map(|sound| place(sound, axis)).sum::<f64>() / count);
        let covariance = std::array::from_fn(|a| {
            std::array::from_fn(|b| {
                let product = |sound| (place(sound, a) - mean[a]) * (place(sound, b) - mean[b]);
                let least = if a == b { LEAST_VARIANCE } else { 0.0 };
                if a < b { 0.0 } else { sounds.iter().map(product).sum::<f64>() / count + least }
            })
        });
        lower_triangle(&covariance).map_or_else(Self::default, |factor| Self { mean, factor })
    }

    /// The point that seven standard normal numbers stand for, within ±3 σ.
    pub fn point(&self, normal: &[f32; MODEL_LATENTS]) -> Latent {
        std::array::from_fn(|axis| {
            let away: f64 = self.factor[axis].iter().zip(normal).map(|(part, normal)| part * f64::from(*normal)).sum();
            ((self.mean[axis] + away) as f32).clamp(-LATENT_LIMIT, LATENT_LIMIT)
        })
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
        let distribution = LatentDistribution::of(&sounds(64, circle));
        let origin = distribution.point(&[0.0; 7]);
        assert!((origin[0] - 1.0).abs() < 1e-6 && (origin[1] + 0.5).abs() < 1e-6, "{origin:?}");
        let first = distribution.point(&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let deviation = 0.5_f32.sqrt();
        assert!((first[0] - 1.0 - deviation).abs() < 1e-3, "{first:?}: one deviation");
        assert!((first[1] + 0.5 - deviation / 2.0).abs() < 1e-3, "{first:?}: and what goes along with it");
        let second = distribution.point(&[0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert!((second[0] - 1.0).abs() < 1e-6, "{second:?}");
        assert_eq!(distribution.point(&[99.0; 7])[0], LATENT_LIMIT);
    }

    #[test]
    fn few_sounds_leave_the_unit_normal_distribution() {
        let normal = [0.5, -1.0, 0.0, 2.0, -2.5, 0.1, 4.0];
        let wanted = [0.5, -1.0, 0.0, 2.0, -2.5, 0.1, LATENT_LIMIT];
        assert_eq!(LatentDistribution::of(&sounds(3, |_| [1.0; 7])).point(&normal), wanted);
        let of_one_place = LatentDistribution::of(&sounds(99, |_| [1.0; 7])).point(&normal);
        assert!(of_one_place.iter().all(|place| (place - 1.0).abs() < 0.1), "{of_one_place:?}");
    }
}

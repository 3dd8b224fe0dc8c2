//! The multi-resolution STFT distance of Yamamoto, Song and Kim ("Parallel WaveGAN", 2020, equations 4 to 6): spectral convergence
//! plus the mean difference of log magnitudes, averaged over three transforms.

use engine::spectral::Stft;

/// Transform length and hop in samples, as in that paper's table 1.
const RESOLUTIONS: [(usize, usize); 3] = [(1024, 120), (2048, 240), (512, 50)];
/// Magnitudes of a full-scale sound that count as silence: 80 dB below a full-scale sine of the same transform.
const FLOOR: f32 = 1e-4;

/// Measures the distance; keeps plans.
pub struct StftDistance {
    scales: Vec<Stft>,
}

impl Default for StftDistance {
    fn default() -> Self {
        Self { scales: RESOLUTIONS.map(|(size, hop)| Stft::with_sizes(size, hop, size / 2)).into() }
    }
}

impl StftDistance {
    /// Distance between a sound and its remake, 0 for equal ones; without a unit. Windows are Hann and as long as the transform.
    pub fn measure(&mut self, truth: &[f32], made: &[f32]) -> f32 {
        let resolutions = self.scales.iter_mut().zip(RESOLUTIONS);
        let sum: f64 = resolutions.map(|(stft, (size, _))| distance(stft, truth, made, size as f32 / 4.0)).sum();
        (sum / RESOLUTIONS.len() as f64) as f32
    }
}

fn distance(stft: &mut Stft, truth: &[f32], made: &[f32], full_scale: f32) -> f64 {
    let (truth, made) = (stft.analyse(truth), stft.analyse(made));
    let floor = FLOOR * full_scale;
    let (mut error, mut power, mut logs) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (truth, made) in truth.values.iter().zip(&made.values) {
        let (truth, made) = (truth.norm(), made.norm());
        error += f64::from(truth - made).powi(2);
        power += f64::from(truth).powi(2);
        logs += f64::from((truth.max(floor) / made.max(floor)).ln().abs());
    }
    (error / power.max(1e-12)).sqrt() + logs / truth.values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Noise that repeats, of a gain.
    fn noise(gain: f32) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        (0..44_100).map(|_| gain * rng.random_range(-1.0..1.0)).collect()
    }

    #[test]
    fn a_gain_costs_its_part_and_its_logarithm() {
        let mut distance = StftDistance::default();
        let truth = noise(0.5);
        assert_eq!(distance.measure(&truth, &truth), 0.0);
        for gain in [0.9_f32, 0.5, 0.1] {
            let made: Vec<f32> = truth.iter().map(|sample| sample * gain).collect();
            // Equations 5 and 6 with one factor everywhere: |1 − g| and |ln g|. Few bins of noise lie near the floor.
            let wanted = (1.0 - gain) - gain.ln();
            let found = distance.measure(&truth, &made);
            assert!((found - wanted).abs() < 0.01 * wanted, "gain {gain}: {found} instead of {wanted}");
        }
    }
}

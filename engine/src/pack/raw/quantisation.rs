//! How samples become levels and levels samples. Pure arithmetic; any thread.

use serde::{Deserialize, Serialize};

/// Levels that a network hears, and that a softmax gives.
pub const LEVELS: usize = 256;
/// Levels of a network whose samples come from a mixture of logistic distributions: at 0 they are 1e-5 of full scale apart.
const FINE_LEVELS: usize = 4096;
/// Constant of the mu-law companding.
const MU: f64 = 255.0;

/// The kinds of levels. In each the middle level is exactly 0, so that silence has no offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantisation {
    /// 256 levels after mu-law companding, by a softmax.
    MuLaw,
    /// 256 equally spaced levels, by a softmax.
    Linear,
    /// 4096 levels after mu-law companding, by a mixture of logistic distributions.
    Mixture,
}

impl Quantisation {
    /// Its name in a manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::MuLaw => "mu-law",
            Self::Linear => "linear",
            Self::Mixture => "mixture",
        }
    }

    /// Number of levels.
    pub fn levels(self) -> usize {
        if self == Self::Mixture { FINE_LEVELS } else { LEVELS }
    }

    /// Number of levels between 0 and full scale.
    pub fn half(self) -> f64 {
        (self.levels() / 2) as f64
    }

    /// Whether levels are equally spaced after companding.
    pub fn is_companded(self) -> bool {
        self != Self::Linear
    }

    /// The level nearest to a sample, counted from 0, the lowest; samples beyond full scale have the outermost levels.
    pub fn level(self, sample: f32) -> usize {
        let sample = f64::from(sample).clamp(-1.0, 1.0);
        let curve =
            if self.is_companded() { sample.signum() * (MU * sample.abs()).ln_1p() / MU.ln_1p() } else { sample };
        let half = self.half();
        ((curve * half).round() + half).clamp(0.0, 2.0 * half - 1.0) as usize
    }

    /// A level on the curve on which levels are equally spaced, [−1, 1].
    pub fn curve(self, level: usize) -> f64 {
        (level as f64 - self.half()) / self.half()
    }

    /// The sample of a level.
    pub fn sample(self, level: usize) -> f32 {
        let curve = self.curve(level);
        let expand = |curve: f64| curve.signum() * (curve.abs() * MU.ln_1p()).exp_m1() / MU;
        if self.is_companded() { expand(curve) as f32 } else { curve as f32 }
    }

    /// What a network hears of a level: one of [`LEVELS`], and how far from it the level is, in steps of these, [−0.5, 0.5].
    pub fn heard(self, level: usize) -> (usize, f32) {
        let steps = self.levels() / LEVELS;
        let coarse = ((level + steps / 2) / steps).min(LEVELS - 1);
        (coarse, (level as f32 - (coarse * steps) as f32) / steps as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Quantisation; 3] = [Quantisation::MuLaw, Quantisation::Linear, Quantisation::Mixture];

    #[test]
    fn every_level_is_its_own_nearest_and_silence_is_exact() {
        for kind in ALL {
            assert_eq!(kind.sample(kind.level(0.0)), 0.0);
            for level in 0..kind.levels() {
                assert_eq!(kind.level(kind.sample(level)), level, "{kind:?}");
            }
            assert_eq!((kind.level(-9.0), kind.level(9.0)), (0, kind.levels() - 1));
        }
    }

    #[test]
    fn what_is_heard_stands_for_the_level() {
        for kind in ALL {
            let steps = (kind.levels() / LEVELS) as f32;
            for level in 0..kind.levels() {
                let (coarse, fine) = kind.heard(level);
                assert!(coarse < LEVELS && fine.abs() <= 1.0);
                assert_eq!((coarse as f32 + fine) * steps, level as f32);
            }
        }
    }
}

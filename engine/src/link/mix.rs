//! How much of each recording is in a sound. Plain values; any thread, the audio thread included.

/// Residuals that an instance can mix: those of the pad's four corners and of the knobs' sound.
pub const RESIDUALS: usize = 5;

/// How much of each residual is in a sound.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ResidualMix {
    /// Factors on the residuals, corners A to D first, then the knobs' sound; [0, 1].
    pub weights: [f32; RESIDUALS],
    /// Which set of residuals is meant; 0 when no weight counts.
    pub epoch: u64,
}

impl ResidualMix {
    /// Whether the two are told apart by at most `epsilon` in a weight.
    pub(super) fn is_near(&self, other: &Self, epsilon: f32) -> bool {
        let near = self.weights.iter().zip(&other.weights).all(|(a, b)| (a - b).abs() <= epsilon);
        self.epoch == other.epoch && near
    }
}

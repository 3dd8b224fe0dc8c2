//! Which assets are mixed into a sound, with which weights. Plain values; any thread, the audio thread included.
//!
//! An asset is data that a sound needs beside its controls, such as the residual of a recording. The audio thread knows it by number only; the
//! data is in the worker's [`crate::decode::assets::AssetTable`].

/// Assets that one sound can mix: those of the pad's four corners and of the knobs' sound.
pub const MIXED_ASSETS: usize = 5;

/// Identifies an asset of an asset table. Equal contents have equal ids while the table holds them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AssetId(u64);

impl AssetId {
    /// No asset.
    pub const NONE: Self = Self(0);

    /// The asset of this number; 0 is no asset.
    pub fn new(number: u64) -> Self {
        Self(number)
    }

    /// Whether there is no asset.
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }
}

/// Assets and their weights in a sound, and the prime that it goes on from. An asset of weight 0 has no id here, so that equal sounds have
/// equal mixes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AssetMix {
    ids: [AssetId; MIXED_ASSETS],
    weights: [f32; MIXED_ASSETS],
    prime: AssetId,
}

impl AssetMix {
    /// A mix of `ids`, those of corners A to D first, then that of the knobs' sound, with weights in [0, 1].
    pub fn new(ids: [AssetId; MIXED_ASSETS], weights: [f32; MIXED_ASSETS]) -> Self {
        let mut mix = Self { ids, weights, prime: AssetId::NONE };
        for (id, weight) in mix.ids.iter_mut().zip(&mut mix.weights) {
            if id.is_none() || *weight == 0.0 {
                (*id, *weight) = (AssetId::NONE, 0.0);
            }
        }
        mix
    }

    /// The same mix in a sound that goes on from `prime`, or from nothing.
    pub fn with_prime(self, prime: AssetId) -> Self {
        Self { prime, ..self }
    }

    /// What the sound goes on from.
    pub fn prime(&self) -> AssetId {
        self.prime
    }

    /// The weights, 0 where there is no asset.
    pub fn weights(&self) -> &[f32; MIXED_ASSETS] {
        &self.weights
    }

    /// The assets whose weight is not 0.
    pub fn weighted(&self) -> impl Iterator<Item = (AssetId, f32)> {
        self.ids.into_iter().zip(self.weights).filter(|(id, _)| !id.is_none())
    }

    /// Whether both name the same assets and the same prime, with weights that differ by at most `epsilon`.
    pub(super) fn is_near(&self, other: &Self, epsilon: f32) -> bool {
        let near = self.weights.iter().zip(&other.weights).all(|(a, b)| (a - b).abs() <= epsilon);
        (self.ids, self.prime) == (other.ids, other.prime) && near
    }
}

//! Which assets are mixed into a sound, and how much of each. Plain values; any thread, the audio thread included.
//!
//! An asset is what a sound needs beside its controls: the residual of a recording, later a prime or a texture. The asset itself lives
//! in a table on the worker's side ([`crate::decode::assets::AssetTable`]); here it is a number.

/// Assets that one sound can mix: those of the pad's four corners and of the knobs' sound.
pub const MIXED_ASSETS: usize = 5;

/// Names an asset; equal contents have equal numbers.
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

/// How much of each asset is in a sound. An asset without weight is not named, so that equal sounds have equal mixes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AssetMix {
    ids: [AssetId; MIXED_ASSETS],
    weights: [f32; MIXED_ASSETS],
}

impl AssetMix {
    /// A mix of `ids`, corners A to D first, then the knobs' sound, with factors in [0, 1].
    pub fn new(ids: [AssetId; MIXED_ASSETS], weights: [f32; MIXED_ASSETS]) -> Self {
        let mut mix = Self { ids, weights };
        for (id, weight) in mix.ids.iter_mut().zip(&mut mix.weights) {
            if id.is_none() || *weight == 0.0 {
                (*id, *weight) = (AssetId::NONE, 0.0);
            }
        }
        mix
    }

    /// The factors, 0 where there is no asset.
    pub fn weights(&self) -> &[f32; MIXED_ASSETS] {
        &self.weights
    }

    /// The assets that have a weight.
    pub fn weighted(&self) -> impl Iterator<Item = (AssetId, f32)> {
        self.ids.into_iter().zip(self.weights).filter(|(id, _)| !id.is_none())
    }

    /// Whether the two differ by at most `epsilon` in a weight.
    pub(super) fn is_near(&self, other: &Self, epsilon: f32) -> bool {
        let near = self.weights.iter().zip(&other.weights).all(|(a, b)| (a - b).abs() <= epsilon);
        self.ids == other.ids && near
    }
}

//! What a pack is, which decides how its sounds are made and which files it holds. Plain data, any thread.

use serde::{Deserialize, Serialize};

use super::{CQT_GRAPHS, GRAPHS, PackError, RESIDUALS_FILE};

/// How a pack makes sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackKind {
    /// Seven latents → log-mel frames → vocoder.
    Latent,
    /// Seven latents → constant-Q magnitudes → inversion.
    Cqt,
    /// Weights of seven classes → autoregressive prior → codes → frames → vocoder.
    Foley,
    /// Weights of seven classes → state-space recurrence → samples.
    Raw,
}

/// The files of a pack beside its manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackFiles {
    /// Files without which the pack is incomplete.
    pub required: &'static [&'static str],
    /// Files that a pack may be without.
    pub optional: &'static [&'static str],
}

impl PackKind {
    /// The kind of this name in a manifest.
    ///
    /// # Errors
    /// [`PackError::UnknownKind`].
    pub(super) fn named(name: &str) -> Result<Self, PackError> {
        let known = [Self::Latent, Self::Cqt, Self::Foley, Self::Raw];
        let found = known.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| PackError::UnknownKind { found: name.chars().take(64).collect() })
    }

    /// Its name in a manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Latent => "latent",
            Self::Cqt => "cqt",
            Self::Foley => "foley",
            Self::Raw => "raw",
        }
    }

    /// Whether chance makes its sounds: another seed or variation gives another one at the same controls.
    pub fn is_by_chance(self) -> bool {
        matches!(self, Self::Foley | Self::Raw)
    }

    /// Whether frame shaping (stretch, formant, tilt) changes its sounds.
    pub fn is_shaped(self) -> bool {
        matches!(self, Self::Latent | Self::Cqt)
    }

    /// The files that a pack of seven latents of this kind holds.
    ///
    /// # Errors
    /// [`PackError::NoLatents`] for a kind without latents.
    pub fn files(self) -> Result<PackFiles, PackError> {
        match self {
            Self::Latent => Ok(PackFiles { required: &GRAPHS, optional: &[RESIDUALS_FILE] }),
            Self::Cqt => Ok(PackFiles { required: &CQT_GRAPHS, optional: &[RESIDUALS_FILE] }),
            Self::Foley | Self::Raw => Err(PackError::NoLatents { kind: self.name() }),
        }
    }
}

impl PackFiles {
    /// Whether a pack may hold a file of this name.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.required.contains(&name) || self.optional.contains(&name)
    }
}

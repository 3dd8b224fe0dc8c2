//! Packs of kind `raw`: a state-space network that gives a sound sample by sample. Any thread but the audio thread.
//!
//! Such a pack holds a manifest of its own form and one file of weights in the format safetensors, with the parameters of the state-space
//! layers already discretised for one step a sample.

mod manifest;
mod quantisation;
mod weights;

use std::collections::BTreeMap;
use std::path::Path;

pub use manifest::{RawEnvelopes, RawManifest, RawNetwork};
pub use quantisation::{LEVELS, Quantisation};
pub use weights::Weights;

use super::archive::{self, Store};
use super::{FORMAT_VERSION, FileEntry, MANIFEST_FILE, MAX_PACK_BYTES, PackError, WEIGHTS_FILE, hex_sha256, verified};

/// A validated pack of kind `raw`.
#[derive(Clone, Debug)]
pub struct RawPack {
    manifest: RawManifest,
    manifest_json: Vec<u8>,
    hash: String,
    weights: Vec<u8>,
}

impl RawPack {
    /// Reads a pack from one file (an archive) or from a folder.
    ///
    /// # Errors
    /// Anything that [`PackError`] names.
    pub fn open(path: &Path) -> Result<Self, PackError> {
        let mut store = Store::open(path, MAX_PACK_BYTES)?;
        let json = store.manifest()?;
        Self::read(json, |name| store.read(name))
    }

    /// Validates a manifest and the weights, which `file` gives by name.
    pub(super) fn read(
        manifest_json: Vec<u8>,
        file: impl FnOnce(&str) -> Result<Option<Vec<u8>>, PackError>,
    ) -> Result<Self, PackError> {
        let manifest = RawManifest::parse(&manifest_json)?;
        let missing = || PackError::Missing { file: WEIGHTS_FILE.into() };
        let entry = manifest.files.get(WEIGHTS_FILE).ok_or_else(missing)?;
        let weights = verified(WEIGHTS_FILE, entry, file(WEIGHTS_FILE)?)?;
        Ok(Self { hash: hex_sha256(&manifest_json), manifest, manifest_json, weights })
    }

    /// Makes a pack from a manifest and its weights: fills in the manifest's file table and its version, then validates as when reading.
    ///
    /// # Errors
    /// As [`RawPack::open`].
    pub fn assemble(mut manifest: RawManifest, weights: Vec<u8>) -> Result<Self, PackError> {
        let entry = FileEntry { sha256: hex_sha256(&weights), bytes: weights.len() as u64 };
        manifest.format_version = FORMAT_VERSION;
        manifest.files = BTreeMap::from([(WEIGHTS_FILE.to_owned(), entry)]);
        let json = serde_json::to_vec_pretty(&manifest).map_err(|error| PackError::Manifest(error.to_string()))?;
        Self::read(json, |_| Ok(Some(weights)))
    }

    /// Writes the pack as one file, atomically.
    ///
    /// # Errors
    /// [`PackError::Io`]; an older file at `path` is then still whole.
    pub fn save_archive(&self, path: &Path) -> Result<(), PackError> {
        archive::write_archive(path, &self.files())
    }

    /// Writes the pack's files into a folder, each atomically, the manifest last.
    ///
    /// # Errors
    /// [`PackError::Io`].
    pub fn save_folder(&self, folder: &Path) -> Result<(), PackError> {
        archive::write_folder(folder, &self.files())
    }

    /// Description of the pack.
    pub fn manifest(&self) -> &RawManifest {
        &self.manifest
    }

    /// SHA-256 of the manifest, hex, which stands for the whole pack.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Its weights by name.
    ///
    /// # Errors
    /// [`PackError::Weights`] if the file is not in its format, or holds another number of layers than the manifest says.
    pub fn weights(&self) -> Result<Weights<'_>, PackError> {
        let weights = Weights::parse(&self.weights)?;
        let (found, said) = (weights.layers(), self.manifest.network.layers);
        if found == said {
            return Ok(weights);
        }
        Err(PackError::Weights(format!("they hold {found} state-space layers, and the manifest says {said}")))
    }

    fn files(&self) -> [(&str, &[u8]); 2] {
        [(WEIGHTS_FILE, &self.weights), (MANIFEST_FILE, &self.manifest_json)]
    }
}

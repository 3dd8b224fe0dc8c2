//! Packs of kind `foley`: a network that gives codes of clips by class, their decoder and a vocoder. Any thread but the audio thread.
//!
//! Such a pack holds a manifest of its own form, one file of weights in the format safetensors (the prior and the tables of codes) and two
//! graphs: codes to log-mel frames, and these to bins.

mod manifest;

use std::collections::BTreeMap;
use std::path::Path;

pub use manifest::{FoleyManifest, FoleyNetwork};

use super::archive::{self, Store};
use super::{
    FORMAT_VERSION, FileEntry, MANIFEST_FILE, MAX_PACK_BYTES, PackError, WEIGHTS_FILE, Weights, hex_sha256, verified,
};

/// The graph from codes to frames.
pub const DECODER_FILE: &str = "decoder.onnx";
/// The graph from frames to bins, of the form that packs of kind `latent` have.
pub const VOCODER_FILE: &str = "vocoder.onnx";
/// The files of such a pack beside its manifest.
pub const FOLEY_FILES: [&str; 3] = [WEIGHTS_FILE, DECODER_FILE, VOCODER_FILE];

/// A validated pack of kind `foley`.
#[derive(Clone, Debug)]
pub struct FoleyPack {
    manifest: FoleyManifest,
    manifest_json: Vec<u8>,
    hash: String,
    files: BTreeMap<&'static str, Vec<u8>>,
}

impl FoleyPack {
    /// Reads a pack from one file (an archive) or from a folder.
    ///
    /// # Errors
    /// Anything that [`PackError`] names.
    pub fn open(path: &Path) -> Result<Self, PackError> {
        let mut store = Store::open(path, MAX_PACK_BYTES)?;
        Self::read(store.manifest()?, |name| store.read(name))
    }

    /// Validates a manifest and the files that it lists, which `file` gives by name.
    pub(super) fn read(
        manifest_json: Vec<u8>,
        mut file: impl FnMut(&str) -> Result<Option<Vec<u8>>, PackError>,
    ) -> Result<Self, PackError> {
        let manifest = FoleyManifest::parse(&manifest_json)?;
        let mut files = BTreeMap::new();
        for name in FOLEY_FILES {
            let missing = || PackError::Missing { file: name.into() };
            let entry = manifest.files.get(name).ok_or_else(missing)?;
            files.insert(name, verified(name, entry, file(name)?)?);
        }
        Ok(Self { hash: hex_sha256(&manifest_json), manifest, manifest_json, files })
    }

    /// Makes a pack from a manifest and the contents of [`FOLEY_FILES`]: fills in the manifest's file table and its version, then validates as
    /// when reading.
    ///
    /// # Errors
    /// As [`FoleyPack::open`].
    pub fn assemble(mut manifest: FoleyManifest, files: [Vec<u8>; 3]) -> Result<Self, PackError> {
        let mut files: BTreeMap<&str, Vec<u8>> = FOLEY_FILES.into_iter().zip(files).collect();
        let entry = |bytes: &Vec<u8>| FileEntry { sha256: hex_sha256(bytes), bytes: bytes.len() as u64 };
        manifest.format_version = FORMAT_VERSION;
        manifest.files = files.iter().map(|(name, bytes)| ((*name).to_owned(), entry(bytes))).collect();
        let json = serde_json::to_vec_pretty(&manifest).map_err(|error| PackError::Manifest(error.to_string()))?;
        Self::read(json, |name| Ok(files.remove(name)))
    }

    /// Writes the pack as one file, atomically.
    ///
    /// # Errors
    /// [`PackError::Io`]; an older file at `path` is then still whole.
    pub fn save_archive(&self, path: &Path) -> Result<(), PackError> {
        archive::write_archive(path, &self.contents())
    }

    /// Writes the pack's files into a folder, each atomically, the manifest last.
    ///
    /// # Errors
    /// [`PackError::Io`].
    pub fn save_folder(&self, folder: &Path) -> Result<(), PackError> {
        archive::write_folder(folder, &self.contents())
    }

    /// Description of the pack.
    pub fn manifest(&self) -> &FoleyManifest {
        &self.manifest
    }

    /// SHA-256 of the manifest, hex, which stands for the whole pack.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Its weights by name.
    ///
    /// # Errors
    /// [`PackError::Weights`] if the file is not in its format.
    pub fn weights(&self) -> Result<Weights<'_>, PackError> {
        Weights::parse(self.file(WEIGHTS_FILE))
    }

    /// Bytes of one of [`FOLEY_FILES`]; empty for any other name.
    pub fn file(&self, name: &str) -> &[u8] {
        self.files.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    fn contents(&self) -> Vec<(&str, &[u8])> {
        let files = self.files.iter().map(|(name, bytes)| (*name, bytes.as_slice()));
        files.chain(std::iter::once((MANIFEST_FILE, self.manifest_json.as_slice()))).collect()
    }
}

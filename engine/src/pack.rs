//! Model packs: what the trainer writes and the instrument reads.
//!
//! A pack is data from outside. [`Pack`] is its validated form: every size, name, number and hash is checked when it is
//! made, the graphs themselves when they are loaded ([`crate::decode::Model`]). Reads files; never on the audio thread.

mod any;
mod archive;
mod foley;
mod info;
mod kind;
mod latent_distribution;
mod manifest;
mod random_points;
mod raw;
mod residuals;
#[cfg(feature = "factory-pack")]
mod shipped;
mod validate;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use archive::Store;

pub use any::{AnyPack, PackContent};
pub use foley::{DECODER_FILE, FOLEY_FILES, FoleyManifest, FoleyNetwork, FoleyPack, VOCODER_FILE};
pub use info::{CLASS_CATEGORY, CLASS_VARIATION, PackInfo, class_weights, nearest_class};
pub use kind::{PackFiles, PackKind};
pub use latent_distribution::LatentDistribution;
pub use manifest::{Control, FileEntry, Manifest, NamedSound, VocoderInfo};
pub use random_points::RandomPoints;
pub use raw::{LEVELS, Quantisation, RawEnvelopes, RawManifest, RawNetwork, RawPack, Weights};
pub use residuals::NamedResiduals;

/// Version of the manifest that this engine writes, and the highest that it reads. Since version 2 a vocoder may predict the phases of
/// only some bins; since version 3 sounds may bring residuals; since version 4 a pack names its kind, and its seven axes are
/// `controls` instead of `latents`.
pub const FORMAT_VERSION: u32 = 4;

/// Name of the manifest's file in a pack.
pub const MANIFEST_FILE: &str = "manifest.json";

/// The graphs of a pack of kind [`PackKind::Latent`].
pub const GRAPHS: [&str; 3] = ["encoder.onnx", "decoder.onnx", "vocoder.onnx"];

/// The graphs of a pack of kind [`PackKind::Cqt`].
pub const CQT_GRAPHS: [&str; 2] = ["encoder.onnx", "decoder.onnx"];

/// The weights of a pack of kind [`PackKind::Raw`].
pub const WEIGHTS_FILE: &str = "weights.safetensors";

/// Residuals of named sounds: what the decoder leaves out of their recordings.
pub const RESIDUALS_FILE: &str = "residuals.bin";

/// Largest pack: all its files together, unpacked, in bytes. About ten times the factory pack.
pub const MAX_PACK_BYTES: u64 = 256 << 20;
/// Largest manifest in bytes: about four times one that names 10 000 sounds.
const MAX_MANIFEST_BYTES: usize = 16 << 20;

/// Why a pack is refused. Each message is one line for the user.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The file or folder cannot be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// "read" or "write".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is neither a pack archive nor a folder that holds a manifest.
    #[error("{} is not a Heptode pack: {why}", path.display())]
    NotAPack {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The manifest cannot be understood.
    #[error("the pack's manifest is damaged: {0}")]
    Manifest(String),
    /// The manifest's version is unknown.
    #[error("the pack has format version {found}, this Heptode reads up to {FORMAT_VERSION}: update Heptode to use it")]
    Version {
        /// The version that was found.
        found: u64,
    },
    /// The manifest's kind has no meaning.
    #[error("the pack is of the unknown kind \"{found}\": the pack is damaged, or a newer Heptode is needed")]
    UnknownKind {
        /// The kind that was found.
        found: String,
    },
    /// A pack without latents where graphs of seven latents are needed.
    #[error("the pack is of kind {kind}, which has no latent space: recordings cannot be placed in it")]
    NoLatents {
        /// Name of the kind.
        kind: &'static str,
    },
    /// A pack of another kind where one of kind `raw` is needed.
    #[error("the pack is of kind {kind}: `heptode raw` takes packs of kind raw")]
    NotRaw {
        /// Name of the kind.
        kind: &'static str,
    },
    /// A pack of another kind where one of kind `foley` is needed.
    #[error("the pack is of kind {kind}: `heptode foley` takes packs of kind foley")]
    NotFoley {
        /// Name of the kind.
        kind: &'static str,
    },
    /// A value in the manifest is out of its range.
    #[error("the pack's manifest has {field} = {found}, expected {expected}")]
    Value {
        /// Name of the field.
        field: String,
        /// What it holds.
        found: String,
        /// What it may hold.
        expected: String,
    },
    /// The weights do not fit the manifest.
    #[error("the pack's weights are damaged: {0}; get the pack again")]
    Weights(String),
    /// The residuals do not fit the manifest.
    #[error("the pack's residuals are damaged: {0}; get the pack again")]
    Residuals(String),
    /// A file that the manifest needs is missing.
    #[error("the pack lacks {file}: it is incomplete, get it again")]
    Missing {
        /// Name of the file.
        file: String,
    },
    /// A file's contents are not those that the manifest was written for.
    #[error(
        "{file} does not match the pack's manifest (sha256 {found}, expected {expected}): the pack is damaged, get it again"
    )]
    Hash {
        /// Name of the file.
        file: String,
        /// Hash of the contents, hex.
        found: String,
        /// Hash in the manifest, hex.
        expected: String,
    },
    /// No sound has this name.
    #[error("the pack has no sound named \"{name}\"{}", suggestion.as_ref().map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default())]
    UnknownSound {
        /// The name that was asked for.
        name: String,
        /// The nearest name that exists.
        suggestion: Option<String>,
    },
}

/// A validated model pack of seven latents: its manifest, the bytes of its graphs, and its sounds' residuals.
#[derive(Clone, Debug)]
pub struct Pack {
    manifest: Manifest,
    manifest_json: Vec<u8>,
    hash: String,
    files: BTreeMap<String, Vec<u8>>,
    residuals: Arc<NamedResiduals>,
}

impl Pack {
    /// Validates the files of a pack by name; files that the manifest does not list are ignored.
    ///
    /// # Errors
    /// Anything that [`PackError`] names except `Io` and `NotAPack`.
    pub fn from_files(mut files: BTreeMap<String, Vec<u8>>) -> Result<Self, PackError> {
        let json = files.remove(MANIFEST_FILE).ok_or_else(|| PackError::Missing { file: MANIFEST_FILE.into() })?;
        Self::read(json, |name| Ok(files.remove(name)))
    }

    /// Validates a manifest and the files that it lists, which `file` gives by name.
    fn read(
        manifest_json: Vec<u8>,
        mut file: impl FnMut(&str) -> Result<Option<Vec<u8>>, PackError>,
    ) -> Result<Self, PackError> {
        let manifest = validate::parse(&manifest_json)?;
        let mut files = BTreeMap::new();
        for (name, entry) in &manifest.files {
            files.insert(name.clone(), verified(name, entry, file(name)?)?);
        }
        let residuals = files.get(RESIDUALS_FILE).map(|bytes| NamedResiduals::parse(bytes, &manifest)).transpose()?;
        let residuals = Arc::new(residuals.unwrap_or_default());
        Ok(Self { hash: hex_sha256(&manifest_json), manifest, manifest_json, files, residuals })
    }

    /// Makes a pack from a manifest and its other files: fills in the manifest's file table and raises its version to
    /// [`FORMAT_VERSION`] at least, then validates as when reading.
    ///
    /// # Errors
    /// As [`Pack::from_files`].
    pub fn assemble(mut manifest: Manifest, mut files: BTreeMap<String, Vec<u8>>) -> Result<Self, PackError> {
        manifest.format_version = manifest.format_version.max(FORMAT_VERSION);
        manifest.files = files
            .iter()
            .map(|(name, bytes)| (name.clone(), FileEntry { sha256: hex_sha256(bytes), bytes: bytes.len() as u64 }))
            .collect();
        let json = serde_json::to_vec_pretty(&manifest).map_err(|error| PackError::Manifest(error.to_string()))?;
        files.insert(MANIFEST_FILE.into(), json);
        Self::from_files(files)
    }

    /// Reads a pack from one file (an archive) or from a folder.
    ///
    /// # Errors
    /// Anything that [`PackError`] names.
    pub fn open(path: &Path) -> Result<Self, PackError> {
        let mut store = Store::open(path, MAX_PACK_BYTES)?;
        Self::read(store.manifest()?, |name| store.read(name))
    }

    /// The manifest and the hash of the pack at `path`. The graphs are neither read nor checked.
    ///
    /// # Errors
    /// What [`PackError`] names of the file and of its manifest.
    pub fn peek(path: &Path) -> Result<(Manifest, String), PackError> {
        let json = Store::open(path, MAX_PACK_BYTES)?.manifest()?;
        Ok((validate::parse(&json)?, hex_sha256(&json)))
    }

    /// The manifest and the hash of the factory pack, which is built into the program.
    ///
    /// # Errors
    /// As [`Pack::peek`], which would be a fault of the build.
    #[cfg(feature = "factory-pack")]
    pub fn factory_manifest() -> Result<(Manifest, String), PackError> {
        let json = shipped::FACTORY.manifest;
        Ok((validate::parse(json)?, hex_sha256(json)))
    }

    /// The factory pack, which is built into the program.
    ///
    /// # Errors
    /// As [`Pack::from_files`], which would be a fault of the build.
    #[cfg(feature = "factory-pack")]
    pub fn factory() -> Result<Self, PackError> {
        Self::from_files(shipped::FACTORY.files())
    }

    /// Name of the factory pack among those that are built into the program; see [`AnyPack::shipped`].
    #[cfg(feature = "factory-pack")]
    pub const FACTORY_NAME: &str = shipped::FACTORY.name;

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
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// SHA-256 of the manifest, hex; since the manifest holds the files' hashes it stands for the whole pack.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Bytes of one of [`GRAPHS`]; empty for any other name.
    pub fn graph(&self, name: &str) -> &[u8] {
        self.files.get(name).filter(|_| GRAPHS.contains(&name)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The residuals of its named sounds.
    pub fn residuals(&self) -> &Arc<NamedResiduals> {
        &self.residuals
    }

    /// The sound of this name; case does not matter.
    ///
    /// # Errors
    /// [`PackError::UnknownSound`] with the nearest name.
    pub fn sound(&self, name: &str) -> Result<&NamedSound, PackError> {
        self.manifest.sound(name)
    }

    fn files(&self) -> Vec<(&str, &[u8])> {
        let files = self.files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
        files.chain(std::iter::once((MANIFEST_FILE, self.manifest_json.as_slice()))).collect()
    }
}

/// The bytes of a file if it is there and is the one that the manifest was written for.
fn verified(name: &str, entry: &FileEntry, bytes: Option<Vec<u8>>) -> Result<Vec<u8>, PackError> {
    let bytes = bytes.ok_or_else(|| PackError::Missing { file: name.into() })?;
    let found = hex_sha256(&bytes);
    if found == entry.sha256 {
        return Ok(bytes);
    }
    Err(PackError::Hash { file: name.into(), found, expected: entry.sha256.clone() })
}

/// SHA-256 as lower-case hex.
pub fn hex_sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

//! A pack of any kind that the instrument plays. Any thread but the audio thread.

use std::path::Path;
use std::sync::Arc;

use super::archive::Store;
use super::{MAX_PACK_BYTES, NamedResiduals, NamedSound, Pack, PackError, PackInfo, PackKind, RawManifest, RawPack};
use super::{hex_sha256, validate};

/// A validated pack with its description.
#[derive(Clone, Debug)]
pub struct AnyPack {
    info: PackInfo,
    content: PackContent,
}

/// The pack itself.
#[derive(Clone, Debug)]
pub enum PackContent {
    /// Graphs of seven latents: of kind `latent` or `cqt`.
    Latents(Box<Pack>),
    /// A state-space network: of kind `raw`.
    Raw(Box<RawPack>),
}

impl AnyPack {
    /// Reads a pack from one file (an archive) or from a folder.
    ///
    /// # Errors
    /// Anything that [`PackError`] names.
    pub fn open(path: &Path) -> Result<Self, PackError> {
        let mut store = Store::open(path, MAX_PACK_BYTES)?;
        let json = store.manifest()?;
        match kind_of(&json)? {
            PackKind::Raw => RawPack::read(json, |name| store.read(name)).map(Self::from),
            _ => Pack::read(json, |name| store.read(name)).map(Self::from),
        }
    }

    /// The description of the pack at `path`. Its other files are neither read nor checked.
    ///
    /// # Errors
    /// What [`PackError`] names of the file and of its manifest.
    pub fn peek(path: &Path) -> Result<PackInfo, PackError> {
        let json = Store::open(path, MAX_PACK_BYTES)?.manifest()?;
        let hash = hex_sha256(&json);
        match kind_of(&json)? {
            PackKind::Raw => Ok(PackInfo::of_raw(&RawManifest::parse(&json)?, &hash)),
            _ => Ok(PackInfo::of_latents(&validate::parse(&json)?, &hash)),
        }
    }

    /// Its description.
    pub fn info(&self) -> &PackInfo {
        &self.info
    }

    /// The pack itself.
    pub fn content(&self) -> &PackContent {
        &self.content
    }

    /// The pack of seven latents that it is.
    ///
    /// # Errors
    /// [`PackError::NoLatents`] for a pack of another kind.
    pub fn latents(&self) -> Result<&Pack, PackError> {
        match &self.content {
            PackContent::Latents(pack) => Ok(pack),
            PackContent::Raw(_) => Err(PackError::NoLatents { kind: self.info.kind.name() }),
        }
    }

    /// The residuals of its named sounds.
    pub fn residuals(&self) -> Arc<NamedResiduals> {
        self.latents().map_or_else(|_| Arc::default(), |pack| Arc::clone(pack.residuals()))
    }

    /// The sound of this name; case does not matter.
    ///
    /// # Errors
    /// [`PackError::UnknownSound`] with the nearest name.
    pub fn sound(&self, name: &str) -> Result<&NamedSound, PackError> {
        self.info.sound(name)
    }

    /// Writes the pack as one file, atomically.
    ///
    /// # Errors
    /// [`PackError::Io`]; an older file at `path` is then still whole.
    pub fn save_archive(&self, path: &Path) -> Result<(), PackError> {
        match &self.content {
            PackContent::Latents(pack) => pack.save_archive(path),
            PackContent::Raw(pack) => pack.save_archive(path),
        }
    }
}

impl From<Pack> for AnyPack {
    fn from(pack: Pack) -> Self {
        let info = PackInfo::of_latents(pack.manifest(), pack.hash());
        Self { info, content: PackContent::Latents(Box::new(pack)) }
    }
}

impl From<RawPack> for AnyPack {
    fn from(pack: RawPack) -> Self {
        let info = PackInfo::of_raw(pack.manifest(), pack.hash());
        Self { info, content: PackContent::Raw(Box::new(pack)) }
    }
}

/// The kind that a manifest names; packs of versions without kinds are of kind `latent`.
fn kind_of(json: &[u8]) -> Result<PackKind, PackError> {
    let fields = validate::fields(json)?;
    validate::version(&fields)?;
    let kind = fields.get("kind").and_then(serde_json::Value::as_str);
    kind.map_or(Ok(PackKind::Latent), PackKind::named)
}

//! A pack of any kind that the instrument plays. Any thread but the audio thread.

use std::path::Path;
use std::sync::Arc;

use super::archive::Store;
#[cfg(feature = "factory-pack")]
use super::shipped::PACKS;
use super::{FoleyManifest, FoleyPack, Pack, RawManifest, RawPack};
use super::{MAX_PACK_BYTES, NamedResiduals, NamedSound, PackError, PackInfo, PackKind, hex_sha256, validate};

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
    /// A network that gives codes, their decoder and a vocoder: of kind `foley`.
    Foley(Box<FoleyPack>),
}

impl AnyPack {
    /// Reads a pack from one file (an archive) or from a folder.
    ///
    /// # Errors
    /// Anything that [`PackError`] names.
    pub fn open(path: &Path) -> Result<Self, PackError> {
        let mut store = Store::open(path, MAX_PACK_BYTES)?;
        Self::read(store.manifest()?, |name| store.read(name))
    }

    /// Validates a manifest and the files that it lists, which `file` gives by name.
    fn read(json: Vec<u8>, file: impl FnMut(&str) -> Result<Option<Vec<u8>>, PackError>) -> Result<Self, PackError> {
        match kind_of(&json)? {
            PackKind::Latent | PackKind::Cqt => Pack::read(json, file).map(Self::from),
            PackKind::Raw => RawPack::read(json, file).map(Self::from),
            PackKind::Foley => FoleyPack::read(json, file).map(Self::from),
        }
    }

    /// Names of the packs that are built into the program, as [`AnyPack::shipped`] takes them; the factory pack's is first.
    #[cfg(feature = "factory-pack")]
    pub fn shipped_names() -> Vec<&'static str> {
        PACKS.iter().map(|pack| pack.name).collect()
    }

    /// The names and descriptions of all packs that are built into the program, the factory pack first.
    ///
    /// # Errors
    /// As [`AnyPack::peek`], which would be a fault of the build.
    #[cfg(feature = "factory-pack")]
    pub fn shipped_infos() -> Result<Vec<(&'static str, PackInfo)>, PackError> {
        PACKS.iter().map(|pack| Ok((pack.name, info_of(pack.manifest)?))).collect()
    }

    /// The pack of this name that is built into the program; `None` when no shipped pack has this name.
    ///
    /// # Errors
    /// As [`AnyPack::open`], which would be a fault of the build.
    #[cfg(feature = "factory-pack")]
    pub fn shipped(name: &str) -> Result<Option<Self>, PackError> {
        let Some(pack) = PACKS.iter().find(|pack| pack.name == name) else { return Ok(None) };
        let mut files = pack.files();
        Self::read(pack.manifest.to_vec(), |name| Ok(files.remove(name))).map(Some)
    }

    /// The description of the pack at `path`. Its other files are neither read nor checked.
    ///
    /// # Errors
    /// What [`PackError`] names of the file and of its manifest.
    pub fn peek(path: &Path) -> Result<PackInfo, PackError> {
        info_of(&Store::open(path, MAX_PACK_BYTES)?.manifest()?)
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
            PackContent::Raw(_) | PackContent::Foley(_) => Err(PackError::NoLatents { kind: self.info.kind.name() }),
        }
    }

    /// The pack of kind `foley` that it is.
    ///
    /// # Errors
    /// [`PackError::NotFoley`] for a pack of another kind.
    pub fn into_foley(self) -> Result<FoleyPack, PackError> {
        match self.content {
            PackContent::Foley(pack) => Ok(*pack),
            PackContent::Latents(_) | PackContent::Raw(_) => Err(PackError::NotFoley { kind: self.info.kind.name() }),
        }
    }

    /// The pack of kind `raw` that it is.
    ///
    /// # Errors
    /// [`PackError::NotRaw`] for a pack of another kind.
    pub fn into_raw(self) -> Result<RawPack, PackError> {
        match self.content {
            PackContent::Raw(pack) => Ok(*pack),
            PackContent::Latents(_) | PackContent::Foley(_) => Err(PackError::NotRaw { kind: self.info.kind.name() }),
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
            PackContent::Foley(pack) => pack.save_archive(path),
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

impl From<FoleyPack> for AnyPack {
    fn from(pack: FoleyPack) -> Self {
        let info = PackInfo::of_foley(pack.manifest(), pack.hash());
        Self { info, content: PackContent::Foley(Box::new(pack)) }
    }
}

/// What a manifest of any kind says.
fn info_of(json: &[u8]) -> Result<PackInfo, PackError> {
    let hash = hex_sha256(json);
    Ok(match kind_of(json)? {
        PackKind::Latent | PackKind::Cqt => PackInfo::of_latents(&validate::parse(json)?, &hash),
        PackKind::Raw => PackInfo::of_raw(&RawManifest::parse(json)?, &hash),
        PackKind::Foley => PackInfo::of_foley(&FoleyManifest::parse(json)?, &hash),
    })
}

/// The kind that a manifest names; packs of versions without kinds are of kind `latent`.
fn kind_of(json: &[u8]) -> Result<PackKind, PackError> {
    let fields = validate::fields(json)?;
    validate::version(&fields)?;
    let kind = fields.get("kind").and_then(serde_json::Value::as_str);
    kind.map_or(Ok(PackKind::Latent), PackKind::named)
}

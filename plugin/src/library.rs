//! Model packs: those that are built in, and those in the user's folder. Models are loaded once per process and shared by
//! all instances. Blocks while it reads: activation, recall and job threads only, never at scan time and never on the audio thread.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use engine::decode::PackModel;
use engine::decode::load::load;
use engine::folders;
use engine::pack::{AnyPack, PackError, PackInfo};
use engine::state::PackRef;
use parking_lot::Mutex;

use crate::folder::{PACK_EXTENSION, is_pack};
use crate::name_order::NameKey;

/// Models in use, by the hash of their pack. Each is freed with its last instance, so that closing them all gives the memory back.
static LOADED: Mutex<Vec<(String, Weak<dyn PackModel>)>> = Mutex::new(Vec::new());

/// A pack that can be loaded.
#[derive(Debug, Clone, PartialEq)]
pub struct PackEntry {
    /// Id and hash.
    pub pack: PackRef,
    /// Name for people.
    pub name: String,
    /// Where it is.
    pub place: PackPlace,
}

/// Where a pack is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackPlace {
    /// Built into the program, by its name there.
    BuiltIn(&'static str),
    /// A file or a folder of the user's.
    File(PathBuf),
}

/// Where packs are looked for.
#[derive(Debug, Clone)]
pub struct Library {
    /// The user's folder; it need not exist.
    pub folder: PathBuf,
}

impl Library {
    /// Of the user who runs the host.
    pub fn of_user() -> Self {
        Self { folder: folders::packs() }
    }

    /// The built-in packs, then the user's by name. Files that are no packs are left out.
    pub fn list(&self) -> Vec<PackEntry> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut found: Vec<PackEntry> = entries.filter_map(|entry| look_at(&entry.path())).collect();
        found.sort_by_cached_key(|found| NameKey::new(&found.name));
        found.splice(0..0, built_in().unwrap_or_default());
        // Copies of one pack are one pack.
        let mut seen = HashSet::new();
        found.retain(|found| seen.insert(found.pack.hash.clone()));
        found
    }

    /// The very pack that a project names, if it is here.
    pub fn find(&self, pack: &PackRef) -> Option<PackEntry> {
        self.list().into_iter().find(|found| found.pack.is_same(pack))
    }

    /// Copies a pack into the user's folder, so that projects find it again.
    ///
    /// # Errors
    /// Why the file is no pack, or why it cannot be copied; nothing is changed.
    pub fn add(&self, path: &Path) -> Result<PackEntry, String> {
        let pack = AnyPack::open(path).map_err(|error| error.to_string())?;
        load(&pack).map_err(|error| error.to_string())?;
        let PackInfo { id, hash, .. } = pack.info();
        let cannot = |error: &dyn std::fmt::Display| format!("cannot write into {}: {error}", self.folder.display());
        std::fs::create_dir_all(&self.folder).map_err(|error| cannot(&error))?;
        let target = self.folder.join(format!("{id}.{PACK_EXTENSION}"));
        if look_at(&target).is_some_and(|older| older.pack.hash != *hash) {
            // Projects made with the older one must still find it.
            let kept = self.folder.join(format!("{id}-{}.{PACK_EXTENSION}", short_hash(&target)));
            std::fs::rename(&target, kept).map_err(|error| cannot(&error))?;
        }
        pack.save_archive(&target).map_err(|error| error.to_string())?;
        look_at(&target).ok_or_else(|| cannot(&"the copy cannot be read"))
    }
}

/// The model of a pack. Callers that come while it loads wait for the one load.
///
/// # Errors
/// Why the pack cannot be played, in one line.
pub fn model(found: &PackEntry) -> Result<Arc<dyn PackModel>, String> {
    let mut loaded = LOADED.lock();
    loaded.retain(|(_, model)| model.strong_count() > 0);
    if let Some(model) = loaded.iter().find(|(hash, _)| *hash == found.pack.hash).and_then(|(_, model)| model.upgrade())
    {
        return Ok(model);
    }
    let pack = match &found.place {
        PackPlace::File(path) => AnyPack::open(path).map(Some),
        PackPlace::BuiltIn(name) => AnyPack::shipped(name),
    };
    let pack = pack.map_err(|error| error.to_string())?.ok_or("the pack is not built in")?;
    let model = load(&pack).map_err(|error| error.to_string())?;
    loaded.push((pack.info().hash.clone(), Arc::downgrade(&model)));
    Ok(model)
}

/// The pack of new projects.
///
/// # Errors
/// A fault of the build.
pub fn factory() -> Result<PackEntry, String> {
    built_in().map_err(|error| error.to_string())?.into_iter().next().ok_or_else(|| "no pack is built in".to_owned())
}

/// The built-in packs, that of new projects first; a failure is a fault of the build.
fn built_in() -> Result<Vec<PackEntry>, PackError> {
    let entries = |all: Vec<(&'static str, PackInfo)>| {
        all.into_iter().map(|(name, info)| entry(info, PackPlace::BuiltIn(name))).collect()
    };
    AnyPack::shipped_infos().map(entries)
}

fn look_at(path: &Path) -> Option<PackEntry> {
    let is_candidate = is_pack(path) || path.is_dir();
    let info = is_candidate.then(|| AnyPack::peek(path).ok())??;
    Some(entry(info, PackPlace::File(path.to_owned())))
}

fn entry(info: PackInfo, place: PackPlace) -> PackEntry {
    PackEntry { pack: PackRef::new(&info.id, info.hash), name: info.name, place }
}

fn short_hash(path: &Path) -> String {
    look_at(path).map_or_else(String::new, |found| found.pack.hash.chars().take(8).collect())
}

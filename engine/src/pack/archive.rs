//! Packs on disk: one zip file, or a folder. Written atomically; read with limits on count, names and sizes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Cursor, Read, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::{GRAPHS, MANIFEST_FILE, MAX_PACK_BYTES, PackError, RESIDUALS_FILE};
use crate::files::replace;

const MAX_ENTRIES: usize = 32;

/// Reads the files of the pack at `path`, a folder or an archive.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, Vec<u8>>, PackError> {
    let [encoder, decoder, vocoder] = GRAPHS;
    let wanted = [MANIFEST_FILE, encoder, decoder, vocoder, RESIDUALS_FILE];
    if path.is_dir() { read_folder(path, &wanted) } else { read_archive(path, &wanted) }
}

/// Reads the manifest alone.
pub(super) fn read_manifest(path: &Path) -> Result<Vec<u8>, PackError> {
    let wanted = [MANIFEST_FILE];
    let mut files = if path.is_dir() { read_folder(path, &wanted)? } else { read_archive(path, &wanted)? };
    files.remove(MANIFEST_FILE).ok_or_else(|| PackError::Missing { file: MANIFEST_FILE.into() })
}

fn read_folder(folder: &Path, wanted: &[&str]) -> Result<BTreeMap<String, Vec<u8>>, PackError> {
    let mut files = BTreeMap::new();
    for name in wanted {
        let path = folder.join(name);
        if !path.is_file() {
            continue;
        }
        let file = File::open(&path).map_err(|source| cannot("read", &path, source))?;
        let bytes = read_capped(file, &path)?;
        files.insert((*name).to_owned(), bytes);
    }
    if !files.contains_key(MANIFEST_FILE) {
        return Err(PackError::NotAPack { path: folder.into(), why: format!("the folder holds no {MANIFEST_FILE}") });
    }
    Ok(files)
}

fn read_archive(path: &Path, wanted: &[&str]) -> Result<BTreeMap<String, Vec<u8>>, PackError> {
    let refuse = |why: String| PackError::NotAPack { path: path.into(), why };
    // To open a pipe would wait for somebody to write into it.
    if path.metadata().is_ok_and(|meta| !meta.is_file()) {
        return Err(refuse("it is not a regular file".into()));
    }
    let file = File::open(path).map_err(|source| cannot("read", path, source))?;
    let mut archive = ZipArchive::new(file).map_err(|error| refuse(error.to_string()))?;
    if archive.len() > MAX_ENTRIES {
        return Err(refuse(format!("it holds {} files, at most {MAX_ENTRIES} are expected", archive.len())));
    }
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| refuse(error.to_string()))?;
        let name = entry.name().map_err(|error| refuse(error.to_string()))?.into_owned();
        if !wanted.contains(&name.as_str()) {
            continue;
        }
        files.insert(name, read_capped(entry, path)?);
    }
    Ok(files)
}

fn read_capped(reader: impl Read, path: &Path) -> Result<Vec<u8>, PackError> {
    let mut bytes = Vec::new();
    reader.take(MAX_PACK_BYTES + 1).read_to_end(&mut bytes).map_err(|source| cannot("read", path, source))?;
    if bytes.len() as u64 > MAX_PACK_BYTES {
        let why = format!("a file in it is larger than {} MiB", MAX_PACK_BYTES >> 20);
        return Err(PackError::NotAPack { path: path.into(), why });
    }
    Ok(bytes)
}

/// Writes the files as one zip archive, atomically.
pub(super) fn write_archive(path: &Path, files: &[(&str, &[u8])]) -> Result<(), PackError> {
    let failed = |error: zip::result::ZipError| cannot("write", path, std::io::Error::other(error));
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, SimpleFileOptions::default()).map_err(failed)?;
        writer.write_all(bytes).map_err(|source| cannot("write", path, source))?;
    }
    let bytes = writer.finish().map_err(failed)?.into_inner();
    write_atomically(path, &bytes)
}

/// Writes the files into a folder, in the order given, each atomically.
pub(super) fn write_folder(folder: &Path, files: &[(&str, &[u8])]) -> Result<(), PackError> {
    fs::create_dir_all(folder).map_err(|source| cannot("write", folder, source))?;
    files.iter().try_for_each(|(name, bytes)| write_atomically(&folder.join(name), bytes))
}

fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), PackError> {
    replace(path, |file| file.write_all(bytes)).map_err(|error| cannot("write", path, std::io::Error::other(error)))
}

fn cannot(action: &'static str, path: &Path, source: std::io::Error) -> PackError {
    PackError::Io { action, path: path.into(), source }
}

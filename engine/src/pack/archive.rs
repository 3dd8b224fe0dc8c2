//! Packs on disk: one zip file, or a folder. Written atomically; read with limits on the number of entries and on the bytes of
//! the whole pack. Main and worker threads only: it waits for the disk.

use std::fs::{self, File};
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::{MANIFEST_FILE, PackError};
use crate::files::replace;

/// Most entries of an archive: about five times the files of the largest kind of pack, so that notes and licences may lie beside them.
const MAX_ENTRIES: usize = 32;

/// A pack on disk whose files are read one by one.
pub(super) struct Store {
    path: PathBuf,
    form: Form,
    /// Bytes that may still be read, unpacked, and how many there were at first.
    bytes_left: u64,
    limit_bytes: u64,
}

enum Form {
    Folder,
    Archive(Box<ZipArchive<File>>),
}

impl Store {
    /// Opens a folder or an archive of which at most `limit_bytes` are read in all, unpacked.
    ///
    /// # Errors
    /// [`PackError::Io`] and [`PackError::NotAPack`].
    pub(super) fn open(path: &Path, limit_bytes: u64) -> Result<Self, PackError> {
        let form = if path.is_dir() { Form::Folder } else { Form::Archive(Box::new(open_archive(path)?)) };
        Ok(Self { path: path.into(), form, bytes_left: limit_bytes, limit_bytes })
    }

    /// The bytes of a file; `None` when the pack does not hold it.
    ///
    /// # Errors
    /// [`PackError::Io`], and [`PackError::NotAPack`] when the files read so far are larger than the limit together.
    pub(super) fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, PackError> {
        let failed = |source| cannot("read", &self.path, source);
        let mut bytes = Vec::new();
        // One more than is left tells a file that is too large from one that just fits.
        let most = self.bytes_left + 1;
        match &mut self.form {
            Form::Folder => {
                let path = self.path.join(name);
                if !path.is_file() {
                    return Ok(None);
                }
                let file = File::open(&path).map_err(|source| cannot("read", &path, source))?;
                file.take(most).read_to_end(&mut bytes).map_err(|source| cannot("read", &path, source))?;
            }
            Form::Archive(archive) => match archive.by_name(name) {
                Ok(entry) => entry.take(most).read_to_end(&mut bytes).map(|_| ()).map_err(failed)?,
                Err(ZipError::FileNotFound) => return Ok(None),
                Err(error) => return Err(refuse(&self.path, error.to_string())),
            },
        }
        let left = self.bytes_left.checked_sub(bytes.len() as u64);
        self.bytes_left = left.ok_or_else(|| {
            refuse(&self.path, format!("its files are larger than {} together", size(self.limit_bytes)))
        })?;
        Ok(Some(bytes))
    }

    /// The manifest's bytes.
    ///
    /// # Errors
    /// As [`Store::read`], and when there is no manifest.
    pub(super) fn manifest(&mut self) -> Result<Vec<u8>, PackError> {
        match (self.read(MANIFEST_FILE)?, &self.form) {
            (Some(json), _) => Ok(json),
            (None, Form::Folder) => Err(refuse(&self.path, format!("the folder holds no {MANIFEST_FILE}"))),
            (None, Form::Archive(_)) => Err(PackError::Missing { file: MANIFEST_FILE.into() }),
        }
    }
}

fn size(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{bytes} bytes") }
}

fn open_archive(path: &Path) -> Result<ZipArchive<File>, PackError> {
    // To open a pipe would wait for another program to write into it.
    if path.metadata().is_ok_and(|meta| !meta.is_file()) {
        return Err(refuse(path, "it is not a regular file".into()));
    }
    let file = File::open(path).map_err(|source| cannot("read", path, source))?;
    let archive = ZipArchive::new(file).map_err(|error| refuse(path, error.to_string()))?;
    if archive.len() > MAX_ENTRIES {
        return Err(refuse(path, format!("it holds {} files, at most {MAX_ENTRIES} are expected", archive.len())));
    }
    Ok(archive)
}

/// Writes the files as one zip archive, atomically.
///
/// # Errors
/// [`PackError::Io`].
pub(super) fn write_archive(path: &Path, files: &[(&str, &[u8])]) -> Result<(), PackError> {
    let failed = |error: ZipError| cannot("write", path, std::io::Error::other(error));
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, SimpleFileOptions::default()).map_err(failed)?;
        writer.write_all(bytes).map_err(|source| cannot("write", path, source))?;
    }
    let bytes = writer.finish().map_err(failed)?.into_inner();
    write_atomically(path, &bytes)
}

/// Writes the files into a folder, in the order given, each atomically.
///
/// # Errors
/// [`PackError::Io`].
pub(super) fn write_folder(folder: &Path, files: &[(&str, &[u8])]) -> Result<(), PackError> {
    fs::create_dir_all(folder).map_err(|source| cannot("write", folder, source))?;
    files.iter().try_for_each(|(name, bytes)| write_atomically(&folder.join(name), bytes))
}

fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), PackError> {
    replace(path, |file| file.write_all(bytes)).map_err(|error| cannot("write", path, std::io::Error::other(error)))
}

fn refuse(path: &Path, why: String) -> PackError {
    PackError::NotAPack { path: path.into(), why }
}

fn cannot(action: &'static str, path: &Path, source: std::io::Error) -> PackError {
    PackError::Io { action, path: path.into(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_holds_for_all_files_together_and_for_what_they_unpack_to() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let zeros = vec![0; 60_000];
        let files = [(MANIFEST_FILE, zeros.as_slice()), ("a", &zeros), ("b", &zeros)];
        let (archive, plain) = (folder.path().join("pack.heptode"), folder.path().join("plain"));
        write_archive(&archive, &files).expect("writable");
        write_folder(&plain, &files).expect("writable");
        assert!(archive.metadata().expect("written").len() < 2_000, "the archive itself is small");
        for path in [archive, plain] {
            let mut store = Store::open(&path, 120_000).expect("a pack");
            assert_eq!(store.manifest().expect("fits").len(), zeros.len());
            assert_eq!(store.read("absent").expect("no failure"), None);
            assert_eq!(store.read("a").expect("just fits").map(|bytes| bytes.len()), Some(zeros.len()));
            let error = store.read("b").expect_err("60 000 bytes too many").to_string();
            assert!(error.contains("larger than 120000 bytes together"), "{error}");
        }
    }
}

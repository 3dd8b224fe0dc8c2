//! Every form of uncompressed and lossless audio that libsndfile writes is read as libsndfile reads it, sample by sample.

use std::path::Path;

use engine::sample;
use support::python;
use tempfile::TempDir;

/// What libsndfile reads, as single-precision numbers with the lowest byte first.
fn wanted(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).expect("the script wrote it");
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

#[test]
fn what_libsndfile_writes_is_read_to_the_bit() {
    let folder = TempDir::new().expect("a folder");
    python::run(python::script("write_formats.py").arg(folder.path()));
    let mut compared = 0;
    for entry in std::fs::read_dir(folder.path()).expect("a folder").flatten() {
        let path = entry.path();
        if path.extension().is_some() {
            continue;
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let got = sample::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let want = wanted(&path.with_extension("mono"));
        assert_eq!(got.samples.len(), want.len(), "{name}");
        let differing = got.samples.iter().zip(&want).position(|(got, want)| got != want);
        assert_eq!(differing, None, "{name}: the first sample that differs");
        assert!(got.notes.is_empty() && got.start_s == 0.0, "{name}: {:?}", got.notes);
        compared += 1;
    }
    assert!(compared > 300, "{compared} files");
}

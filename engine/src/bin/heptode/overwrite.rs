//! Inputs are never written over. Main thread.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::output::path_text;

/// Fails when one of `outputs` is one of `inputs`, under whatever name: by links, by another way to it, in other letters on a system
/// that takes them alike. Of a folder, such as an unpacked pack, every file in it is an input.
pub(crate) fn refuse_overwriting(inputs: &[&Path], outputs: &[PathBuf]) -> Result<(), Failure> {
    let inputs: Vec<PathBuf> = inputs.iter().flat_map(|input| files_of(input)).collect();
    for output in outputs {
        if let Some(input) = inputs.iter().find(|input| is_same(input, output)) {
            return Err(Failure::failed(format!(
                "cannot write {}: that is the file {}, which is read; choose another --out",
                path_text(output),
                path_text(input)
            )));
        }
    }
    Ok(())
}

/// The file itself, or the files in a folder.
fn files_of(path: &Path) -> Vec<PathBuf> {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(_) => vec![path.to_owned()],
    }
}

/// Whether both names lead to one file that is there.
fn is_same(a: &Path, b: &Path) -> bool {
    // Opening a pipe, as the comparison does, would wait for its other end.
    let is_file = |path: &Path| path.metadata().is_ok_and(|meta| meta.is_file());
    let canonical_alike = || a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b));
    is_file(a) && is_file(b) && same_file::is_same_file(a, b).unwrap_or_else(|_| canonical_alike())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_under_two_names_is_found_and_two_files_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("a.wav"), b"a").expect("written");
        std::fs::write(at("copy.wav"), b"a").expect("written");
        std::fs::create_dir(at("pack")).expect("made");
        std::fs::hard_link(at("a.wav"), at("pack").join("part")).expect("linked");
        let refused =
            |input: PathBuf, output: PathBuf| refuse_overwriting(&[&input], &[at("gone.wav"), output]).is_err();
        assert!(refused(at("a.wav"), at("a.wav")));
        assert!(refused(at("a.wav"), at("pack/../a.wav")));
        assert!(refused(at("a.wav"), at("pack/part")), "a hard link");
        assert!(refused(at("pack"), at("a.wav")), "a file of the folder");
        assert!(!refused(at("a.wav"), at("copy.wav")));
        assert!(!refused(at("a.wav"), at("new.wav")));
        assert!(!refused(at("gone.wav"), at("gone.wav")), "what is not there cannot be lost");
    }
}

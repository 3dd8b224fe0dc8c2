//! Laws of the tree: who may import whom, that no files import each other in a circle, how long a file may grow.

#[path = "structure/circles.rs"]
mod circles;
#[path = "structure/imports.rs"]
mod imports;
#[path = "structure/paths.rs"]
mod paths;
#[path = "structure/tokens.rs"]
mod tokens;

use std::fs;
use std::path::{Path, PathBuf};

use self::circles::circles;
use self::imports::Crate;

/// Longest source file, in lines. Tests and the parameter table may be longer.
const LONGEST_FILE: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// All Rust files below `folder`, with their text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap_or_default();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// Lines of code, without comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(|line| line.split("//").next().unwrap_or(""))
}

fn assert_without(files: &[(PathBuf, String)], words: &[&str], law: &str) {
    assert!(!files.is_empty(), "{law}: no files were found");
    for (path, text) in files {
        for word in words {
            let found = code(text).find(|line| line.contains(word));
            assert_eq!(found, None, "{law}: {} names {word}", path.display());
        }
    }
}

fn audio() -> Vec<(PathBuf, String)> {
    let mut files = sources("engine/src/audio");
    let synth = root().join("engine/src/audio.rs");
    files.push((synth.clone(), fs::read_to_string(synth).unwrap_or_default()));
    files
}

fn decode() -> Vec<(PathBuf, String)> {
    let mut files = sources("engine/src/decode");
    let path = root().join("engine/src/decode.rs");
    files.push((path.clone(), fs::read_to_string(path).unwrap_or_default()));
    files
}

#[test]
fn audio_and_decode_do_not_import_each_other() {
    assert_without(&audio(), &["crate::decode", "super::decode", "decode::"], "audio never imports decode");
    assert_without(&decode(), &["crate::audio", "super::audio", "audio::"], "decode never imports audio");
}

#[test]
fn audio_imports_only_the_crossing_the_parameters_units_and_random_numbers() {
    for (path, text) in audio() {
        for line in code(&text).filter(|line| line.contains("crate::")) {
            let modules = ["crate::link", "crate::params", "crate::units", "crate::random"];
            let allowed = modules.iter().any(|module| line.contains(module));
            assert!(allowed || line.contains("pub(crate)"), "{}: {line}", path.display());
        }
    }
}

#[test]
fn the_audio_side_holds_no_lock_log_or_unwrap() {
    let words = [
        "Mutex",
        "RwLock",
        "Condvar",
        "println!",
        "eprintln!",
        ".unwrap()",
        ".expect(",
        "Box::new",
        "format!",
        ".to_vec(",
        "Arc::",
        "String",
        "panic!",
        "unreachable!",
    ];
    let files: Vec<_> = audio()
        .into_iter()
        // Unit tests stand at the end of their file, or in one of their own.
        .filter(|(path, _)| !path.ends_with("tests.rs"))
        .map(|(path, text)| (path, text.split("#[cfg(test)]").next().unwrap_or("").to_owned()))
        .collect();
    assert_without(&files, &words, "the audio side");
}

#[test]
fn what_the_plug_in_runs_on_the_audio_thread_holds_no_lock_or_log() {
    let words = [".lock()", "Mutex", "RwLock", "println!", "format!", ".unwrap()", ".expect(", "panic!"];
    let files = ["plugin/src/events.rs", "plugin/src/project/audio_scene.rs"].map(|path| {
        let path = root().join(path);
        let text = fs::read_to_string(&path).unwrap_or_default();
        (path, text.split("#[cfg(test)]").next().unwrap_or("").to_owned())
    });
    assert!(files.iter().all(|(_, text)| !text.is_empty()), "the files are there");
    assert_without(&files, &words, "the plug-in's part of the audio thread");
}

#[test]
fn one_file_names_tract() {
    let naming: Vec<PathBuf> = sources("engine/src")
        .into_iter()
        .filter(|(_, text)| code(text).any(|line| line.contains("tract_") || line.contains("tract::")))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(naming, [root().join("engine/src/decode/graph.rs")], "tract is named in one file alone");
}

#[test]
fn plugin_and_trainer_do_not_import_each_other() {
    let plugin = ["use trainer", " trainer::", "use tch", " tch::"];
    assert_without(&sources("plugin/src"), &plugin, "the plug-in never imports the trainer or libtorch");
    let trainer = ["use plugin", " plugin::", "nice_plug", "egui"];
    assert_without(&sources("trainer/src"), &trainer, "the trainer never imports the plug-in");
    let engine = ["use plugin", "use trainer", "nice_plug", "egui", "use tch", " tch::"];
    assert_without(&sources("engine/src"), &engine, "the engine knows neither");
}

/// Crate roots by folder, each with the folders below it that hold other crates.
const CRATES: [(&str, &[&str]); 8] = [
    ("engine/src", &["bin/"]),
    ("engine/src/bin/heptode", &[]),
    ("plugin/src", &[]),
    ("trainer/src", &[]),
    ("xtask/src", &["bin/"]),
    ("xtask/src/bin/demo-host", &[]),
    ("tests/support", &[]),
    ("tests/inputs/src", &[]),
];

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut found = Vec::new();
    for (folder, others) in CRATES {
        let files: Vec<(String, String)> = sources(folder)
            .into_iter()
            .map(|(path, text)| (path_below(&path, folder), text))
            .filter(|(path, _)| !others.iter().any(|other| path.starts_with(other)))
            .collect();
        let tree = Crate::read(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        assert!(!tree.is_empty(), "{folder}: no files were found");
        found.extend(circles(&tree).into_iter().map(|circle| format!("{folder}: {circle}")));
    }
    assert!(found.is_empty(), "files import each other:\n{}", found.join("\n"));
}

/// The path of a file below a folder of the repository, with `/` on every system.
fn path_below(path: &Path, folder: &str) -> String {
    let below = path.strip_prefix(root().join(folder)).expect("the file was found there");
    below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[test]
fn modules_say_what_they_are() {
    for folder in ["engine/src", "plugin/src", "trainer/src", "xtask/src"] {
        for (path, text) in sources(folder) {
            assert!(text.starts_with("//!"), "{} opens without saying what it is", path.display());
        }
    }
}

#[test]
fn files_stay_short() {
    for folder in ["engine/src", "plugin/src", "trainer/src", "xtask/src"] {
        for (path, text) in sources(folder) {
            let lines = text.lines().count();
            assert!(lines <= LONGEST_FILE, "{} has {lines} lines, at most {LONGEST_FILE} fit", path.display());
        }
    }
}

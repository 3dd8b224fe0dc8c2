//! Running the program, and what it works with.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use engine::sample;
use serde_json::Value;
use tempfile::TempDir;

/// Options that make a series short and quick to render.
pub const FAST: [&str; 4] = ["--seconds", "0.1", "--rate", "8000"];

/// Runs the program with these words to its end.
pub fn heptode(words: &[impl AsRef<OsStr>]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_heptode")).args(words).output().expect("the program starts")
}

/// What the program tells with `--json`; it must succeed.
pub fn json(words: &[impl AsRef<OsStr>]) -> Value {
    let words: Vec<&OsStr> = words.iter().map(AsRef::as_ref).chain([OsStr::new("--json")]).collect();
    let output = heptode(&words);
    assert!(output.status.success(), "{words:?}: {}", complaint(&output));
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

/// What the program says on standard error.
pub fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Asserts that the program failed with `code` and one line that contains `part`, and told no result.
pub fn assert_refused(output: &Output, code: i32, part: &str) {
    let message = complaint(output);
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert!(message.contains(part) && !message.contains("panicked"), "it should say {part:?}: {message}");
    assert_eq!(message.trim_end().lines().count(), 1, "{message}");
    assert!(output.stdout.is_empty(), "it tells a result");
}

/// Name and description of a sound of the factory pack.
pub fn a_sound() -> (String, Value) {
    let info = json(&["info"]);
    let sound = info["sounds"][0].clone();
    (sound["name"].as_str().expect("a name").to_owned(), sound)
}

/// A decaying tone at key 57 in a file.
pub fn tone_file(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("tone.wav");
    let tone = |n: usize| (n as f32 * 220.0 * std::f32::consts::TAU / 48_000.0).sin() * (-(n as f32) / 20_000.0).exp();
    let samples: Vec<f32> = (0..60_000).flat_map(|n| [tone(n), 0.5 * tone(n)]).collect();
    sample::write_wav(&path, &samples, 2, 48_000).expect("written");
    path
}

/// A path that is Unicode.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("Unicode")
}

/// How many files and folders are in a folder, hidden ones too.
pub fn files_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).expect("a folder").count()
}

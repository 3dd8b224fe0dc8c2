//! The Python environment that `cargo xtask setup` and `cargo xtask test` make, and the scripts of `tests/python`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A command that runs a script of `tests/python`.
///
/// # Panics
/// Without the environment.
#[must_use]
pub fn script(name: &str) -> Command {
    let mut command = Command::new(interpreter());
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(name));
    command
}

/// Runs a command to its end; gives what it says.
///
/// # Panics
/// With what it says when it fails.
pub fn run(command: &mut Command) -> String {
    let output = command.output().expect("Python starts");
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{said}\n{complained}", output.status);
    said.into_owned()
}

/// The environment's interpreter, in the same place as xtask puts it.
fn interpreter() -> PathBuf {
    let cache = std::env::var_os("HEPTODE_CACHE")
        .map(PathBuf::from)
        .unwrap_or_else(|| std::env::home_dir().expect("a home folder").join(".cache").join("heptode"));
    let venv = cache.join("venv");
    let python = if cfg!(windows) { venv.join("Scripts/python.exe") } else { venv.join("bin/python3") };
    assert!(python.exists(), "{} is missing: run `cargo xtask setup` first", python.display());
    python
}

//! The built VST3 in pedalboard, a host that shares no code with ours (JUCE, from PyPI). The measuring is done in
//! `python/pedalboard_host.py`, in the Python environment that `cargo xtask test` makes.

use std::path::{Path, PathBuf};
use std::process::Command;

use engine::params::TABLE;
use support::bundles::{bundle, knobs, pitched_sound};

/// The environment's interpreter, in the same place as xtask puts it.
fn python() -> PathBuf {
    let cache = std::env::var_os("HEPTODE_CACHE")
        .map(PathBuf::from)
        .unwrap_or_else(|| std::env::home_dir().expect("a home folder").join(".cache").join("heptode"));
    let venv = cache.join("venv");
    let python = if cfg!(windows) { venv.join("Scripts/python.exe") } else { venv.join("bin/python3") };
    assert!(python.exists(), "{} is missing: run `cargo xtask setup` first", python.display());
    python
}

#[test]
fn pedalboard_loads_and_plays_the_vst3() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join("pedalboard_host.py");
    let knobs = knobs(&pitched_sound()).map(|(_, value)| value.to_string()).join(",");
    let mut command = Command::new(python());
    command.arg(script).arg(bundle("Heptode.vst3")).arg(knobs).arg(TABLE.len().to_string());
    let output = command.output().expect("Python starts");
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{said}\n{complained}", output.status);
    print!("{said}");
}

//! The user's folders, which the plug-in and the command line share. Main and worker threads: it asks the system.

use std::path::PathBuf;

/// Heptode's folder within the user's data.
const OWN: &str = "heptode";

/// The user's home, or the current folder where there is none.
#[must_use]
pub fn home() -> PathBuf {
    std::env::home_dir().filter(|home| home.is_dir()).unwrap_or_else(|| PathBuf::from("."))
}

/// Where packs of the user are; it need not exist.
#[must_use]
pub fn packs() -> PathBuf {
    own().join("packs")
}

/// Where presets of the user are; it need not exist.
#[must_use]
pub fn presets() -> PathBuf {
    own().join("presets")
}

fn own() -> PathBuf {
    dirs::data_dir().unwrap_or_else(home).join(OWN)
}

//! Where a preset is. Plain data.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Ending of a preset's file name.
pub const PRESET_EXTENSION: &str = "heptode-preset";
/// What the id of a built-in preset begins with; no file name has a slash.
const BUILT_IN: &str = "factory/";

/// Where a preset is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Built in, by its name.
    Factory(String),
    /// A file.
    File(PathBuf),
}

impl Place {
    /// What projects and the list of favourites know it by. A file keeps its id when the whole folder moves.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Factory(name) => format!("{BUILT_IN}{name}"),
            Self::File(path) => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
        }
    }

    /// The place that an id means, with the user's files in `folder`. Ids come from project files: `None` for one that leads out of it.
    #[must_use]
    pub fn of_id(id: &str, folder: &Path) -> Option<Self> {
        if let Some(name) = id.strip_prefix(BUILT_IN) {
            return Some(Self::Factory(name.to_owned()));
        }
        let is_file_name = Path::new(id).file_name() == Some(OsStr::new(id)) && !id.contains('\\');
        is_file_name.then(|| Self::File(folder.join(id)))
    }

    /// The file, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Factory(_) => None,
            Self::File(path) => Some(path),
        }
    }
}

/// Whether the name is that of a preset's file.
pub(super) fn is_preset(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(PRESET_EXTENSION))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_and_does_not_lead_out_of_the_folder() {
        let folder = Path::new("/presets");
        for place in [Place::Factory("A / B".to_owned()), Place::File(folder.join("Mine 2.heptode-preset"))] {
            assert_eq!(Place::of_id(&place.id(), folder), Some(place));
        }
        for id in ["", "..", "../x.heptode-preset", "/etc/passwd", "a/b", "..\\x"] {
            assert_eq!(Place::of_id(id, folder), None, "{id}");
        }
    }
}

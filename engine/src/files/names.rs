//! File names made of names that people give: valid on every system, never those of a file that is there.
//!
//! Worker and main threads only.

use std::path::{Path, PathBuf};

/// Longest name in bytes, without number and ending: most systems allow 255 for all of it.
const LONGEST_STEM: usize = 200;
/// Characters that Windows or macOS reserve.
const RESERVED: &str = "<>:\"/\\|?*";
/// Names of devices on Windows, with any ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
/// Devices on Windows that have a number.
const NUMBERED_DEVICES: [&str; 2] = ["com", "lpt"];

/// `name` as the name of a file without its ending; `fallback` where nothing of it can stay.
#[must_use]
pub fn file_stem(name: &str, fallback: &str) -> String {
    let is_fine = |c: char| !c.is_control() && !RESERVED.contains(c);
    let safe: String = name.trim().chars().map(|c| if is_fine(c) { c } else { '_' }).collect();
    // A dot in front hides a file; Windows drops dots and blanks at the end.
    let safe = safe.trim_start_matches(['.', ' ']);
    let cut = safe[..safe.floor_char_boundary(LONGEST_STEM)].trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    match cut {
        "" => fallback.to_owned(),
        device if is_device(device) => format!("{device}_"),
        stem => stem.to_owned(),
    }
}

/// Whether Windows takes it for a device: the part before the first dot counts.
fn is_device(stem: &str) -> bool {
    let first = stem.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let numbered = |device: &str| {
        let digit = first.strip_prefix(device).unwrap_or_default();
        digit.chars().count() == 1 && digit.chars().all(|c| c.is_ascii_digit() || "¹²³".contains(c))
    };
    DEVICES.contains(&first.as_str()) || NUMBERED_DEVICES.iter().any(|device| numbered(device))
}

/// A path in `folder` for a file called `name`, with a number where that is taken. Names that differ in capitals alone count as the
/// same, so that a folder can be copied to any system; `itself` counts as free.
#[must_use]
pub fn free_path(folder: &Path, name: &str, extension: &str, itself: Option<&Path>) -> PathBuf {
    let stem = file_stem(name, "Heptode");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let others = entries.filter(|path| itself.is_none_or(|itself| itself.file_name() != path.file_name()));
    let taken: std::collections::HashSet<String> =
        others.filter_map(|path| Some(path.file_name()?.to_string_lossy().to_lowercase())).collect();
    let numbered = (2_u64..).map(|number| format!("{stem} {number}.{extension}"));
    let mut candidates = std::iter::once(format!("{stem}.{extension}")).chain(numbered);
    let free = candidates.find(|candidate| !taken.contains(&candidate.to_lowercase()));
    folder.join(free.unwrap_or_else(|| format!("{stem}.{extension}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hard_names_become_names_that_every_system_takes() {
        let cases = [
            ("Glass", "Glass"),
            ("a/b\\c:d", "a_b_c_d"),
            ("..", "x"),
            (" .hidden. ", "hidden"),
            ("what?*", "what__"),
            ("line\nbreak\u{0}", "line_break_"),
            ("CON", "CON_"),
            ("nul.txt", "nul.txt_"),
            ("com¹", "com¹_"),
            ("COM10", "COM10"),
            ("Lpt1", "Lpt1_"),
            ("鐘 🔔", "鐘 🔔"),
            ("", "x"),
            ("\u{202e}", "\u{202e}"),
        ];
        for (name, wanted) in cases {
            assert_eq!(file_stem(name, "x"), wanted, "{name:?}");
        }
        let long = file_stem(&"é".repeat(400), "x");
        assert!(long.len() <= LONGEST_STEM && long.chars().all(|c| c == 'é'));
    }

    #[test]
    fn names_that_are_taken_get_a_number_and_capitals_do_not_make_another_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let free = |name: &str, itself: Option<&Path>| {
            let path = free_path(folder.path(), name, "txt", itself);
            path.file_name().expect("a name").to_string_lossy().into_owned()
        };
        assert_eq!(free("Kick", None), "Kick.txt");
        std::fs::write(folder.path().join("kick.txt"), b"").expect("written");
        assert_eq!(free("Kick", None), "Kick 2.txt");
        assert_eq!(free("Kick", Some(&folder.path().join("kick.txt"))), "Kick.txt");
        std::fs::write(folder.path().join("KICK 2.txt"), b"").expect("written");
        assert_eq!(free("Kick", None), "Kick 3.txt");
    }
}

//! Files that the system drops on the window: which of them goes where, and what is said of the others. Plain values; no file is
//! opened here, but whether a path is a folder is asked of the disk. Main thread.

use std::path::{Path, PathBuf};

use crate::folder::{EntryKind, file_name, kind_of, not_read};
use crate::name_order::NameKey;
use crate::target::{CORNERS, Target};

/// Most names in a message: it stays within two lines of the window.
const MOST_NAMES: usize = 3;

/// What happens to the files of one drop.
#[derive(Debug, Default, PartialEq)]
pub struct DropPlan {
    /// Audio files with their places, in the order of their names.
    pub imports: Vec<(PathBuf, Target)>,
    /// Packs, in the order of their names; the last one plays in the end.
    pub packs: Vec<PathBuf>,
    /// Scales and keyboard maps, in the order of their names; the last one of each kind is heard in the end.
    pub tunings: Vec<PathBuf>,
    /// A folder to show in the browser.
    pub folder: Option<PathBuf>,
    /// What is said of files that are not taken.
    pub faults: Vec<String>,
}

/// Plans a drop on the place `first`. The first audio file in the order of names goes there, the others to the corners that follow it:
/// after D comes A, after the knobs comes A. Each place takes one file.
pub fn plan(mut paths: Vec<PathBuf>, first: Target) -> DropPlan {
    paths.sort_by_cached_key(|path| NameKey::new(file_name(path)));
    let mut plan = DropPlan::default();
    let mut places = places_from(first);
    let (mut left_out, mut refused) = (Vec::new(), Vec::new());
    for path in paths {
        match kind_of(&path) {
            Some(EntryKind::Audio) => match places.next() {
                Some(place) => plan.imports.push((path, place)),
                None => left_out.push(path),
            },
            Some(EntryKind::Pack) => plan.packs.push(path),
            Some(EntryKind::Tuning) => plan.tunings.push(path),
            Some(EntryKind::NotRead(format)) => refused.push((path, not_read(format))),
            _ if path.is_dir() => plan.folder = Some(path),
            _ => refused.push((path, "It is no audio file, no pack and no tuning.".to_owned())),
        }
    }
    plan.faults.extend(refused.first().map(|(path, reason)| describe_refused(path, refused.len(), reason)));
    if !left_out.is_empty() {
        plan.faults.push(describe_left_out(&left_out, plan.imports.len()));
    }
    plan
}

/// `first` and the corners that follow it, each once.
fn places_from(first: Target) -> impl Iterator<Item = Target> {
    let (knobs, corner) = match first {
        Target::Knobs => (Some(Target::Knobs), 0),
        Target::Corner(corner) => (None, corner),
    };
    knobs.into_iter().chain((0..CORNERS).map(move |step| Target::Corner((corner + step) % CORNERS)))
}

fn describe_refused(first: &Path, count: usize, reason: &str) -> String {
    match count {
        1 => format!("“{}” was not taken. {reason}", file_name(first)),
        _ => format!("{count} files were not taken, such as “{}”. {reason}", file_name(first)),
    }
}

fn describe_left_out(files: &[PathBuf], taken: usize) -> String {
    let names: Vec<String> = files.iter().take(MOST_NAMES).map(|path| format!("“{}”", file_name(path))).collect();
    let more = match files.len().saturating_sub(MOST_NAMES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("There are places for {taken} files. Left out: {}{more}.", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(names: &[&str], first: Target) -> DropPlan {
        plan(names.iter().map(PathBuf::from).collect(), first)
    }

    #[test]
    fn files_take_the_places_from_the_first_on_in_the_order_of_their_names() {
        let names = ["kick 10.wav", "kick 2.wav", "Kick 3.flac"];
        let on_c = planned(&names, Target::Corner(2));
        let wanted = [("kick 2.wav", 2), ("Kick 3.flac", 3), ("kick 10.wav", 0)];
        assert_eq!(on_c.imports, wanted.map(|(name, corner)| (name.into(), Target::Corner(corner))));
        let on_knobs = planned(&names, Target::Knobs);
        let places: Vec<Target> = on_knobs.imports.iter().map(|(_, place)| *place).collect();
        assert_eq!(places, [Target::Knobs, Target::Corner(0), Target::Corner(1)]);
        assert!(on_c.faults.is_empty() && on_knobs.faults.is_empty());
    }

    #[test]
    fn files_beyond_the_places_are_named() {
        let names: Vec<String> = (1..=9).map(|number| format!("{number}.wav")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let on_b = planned(&names, Target::Corner(1));
        assert_eq!(on_b.imports.len(), CORNERS);
        assert_eq!(on_b.faults, ["There are places for 4 files. Left out: “5.wav”, “6.wav”, “7.wav” and 2 more."]);
        let on_knobs = planned(&names, Target::Knobs);
        assert_eq!(on_knobs.imports.len(), CORNERS + 1);
        assert_eq!(on_knobs.faults, ["There are places for 5 files. Left out: “6.wav”, “7.wav”, “8.wav” and 1 more."]);
    }

    #[test]
    fn packs_are_added_and_other_files_refused_with_a_reason() {
        let plan =
            planned(&["b.heptode", "song.opus", "a.heptode", "19.SCL", "kick.wav", "notes.txt"], Target::Corner(0));
        assert_eq!(plan.packs, ["a.heptode", "b.heptode"].map(PathBuf::from));
        assert_eq!(plan.tunings, [PathBuf::from("19.SCL")]);
        assert_eq!(plan.imports, [(PathBuf::from("kick.wav"), Target::Corner(0))]);
        assert_eq!(
            plan.faults,
            ["2 files were not taken, such as “notes.txt”. It is no audio file, no pack and no tuning."]
        );
        let one = planned(&["song.opus"], Target::Knobs);
        assert!(one.faults[0].starts_with("“song.opus” was not taken. Opus files are not read."), "{:?}", one.faults);
    }

    #[test]
    fn a_folder_is_shown() {
        let folder = std::env::temp_dir();
        assert_eq!(plan(vec![folder.clone()], Target::Knobs).folder, Some(folder));
    }
}

//! The clips of a set: those of a corpus by a label, or the audio files of a folder, whose subfolders are classes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use engine::pack::hex_sha256;

use super::change::Change;
use crate::corpus::classes::class_of;
use crate::corpus::walk::audio_files;
use crate::corpus::{Corpus, Item, Split};
use crate::statistics::evenly;

/// Of a folder without a split, every fifth file of a class is held out.
const HELD_OUT_EVERY: usize = 5;

/// Where the samples of a clip are.
#[derive(Clone, Debug)]
pub enum Place {
    /// In the corpus of the set.
    Item(Box<Item>),
    /// In a file.
    File(PathBuf),
}

/// One clip of a set.
#[derive(Clone, Debug)]
pub struct Clip {
    /// Where it is.
    pub place: Place,
    /// What is done to it before it is measured.
    pub change: Change,
    /// Name of its class; `None` in a set without classes.
    pub class: Option<String>,
    /// Clips of one group share a recording.
    pub group: String,
    /// Whether a model may have been trained on it.
    pub is_training: bool,
}

impl Clip {
    /// For messages.
    pub fn name(&self) -> String {
        match &self.place {
            Place::Item(item) => item.file.clone(),
            Place::File(path) => path.display().to_string(),
        }
    }
}

/// A set of clips.
#[derive(Clone, Debug)]
pub struct ClipSet {
    /// Name in the report.
    pub name: String,
    /// The corpus, if it is one.
    pub corpus: Option<Corpus>,
    /// The clips.
    pub clips: Vec<Clip>,
    /// Hash of what the clips are, hex.
    pub id: String,
    /// What was left out, one line each.
    pub left_out: Vec<String>,
}

impl ClipSet {
    /// Opens a corpus folder or a folder of audio files. With `label`, clips of a corpus that lack it are left out.
    ///
    /// # Errors
    /// The folder cannot be read or holds no clip.
    pub fn open(name: &str, folder: &Path, label: Option<&str>) -> Result<Self> {
        ensure!(folder.is_dir(), "the set {name}: {} is no folder", folder.display());
        if folder.join("corpus.json").is_file() { of_corpus(name, folder, label) } else { of_folder(name, folder) }
    }

    /// Without a held-out part.
    pub fn undivided(mut self) -> Self {
        self.clips.iter_mut().for_each(|clip| clip.is_training = true);
        self
    }

    /// At most `limit` clips of each class and split, evenly spread; 0 means all.
    pub fn limited(mut self, limit: usize) -> Self {
        if limit > 0 {
            let mut by_class = BTreeMap::<(Option<String>, bool), Vec<Clip>>::new();
            for clip in self.clips {
                by_class.entry((clip.class.clone(), clip.is_training)).or_default().push(clip);
            }
            self.clips = by_class.into_values().flat_map(|clips| evenly(&clips, limit)).collect();
            self.id = hex_sha256(format!("{} {limit}", self.id).as_bytes());
        }
        self
    }

    /// Names of the classes, sorted; empty in a set without classes.
    pub fn classes(&self) -> Vec<String> {
        let mut classes: Vec<String> = self.clips.iter().filter_map(|clip| clip.class.clone()).collect();
        classes.sort();
        classes.dedup();
        classes
    }
}

fn of_corpus(name: &str, folder: &Path, label: Option<&str>) -> Result<ClipSet> {
    let corpus = Corpus::open(folder)?;
    let mut left_out = Vec::new();
    let mut clips = Vec::new();
    for item in &corpus.manifest.items {
        let class = label.and_then(|label| class_of(item, label)).map(str::to_owned);
        if label.is_some() && class.is_none() {
            left_out.push(format!("{}: no label {}", item.file, label.unwrap_or_default()));
            continue;
        }
        clips.push(Clip {
            place: Place::Item(Box::new(item.clone())),
            change: Change::None,
            class,
            group: item.group.clone(),
            is_training: item.split == Split::Train,
        });
    }
    ensure!(!clips.is_empty(), "no sound of the corpus {} has the label {}", folder.display(), label.unwrap_or("–"));
    let id = hex_sha256(format!("{} {label:?}", corpus.id).as_bytes());
    Ok(ClipSet { name: name.to_owned(), corpus: Some(corpus), clips, id, left_out })
}

fn of_folder(name: &str, folder: &Path) -> Result<ClipSet> {
    let mut left_out = Vec::new();
    let mut skip = |path: &Path, why: &str| left_out.push(format!("{}: {why}", path.display()));
    let files = audio_files(folder, &mut skip)?;
    ensure!(!files.is_empty(), "the set {name}: {} holds no audio file of a kind that is read", folder.display());
    let class = |path: &Path| {
        let inside = path.strip_prefix(folder).unwrap_or(path);
        let first = inside.components().next().map(|part| part.as_os_str().to_string_lossy().into_owned());
        first.filter(|_| inside.components().count() > 1)
    };
    let has_classes = files.iter().any(|path| class(path).is_some());
    let mut counts = BTreeMap::<Option<String>, usize>::new();
    let (mut clips, mut identity) = (Vec::new(), String::new());
    for path in files {
        let class = class(&path);
        if has_classes && class.is_none() {
            left_out.push(format!("{}: in no folder of a class", path.display()));
            continue;
        }
        let meta = fs::metadata(&path).with_context(|| format!("cannot look at {}", path.display()))?;
        let modified = meta.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        identity += &format!("{} {} {:?}\n", path.display(), meta.len(), modified);
        let count = counts.entry(class.clone()).or_default();
        *count += 1;
        clips.push(Clip {
            group: path.display().to_string(),
            place: Place::File(path),
            change: Change::None,
            class,
            is_training: !count.is_multiple_of(HELD_OUT_EVERY),
        });
    }
    Ok(ClipSet { name: name.to_owned(), corpus: None, clips, id: hex_sha256(identity.as_bytes()), left_out })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subfolders_are_classes_and_every_fifth_file_is_held_out() {
        let folder = tempfile::tempdir().expect("a folder");
        for class in ["rain", "steps"] {
            fs::create_dir_all(folder.path().join(class)).expect("made");
            for number in 0..10 {
                fs::write(folder.path().join(class).join(format!("{number}.wav")), b"audio").expect("written");
            }
        }
        fs::write(folder.path().join("stray.wav"), b"audio").expect("written");
        let set = ClipSet::open("x", folder.path(), None).expect("a set");
        assert_eq!((set.clips.len(), set.classes(), set.left_out.len()), (20, vec!["rain".into(), "steps".into()], 1));
        assert_eq!(set.clips.iter().filter(|clip| !clip.is_training).count(), 4);
        assert_eq!((set.clone().limited(3).clips.len(), set.undivided().limited(3).clips.len()), (10, 6));
        let empty = tempfile::tempdir().expect("a folder");
        assert!(
            ClipSet::open("x", empty.path(), None).is_err() && ClipSet::open("x", Path::new("gone"), None).is_err()
        );
    }
}

//! A folder of drum recordings of one kit. Each is played at the root keys of the model, as the drums of a sound font are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use engine::sample::Recording;

use super::category;
use super::recording_id::of_text;
use super::soundfont::{DRUM_KEY, ROOT_KEYS};
use super::writer::{CorpusWriter, Description};

/// Velocity that a recording without one counts as: hard, as drums are struck for recording.
const VELOCITY: u8 = 112;
/// Category of a drum whose name does not tell.
const UNKNOWN_DRUM: &str = "Percussion";

/// Reads every audio file of a kit's folder. Files whose names differ only behind the last hyphen are takes of one
/// series and stay in one split.
///
/// # Errors
/// The folder cannot be listed or holds no audio file, or the corpus cannot be written. A file that cannot be read is left out with
/// a message.
pub fn read(folder: &Path, kit: &str, writer: &mut CorpusWriter, progress: &dyn Fn(&str)) -> Result<()> {
    let files = files_by_series(folder)?;
    ensure!(!files.is_empty(), "{} holds no audio file", folder.display());
    for (series, path) in files.iter().flat_map(|(series, paths)| paths.iter().map(move |path| (series, path))) {
        let stem = stem(path);
        let name = format!("{kit} {stem}");
        progress(&name);
        match engine::sample::read(path) {
            Err(error) => writer.drop_sound(&name, &error.to_string()),
            Ok(recording) => add_zones(&name, kit, series, &recording, writer)?,
        }
    }
    Ok(())
}

fn add_zones(name: &str, kit: &str, series: &str, recording: &Recording, writer: &mut CorpusWriter) -> Result<()> {
    let category = match category::of_file_name(name) {
        category::UNKNOWN => UNKNOWN_DRUM,
        known => known,
    };
    for key in ROOT_KEYS {
        let ratio = ((f64::from(key) - f64::from(DRUM_KEY)) / 12.0).exp2();
        // The same samples at another rate are the same drum at another key.
        let rate_hz = (f64::from(recording.sample_rate_hz) * ratio).round() as u32;
        let description = Description {
            name: name.to_owned(),
            category: category.to_owned(),
            instrument: name.to_owned(),
            key,
            velocity: VELOCITY,
            source: format!("kit {kit}"),
            recordings: vec![of_text(&format!("{kit}/{series}"))],
        };
        writer.add(description, Recording::new(recording.samples.clone(), rate_hz))?;
    }
    Ok(())
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

fn files_by_series(folder: &Path) -> Result<BTreeMap<String, Vec<PathBuf>>> {
    let mut series = BTreeMap::<String, Vec<PathBuf>>::new();
    let unreadable = || format!("cannot read the folder {}", folder.display());
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        if matches!(extension.as_deref(), Some("wav" | "aif" | "aiff" | "flac")) {
            let stem = stem(&path);
            let name = stem.rsplit_once('-').map_or(stem.as_str(), |(series, _)| series).to_owned();
            series.entry(name).or_default().push(path);
        }
    }
    series.values_mut().for_each(|paths| paths.sort());
    Ok(series)
}

#[cfg(test)]
mod tests {
    use engine::sample::write_wav;

    use super::*;
    use crate::corpus::Corpus;

    #[test]
    fn a_kit_has_every_drum_at_every_root_and_a_series_in_one_group() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let kit = folder.path().join("kit");
        fs::create_dir_all(&kit).expect("a folder can be made");
        for (number, name) in ["beats_01-10", "beats_01-11", "beats_02-10", "big snare"].iter().enumerate() {
            let tone: Vec<f32> = (0..24_000).map(|n| (n as f32 * 0.02 * (number + 1) as f32).sin() * 0.5).collect();
            write_wav(&kit.join(format!("{name}.wav")), &tone, 1, 48_000).expect("a file can be written");
        }
        fs::write(kit.join("drumkit.xml"), "").expect("a file can be written");
        let out = folder.path().join("corpus");
        let mut writer = CorpusWriter::new(&out).expect("a corpus can be started");
        read(&kit, "Kit", &mut writer, &|_| ()).expect("the kit can be read");
        writer.finish(0.0, 1).expect("a corpus is written");
        let items = Corpus::open(&out).expect("a corpus opens").manifest.items;
        assert_eq!(items.len(), 4 * ROOT_KEYS.len());
        let group = |name: &str| items.iter().find(|item| item.name == name).map(|item| &item.group);
        assert_eq!(group("Kit beats_01-10"), group("Kit beats_01-11"));
        assert_ne!(group("Kit beats_01-10"), group("Kit beats_02-10"));
        assert!(items.iter().all(|item| (item.category == "Snare") == item.name.contains("snare")));
    }
}

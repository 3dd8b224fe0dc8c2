//! Sounds of a folder of audio files.

use std::path::Path;

use anyhow::{Result, ensure};
use engine::import::{clear_key, named_key};
use engine::sample::{Recording, one_shot};
use engine::spectral::SpectralShape;

use super::DEFAULT_VELOCITY;
use super::category;
use super::walk::audio_files;
use super::writer::{CorpusWriter, Description};
use crate::corpus::category::is_pitched;

/// Key of a file whose name has none and in which no pitch is found.
const DEFAULT_KEY: u8 = 60;

/// Reads every audio file under `folder` into the corpus, each once.
///
/// # Errors
/// The folder cannot be listed or holds no audio file, or the corpus cannot be written. A file that cannot be read is left out with
/// a message.
pub fn read(folder: &Path, writer: &mut CorpusWriter, progress: &dyn Fn(&str)) -> Result<()> {
    let files = audio_files(folder, |path, why| writer.drop_sound(&path.display().to_string(), why))?;
    ensure!(!files.is_empty(), "{} holds no audio file of a kind that is read", folder.display());
    let folder_name = folder.file_name().map_or_else(|| ".".into(), |name| name.to_string_lossy().into_owned());
    writer.add_source(format!("folder {folder_name} ({} audio files)", files.len()));
    for (number, path) in files.iter().enumerate() {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        progress(&name);
        match engine::sample::read(path) {
            Err(error) => writer.drop_sound(&name, &error.to_string()),
            Ok(recording) => {
                let category = category_of(folder, path);
                let told = [recording.root_key.map(|key| key.round() as u8), named_key(&name)];
                let told = told.into_iter().flatten().find(|key| (21..=108).contains(key));
                let key = told.or_else(|| heard_key(&recording, category));
                let description = Description {
                    category: category.to_owned(),
                    instrument: format!("file-{number:05}"),
                    key: key.unwrap_or(DEFAULT_KEY),
                    velocity: DEFAULT_VELOCITY,
                    source: format!("{folder_name}/{}", path.strip_prefix(folder).unwrap_or(path).display()),
                    recordings: vec![(1 << 40) + number as u64],
                    name,
                };
                writer.add(description, recording)?;
            }
        }
    }
    Ok(())
}

/// The key that a sound is heard at, where a key says anything of sounds like it, as an import finds it.
fn heard_key(recording: &Recording, category: &str) -> Option<u8> {
    let shape = SpectralShape::DEFAULT;
    let one_shot = one_shot(recording.clone(), shape.sample_rate_hz, shape.sound_samples()).ok()?;
    let key = clear_key(&one_shot.samples, one_shot.sample_rate_hz).filter(|_| is_pitched(category))?;
    Some(key.round() as u8).filter(|key| (21..=108).contains(key))
}

/// Category from the file's own name, else from the folders that it lies in, innermost first.
fn category_of(folder: &Path, path: &Path) -> &'static str {
    let inside = path.strip_prefix(folder).unwrap_or(path).with_extension("");
    let root = folder.file_name().map(Path::new).unwrap_or(Path::new(""));
    let places = root.join(inside);
    let names = places.iter().rev().map(|part| category::of_file_name(&part.to_string_lossy()));
    names.into_iter().find(|category| *category != category::UNKNOWN).unwrap_or(category::UNKNOWN)
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn folders_tell_what_file_names_do_not() {
        let category =
            |path: &str| category_of(Path::new("/samples/My drums"), &Path::new("/samples/My drums").join(path));
        assert_eq!(category("Snares/001.wav"), "Snare");
        assert_eq!(category("Snares/kick 3.wav"), "Kick");
        assert_eq!(category("001.wav"), category::UNKNOWN);
    }

    #[test]
    fn a_pitch_that_is_clear_is_the_key_of_what_has_one() {
        let rate_hz = 48_000;
        let tone = |hz: f32| {
            let step = std::f32::consts::TAU * hz / rate_hz as f32;
            let sample = |n: usize| (1..4).map(|h| (step * (n * h) as f32).sin() / h as f32).sum::<f32>() * 0.3;
            Recording::new((0..rate_hz as usize).map(sample).collect(), rate_hz)
        };
        for (hz, category, key) in
            [(110.0, "Bass", Some(45)), (113.0, "Other", Some(45)), (1046.5, "Bell", Some(84)), (110.0, "Kick", None)]
        {
            assert_eq!(heard_key(&tone(hz), category), key, "{hz} Hz, {category}");
        }
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let noise = (0..48_000).map(|_| rng.random_range(-0.5..0.5));
        assert_eq!(heard_key(&Recording::new(noise.collect(), rate_hz), "Pad"), None);
    }
}

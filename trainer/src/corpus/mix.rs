//! Mix augmentation: further training sounds, each the sum of two that are there. Held-out sounds are never touched.

use anyhow::{Context, Result, ensure};
use engine::pack::hex_sha256;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::writer::encode_wav;
use super::{Corpus, Item, MANIFEST_NAME, Split};
use crate::files::write_atomically;

/// The quieter sound's level against the louder one's lies between this and 1.
const LEAST_LEVEL: f32 = 0.2;
/// Group of all mixes: they are in the training split only, as are both sounds of each.
const GROUP: &str = "mix";

/// Adds `count` mixes of two training sounds of one key to the corpus, and replaces its manifest. A mix has the category and
/// the key of the louder one.
///
/// # Errors
/// Sounds cannot be read, or the corpus cannot be written.
pub fn add_mixes(corpus: &Corpus, count: usize, seed: u64) -> Result<()> {
    let sounds = corpus.split(Split::Train);
    ensure!(sounds.len() >= 2, "mixing needs at least two sounds to train on");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut manifest = corpus.manifest.clone();
    for number in 0..count {
        let louder = sounds.choose(&mut rng).context("there are sounds")?;
        let partners: Vec<&&Item> =
            sounds.iter().filter(|item| item.key == louder.key && item.file != louder.file).collect();
        // Where nothing else has its key, any sound will do.
        let quieter = match partners.choose(&mut rng) {
            Some(item) => **item,
            None => *sounds.iter().find(|item| item.file != louder.file).context("there are two sounds")?,
        };
        let mixed = mix(&corpus.samples(louder)?, &corpus.samples(quieter)?, rng.random_range(LEAST_LEVEL..1.0));
        let file = format!("mix{number:05}.wav");
        let bytes = encode_wav(&mixed, manifest.sample_rate_hz)?;
        write_atomically(&corpus.folder.join(&file), &bytes)?;
        manifest.items.push(described(louder, quieter, number, file, hex_sha256(&bytes)));
    }
    manifest.sources.push(format!("{count} mixes of two training sounds"));
    write_atomically(&corpus.folder.join(MANIFEST_NAME), &serde_json::to_vec_pretty(&manifest)?)
}

/// Whether a sound is a mix of two others.
pub fn is_mix(item: &Item) -> bool {
    item.group == GROUP
}

fn described(louder: &Item, quieter: &Item, number: usize, file: String, sha256: String) -> Item {
    Item {
        file,
        name: format!("{} + {}", louder.name, quieter.name),
        instrument: format!("mix-{number:05}"),
        group: GROUP.to_owned(),
        split: Split::Train,
        source: format!("mix of {} and {}", louder.file, quieter.file),
        sha256,
        labels: std::collections::BTreeMap::new(),
        ..louder.clone()
    }
}

/// The sum of a sound and `level` times another one, brought to peak 1.
fn mix(louder: &[f32], quieter: &[f32], level: f32) -> Vec<f32> {
    let sum: Vec<f32> = louder.iter().zip(quieter).map(|(a, b)| a + level * b).collect();
    let peak = sum.iter().fold(1e-9_f32, |peak, sample| peak.max(sample.abs()));
    sum.into_iter().map(|sample| sample / peak).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use engine::sample::Recording;

    use super::*;
    use crate::corpus::CorpusWriter;
    use crate::corpus::writer::Description;

    fn tones(folder: &Path) -> Corpus {
        let mut writer = CorpusWriter::new(folder).expect("a corpus can be started");
        for number in 0..12_u64 {
            let sound = (0..44_100).map(|n| (n as f32 * 0.02 * (number + 2) as f32).sin()).collect();
            let description = Description {
                name: format!("Tone {number}"),
                category: "Synth".to_owned(),
                instrument: format!("tone-{number}"),
                key: 60 + (number % 2) as u8,
                velocity: 100,
                source: "test".to_owned(),
                recordings: vec![number],
            };
            assert!(writer.add(description, Recording::new(sound, 44_100)).expect("a tone is usable"));
        }
        writer.finish(0.3, 1).expect("a corpus is written");
        Corpus::open(folder).expect("a corpus opens")
    }

    #[test]
    fn mixes_are_made_of_training_sounds_alone_and_can_be_read() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let before = tones(folder.path());
        add_mixes(&before, 5, 1).expect("mixes are added");
        let after = Corpus::open(folder.path()).expect("a corpus opens");
        assert_eq!(after.split(Split::Train).len(), before.split(Split::Train).len() + 5);
        let held_out: Vec<String> = before.split(Split::HeldOut).iter().map(|item| item.file.clone()).collect();
        assert_eq!(after.split(Split::HeldOut).len(), held_out.len());
        for item in after.split(Split::Train).iter().filter(|item| item.group == GROUP) {
            let peak =
                after.samples(item).expect("a mix can be read").iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
            assert!((peak - 1.0).abs() < 1e-3);
            assert!(held_out.iter().all(|file| !item.source.contains(file.as_str())), "{}", item.source);
        }
    }

    #[test]
    fn a_mix_is_the_sum_at_peak_one() {
        assert_eq!(mix(&[1.0, 0.0, -0.5], &[0.0, 1.0, 1.0], 0.5), [1.0, 0.5, 0.0]);
        assert_eq!(mix(&[1.0, 1.0], &[1.0, 0.0], 1.0), [1.0, 0.5]);
    }
}

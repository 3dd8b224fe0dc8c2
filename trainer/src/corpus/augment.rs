//! Augmentation: further training sounds, each a training sound as another recording of it might be: faster or slower, a little out
//! of tune, in a room, through a microphone, overdriven, with noise. Held-out sounds are never touched.

mod channel;
pub(super) mod room;

use anyhow::{Context, Result, ensure};
use engine::pack::hex_sha256;
use engine::sample::{Recording, one_shot};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::category::is_pitched;
use super::soundfont::resample;
use super::writer::encode_wav;
use super::{Corpus, Item, MANIFEST_NAME, Split};
use crate::files::write_atomically;

/// Largest change of speed in semitones; what is played faster counts at the key that it sounds at.
const SPEED_SEMITONES: i32 = 5;
/// Lowest and highest key that a change of speed may lead to: those of the corpus.
const KEYS: std::ops::RangeInclusive<i32> = 24..=96;
/// Largest detuning: within the 5 cents that count as in tune where a key names a pitch, a quarter tone elsewhere.
const PITCHED_CENTS: f64 = 5.0;
const UNPITCHED_CENTS: f64 = 50.0;
/// Chance of each change; together about two for each sound. Not tuned.
const SPEED_CHANCE: f64 = 0.5;
const ROOM_CHANCE: f64 = 0.5;
const MICROPHONE_CHANCE: f64 = 0.4;
const SATURATION_CHANCE: f64 = 0.25;
const NOISE_CHANCE: f64 = 0.3;

/// Adds `count` changed training sounds to the corpus and replaces its manifest. Each stays in the group of the sound that it is made of.
///
/// # Errors
/// Sounds cannot be read, or the corpus cannot be written.
pub fn add_augmented(corpus: &Corpus, count: usize, seed: u64) -> Result<()> {
    let sounds = corpus.split(Split::Train);
    ensure!(!sounds.is_empty(), "the corpus has no sound to train on");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut manifest = corpus.manifest.clone();
    for number in 0..count {
        let item = sounds.choose(&mut rng).context("there are sounds")?;
        let mut changed = Changed { samples: corpus.samples(item)?, key: item.key, changes: Vec::new() };
        change(&mut changed, item, f64::from(manifest.sample_rate_hz), &mut rng)?;
        let recording = Recording::new(changed.samples, manifest.sample_rate_hz);
        let samples = one_shot(recording, manifest.sample_rate_hz, manifest.samples)?.samples;
        let file = format!("augmented{number:05}.wav");
        let bytes = encode_wav(&samples, manifest.sample_rate_hz)?;
        write_atomically(&corpus.folder.join(&file), &bytes)?;
        manifest.items.push(Item {
            name: format!("{} ({})", item.name, changed.changes.join(", ")),
            instrument: format!("augmented-{number:05}"),
            key: changed.key,
            source: format!("{} of {}", changed.changes.join(", "), item.file),
            sha256: hex_sha256(&bytes),
            file,
            ..(*item).clone()
        });
    }
    manifest.sources.push(format!("{count} changed training sounds (seed {seed})"));
    write_atomically(&corpus.folder.join(MANIFEST_NAME), &serde_json::to_vec_pretty(&manifest)?)
}

/// Whether a sound is a changed one.
pub fn is_augmented(item: &Item) -> bool {
    item.instrument.starts_with("augmented-")
}

/// A sound on its way through the changes.
struct Changed {
    samples: Vec<f32>,
    key: u8,
    changes: Vec<String>,
}

fn change(sound: &mut Changed, item: &Item, rate_hz: f64, rng: &mut ChaCha8Rng) -> Result<()> {
    if rng.random_bool(SPEED_CHANCE) {
        play_faster(sound, item, rng)?;
    }
    if rng.random_bool(SATURATION_CHANCE) {
        sound.changes.push(channel::saturate(&mut sound.samples, rng));
    }
    // One change at least: an exact copy teaches nothing.
    if rng.random_bool(ROOM_CHANCE) || sound.changes.is_empty() {
        let room = room::Room::draw(rng);
        sound.samples = room::convolved(&sound.samples, &room.impulse_response(rate_hz))?;
        sound.changes.push(room.describe());
    }
    if rng.random_bool(MICROPHONE_CHANCE) {
        sound.changes.push(channel::limit_band(&mut sound.samples, rng));
    }
    if rng.random_bool(NOISE_CHANCE) {
        sound.changes.push(channel::add_noise(&mut sound.samples, rng));
    }
    Ok(())
}

fn play_faster(sound: &mut Changed, item: &Item, rng: &mut ChaCha8Rng) -> Result<()> {
    let semitones = rng.random_range(-SPEED_SEMITONES..=SPEED_SEMITONES);
    let key = i32::from(item.key) + semitones;
    let semitones = if KEYS.contains(&key) { semitones } else { 0 };
    let most = if is_pitched(&item.category) { PITCHED_CENTS } else { UNPITCHED_CENTS };
    let cents = rng.random_range(-most..most);
    let ratio = ((f64::from(semitones) + cents / 100.0) / 12.0).exp2();
    sound.samples = resample(&sound.samples, ratio, sound.samples.len())?;
    sound.key = (i32::from(item.key) + semitones) as u8;
    sound.changes.push(format!("{semitones:+} semitones {cents:+.0} cents"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::CorpusWriter;
    use crate::corpus::writer::Description;

    #[test]
    fn changed_sounds_are_training_sounds_that_differ_and_keep_key_and_group() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut writer = CorpusWriter::new(folder.path()).expect("a corpus can be started");
        for number in 0..6_u64 {
            let step = std::f64::consts::TAU * 261.63 / 44_100.0;
            let sound =
                (0..44_100).map(|n| ((step * f64::from(n)).sin() * (-f64::from(n) / 9000.0).exp()) as f32).collect();
            let description = Description {
                name: format!("Tone {number}"),
                category: "Bell".to_owned(),
                instrument: format!("tone-{number}"),
                key: 60,
                velocity: 100,
                source: "test".to_owned(),
                recordings: vec![number],
            };
            assert!(writer.add(description, Recording::new(sound, 44_100)).expect("a tone is usable"));
        }
        writer.finish(0.3, 1).expect("a corpus is written");
        let before = Corpus::open(folder.path()).expect("a corpus opens");
        add_augmented(&before, 12, 1).expect("sounds are added");
        let after = Corpus::open(folder.path()).expect("a corpus opens");
        assert_eq!(after.manifest.items.len(), before.manifest.items.len() + 12);
        let train = before.split(Split::Train);
        for item in after.manifest.items.iter().filter(|item| is_augmented(item)) {
            assert!(item.split == Split::Train && train.iter().any(|other| other.group == item.group), "{}", item.name);
            let samples = after.samples(item).expect("it can be read");
            let differs = |other: &&&Item| before.samples(other).expect("it can be read") != samples;
            assert_eq!(train.iter().filter(differs).count(), train.len(), "{} is a copy", item.name);
            let wanted_hz = engine::units::key_to_hz(f64::from(item.key));
            let cents = engine::measure::pitch_offset_cents(&samples, 44_100.0, wanted_hz).expect("a pitch");
            assert!(cents.abs() < PITCHED_CENTS + 3.0, "{}: {cents} cents", item.name);
        }
        let count = |corpus: &Corpus| corpus.split(Split::HeldOut).len();
        assert_eq!(count(&after), count(&before), "held-out sounds are left alone");
    }
}

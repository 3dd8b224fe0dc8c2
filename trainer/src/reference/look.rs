//! What can be seen of a model's latents over a corpus: pictures, classification, the most diverse sounds.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::classify::{Accuracy, Labelled, accuracy};
use super::codec::SoundCodec;
use super::diverse::most_diverse;
use super::plots;
use super::transform::Transform;
use crate::corpus::{Corpus, Item, Split};

/// Categories that are drawn when none are named.
const DRAWN_CATEGORIES: usize = 4;

/// Latents and categories of some sounds.
///
/// # Errors
/// A sound cannot be read or encoded.
pub fn encode_all(codec: &mut dyn SoundCodec, corpus: &Corpus, items: &[&Item]) -> Result<Vec<Labelled>> {
    let labelled = items.iter().map(|item| {
        let latent = codec.encode(&corpus.samples(item)?, f32::from(item.key))?;
        Ok(Labelled { latent, category: item.category.clone() })
    });
    labelled.collect()
}

/// Prints how well categories can be predicted from latents, on both splits.
///
/// # Errors
/// A sound cannot be read or encoded, or there is no training sound.
pub fn classify(codec: &mut dyn SoundCodec, corpus: &Corpus, limit: usize) -> Result<()> {
    let known = encode_all(codec, corpus, &corpus.choice(Split::Train, limit))?;
    ensure!(!known.is_empty(), "the corpus has no sound to train on");
    let held_out = encode_all(codec, corpus, &corpus.choice(Split::HeldOut, limit))?;
    println!("split     sounds  nearest centroid  neighbours  most frequent");
    print_accuracy("train", known.len(), accuracy(&known, &known, true));
    if !held_out.is_empty() {
        print_accuracy("held out", held_out.len(), accuracy(&known, &held_out, false));
    }
    Ok(())
}

fn print_accuracy(split: &str, sounds: usize, found: Accuracy) {
    let percent = |part: f64| format!("{:.1} %", part * 100.0);
    println!(
        "{split:<9} {sounds:>6}  {:>16}  {:>10}  {:>13}",
        percent(found.nearest_centroid),
        percent(found.neighbours),
        percent(found.chance)
    );
}

/// Draws the latents of the training split and `pairs` spectrogram pairs of each split into a folder.
///
/// # Errors
/// A sound cannot be read, encoded or decoded, or a picture cannot be written.
pub fn plot(
    codec: &mut dyn SoundCodec,
    corpus: &Corpus,
    categories: &[String],
    pairs: usize,
    limit: usize,
    out: &Path,
) -> Result<()> {
    fs::create_dir_all(out).with_context(|| format!("cannot make the folder {}", out.display()))?;
    let items = corpus.choice(Split::Train, limit);
    let points = encode_all(codec, corpus, &items)?;
    let categories = if categories.is_empty() { most_frequent(&points) } else { categories.to_vec() };
    let known = |category: &String| points.iter().any(|point| point.category == *category);
    if let Some(unknown) = categories.iter().find(|category| !known(category)) {
        anyhow::bail!("the corpus has no sound of the category {unknown} to train on");
    }
    let path = out.join("latents.svg");
    plots::latents(&path, &points, &categories)?;
    println!("{}", path.display());
    let mut transform = Transform::new();
    for split in [Split::Train, Split::HeldOut] {
        for item in corpus.choice(split, pairs).into_iter().take(pairs) {
            let (truth, key) = (corpus.samples(item)?, f32::from(item.key));
            let latent = codec.encode(&truth, key)?;
            let made = codec.decode(&latent, key)?;
            let path = out.join(format!("{}.png", item.file.trim_end_matches(".wav")));
            plots::spectrogram_pair(&path, &transform.encode(&truth), &transform.encode(&made))?;
            println!("{}  {}", path.display(), item.name);
        }
    }
    Ok(())
}

fn most_frequent(points: &[Labelled]) -> Vec<String> {
    let mut counts = BTreeMap::<&str, usize>::new();
    for point in points {
        *counts.entry(&point.category).or_default() += 1;
    }
    let mut sorted: Vec<_> = counts.into_iter().collect();
    sorted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    sorted.into_iter().take(DRAWN_CATEGORIES).map(|(name, _)| name.to_owned()).collect()
}

/// The most diverse sounds of the training split, by the report's features, or by the latents of a model.
///
/// # Errors
/// A sound cannot be read or encoded, or there are fewer than asked for.
pub fn diverse<'a>(codec: Option<&mut dyn SoundCodec>, corpus: &'a Corpus, count: usize) -> Result<Vec<&'a Item>> {
    let items = corpus.split(Split::Train);
    let vectors = match codec {
        Some(codec) => encode_all(codec, corpus, &items)?.into_iter().map(|one| one.latent).collect::<Vec<_>>(),
        None => {
            let mut transform = Transform::new();
            items.iter().map(|item| Ok(transform.encode(&corpus.samples(item)?))).collect::<Result<_>>()?
        }
    };
    Ok(most_diverse(&vectors, count)?.into_iter().map(|index| items[index]).collect())
}

/// Writes the features of the training split as raw little-endian 32-bit floats, `[sound][bin][frame]`.
///
/// # Errors
/// A sound cannot be read or the file cannot be written.
pub fn write_features(corpus: &Corpus, limit: usize, out: &Path) -> Result<()> {
    let mut transform = Transform::new();
    let items = corpus.choice(Split::Train, limit);
    ensure!(!items.is_empty(), "the corpus has no sound to train on");
    let written = engine::files::replace(out, |file| {
        let mut file = std::io::BufWriter::new(file);
        for item in &items {
            let samples = corpus.samples(item).map_err(std::io::Error::other)?;
            for value in transform.encode(&samples) {
                file.write_all(&value.to_le_bytes())?;
            }
        }
        file.flush()
    });
    written.with_context(|| format!("cannot write {}", out.display()))?;
    println!("{}: {} sounds", out.display(), items.len());
    Ok(())
}

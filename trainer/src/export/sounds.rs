//! Named sounds: one per instrument of the corpus.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use anyhow::{Result, anyhow};
use engine::decode::fit::{Fit, Target, fit};
use engine::decode::{Model, Pipeline};
use engine::pack::NamedSound;
use engine::spectral::Frames;
use engine::units::Latent;
use indicatif::{ProgressBar, ProgressStyle};

use crate::corpus::augment::is_augmented;
use crate::corpus::mix::is_mix;
use crate::corpus::plain_name::plain_name;
use crate::features::Dataset;
use crate::threads;

/// Key at which most sounds are most like themselves.
const MIDDLE_KEY: u8 = 60;
/// The same for basses.
const BASS_KEY: u8 = 36;

/// Variations of one procedural style, such as "FM bell 3", that a pack lists; it may have learned from many more.
const MOST_VARIATIONS: usize = 4;
/// Rounds of improvement of each point.
const ROUNDS: usize = 5;

/// A sound that may get a name.
#[derive(Debug)]
pub struct Candidate {
    name: String,
    category: String,
    key: u8,
    start: Latent,
    /// Its recordings' places in the data.
    items: Vec<usize>,
    /// Its frames at each of its keys.
    heard: Vec<(Frames, f32)>,
}

/// One candidate per instrument, mixes left out: its hardest stroke, from the mean of its latent points over its keys.
///
/// # Errors
/// Torch refuses a conversion.
pub fn candidates(data: &Dataset, latents: &[Latent]) -> Result<Vec<Candidate>> {
    let mut instruments = BTreeMap::<&str, Vec<usize>>::new();
    for (index, item) in data.items.iter().enumerate().filter(|(_, item)| !is_mix(item) && !is_augmented(item)) {
        instruments.entry(&item.instrument).or_default().push(index);
    }
    let mut ordered: Vec<_> = instruments.into_values().collect();
    ordered.sort_by_key(|members| members[0]);
    let made = ordered.into_iter().map(|mut members| {
        let hardest = members.iter().map(|index| data.items[*index].velocity).max();
        members.retain(|index| Some(data.items[*index].velocity) == hardest);
        let first = &data.items[members[0]];
        let wanted_key = if first.category == "Bass" { BASS_KEY } else { MIDDLE_KEY };
        let key = members.iter().map(|index| data.items[*index].key).min_by_key(|key| key.abs_diff(wanted_key));
        let heard = members.iter().map(|index| Ok((data.frames_of(*index)?, f32::from(data.items[*index].key))));
        Ok(Candidate {
            name: plain_name(&first.name),
            category: first.category.clone(),
            key: key.unwrap_or(wanted_key),
            start: mean(&members, latents),
            heard: heard.collect::<Result<_>>()?,
            items: members,
        })
    });
    made.collect()
}

/// Every candidate where the encoder puts it.
pub fn as_encoded(candidates: &[Candidate]) -> Vec<NamedSound> {
    let mut taken = HashSet::new();
    candidates.iter().map(|candidate| candidate.at(&candidate.start, &mut taken)).collect()
}

/// The named sounds of a pack: each candidate at the point that gives it best at all its keys, and of the many variations of
/// one style those that come nearest. Names are made unique by a number or a letter.
///
/// # Errors
/// Decoding fails.
pub fn named<'a>(model: &Arc<Model>, candidates: &'a [Candidate]) -> Result<Vec<(NamedSound, &'a Candidate)>> {
    let bar = bar(candidates.len());
    let share = candidates.len().div_ceil(threads::count()).max(1);
    let fits: Vec<Fit> = std::thread::scope(|scope| {
        let shares = candidates.chunks(share).map(|share| scope.spawn(|| fit_all(model, share, &bar)));
        let running: Vec<_> = shares.collect();
        let joined = running.into_iter().map(|share| share.join().map_err(|_| anyhow!("a fit panicked"))?);
        joined.collect::<Result<Vec<_>>>().map(|shares| shares.concat())
    })?;
    bar.finish_and_clear();
    let mut taken = HashSet::new();
    let kept = candidates.iter().zip(&fits).filter(|(candidate, fit)| {
        let style = style(&candidate.name);
        let others = candidates.iter().zip(&fits).filter(|(other, _)| self::style(&other.name) == style);
        !is_variation(&candidate.name)
            || others.filter(|(_, other)| other.error_db < fit.error_db).count() < MOST_VARIATIONS
    });
    Ok(kept.map(|(candidate, fit)| (candidate.at(&fit.latent, &mut taken), candidate)).collect())
}

impl Candidate {
    /// Its recordings' places in the data.
    pub fn items(&self) -> &[usize] {
        &self.items
    }

    fn at(&self, point: &Latent, taken: &mut HashSet<String>) -> NamedSound {
        NamedSound {
            name: unique_name(&self.name, taken),
            category: self.category.clone(),
            // Four decimals are far finer than anybody hears and keep the manifest readable.
            latent: point.map(|z| (z * 1e4).round() / 1e4),
            key: self.key,
        }
    }
}

fn fit_all(model: &Arc<Model>, candidates: &[Candidate], bar: &ProgressBar) -> Result<Vec<Fit>> {
    let mut pipeline = Pipeline::new(Arc::clone(model))?;
    let mut fits = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let targets: Vec<Target> = candidate.heard.iter().map(|(frames, key)| Target { frames, key: *key }).collect();
        fits.push(fit(&mut pipeline, &targets, &candidate.start, ROUNDS)?);
        bar.inc(1);
    }
    Ok(fits)
}

fn bar(length: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("fitting named sounds [{bar:32}] {pos}/{len} ({eta})");
    let bar = ProgressBar::new(length as u64);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "))
}

fn mean(members: &[usize], latents: &[Latent]) -> Latent {
    let sum = |axis: usize| members.iter().map(|index| latents[*index][axis]).sum::<f32>();
    std::array::from_fn(|axis| sum(axis) / members.len().max(1) as f32)
}

/// A name without the number at its end.
fn style(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end()
}

/// Whether a name ends with a number, as those of generated sounds do.
fn is_variation(name: &str) -> bool {
    style(name).len() < name.len()
}

/// The name if it is free, or with the next free number behind it; a name that ends with a number gets a letter instead.
fn unique_name(name: &str, taken: &mut HashSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name} {number}"));
    let lettered = ('b'..='z').map(|letter| format!("{name}{letter}")).filter(|_| is_variation(name));
    let candidates = std::iter::once(name.to_owned()).chain(lettered).chain(numbered);
    let free = |candidate: &String| !taken.contains(&candidate.to_lowercase());
    let chosen = candidates.into_iter().find(free).unwrap_or_default();
    taken.insert(chosen.to_lowercase());
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_names_without_their_number() {
        assert_eq!((style("FM bell 12"), is_variation("FM bell 12")), ("FM bell", true));
        assert_eq!((style("Grand Piano"), is_variation("Grand Piano")), ("Grand Piano", false));
    }

    #[test]
    fn names_are_made_unique_whatever_their_case() {
        let mut taken = HashSet::new();
        assert_eq!(unique_name("Kick", &mut taken), "Kick");
        assert_eq!(unique_name("KICK", &mut taken), "KICK 2");
        assert_eq!(unique_name("Kick", &mut taken), "Kick 3");
        assert_eq!(
            ["Gong 1", "GONG 1", "Gong 1"].map(|name| unique_name(name, &mut taken)),
            ["Gong 1", "GONG 1b", "Gong 1c"]
        );
    }
}

//! The honest split: sounds that share a recording, directly or through others, stay together.

use std::collections::{BTreeMap, HashMap};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::Split;

/// A group with more instruments than this is never held out: it would empty whole categories of the training split.
const LARGEST_HELD_OUT_GROUP: usize = 6;

/// Below so many instruments most categories are too small to give one away by themselves.
const SMALL_CORPUS: usize = 50;

/// What the split needs to know of a sound.
pub struct Sound<'a> {
    /// Instrument id.
    pub instrument: &'a str,
    /// Category.
    pub category: &'a str,
    /// Recordings it is made of.
    pub recordings: &'a [u64],
}

/// Group name and split of each sound. About `held_out` of the instruments are held out, by whole groups, spread over the
/// categories.
pub fn assign_splits(sounds: &[Sound], held_out: f64, seed: u64) -> Vec<(String, Split)> {
    let group_of = connected_components(sounds);
    let mut instruments = BTreeMap::<usize, BTreeMap<&str, &str>>::new();
    for (sound, group) in sounds.iter().zip(&group_of) {
        instruments.entry(*group).or_default().insert(sound.instrument, sound.category);
    }
    let mut wanted = HashMap::<&str, f64>::new();
    for category in instruments.values().flat_map(|members| members.values()) {
        *wanted.entry(category).or_default() += held_out;
    }
    let mut order: Vec<usize> = instruments.keys().copied().collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let mut chosen = Vec::new();
    for &group in &order {
        let members = &instruments[&group];
        let fits = |category: &str| wanted[category] >= 0.5;
        if members.len() <= LARGEST_HELD_OUT_GROUP && members.values().all(|category| fits(category)) {
            chosen.push(group);
            for category in members.values() {
                *wanted.entry(category).or_default() -= 1.0;
            }
        }
    }
    if instruments.values().map(BTreeMap::len).sum::<usize>() < SMALL_CORPUS && held_out > 0.0 {
        top_up(&mut chosen, &instruments, &order, held_out);
    }
    let split = |group: &usize| if chosen.contains(group) { Split::HeldOut } else { Split::Train };
    group_of.iter().map(|group| (format!("g{group:03}"), split(group))).collect()
}

/// Holds more groups out of a corpus too small for a choice from every category, up to the wanted part of all instruments and at
/// least one: first of the categories that most others share. At least one group stays to train on.
fn top_up(
    chosen: &mut Vec<usize>,
    instruments: &BTreeMap<usize, BTreeMap<&str, &str>>,
    order: &[usize],
    held_out: f64,
) {
    let total: usize = instruments.values().map(BTreeMap::len).sum();
    let wanted = ((held_out * total as f64).round() as usize).max(1);
    loop {
        let mut left = BTreeMap::<&str, usize>::new();
        for category in
            order.iter().filter(|group| !chosen.contains(group)).flat_map(|group| instruments[group].values())
        {
            *left.entry(category).or_default() += 1;
        }
        let held = total - left.values().sum::<usize>();
        let fits = |group: &&usize| !chosen.contains(group) && held + instruments[*group].len() <= wanted;
        let shared = |group: &&usize| instruments[*group].values().map(|category| left[category]).min();
        // The first of those that share most: `max_by_key` takes the last.
        let Some(group) = order.iter().filter(fits).rev().max_by_key(shared) else { break };
        if chosen.len() + 1 >= order.len() {
            break;
        }
        chosen.push(*group);
    }
}

/// Component number of each sound; sounds of one instrument, and sounds with a recording in common, are connected.
fn connected_components(sounds: &[Sound]) -> Vec<usize> {
    let mut parent: Vec<usize> = (0..sounds.len()).collect();
    let mut owner_of_recording = HashMap::<u64, usize>::new();
    let mut owner_of_instrument = HashMap::<&str, usize>::new();
    for (index, sound) in sounds.iter().enumerate() {
        let first = *owner_of_instrument.entry(sound.instrument).or_insert(index);
        join(&mut parent, index, first);
        for recording in sound.recordings {
            let first = *owner_of_recording.entry(*recording).or_insert(index);
            join(&mut parent, index, first);
        }
    }
    (0..sounds.len()).map(|index| root(&parent, index)).collect()
}

fn root(parent: &[usize], mut index: usize) -> usize {
    while parent[index] != index {
        index = parent[index];
    }
    index
}

fn join(parent: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(parent, a), root(parent, b));
    parent[a.max(b)] = a.min(b);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_sounds_of_many_categories_hold_out_some_of_the_most_common() {
        let names: Vec<String> = (0..20).map(|index| format!("i{index}")).collect();
        let categories = ["Piano", "Kick", "Snare", "Bass", "Lead", "Pad", "Hat"];
        let recordings: Vec<Vec<u64>> = (0..20).map(|index| vec![index]).collect();
        let sound = |count: usize| -> Vec<(String, Split)> {
            let sounds: Vec<Sound> = (0..count)
                .map(|index| Sound {
                    instrument: &names[index],
                    category: categories[index % categories.len()],
                    recordings: &recordings[index],
                })
                .collect();
            assign_splits(&sounds, 0.12, 1)
        };
        let held_out = |count| sound(count).iter().filter(|(_, split)| *split == Split::HeldOut).count();
        assert_eq!([held_out(20), held_out(2), held_out(1)], [2, 1, 0]);
        assert!(sound(20)[6].1 == Split::Train && sound(20)[13].1 == Split::Train, "a category of two keeps both");
    }

    #[test]
    fn sounds_that_share_a_recording_share_a_split() {
        let names: Vec<String> = (0..60).map(|index| format!("i{index}")).collect();
        let recordings: Vec<Vec<u64>> = (0..60).map(|index| vec![index / 2, 100 + index]).collect();
        let sounds: Vec<Sound> = names
            .iter()
            .zip(&recordings)
            .map(|(instrument, recordings)| Sound { instrument, category: "Piano", recordings })
            .collect();
        let assigned = assign_splits(&sounds, 0.2, 1);
        assert!(assigned.chunks(2).all(|pair| pair[0] == pair[1]));
        let held_out = assigned.iter().filter(|(_, split)| *split == Split::HeldOut).count();
        assert!((8..=14).contains(&held_out), "{held_out} held out");
    }
}

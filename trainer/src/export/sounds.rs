//! Named sounds: one per instrument of the corpus.

use std::collections::{BTreeMap, HashSet};

use engine::pack::NamedSound;
use engine::units::{Latent, MODEL_LATENTS};

use crate::features::Dataset;

/// Key at which most sounds are most like themselves.
const MIDDLE_KEY: u8 = 60;
/// The same for basses.
const BASS_KEY: u8 = 36;

/// Words of sound fonts that are trade names or misspelt, and what the instrument calls the sound.
const PLAIN_WORDS: [(&str, &str); 7] = [
    ("Bright Yamaha Grand", "Bright Grand Piano"),
    ("Yamaha Grand Piano", "Grand Piano"),
    ("Rhodes EP", "Tine Piano"),
    ("TR-808", "Analogue"),
    ("Accordian", "Accordion"),
    ("DrawbarOrgan", "Drawbar Organ"),
    ("BagPipe", "Bagpipe"),
];

/// One sound per instrument: the mean of its latent points over its keys. Names are made unique by a number.
pub fn named(data: &Dataset, latents: &[Latent]) -> Vec<NamedSound> {
    let mut instruments = BTreeMap::<&str, Vec<usize>>::new();
    for (index, item) in data.items.iter().enumerate() {
        instruments.entry(&item.instrument).or_default().push(index);
    }
    let mut taken = HashSet::new();
    let mut ordered: Vec<_> = instruments.into_values().collect();
    ordered.sort_by_key(|members| members[0]);
    let sounds = ordered.into_iter().map(|members| {
        let first = &data.items[members[0]];
        let wanted_key = if first.category == "Bass" { BASS_KEY } else { MIDDLE_KEY };
        let key = members.iter().map(|index| data.items[*index].key).min_by_key(|key| key.abs_diff(wanted_key));
        NamedSound {
            name: unique_name(&plain_name(&first.name), &mut taken),
            category: first.category.clone(),
            latent: mean(&members, latents),
            key: key.unwrap_or(wanted_key),
        }
    });
    sounds.collect()
}

fn mean(members: &[usize], latents: &[Latent]) -> Latent {
    let mut point = [0.0; MODEL_LATENTS];
    for (axis, value) in point.iter_mut().enumerate() {
        let sum: f32 = members.iter().map(|index| latents[*index][axis]).sum();
        // Four decimals are far finer than anybody hears and keep the manifest readable.
        *value = (sum / members.len() as f32 * 1e4).round() / 1e4;
    }
    point
}

fn plain_name(name: &str) -> String {
    PLAIN_WORDS.iter().fold(name.to_owned(), |name, (word, plain)| name.replace(word, plain))
}

fn unique_name(name: &str, taken: &mut HashSet<String>) -> String {
    let candidates = (1..).map(|number| if number == 1 { name.to_owned() } else { format!("{name} {number}") });
    let free = |candidate: &String| !taken.contains(&candidate.to_lowercase());
    let chosen = candidates.into_iter().find(free).unwrap_or_default();
    taken.insert(chosen.to_lowercase());
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trade_names_give_way_to_plain_ones() {
        assert_eq!(plain_name("TR-808 Mid Tom"), "Analogue Mid Tom");
        assert_eq!(plain_name("Church Organ"), "Church Organ");
    }

    #[test]
    fn names_are_made_unique_whatever_their_case() {
        let mut taken = HashSet::new();
        assert_eq!(unique_name("Kick", &mut taken), "Kick");
        assert_eq!(unique_name("KICK", &mut taken), "KICK 2");
        assert_eq!(unique_name("Kick", &mut taken), "Kick 3");
    }
}

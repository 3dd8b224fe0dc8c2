//! The named footsteps of a pack: of each floor, action and shoe the training sound that the model gives best.

use std::collections::BTreeMap;

use engine::Latent;

use crate::corpus::Item;
use crate::corpus::procedural::footsteps::{action_in, floor_in};

/// A sound that gets a name.
#[derive(Debug)]
pub struct Candidate {
    pub name: String,
    pub category: String,
    /// Its place among the items.
    pub item: usize,
    /// Where the encoder puts it.
    pub point: Latent,
}

/// The best of each floor, action and shoe, in the order of these words. `points` are the items' own, each with its error.
pub fn candidates(items: &[Item], points: &[(Latent, f32)]) -> Vec<Candidate> {
    let mut best = BTreeMap::<(String, String, String), usize>::new();
    for (item, labelled) in items.iter().enumerate() {
        let place = best.entry(words(labelled)).or_insert(item);
        if points[item].1 < points[*place].1 {
            *place = item;
        }
    }
    let named = best.into_iter().map(|((floor, action, shoe), item)| {
        let shoe = if shoe.is_empty() { shoe } else { format!(", {shoe}") };
        Candidate { name: format!("{floor} {action}{shoe}"), category: floor, item, point: points[item].0 }
    });
    named.collect()
}

/// Floor, action and shoe of an item: its labels, else what its name and its source say.
fn words(item: &Item) -> (String, String, String) {
    let label = |name: &str| item.labels.get(name).cloned();
    let told = format!("{} {} {}", item.name, item.category, item.source);
    let floor = label("floor").or_else(|| floor_in(&told).map(str::to_owned)).unwrap_or_else(|| "other".to_owned());
    let action = label("action").or_else(|| action_in(&told).map(str::to_owned)).unwrap_or_else(|| "step".to_owned());
    let mut letters = floor.chars();
    let floor = letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect());
    (floor, action, label("shoe").unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Split;

    fn item(name: &str, labels: &[(&str, &str)]) -> Item {
        Item {
            file: String::new(),
            name: name.into(),
            category: "Footsteps".into(),
            instrument: String::new(),
            group: String::new(),
            split: Split::Train,
            key: 60,
            velocity: 100,
            source: String::new(),
            sha256: String::new(),
            labels: labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        }
    }

    #[test]
    fn the_best_of_each_kind_gets_the_name_of_its_kind() {
        let labels = [("floor", "gravel"), ("action", "run"), ("shoe", "boot")];
        let items = [item("a", &labels), item("b", &labels), item("beach walk 3", &[])];
        let found = candidates(&items, &[([0.0; 7], 0.5), ([1.0; 7], 0.25), ([2.0; 7], 0.1)]);
        let names: Vec<(&str, &str, usize)> =
            found.iter().map(|c| (c.name.as_str(), c.category.as_str(), c.item)).collect();
        assert_eq!(names, [("Gravel run, boot", "Gravel", 1), ("Sand step", "Sand", 2)]);
    }
}

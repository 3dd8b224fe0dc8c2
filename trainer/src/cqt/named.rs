//! The named footsteps of a pack: of each floor, action and shoe a training sound that the model gives well and that is unlike the others.

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

/// One of each floor, action and shoe, in the order of these words: of the half of its kind that the model gives best, the one that lies
/// farthest from those that are chosen already. The very best are the dullest ones, and all alike. `points` are the items' own, each
/// with its error.
pub fn candidates(items: &[Item], points: &[(Latent, f32)]) -> Vec<Candidate> {
    let mut kinds = BTreeMap::<(String, String, String), Vec<usize>>::new();
    for (item, labelled) in items.iter().enumerate() {
        kinds.entry(words(labelled)).or_default().push(item);
    }
    let mut chosen = Vec::<Candidate>::new();
    for ((floor, action, shoe), mut of_kind) in kinds {
        of_kind.sort_by(|a, b| points[*a].1.total_cmp(&points[*b].1));
        of_kind.truncate(of_kind.len().div_ceil(2));
        let apart =
            |item: usize| chosen.iter().map(|other| distance(&points[item].0, &other.point)).fold(f32::MAX, f32::min);
        let farthest = |best: usize, item: usize| if apart(item) > apart(best) { item } else { best };
        let Some(item) = of_kind.iter().copied().reduce(farthest) else { continue };
        let shoe = if shoe.is_empty() { shoe } else { format!(", {shoe}") };
        let name = format!("{floor} {action}{shoe}");
        chosen.push(Candidate { name, category: floor, item, point: points[item].0 });
    }
    chosen
}

fn distance(one: &Latent, other: &Latent) -> f32 {
    one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum()
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
    fn of_the_better_half_of_each_kind_the_one_that_is_unlike_the_others_gets_its_name() {
        let labels = [("floor", "gravel"), ("action", "run"), ("shoe", "boot")];
        let mut items: Vec<Item> = "abcd".chars().map(|name| item(&name.to_string(), &labels)).collect();
        items.insert(0, item("jump", &[("floor", "gravel"), ("action", "jump"), ("shoe", "boot")]));
        items.push(item("beach walk 3", &[]));
        let points =
            [([0.0; 7], 0.9), ([0.1; 7], 0.1), ([1.0; 7], 0.25), ([2.5; 7], 0.5), ([3.0; 7], 0.6), ([2.0; 7], 0.1)];
        let found = candidates(&items, &points);
        let names: Vec<(&str, &str, usize)> =
            found.iter().map(|c| (c.name.as_str(), c.category.as_str(), c.item)).collect();
        let wanted = [("Gravel jump, boot", "Gravel", 0), ("Gravel run, boot", "Gravel", 2), ("Sand step", "Sand", 5)];
        assert_eq!(names, wanted);
    }
}

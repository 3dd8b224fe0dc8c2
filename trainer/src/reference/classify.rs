//! Classification by the encoder's latents: is the category of a sound that of its neighbours in the latent space? Pure
//! arithmetic.

use std::collections::BTreeMap;

/// Neighbours that vote.
pub const NEIGHBOURS: usize = 5;

/// A latent vector and its category.
#[derive(Clone, Debug)]
pub struct Labelled {
    /// Latents.
    pub latent: Vec<f32>,
    /// Category.
    pub category: String,
}

/// Parts of a set that get their own category.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accuracy {
    /// By the nearest mean of a category.
    pub nearest_centroid: f64,
    /// By the most frequent category among the nearest sounds.
    pub neighbours: f64,
    /// By always saying the most frequent category.
    pub chance: f64,
}

/// How many of `questions` are answered rightly from `known`. Every dimension is divided by its deviation in `known`. Sounds
/// that are the very same vector in both are not asked about themselves: `leave_out` says that `questions` are `known`.
pub fn accuracy(known: &[Labelled], questions: &[Labelled], leave_out: bool) -> Accuracy {
    let scale = scales(known);
    let centroids = centroids(known);
    let most = most_frequent(known.iter().map(|one| one.category.as_str()));
    let part = |right: &dyn Fn(usize, &Labelled) -> bool| {
        let count = questions.iter().enumerate().filter(|(index, question)| right(*index, question)).count();
        count as f64 / questions.len().max(1) as f64
    };
    let nearest = |question: &Labelled| {
        let distances = centroids.iter().map(|(name, centre)| (*name, distance(&question.latent, centre, &scale)));
        distances.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(name, _)| name)
    };
    Accuracy {
        nearest_centroid: part(&|_, question| nearest(question) == Some(question.category.as_str())),
        neighbours: part(&|index, question| {
            let own = leave_out.then_some(index);
            vote(known, question, own, &scale) == question.category
        }),
        chance: part(&|_, question| question.category == most),
    }
}

/// Reciprocal deviation of each dimension; 0 where nothing varies.
fn scales(known: &[Labelled]) -> Vec<f32> {
    let width = known.first().map_or(0, |one| one.latent.len());
    let count = known.len() as f32;
    let of = |axis: usize| {
        let mean = known.iter().map(|one| one.latent[axis]).sum::<f32>() / count;
        let variance = known.iter().map(|one| (one.latent[axis] - mean).powi(2)).sum::<f32>() / count;
        if variance > 1e-12 { variance.sqrt().recip() } else { 0.0 }
    };
    (0..width).map(of).collect()
}

fn distance(a: &[f32], b: &[f32], scale: &[f32]) -> f32 {
    a.iter().zip(b).zip(scale).map(|((a, b), scale)| ((a - b) * scale).powi(2)).sum()
}

fn centroids(known: &[Labelled]) -> BTreeMap<&str, Vec<f32>> {
    let mut sums = BTreeMap::<&str, (Vec<f32>, f32)>::new();
    for one in known {
        let (sum, count) = sums.entry(&one.category).or_insert_with(|| (vec![0.0; one.latent.len()], 0.0));
        sum.iter_mut().zip(&one.latent).for_each(|(sum, value)| *sum += value);
        *count += 1.0;
    }
    sums.into_iter().map(|(name, (sum, count))| (name, sum.into_iter().map(|value| value / count).collect())).collect()
}

fn vote<'a>(known: &'a [Labelled], question: &Labelled, own: Option<usize>, scale: &[f32]) -> &'a str {
    let others = known.iter().enumerate().filter(|(index, _)| Some(*index) != own);
    let mut near: Vec<(f32, &str)> =
        others.map(|(_, one)| (distance(&question.latent, &one.latent, scale), one.category.as_str())).collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    most_frequent(near.into_iter().take(NEIGHBOURS).map(|(_, name)| name))
}

/// The most frequent name; of equals the one that came first.
fn most_frequent<'a>(names: impl Iterator<Item = &'a str>) -> &'a str {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for name in names {
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    counts.iter().find(|(_, count)| *count == most).map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two clouds along the first dimension; the second is loud noise that scaling must take the weight from.
    fn clouds(offset: f32) -> Vec<Labelled> {
        let one = |n: usize| {
            let (side, category) = if n.is_multiple_of(3) { (1.0, "Bell") } else { (-1.0, "Pad") };
            let latent = vec![side + 0.1 * (n as f32 * 1.7).sin(), 100.0 * ((n as f32 + offset) * 0.9).sin(), 3.0];
            Labelled { latent, category: category.to_owned() }
        };
        (0..60).map(one).collect()
    }

    #[test]
    fn clouds_are_told_apart_and_chance_is_the_larger_one() {
        let found = accuracy(&clouds(0.0), &clouds(0.5), false);
        assert_eq!(found.nearest_centroid, 1.0);
        assert!(found.neighbours > 0.95, "{found:?}");
        assert!((found.chance - 40.0 / 60.0).abs() < 1e-9);
    }

    #[test]
    fn a_sound_is_no_neighbour_of_itself() {
        let known: Vec<Labelled> = ["A", "B", "C"]
            .into_iter()
            .enumerate()
            .map(|(n, name)| Labelled { latent: vec![n as f32], category: name.to_owned() })
            .collect();
        assert_eq!(accuracy(&known, &known, true).neighbours, 0.0);
        assert_eq!(accuracy(&known, &known, false).nearest_centroid, 1.0);
    }
}

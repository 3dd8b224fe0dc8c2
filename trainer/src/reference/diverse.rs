//! The most diverse part of a set: start at the sound nearest to the mean, then add, one after another, the sound farthest
//! from the mean of those chosen so far. Pure arithmetic.

use anyhow::{Result, ensure};

/// Indices of `count` vectors, the first chosen first.
///
/// # Errors
/// When there are fewer vectors, or they differ in length.
pub fn most_diverse(vectors: &[Vec<f32>], count: usize) -> Result<Vec<usize>> {
    ensure!(count > 0 && count <= vectors.len(), "{count} of {} sounds cannot be chosen", vectors.len());
    let width = vectors[0].len();
    ensure!(vectors.iter().all(|vector| vector.len() == width), "vectors of different lengths cannot be compared");
    let all = mean(vectors.iter().map(Vec::as_slice), width);
    let start = extreme(vectors, &all, &[], |best, distance| distance < best);
    let mut chosen = vec![start];
    let mut sum: Vec<f64> = vectors[start].iter().map(|value| f64::from(*value)).collect();
    while chosen.len() < count {
        let centre: Vec<f64> = sum.iter().map(|value| value / chosen.len() as f64).collect();
        let next = extreme(vectors, &centre, &chosen, |best, distance| distance > best);
        sum.iter_mut().zip(&vectors[next]).for_each(|(sum, value)| *sum += f64::from(*value));
        chosen.push(next);
    }
    Ok(chosen)
}

fn mean<'a>(vectors: impl Iterator<Item = &'a [f32]> + Clone, width: usize) -> Vec<f64> {
    let count = vectors.clone().count().max(1) as f64;
    let mut sum = vec![0.0; width];
    for vector in vectors {
        sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += f64::from(*value) / count);
    }
    sum
}

/// Index of the vector whose distance from `centre` beats all others, among those not yet chosen; the first of equals.
fn extreme(vectors: &[Vec<f32>], centre: &[f64], chosen: &[usize], beats: fn(f64, f64) -> bool) -> usize {
    let mut best: Option<(usize, f64)> = None;
    for (index, vector) in vectors.iter().enumerate().filter(|(index, _)| !chosen.contains(index)) {
        let distance: f64 = vector.iter().zip(centre).map(|(value, centre)| (f64::from(*value) - centre).powi(2)).sum();
        if best.is_none_or(|(_, known)| beats(known, distance)) {
            best = Some((index, distance));
        }
    }
    best.map_or(0, |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_starts_in_the_middle_and_goes_to_the_edges() {
        let vectors: Vec<Vec<f32>> = [0.0, 1.0, 5.0, 9.0, 10.0].map(|value| vec![value]).into();
        // Mean 5: the middle one first; then the edges, of which the first of equals comes first; then the far edge.
        assert_eq!(most_diverse(&vectors, 3).expect("three of five"), [2, 0, 4]);
        let all = most_diverse(&vectors, 5).expect("five of five");
        let mut sorted = all.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2, 3, 4], "every sound is chosen once");
        assert!(most_diverse(&vectors, 6).is_err() && most_diverse(&vectors, 0).is_err());
    }

    #[test]
    fn a_subset_spreads_more_than_the_first_sounds_do() {
        let vectors: Vec<Vec<f32>> =
            (0..50).map(|n| vec![(n as f32 * 0.37).sin() * (n / 10) as f32, n as f32 % 7.0]).collect();
        let spread = |chosen: &[usize]| {
            let distance =
                |a: usize, b: usize| vectors[a].iter().zip(&vectors[b]).map(|(x, y)| (x - y).powi(2)).sum::<f32>();
            chosen.iter().flat_map(|a| chosen.iter().map(move |b| (*a, *b))).map(|(a, b)| distance(a, b)).sum::<f32>()
        };
        let chosen = most_diverse(&vectors, 8).expect("eight of fifty");
        assert!(spread(&chosen) > 1.5 * spread(&(0..8).collect::<Vec<_>>()));
    }
}

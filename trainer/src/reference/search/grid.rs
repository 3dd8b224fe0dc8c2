//! All points of a grid, in a shuffled order, so that a search that is stopped early has seen all regions.

use anyhow::{Result, ensure};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::space::Space;

/// Most points of a grid.
const MOST_POINTS: usize = 10_000;

/// The points of the grid over `space`.
///
/// # Errors
/// When there are more than anybody can try.
pub fn points(space: &Space, seed: u64) -> Result<Vec<Vec<f64>>> {
    let steps: Vec<Vec<f64>> = space.parameters.iter().map(|parameter| parameter.range.steps()).collect();
    let count = steps.iter().try_fold(1_usize, |count, values| count.checked_mul(values.len()));
    ensure!(
        count.is_some_and(|count| count <= MOST_POINTS),
        "the grid has more than {MOST_POINTS} points; narrow the ranges or search with --method bayes"
    );
    let mut points = vec![Vec::new()];
    for values in &steps {
        let longer = points.iter().flat_map(|point: &Vec<f64>| {
            values.iter().map(move |value| point.iter().copied().chain([*value]).collect::<Vec<f64>>())
        });
        points = longer.collect();
    }
    points.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_has_every_combination_once() {
        let words = ["layers=int:4..6", "batch=cat:4,8", "ratio=real:0.2..0.8:2", "depth=cat:3"].map(str::to_owned);
        let space = Space::parse(&words).expect("a space");
        let mut grid = points(&space, 1).expect("a grid");
        assert_eq!(grid.len(), 12);
        grid.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
        grid.dedup();
        assert_eq!(grid.len(), 12);
        let large = Space::parse(&["kernels=int:1..500".to_owned(), "batch=int:1..500".to_owned()]).expect("a space");
        assert!(points(&large, 1).is_err());
    }
}

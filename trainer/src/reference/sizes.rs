//! Layer sizes between two ends. Pure arithmetic.

use anyhow::{Result, ensure};

/// `depth` + 1 sizes from `start` to `end`, both included: layer i has the size `start + (end − start) · (i / depth)^ratio`,
/// rounded. A ratio below 1 changes most at the start, above 1 most at the end, 1 evenly. A small end after a large start
/// needs a ratio below 1.
///
/// # Errors
/// When an end or the depth is 0, or the ratio is not a positive number.
pub fn interpolate_layer_sizes(start: usize, end: usize, depth: usize, ratio: f64) -> Result<Vec<i64>> {
    ensure!(start > 0 && end > 0, "layer sizes must be above 0 (given {start} and {end})");
    ensure!(depth > 0, "the number of layers must be above 0");
    ensure!(ratio.is_finite() && ratio > 0.0, "the ratio of layer sizes must be above 0 (given {ratio})");
    let (start, end) = (start as f64, end as f64);
    let size = |layer: usize| start + (end - start) * (layer as f64 / depth as f64).powf(ratio);
    Ok((0..=depth).map(|layer| (size(layer).round() as i64).max(1)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_begin_and_end_where_they_should_and_never_turn() {
        for (start, end) in [(6300, 7), (7, 6300), (443, 443)] {
            for depth in 1..8 {
                for ratio in [0.25, 0.5, 1.0, 2.0] {
                    let sizes = interpolate_layer_sizes(start, end, depth, ratio).expect("these are sizes");
                    assert_eq!(sizes.len(), depth + 1);
                    assert_eq!((sizes[0], sizes[depth]), (start as i64, end as i64));
                    let falls = sizes.windows(2).all(|pair| pair[0] >= pair[1]);
                    let rises = sizes.windows(2).all(|pair| pair[0] <= pair[1]);
                    assert!(falls || rises, "{sizes:?}");
                }
            }
        }
    }

    #[test]
    fn an_even_ratio_gives_even_steps_and_a_small_one_changes_early() {
        assert_eq!(interpolate_layer_sizes(10, 50, 4, 1.0).expect("sizes"), [10, 20, 30, 40, 50]);
        let early = interpolate_layer_sizes(1000, 10, 4, 0.3).expect("sizes");
        let late = interpolate_layer_sizes(1000, 10, 4, 3.0).expect("sizes");
        assert!(early[1] < 500 && late[1] > 900, "{early:?} {late:?}");
    }

    #[test]
    fn impossible_sizes_are_refused() {
        assert!(interpolate_layer_sizes(0, 7, 4, 1.0).is_err());
        assert!(interpolate_layer_sizes(10, 7, 0, 1.0).is_err());
        assert!(interpolate_layer_sizes(10, 7, 4, f64::NAN).is_err());
    }
}

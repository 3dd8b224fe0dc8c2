//! The cyclic learning rate of the report: one cycle (Smith 2017) over a stage.

/// The highest rate is so many times the first.
const DIVISOR: f64 = 25.0;
/// The last rate is so many times lower than the first.
const ANNEALED: f64 = 1e4;

/// Factor on the highest rate: a linear rise over `warm_up` of the stage, then half a cosine.
pub fn one_cycle(progress: f64, warm_up: f64) -> f64 {
    let first = 1.0 / DIVISOR;
    if progress < warm_up {
        return first + (1.0 - first) * progress / warm_up;
    }
    let last = first / ANNEALED;
    let part = ((progress - warm_up) / (1.0 - warm_up)).min(1.0);
    last + (1.0 - last) * 0.5 * (1.0 + (std::f64::consts::PI * part).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_to_its_highest_and_falls_to_almost_nothing() {
        assert_eq!(one_cycle(0.0, 0.3), 0.04);
        assert!((one_cycle(0.3, 0.3) - 1.0).abs() < 1e-9);
        assert!(one_cycle(0.5, 0.3) < 1.0 && one_cycle(0.15, 0.3) < 1.0);
        assert!(one_cycle(1.0, 0.3) < 1e-5);
    }
}

//! When training stops by itself: Adam's loss jumps and recovers, so its moving average decides. Pure arithmetic.

/// Epochs of the moving average.
pub const WINDOW: usize = 8;
/// Improvement of the moving average over a window that counts as none.
const LEAST_IMPROVEMENT: f64 = 2e-3;

/// Mean of the last `window` losses, or of all if they are fewer; NaN of none.
pub fn moving_average(losses: &[f64], window: usize) -> f64 {
    let recent = &losses[losses.len().saturating_sub(window)..];
    recent.iter().sum::<f64>() / recent.len() as f64
}

/// Whether the moving average has not improved against the window before.
pub fn is_stalled(losses: &[f64]) -> bool {
    let Some(before) = losses.len().checked_sub(WINDOW).filter(|before| *before >= WINDOW) else { return false };
    let (now, earlier) = (moving_average(losses, WINDOW), moving_average(&losses[..before], WINDOW));
    now >= earlier * (1.0 - LEAST_IMPROVEMENT)
}

/// Relative change of the loss per epoch in percent over the last epochs, negative while it falls: the slope of a straight
/// line through the last losses against their mean.
pub fn rate_percent(losses: &[f64]) -> f64 {
    let recent = &losses[losses.len().saturating_sub(WINDOW)..];
    if recent.len() < 2 {
        return 0.0;
    }
    let centre = (recent.len() - 1) as f64 / 2.0;
    let mean = moving_average(recent, recent.len());
    let offsets = recent.iter().enumerate().map(|(index, loss)| (index as f64 - centre, loss - mean));
    let (product, square) = offsets.fold((0.0, 0.0), |(p, s), (x, y)| (p + x * y, s + x * x));
    100.0 * product / square / mean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_falling_loss_goes_on_through_jumps_and_a_flat_one_stops() {
        let falling: Vec<f64> =
            (0..40).map(|epoch| 100.0 * 0.97_f64.powi(epoch) * if epoch % 7 == 3 { 1.3 } else { 1.0 }).collect();
        assert!((0..=40).all(|count| !is_stalled(&falling[..count])));
        let flat: Vec<f64> = (0..40).map(|epoch| 50.0 + f64::from(epoch % 2)).collect();
        assert!(!is_stalled(&flat[..WINDOW * 2 - 1]));
        assert!(is_stalled(&flat[..WINDOW * 2]));
    }

    #[test]
    fn the_rate_is_the_slope_in_percent() {
        let losses: Vec<f64> = (0..WINDOW).map(|epoch| 100.0 - epoch as f64).collect();
        let mean = 100.0 - (WINDOW - 1) as f64 / 2.0;
        assert!((rate_percent(&losses) + 100.0 / mean).abs() < 1e-9);
        assert_eq!(rate_percent(&[3.0]), 0.0);
    }
}

//! Small graphs made in memory: every operator gives right numbers, and hostile uses are refused.

mod build;
mod hostile;
mod operators;

use super::all_finite;

#[test]
fn only_numbers_are_finite() {
    assert!(all_finite(&[0.0, -1.5, f32::MAX, f32::MIN, f32::MIN_POSITIVE / 8.0]));
    for odd in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert!(!all_finite(&[0.0, odd, 1.0]));
    }
}

//! What a song sounds like, played to its end.

use engine::midi::{BLOCK_SAMPLES, Performance};

/// Both sides of everything that a performance gives.
///
/// # Panics
/// If a sound could not be decoded.
pub fn played(mut performance: Performance) -> [Vec<f32>; 2] {
    let (mut left, mut right) = ([0.0; BLOCK_SAMPLES], [0.0; BLOCK_SAMPLES]);
    let mut sides = [Vec::new(), Vec::new()];
    loop {
        let count = performance.render(&mut left, &mut right);
        sides[0].extend(&left[..count]);
        sides[1].extend(&right[..count]);
        if count < BLOCK_SAMPLES {
            assert!(!performance.failed());
            return sides;
        }
    }
}

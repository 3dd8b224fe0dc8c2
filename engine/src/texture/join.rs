//! How pieces join: their lengths, and the gains of a crossfade.

/// Lengths of pieces in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PieceLengths {
    /// Shortest piece, its fades included.
    pub least_s: f64,
    /// Longest piece, its fades included.
    pub most_s: f64,
}

/// In a new texture nothing of the source lasts longer than 0.25 s.
pub(super) const TEXTURE: PieceLengths = PieceLengths { least_s: 0.12, most_s: 0.24 };
/// In a recording that goes on, longer parts of it may come again.
pub(super) const EXTENSION: PieceLengths = PieceLengths { least_s: 0.25, most_s: 0.7 };
/// Length of a crossfade in seconds.
const FADE_S: f64 = 0.02;

/// The same in samples.
#[derive(Debug, Clone, Copy)]
pub(super) struct PieceSamples {
    /// Shortest piece.
    pub least: usize,
    /// Longest piece.
    pub most: usize,
    /// Crossfade.
    pub fade: usize,
}

impl PieceSamples {
    /// For a recording of `length` samples: of a short one no piece is longer than its third part.
    pub fn new(lengths: PieceLengths, rate_hz: u32, length: usize) -> Self {
        let samples = |seconds: f64| (seconds * f64::from(rate_hz)) as usize;
        let most = samples(lengths.most_s).min(length / 3);
        let least = samples(lengths.least_s).min(most / 2);
        Self { least, most, fade: samples(FADE_S).min(least / 4).max(1) }
    }
}

/// Gains of the old and the new piece at part `at` of a crossfade, 0 to 1, for pieces with this correlation there: the power stays even.
/// The shape is that of Vorbis' window, which has no corner: a loud tone stays out of the bands beside it.
fn gains(at: f32, correlation: f32) -> [f32; 2] {
    let rise = (at * std::f32::consts::FRAC_PI_2).sin().powi(2);
    let (new, old) = (rise * std::f32::consts::FRAC_PI_2).sin_cos();
    let power = 1.0 + 2.0 * correlation.clamp(0.0, 1.0) * old * new;
    [old, new].map(|gain| gain / power.sqrt())
}

/// Appends a crossfade of `fade` samples.
pub(super) fn cross(out: &mut Vec<f32>, old: &[f32], new: &[f32], fade: usize, correlation: f32) {
    out.extend(old.iter().zip(new).take(fade).enumerate().map(|(n, (old, new))| {
        let gains = gains((n as f32 + 0.5) / fade as f32, correlation);
        old * gains[0] + new * gains[1]
    }));
}

/// Normalised, over all channels.
pub(super) fn correlation(a: &[&[f32]], b: &[&[f32]]) -> f32 {
    let product = |a: &[&[f32]], b: &[&[f32]]| -> f64 {
        a.iter().zip(b).flat_map(|(a, b)| a.iter().zip(*b)).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    (product(a, b) / (product(a, a) * product(b, b)).sqrt().max(1e-20)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crossfade_keeps_the_power_at_every_correlation() {
        for correlation in [0.0, 0.3, 1.0] {
            for step in 0..=20 {
                let [old, new] = gains(step as f32 / 20.0, correlation);
                let power = old * old + new * new + 2.0 * correlation * old * new;
                assert!((power - 1.0).abs() < 1e-5, "{power} at step {step} and correlation {correlation}");
            }
            assert!(gains(0.0, correlation)[1].abs() < 1e-6 && gains(1.0, correlation)[0].abs() < 1e-6);
        }
    }
}

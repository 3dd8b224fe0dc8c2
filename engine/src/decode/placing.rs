//! Finds the point of a sound that the model was not trained on. WORKER side; takes some hundred decodes.
//!
//! The encoder's point of such a sound is often in the basin of a worse minimum than the point of a named sound like it, so both are
//! improved for a while and the better one to the end.

use super::fit::{Fit, FrameDecoder, Target, fit};
use super::graph::GraphError;
use crate::units::Latent;

/// Named sounds that are tried: those nearest to the encoder's point. Figures of this and of the rounds below stand in `models/EXPERIMENTS.md`.
const TRIED: usize = 32;
/// Rounds of the fit from each start, and from the better of the two results.
const FIRST_ROUNDS: usize = 2;
const LAST_ROUNDS: usize = 4;

/// The point nearest to `target` that is found from `encoded` and from the `named` points.
///
/// # Errors
/// [`GraphError`] when the decoder fails.
pub(super) fn place(
    decoder: &mut impl FrameDecoder,
    target: Target,
    encoded: &Latent,
    named: &[Latent],
) -> Result<Fit, GraphError> {
    let targets = [target];
    let mut best = fit(decoder, &targets, encoded, FIRST_ROUNDS)?;
    if let Some(start) = best_named(decoder, target, encoded, named)? {
        let other = fit(decoder, &targets, &start, FIRST_ROUNDS)?;
        if other.error_db < best.error_db {
            best = other;
        }
    }
    fit(decoder, &targets, &best.latent, LAST_ROUNDS)
}

/// Of the named points nearest to `encoded` the one whose frames are nearest to the target.
fn best_named(
    decoder: &mut impl FrameDecoder,
    target: Target,
    encoded: &Latent,
    named: &[Latent],
) -> Result<Option<Latent>, GraphError> {
    let distance = |point: &Latent| point.iter().zip(encoded).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
    let mut nearest: Vec<&Latent> = named.iter().collect();
    nearest.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    let mut best: Option<Fit> = None;
    for point in nearest.into_iter().take(TRIED) {
        let tried = fit(decoder, &[target], point, 0)?;
        if best.is_none_or(|best| tried.error_db < best.error_db) {
            best = Some(tried);
        }
    }
    Ok(best.map(|best| best.latent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectral::{Frames, SpectralShape};

    const SHAPE: SpectralShape = SpectralShape::DEFAULT;
    const KEY: f32 = 60.0;
    const TARGET_DB: f32 = -20.0;
    /// A seventh of the bands is 8 dB off.
    const STUCK_DB: f32 = 1.1;

    /// A decoder whose bands follow the coordinates in turn. Those of the first have two optima along it: 8 dB away at the limit −3, and exact
    /// at 2, not far above 1.5 where it begins.
    struct TwoValleys;

    impl FrameDecoder for TwoValleys {
        fn shape(&self) -> &SpectralShape {
            &SHAPE
        }

        fn decode_frames(&mut self, latent: &Latent, _: f32) -> Result<Frames, GraphError> {
            let first = latent[0];
            let mut offsets_db = *latent;
            offsets_db[0] = if first < 1.5 { -8.0 - 3.0 * (first + 3.0) } else { -3.0 * (first - 2.0).abs() };
            let mut frames = Frames::silent(SHAPE.mel_bands, SHAPE.frame_count);
            for (band, row) in frames.values.chunks_exact_mut(SHAPE.frame_count).enumerate() {
                row.fill(SHAPE.normalise_db(TARGET_DB + offsets_db[band % offsets_db.len()]));
            }
            Ok(frames)
        }
    }

    fn placed(first: f32, named: &[f32]) -> Fit {
        let point = |first: f32| -> Latent { std::array::from_fn(|axis| if axis == 0 { first } else { 0.0 }) };
        let mut frames = Frames::silent(SHAPE.mel_bands, SHAPE.frame_count);
        frames.values.fill(SHAPE.normalise_db(TARGET_DB));
        let named: Vec<Latent> = named.iter().map(|first| point(*first)).collect();
        place(&mut TwoValleys, Target { frames: &frames, key: KEY }, &point(first), &named).expect("it decodes")
    }

    #[test]
    fn a_named_sound_leads_out_of_a_worse_minimum() {
        let (alone, with_named) = (placed(-2.5, &[]), placed(-2.5, &[-1.5, 1.6]));
        assert!(alone.error_db > STUCK_DB, "{alone:?}");
        assert!(with_named.error_db < 0.05 && with_named.latent[0] > 1.7, "{with_named:?}");
        assert_eq!(placed(1.6, &[-2.0]), placed(1.6, &[]), "one that leads into it is left aside");
    }

    #[test]
    fn only_the_nearest_named_sounds_are_tried() {
        let mut named = vec![-2.6; TRIED];
        named.push(2.0);
        assert!(placed(-2.5, &named).error_db > STUCK_DB);
    }
}

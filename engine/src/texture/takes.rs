//! Of several takes of a short result the one nearest to its recording: in so little of a texture much is chance, and what is chance can be
//! chosen.

use super::figures::Tap;
use super::reference::{Nearness, Reference, ratio};
use super::source::TextureError;
use super::weaver::{Weaver, Wish};

/// Longest new part of which several takes are compared, in seconds: of a longer one chance leaves little.
const LONGEST_S: f64 = 60.0;
/// Takes at most, and how much they make together at most, in seconds, whatever comes first.
const MOST_TAKES: f64 = 20.0;
const MOST_S: f64 = 200.0;
/// A take is good enough that is so near: distance of its statistics against that of the recording's halves, autocorrelation of its envelope
/// against the recording's own, and difference of the correlation of the channels in an octave.
const NEAR_RATIO: f64 = 1.0;
const NEAR_PEAK: f64 = 0.95;
const NEAR_SIDES: f64 = 0.09;
/// Of takes of which none is good enough so much of the ratio counts beside what the other figures exceed.
const RATIO_WEIGHT: f64 = 0.2;
/// What sets the seeds of takes apart: an odd number without pattern, 2⁶⁴ divided by the golden ratio.
const SEED_STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// The wish with the seed of the best of several takes; the wish itself where its own take is good enough, and where the result is long.
/// `extends` says whether the source itself is its beginning. `progress` is told which part is done, 0 to 1, and cancels by answering `false`.
///
/// # Errors
/// [`TextureError`] for a length that cannot be made, and when it is cancelled.
pub fn best_take(
    reference: &Reference,
    wish: &Wish,
    extends: bool,
    progress: &mut dyn FnMut(f64) -> bool,
) -> Result<Wish, TextureError> {
    let source = reference.source;
    let own = if extends { source.len() } else { 0 };
    let seconds = wish.samples.saturating_sub(own) as f64 / f64::from(source.rate_hz());
    if seconds > LONGEST_S {
        return Ok(*wish);
    }
    let takes = (MOST_S / seconds.max(0.01)).min(MOST_TAKES).floor();
    let (mut best, mut least) = (*wish, f64::MAX);
    for take in 0..takes as u64 {
        let wish = Wish { seed: wish.seed.wrapping_add(take.wrapping_mul(SEED_STEP)), ..*wish };
        let mut weaver = if extends { Weaver::extend(source, &wish)? } else { Weaver::texture(source, &wish)? };
        let mut tap = Tap::new(reference, &wish, own);
        let mut block = vec![Vec::new(); source.channels().len()];
        while weaver.next_block(&mut block) {
            tap.take(&block);
            block.iter_mut().for_each(Vec::clear);
            if !progress((take as f64 + weaver.done()) / takes) {
                return Err(TextureError::Cancelled);
            }
        }
        let shortfall = shortfall(reference, &tap.nearness());
        if shortfall < least {
            (best, least) = (wish, shortfall);
        }
        if least <= 0.0 {
            break;
        }
    }
    Ok(best)
}

/// How far a take is from being good enough.
fn shortfall(reference: &Reference, nearness: &Nearness) -> f64 {
    let ratio = ratio(&nearness.distances, &reference.halves).unwrap_or(0.0);
    let peak = nearness.envelope_peak - NEAR_PEAK * reference.envelope_peak;
    let sides = nearness.channel_band_error.unwrap_or(0.0) - NEAR_SIDES;
    RATIO_WEIGHT * (ratio - NEAR_RATIO).max(0.0) + peak.max(0.0) + sides.max(0.0)
}

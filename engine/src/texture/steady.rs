//! The part of a recording between its fades: a texture that dipped wherever its source was faded in or out would not go on.

use std::ops::Range;

/// Blocks in a second whose levels are looked at.
const BLOCKS_PER_S: usize = 20;
/// Blocks over whose levels a mean is taken.
const SMOOTH: usize = 4;
/// An end is faded when it is so far below the median level, in dB; the steady part begins where the level comes near the median.
const FADED_DB: f64 = 12.0;
const NEAR_DB: f64 = 4.0;
/// At most so much of the recording is left out at each end.
const MOST: f64 = 0.25;
/// What is left has at least so many blocks.
const LEAST: usize = 2 * BLOCKS_PER_S;

/// The samples between a fade at the beginning and one at the end, or the silence there; all of them where there is none.
pub(super) fn steady_part(channels: &[Vec<f32>], rate_hz: u32) -> Range<usize> {
    let length = channels.first().map_or(0, Vec::len);
    let block = (rate_hz as usize / BLOCKS_PER_S).max(1);
    let blocks = length / block;
    let powers: Vec<f64> = (0..blocks)
        .map(|at| {
            let part = channels.iter().flat_map(|channel| &channel[at * block..][..block]);
            part.map(|sample| f64::from(*sample).powi(2)).sum::<f64>()
        })
        .collect();
    let levels: Vec<f64> =
        powers.windows(SMOOTH).map(|powers| 10.0 * powers.iter().sum::<f64>().max(1e-30).log10()).collect();
    let mut sorted = levels.clone();
    sorted.sort_by(f64::total_cmp);
    let Some(median) = sorted.get(sorted.len() / 2).copied() else { return 0..length };
    let most = (blocks as f64 * MOST) as usize;
    let faded = |levels: &mut dyn Iterator<Item = &f64>| {
        let mut levels = levels.peekable();
        let is_faded = levels.peek().is_some_and(|level| **level < median - FADED_DB);
        let end = levels.position(|level| *level > median - NEAR_DB);
        end.filter(|end| is_faded && *end <= most).unwrap_or(0)
    };
    let (start, end) = (faded(&mut levels.iter()), faded(&mut levels.iter().rev()));
    if start + end == 0 || blocks < start + end + LEAST {
        return 0..length;
    }
    let last = if end == 0 { length } else { (blocks - end) * block };
    start * block..last
}

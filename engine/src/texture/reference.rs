//! What results are compared with: the statistics of a recording's steady part, kept so that several results are compared with one.

use super::sides;
use super::source::{MATERIAL_S, Source};
use super::statistics::Statistics;

/// Lags at which the envelope is compared with itself, in seconds.
const LAGS_S: [f64; 2] = [0.2, 10.0];
/// Halves of a recording whose distances are below this, summed over the classes, are the same. Those of natural textures are above 0.2.
const LEAST_HALVES: f64 = 0.03;

/// A source and its statistics.
pub struct Reference<'a> {
    pub(super) source: &'a Source,
    /// Of the first two channels.
    statistics: Vec<Statistics>,
    /// Distances between the halves, see [`super::Figures::halves`].
    pub(super) halves: [f64; 6],
    /// Highest autocorrelation of the envelope.
    pub(super) envelope_peak: f64,
    sides: Option<sides::Correlations>,
    /// Largest difference of the correlation of the channels between the halves.
    pub(super) sides_of_halves: Option<f64>,
}

/// How near a result is to its source; see [`super::Figures`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Nearness {
    pub distances: [f64; 6],
    pub envelope_peak: f64,
    pub channel_band_error: Option<f64>,
}

impl<'a> Reference<'a> {
    /// Of the part between the fades of a source.
    #[must_use]
    pub fn of(source: &'a Source) -> Self {
        let rate_hz = source.rate_hz();
        let channels = Self::steady(source);
        let middle = channels[0].len() / 2;
        let compared = &channels[..channels.len().min(2)];
        let of = |samples: &[f32]| Statistics::of(samples, rate_hz);
        let distances: Vec<[f64; 6]> =
            compared.iter().map(|channel| of(&channel[..middle]).distances(&of(&channel[middle..]))).collect();
        let sides_of = |range: std::ops::Range<usize>| match compared {
            [left, right] => Some(sides::correlations(&left[range.clone()], &right[range], rate_hz)),
            _ => None,
        };
        let of_halves = [0..middle, middle..channels[0].len()].map(sides_of);
        Self {
            source,
            statistics: compared.iter().map(|channel| of(channel)).collect(),
            halves: mean(&distances),
            envelope_peak: envelope_peak(&channels, rate_hz),
            sides: sides_of(0..channels[0].len()),
            sides_of_halves: match of_halves {
                [Some(one), Some(other)] => sides::difference(&one, &other),
                _ => None,
            },
        }
    }

    /// The channels of a source between its fades, of a long one the end of that.
    pub(super) fn steady(source: &Source) -> Vec<&[f32]> {
        source.channels().iter().map(|channel| end(&channel[source.steady()], source.rate_hz())).collect()
    }

    /// The channels of a source with its fades, of a long one its end.
    pub(super) fn whole(source: &Source) -> Vec<&[f32]> {
        source.channels().iter().map(|channel| end(channel, source.rate_hz())).collect()
    }

    /// How near the channels of a result are.
    pub(super) fn nearness(&self, result: &[&[f32]]) -> Nearness {
        let rate_hz = self.source.rate_hz();
        let distances: Vec<[f64; 6]> = self
            .statistics
            .iter()
            .zip(result)
            .map(|(statistics, channel)| statistics.distances(&Statistics::of(channel, rate_hz)))
            .collect();
        let sides = match (&self.sides, result) {
            (Some(own), [left, right, ..]) => sides::difference(own, &sides::correlations(left, right, rate_hz)),
            _ => None,
        };
        Nearness {
            distances: mean(&distances),
            envelope_peak: envelope_peak(result, rate_hz),
            channel_band_error: sides,
        }
    }
}

/// What of a part of a recording is compared: memory does not grow with its length.
fn end(channel: &[f32], rate_hz: u32) -> &[f32] {
    &channel[channel.len().saturating_sub(MATERIAL_S * rate_hz as usize)..]
}

/// Mean distance against the mean distance of the halves; none where the halves are the same.
pub(super) fn ratio(distances: &[f64; 6], halves: &[f64; 6]) -> Option<f64> {
    let halves = halves.iter().sum::<f64>();
    (halves > LEAST_HALVES).then(|| distances.iter().sum::<f64>() / halves)
}

fn mean(distances: &[[f64; 6]]) -> [f64; 6] {
    std::array::from_fn(|class| {
        distances.iter().map(|distances| distances[class]).sum::<f64>() / distances.len().max(1) as f64
    })
}

/// Highest normalised autocorrelation of the level in blocks of 10 ms, within [`LAGS_S`] and half the length.
fn envelope_peak(channels: &[&[f32]], rate_hz: u32) -> f64 {
    let block = (rate_hz / 100).max(1) as usize;
    let blocks = channels.first().map_or(0, |channel| channel.len() / block);
    let level = |at: usize| {
        let part = channels.iter().flat_map(|channel| &channel[at * block..][..block]);
        part.map(|sample| f64::from(*sample).powi(2)).sum::<f64>().sqrt()
    };
    let mut envelope: Vec<f64> = (0..blocks).map(level).collect();
    let mean = envelope.iter().sum::<f64>() / blocks.max(1) as f64;
    envelope.iter_mut().for_each(|value| *value -= mean);
    // Of an even level only rounding is left.
    if envelope.iter().all(|value| value.abs() < 1e-3 * mean) {
        return 0.0;
    }
    let correlation = |lag: usize| {
        let sums = envelope
            .iter()
            .zip(&envelope[lag..])
            .fold([0.0; 3], |sums, (a, b)| [sums[0] + a * b, sums[1] + a * a, sums[2] + b * b]);
        sums[0] / (sums[1] * sums[2]).sqrt().max(1e-30)
    };
    let lags = LAGS_S.map(|seconds| (seconds * 100.0) as usize);
    (lags[0]..=lags[1].min(blocks / 2)).map(correlation).fold(0.0, f64::max)
}

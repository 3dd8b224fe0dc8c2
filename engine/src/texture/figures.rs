//! How near a result is to its source, collected while it is made.

use super::join::correlation;
use super::levels::{Levels, step};
use super::sides;
use super::source::Source;
use super::statistics::Statistics;
use super::swell::swells;
use super::weaver::{Piece, Wish};

/// Of a long result so much is compared, in seconds.
const LONGEST_S: usize = 60;
/// Part on each side of a seam that is looked at, in seconds.
const SEAM_S: f64 = 0.2;
/// Lags at which the envelope is compared with itself, in seconds.
const LAGS_S: [f64; 2] = [0.2, 10.0];
/// Pieces count as one copy where the alignment to the source changes by less, in seconds.
const SAME_S: f64 = 0.001;
/// Halves of a recording whose distances are below this, summed over the classes, are the same. Those of natural textures are above 0.2.
const LEAST_HALVES: f64 = 0.03;

/// A place where the result should show no seam.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seam {
    /// Step of the band levels there, over 50 ms and over 10 ms, against the 95th percentile within the source; the larger of both.
    pub jump: f64,
}

/// Figures of a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Distance of the statistics to those of the steady part of the source in each class (see [`super::CLASSES`]), mean over the first two
    /// channels.
    pub distances: [f64; 6],
    /// The same between the two halves of that part.
    pub halves: [f64; 6],
    /// Highest autocorrelation of the envelope between 0.2 and 10 s, of the result and of the source.
    pub envelope_peaks: [f64; 2],
    /// Longest part of the source in the result, in seconds; none where the result is not made of pieces.
    pub longest_copy_s: Option<f64>,
    /// Difference of the correlation of the first two channels.
    pub channel_correlation_error: Option<f64>,
    /// The largest such difference in an octave from 60 Hz on.
    pub channel_band_error: Option<f64>,
    /// The same between the halves of the source.
    pub channel_band_error_of_halves: Option<f64>,
    /// Where the source goes on.
    pub seam: Option<Seam>,
    /// Where the end joins the beginning.
    pub loop_seam: Option<Seam>,
}

impl Figures {
    /// Mean distance against the mean distance of the halves of the source; none where the halves are the same, as those of a steady tone are, or
    /// where there is nothing to hear: there it says nothing.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        let halves = self.halves.iter().sum::<f64>();
        (halves > LEAST_HALVES).then(|| self.distances.iter().sum::<f64>() / halves)
    }
}

/// Keeps what the figures need of a result that passes by.
pub struct Tap<'a> {
    source: &'a Source,
    wish: Wish,
    /// Samples of the source itself at the beginning.
    own: usize,
    /// Samples after the own ones, and at the end, whose level rises and falls: the statistics leave them out.
    swells: [usize; 2],
    seen: usize,
    new: Vec<Vec<f32>>,
    first: Vec<Vec<f32>>,
    last: Vec<Vec<f32>>,
}

impl<'a> Tap<'a> {
    /// For a result of which the first `own` samples are the source itself.
    #[must_use]
    pub fn new(source: &'a Source, wish: &Wish, own: usize) -> Self {
        let empty = || vec![Vec::new(); source.channels().len()];
        let swells =
            if own > 0 { swells(source, wish.samples, wish.looped).map(|swell| swell.length()) } else { [0; 2] };
        Self { source, wish: *wish, own, swells, seen: 0, new: empty(), first: empty(), last: empty() }
    }

    /// The next samples of each channel.
    pub fn take(&mut self, block: &[Vec<f32>]) {
        let rate = self.source.rate_hz() as usize;
        let edge = self.edge();
        let count = block.first().map_or(0, Vec::len);
        let is_new = self.seen >= self.own;
        for (channel, samples) in block.iter().enumerate() {
            let room = edge.saturating_sub(self.first[channel].len()).min(count);
            self.first[channel].extend_from_slice(&samples[..room]);
            let last = &mut self.last[channel];
            last.extend_from_slice(&samples[count.saturating_sub(edge)..]);
            last.drain(..last.len().saturating_sub(edge));
            if is_new {
                let room = (LONGEST_S * rate).saturating_sub(self.new[channel].len()).min(count);
                self.new[channel].extend_from_slice(&samples[..room]);
            }
        }
        self.seen += count;
    }

    fn edge(&self) -> usize {
        (SEAM_S * f64::from(self.source.rate_hz())) as usize
    }

    /// What of each channel is new and at its usual level; all that is new where too little would be left.
    fn compared(&self) -> Vec<&[f32]> {
        let length = self.new.first().map_or(0, Vec::len);
        let behind = self.wish.samples.saturating_sub(self.own + length);
        let (start, end) = (self.swells[0], length.saturating_sub(self.swells[1].saturating_sub(behind)));
        let is_enough = end > start + self.source.rate_hz() as usize / 2;
        let range = if is_enough { start..end } else { 0..length };
        self.new.iter().map(|channel| &channel[range.clone()]).collect()
    }

    /// The figures of all that was taken.
    #[must_use]
    pub fn figures(&self, pieces: Option<&[Piece]>) -> Figures {
        let rate_hz = self.source.rate_hz();
        let steady = self.source.steady();
        let channels: Vec<&[f32]> = self.source.channels().iter().map(|channel| &channel[steady.clone()]).collect();
        let compared = channels.len().min(2);
        let (mut distances, mut halves) = ([0.0; 6], [0.0; 6]);
        let new = self.compared();
        for (channel, new) in channels.iter().zip(&new).take(compared) {
            let middle = channel.len() / 2;
            let of = |samples: &[f32]| Statistics::of(samples, rate_hz);
            let distance = of(channel).distances(&of(new));
            let half = of(&channel[..middle]).distances(&of(&channel[middle..]));
            for class in 0..6 {
                distances[class] += distance[class] / compared as f64;
                halves[class] += half[class] / compared as f64;
            }
        }
        let tail = |channel: &Vec<f32>| channel[channel.len().saturating_sub(self.edge())..].to_vec();
        let ends: Vec<Vec<f32>> = self.source.channels().iter().map(tail).collect();
        Figures {
            distances,
            halves,
            envelope_peaks: [&new, &channels].map(|channels| envelope_peak(channels, rate_hz)),
            longest_copy_s: pieces.map(|pieces| longest_copy_s(pieces, rate_hz)),
            channel_correlation_error: (compared == 2).then(|| {
                let of = |channels: &[&[f32]]| f64::from(correlation(&channels[..1], &channels[1..2]));
                (of(&new) - of(&channels)).abs()
            }),
            channel_band_error_of_halves: channels.get(1).and_then(|right| {
                let middle = right.len() / 2;
                let half = |range: std::ops::Range<usize>| [&channels[0][range.clone()], &right[range]];
                sides::difference(half(0..middle), half(middle..right.len()), rate_hz)
            }),
            channel_band_error: match (&channels[..], &new[..]) {
                ([left, right, ..], [new_left, new_right, ..]) => {
                    sides::difference([left, right], [new_left, new_right], rate_hz)
                }
                _ => None,
            },
            seam: (self.own > 0).then(|| self.seam(&ends, &self.new)),
            loop_seam: self.wish.looped.then(|| self.seam(&self.last, &self.first)),
        }
    }

    fn seam(&self, before: &[Vec<f32>], after: &[Vec<f32>]) -> Seam {
        let rate_hz = self.source.rate_hz();
        let whole: Vec<&[f32]> = self.source.channels().iter().map(|channel| &channel[..]).collect();
        let source = Levels::new(&whole, rate_hz, None);
        Seam { jump: f64::from(step(before, after, rate_hz, source.top_db(), source.usual_jump())) }
    }
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

/// Pieces that follow each other at the same alignment are one copy.
fn longest_copy_s(pieces: &[Piece], rate_hz: u32) -> f64 {
    let same = (SAME_S * f64::from(rate_hz)) as i64;
    let offset = |piece: &Piece| piece.source as i64 - piece.at as i64;
    let (mut longest, mut begun) = (0, 0);
    for (index, piece) in pieces.iter().enumerate() {
        let goes_on = index > 0 && (offset(piece) - offset(&pieces[index - 1])).abs() <= same;
        begun = if goes_on { begun } else { piece.at };
        longest = longest.max(piece.at + piece.len - begun);
    }
    longest as f64 / f64::from(rate_hz)
}

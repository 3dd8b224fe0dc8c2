//! How near a result is to its source, collected while it is made.

use super::join::correlation;
use super::levels::{Levels, step};
use super::reference::{Nearness, Reference, ratio};
use super::swell::swells;
use super::weaver::{Piece, Wish};

/// Of a long result so much is compared, in seconds.
const LONGEST_S: usize = 60;
/// Part on each side of a seam that is looked at, in seconds.
const SEAM_S: f64 = 0.2;
/// Pieces count as one copy where the alignment to the source changes by less, in seconds.
const SAME_S: f64 = 0.001;

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
        ratio(&self.distances, &self.halves)
    }
}

/// Keeps what the figures need of a result that passes by.
pub struct Tap<'a> {
    reference: &'a Reference<'a>,
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
    pub fn new(reference: &'a Reference<'a>, wish: &Wish, own: usize) -> Self {
        let source = reference.source;
        let empty = || vec![Vec::new(); source.channels().len()];
        let swells =
            if own > 0 { swells(source, wish.samples, wish.looped).map(|swell| swell.length()) } else { [0; 2] };
        Self { reference, wish: *wish, own, swells, seen: 0, new: empty(), first: empty(), last: empty() }
    }

    /// The next samples of each channel.
    pub fn take(&mut self, block: &[Vec<f32>]) {
        let rate = self.reference.source.rate_hz() as usize;
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
        (SEAM_S * f64::from(self.reference.source.rate_hz())) as usize
    }

    /// What of each channel is new and at its usual level; all that is new where too little would be left.
    fn compared(&self) -> Vec<&[f32]> {
        let length = self.new.first().map_or(0, Vec::len);
        let behind = self.wish.samples.saturating_sub(self.own + length);
        let (start, end) = (self.swells[0], length.saturating_sub(self.swells[1].saturating_sub(behind)));
        let is_enough = end > start + self.reference.source.rate_hz() as usize / 2;
        let range = if is_enough { start..end } else { 0..length };
        self.new.iter().map(|channel| &channel[range.clone()]).collect()
    }

    /// How near it is to the source.
    pub(super) fn nearness(&self) -> Nearness {
        self.reference.nearness(&self.compared())
    }

    /// The figures of all that was taken.
    #[must_use]
    pub fn figures(&self, pieces: Option<&[Piece]>) -> Figures {
        let reference = self.reference;
        let rate_hz = reference.source.rate_hz();
        let nearness = self.nearness();
        let (new, steady) = (self.compared(), Reference::steady(reference.source));
        let tail = |channel: &Vec<f32>| channel[channel.len().saturating_sub(self.edge())..].to_vec();
        let ends: Vec<Vec<f32>> = reference.source.channels().iter().map(tail).collect();
        Figures {
            distances: nearness.distances,
            halves: reference.halves,
            envelope_peaks: [nearness.envelope_peak, reference.envelope_peak],
            longest_copy_s: pieces.map(|pieces| longest_copy_s(pieces, rate_hz)),
            channel_correlation_error: (steady.len() > 1).then(|| {
                let of = |channels: &[&[f32]]| f64::from(correlation(&channels[..1], &channels[1..2]));
                (of(&new) - of(&steady)).abs()
            }),
            channel_band_error: nearness.channel_band_error,
            channel_band_error_of_halves: reference.sides_of_halves,
            seam: (self.own > 0).then(|| self.seam(&ends, &self.new)),
            loop_seam: self.wish.looped.then(|| self.seam(&self.last, &self.first)),
        }
    }

    fn seam(&self, before: &[Vec<f32>], after: &[Vec<f32>]) -> Seam {
        let rate_hz = self.reference.source.rate_hz();
        let source = Levels::new(&Reference::whole(self.reference.source), rate_hz, None);
        Seam { jump: f64::from(step(before, after, rate_hz, source.top_db(), source.usual_jump())) }
    }
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

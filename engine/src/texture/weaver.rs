//! Puts pieces together, block by block: memory does not grow with the length, but for the list of pieces.

mod mirror;
mod seams;

use std::ops::Range;

use super::chooser::{Before, Choice, Chooser, Closing, Cut, HEAD_FRAMES, Part};
use super::continuation::taps;
use super::join::{EXTENSION, PieceLengths, PieceSamples, TEXTURE, cross};
use super::levels::Levels;
use super::source::{MATERIAL_S, Source, TextureError};
use super::swell::{Swell, swells};

/// Fade at the ends of a texture that is no loop, in seconds.
const EDGE_S: f64 = 0.005;
/// A seam is good enough when its step is at most so large against the 95th percentile of the recording's own.
const SMALL_STEP: f32 = 0.7;
/// Places at which a piece may end that are compared.
const CUTS: usize = 3;
/// Samples of the recording itself that are handed over at a time.
const OWN_BLOCK: usize = 1 << 16;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// Samples of each channel of the whole result.
    pub samples: usize,
    /// The same seed gives the same samples.
    pub seed: u64,
    /// Whether the end joins the beginning.
    pub looped: bool,
}

/// A part of the source in the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Its first sample in the result, where its fade begins.
    pub at: usize,
    /// Its first sample in the source.
    pub source: usize,
    /// Its samples, fades included.
    pub len: usize,
}

/// Makes a texture, or lets a recording go on.
pub struct Weaver<'a> {
    source: &'a Source,
    material: Vec<&'a [f32]>,
    /// First sample of the material in the source.
    base: usize,
    chooser: Chooser<'a>,
    sizes: PieceSamples,
    wish: Wish,
    /// Samples of the source itself at the beginning, and how many of them were handed over.
    own: usize,
    told: usize,
    /// The beginning, where the end leads to it without a crossfade.
    head: Option<Levels>,
    /// What follows the own samples where that is no piece.
    lead: Vec<Vec<f32>>,
    /// Samples before the loop's end at which it leads to the beginning mirrored; 0 where it does not.
    lead_in: usize,
    /// How the level rises after the own samples, and how it falls before they come again.
    swells: [Swell; 2],
    /// Samples after the own ones: how many there will be and how many there are.
    total: usize,
    made: usize,
    piece: Current,
    /// First sample of the first piece in the material.
    first: usize,
    ringing: Vec<Vec<f32>>,
    rung: usize,
    pieces: Vec<Piece>,
    /// Largest sample of the source: joins do not exceed it.
    peak: f32,
}

/// The piece that sounds: places in the material, but for `begun`.
#[derive(Clone, Copy)]
struct Current {
    start: usize,
    /// Sample after the own ones at which it began.
    begun: usize,
    next: usize,
}

impl<'a> Weaver<'a> {
    /// A new texture; see [`super::texture`].
    ///
    /// # Errors
    /// [`TextureError::NoLength`].
    pub fn texture(source: &'a Source, wish: &Wish) -> Result<Self, TextureError> {
        if wish.samples == 0 {
            return Err(TextureError::NoLength);
        }
        let steady = source.steady();
        let length = steady.len().min(MATERIAL_S * source.rate_hz() as usize);
        let part = steady.start..steady.start + length;
        let mut weaver = Self::new(source, wish, (part.clone(), part), [Swell::none(), Swell::none()], TEXTURE);
        let start = weaver.chooser.anywhere(weaver.sizes.most);
        weaver.begin(start, 0, 0);
        Ok(weaver)
    }

    /// The recording, and on; see [`super::extend`].
    ///
    /// # Errors
    /// [`TextureError::LongEnough`].
    pub fn extend(source: &'a Source, wish: &Wish) -> Result<Self, TextureError> {
        if wish.samples <= source.len() {
            let wanted_s = wish.samples as f64 / f64::from(source.rate_hz());
            return Err(TextureError::LongEnough { found_s: source.seconds(), wanted_s });
        }
        let length = source.len().min(MATERIAL_S * source.rate_hz() as usize);
        let part = source.len() - length..source.len();
        let usable = source.steady().start.max(part.start)..source.steady().end;
        let mut weaver = Self::new(source, wish, (part, usable), swells(source, wish.samples, wish.looped), EXTENSION);
        let end = weaver.cut(0, length);
        let (choice, step) = weaver.choose(&[end], Before::End);
        if !weaver.begin_mirrored(step) {
            weaver.ringing = weaver.ringing_at(choice.start);
            weaver.begin(choice.start, 0, 0);
        }
        Ok(weaver)
    }

    /// `part` and `usable`: what of the source is the material, and what of that pieces are taken from.
    fn new(
        source: &'a Source,
        wish: &Wish,
        (part, usable): (Range<usize>, Range<usize>),
        swells: [Swell; 2],
        lengths: PieceLengths,
    ) -> Self {
        let rate_hz = source.rate_hz();
        let own = if lengths == EXTENSION { source.len() } else { 0 };
        let base = part.start;
        let material: Vec<&[f32]> = source.channels().iter().map(|channel| &channel[part.clone()]).collect();
        let levels = Levels::new(&material, rate_hz, None);
        let head = (own > 0 && wish.looped).then(|| {
            // Mirrored, as what comes before it will be: the first frames must not see silence before them.
            let length = HEAD_FRAMES * levels.hop;
            let mirrored = |channel: &Vec<f32>| {
                channel[..length].iter().rev().chain(&channel[..length]).copied().collect::<Vec<f32>>()
            };
            let head: Vec<Vec<f32>> = source.channels().iter().map(mirrored).collect();
            let head: Vec<&[f32]> = head.iter().map(|channel| &channel[..]).collect();
            Levels::new(&head, rate_hz, Some(levels.top_db()))
        });
        let sizes = PieceSamples::new(lengths, rate_hz, usable.len());
        let usable = usable.start - base..usable.end - base;
        let follows_end = own > 0 && swells[0].length() == 0;
        let part = Part { usable, raised_db: [0, 1].map(|end| swells[end].first_db()) };
        Self {
            source,
            base,
            chooser: Chooser::new(material.clone(), levels, sizes, wish.seed, (part, follows_end)),
            material,
            sizes,
            wish: *wish,
            own,
            told: 0,
            head,
            lead: Vec::new(),
            lead_in: 0,
            swells,
            total: wish.samples - own,
            made: 0,
            piece: Current { start: 0, begun: 0, next: 0 },
            first: 0,
            ringing: vec![Vec::new(); source.channels().len()],
            rung: 0,
            pieces: Vec::new(),
            peak: source.channels().iter().flatten().fold(0.0, |peak, sample| peak.max(sample.abs())),
        }
    }

    /// Begins the first piece, with sample `start` of the material, at sample `begun` after the own ones; `made` samples of it are made.
    fn begin(&mut self, start: usize, begun: usize, made: usize) {
        self.first = start;
        self.piece = Current { start, begun, next: start + made };
        self.chooser.begin_piece(start, begun);
    }

    /// The parts of the source that the result consists of so far, in order; the source itself at the beginning is none of them.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// How long the level takes to rise after a recording that fades out, and to fall before the loop comes to a recording that fades in, in seconds.
    #[must_use]
    pub fn swells_s(&self) -> [f64; 2] {
        [0, 1].map(|end| self.swells[end].length() as f64 / f64::from(self.source.rate_hz()))
    }

    /// Which part is done, 0 to 1.
    #[must_use]
    pub fn done(&self) -> f64 {
        (self.told + self.made) as f64 / self.wish.samples as f64
    }

    /// Makes all of it.
    ///
    /// # Errors
    /// [`TextureError::Cancelled`] when `progress` answers `false`.
    pub fn collect(mut self, progress: &mut dyn FnMut(f64) -> bool) -> Result<Vec<Vec<f32>>, TextureError> {
        let mut channels = vec![Vec::with_capacity(self.wish.samples); self.material.len()];
        while self.next_block(&mut channels) {
            if !progress(self.done()) {
                return Err(TextureError::Cancelled);
            }
        }
        Ok(channels)
    }

    /// Appends the next samples to each channel; `false` when there are no more.
    pub fn next_block(&mut self, out: &mut [Vec<f32>]) -> bool {
        if self.told < self.own {
            let end = (self.told + OWN_BLOCK).min(self.own);
            for (out, channel) in out.iter_mut().zip(self.source.channels()) {
                out.extend_from_slice(&channel[self.told..end]);
            }
            self.told = end;
            return true;
        }
        if self.made >= self.total {
            return false;
        }
        if !self.lead.is_empty() {
            let lead = std::mem::take(&mut self.lead);
            self.put(lead, out);
            return true;
        }
        if self.total - self.piece.begun <= self.sizes.most {
            self.end(out)
        } else {
            self.join(out)
        }
        true
    }

    /// A place for a join at sample `texture` after the own ones.
    fn cut(&self, texture: usize, source: usize) -> Cut {
        let remaining = self.total - texture;
        let is_last = remaining <= self.sizes.most;
        // The model of a join looks at what comes after the last piece.
        let behind = if self.head.is_some() { taps(self.source.rate_hz()) } else { 0 };
        let need = if is_last { remaining + behind } else { self.sizes.most };
        Cut { texture, source, need, is_last }
    }

    /// Chooses the next piece: of those that fit, the first whose seams are small. The second number is the largest step at them.
    fn choose_once(&mut self, cuts: &[Cut], before: Before) -> (Choice, f32) {
        let closing = match &self.head {
            _ if !self.wish.looped => Closing::Open,
            Some(head) if self.lead_in > 0 => {
                let before = self.lead_in + self.sizes.fade / 2;
                Closing::Mirror { head, before, raised_db: 20.0 * self.swells[1].gain(before).log10() }
            }
            Some(head) => Closing::Beginning(head),
            None => Closing::Fade(self.first),
        };
        let ranked = self.chooser.rank(cuts, before, &closing);
        let (mut best, mut least) = (ranked[0], f32::MAX);
        for choice in ranked {
            let step = self.seam_step(&cuts[choice.cut], before, &choice);
            if step < least {
                (best, least) = (choice, step);
            }
            if least <= SMALL_STEP {
                break;
            }
        }
        (best, least)
    }

    /// Plays the piece up to a cut, and crosses to the next one.
    fn join(&mut self, out: &mut [Vec<f32>]) {
        let PieceSamples { least, most, fade } = self.sizes;
        let Current { start, begun, .. } = self.piece;
        let longest = most.min(self.total - begun + fade - least);
        let cuts: Vec<Cut> = (0..CUTS)
            .map(|_| {
                let to_fade = self.chooser.between(least, longest) - fade;
                let texture = begun + to_fade;
                self.cut(texture, start + to_fade)
            })
            .collect();
        let (choice, _) = self.choose(&cuts, Before::Piece);
        let cut = &cuts[choice.cut];
        self.note_piece(cut.source + fade - start);
        let (next, channels) = (self.piece.next, self.material.clone());
        let new: Vec<Vec<f32>> = channels
            .iter()
            .map(|channel| {
                let mut samples = channel[next..cut.source].to_vec();
                cross(&mut samples, &channel[cut.source..], &channel[choice.start..], fade, choice.correlation);
                self.swell(&mut samples, self.made);
                samples
            })
            .collect();
        self.piece = Current { start: choice.start, begun: cut.texture, next: choice.start + fade };
        self.chooser.begin_piece(choice.start, cut.texture);
        self.put(new, out);
    }

    /// Plays the last piece, and closes the loop.
    fn end(&mut self, out: &mut [Vec<f32>]) {
        let Current { start, begun, next } = self.piece;
        let end = start + self.total - begun;
        self.note_piece(end - start);
        let mut new: Vec<Vec<f32>> = self.material.iter().map(|channel| channel[next..end].to_vec()).collect();
        new.iter_mut().for_each(|samples| self.swell(samples, self.made));
        if self.wish.looped {
            self.close(&mut new, end);
        }
        self.put(new, out);
    }

    /// Raises and lowers samples that begin at `at` after the own ones.
    fn swell(&self, samples: &mut [f32], at: usize) {
        let [rise, fall] = &self.swells;
        let end = at + samples.len();
        if at >= rise.length() && end + fall.length() <= self.total {
            return;
        }
        for (n, sample) in samples.iter_mut().enumerate() {
            *sample *= rise.gain(at + n) * fall.gain(self.total.saturating_sub(at + n + 1));
        }
    }

    /// Keeps samples within the source's own peak.
    fn limit(&self, samples: &mut [f32]) {
        samples.iter_mut().for_each(|sample| *sample = sample.clamp(-self.peak, self.peak));
    }

    fn note_piece(&mut self, len: usize) {
        let Current { start, begun, .. } = self.piece;
        self.chooser.use_piece(start, len);
        self.pieces.push(Piece { at: self.own + begun, source: self.base + start, len });
    }

    /// Appends finished samples, with what still rings and the fades at the ends.
    fn put(&mut self, mut new: Vec<Vec<f32>>, out: &mut [Vec<f32>]) {
        let count = new.first().map_or(0, Vec::len);
        let edge = ((EDGE_S * f64::from(self.source.rate_hz())) as usize).min(self.total / 4);
        for (samples, ring) in new.iter_mut().zip(&self.ringing) {
            let rest = ring.get(self.rung..).unwrap_or_default();
            samples.iter_mut().zip(rest).for_each(|(sample, ring)| *sample += ring);
            self.limit(samples);
            if self.wish.looped {
                continue;
            }
            for (n, sample) in samples.iter_mut().enumerate() {
                let before = if self.own > 0 { edge } else { self.made + n };
                let after = self.total - 1 - (self.made + n);
                *sample *= (before.min(after) as f32 / edge.max(1) as f32).min(1.0);
            }
        }
        self.rung += count;
        self.made += count;
        for (out, samples) in out.iter_mut().zip(&new) {
            out.extend_from_slice(samples);
        }
    }
}

//! Chooses the next piece: near what the plan asks for, fitting at the join, and not where the recording simply goes on.

use std::collections::VecDeque;
use std::ops::Range;

use super::aligner::Aligner;
use super::join::PieceSamples;
use super::levels::{FRAMES_PER_S, Levels, SEGMENT, difference, step};
use super::plan::Plan;
use super::random::Random;
use super::recurrence::Recurrence;

/// Most places that are looked at for one join.
const MOST_PLACES: usize = 4096;
/// Places whose waveforms are aligned and whose envelopes are compared with the past: those that fit best by their levels. Mean distance of the
/// statistics over eight natural textures: 0.68 to 0.70 at 8, 0.65 at 24.
const FINALISTS: usize = 24;
/// The same where a seam is to be avoided, whose step is then measured.
const SEAM_FINALISTS: usize = 128;
/// Mean of the random part of a place's cost, in dB: without it, the same places would follow each other whenever they fit.
const CHANCE_DB: f32 = 0.4;
/// Cost of a place that was used once more than the mean, in dB.
const USE_DB: f32 = 0.7;
/// Cost of a place that was used a moment ago, in dB.
const RECENT_DB: f32 = 3.0;
/// What of that is left after a further piece.
const COOLING: f32 = 0.85;
/// Cost of the planned place itself, in dB: it is taken where nothing else is like it, as for a rare event. Mean distance of the statistics over
/// eight natural textures, in distances of their halves: 0.66 at 4 dB, 0.61 at 1 dB.
const OWN_DB: f32 = 1.5;
/// Weight of the misfit to the plan against that of the join: 0.72 at 0.5, 0.66 at 1, 0.64 at 2; 0.80 with twice the weight of the join.
const PLAN_WEIGHT: f32 = 1.5;
/// Places so near the planned one count as it, in frames.
const OWN_FRAMES: usize = FRAMES_PER_S / 4;
/// Cost of a join without any correlation of the waveforms, in dB.
const UNCORRELATED_DB: f32 = 3.0;
/// Cost of autocorrelation of the envelope above a share of the recording's own, summed over the lags, in dB, and that share. Autocorrelations above
/// the recording's in 32 results of 10 s: 8 at no cost, 4 to 6 with one.
const REPEAT_DB: f32 = 30.0;
const REPEAT_SHARE: f32 = 0.5;
/// Cost of a jump as large as the recording's 95th percentile where a recording must go on without a seam, in dB.
const SEAM_DB: f32 = 40.0;
/// So much of the recording's beginning a loop leads to, in frames.
pub(super) const HEAD_FRAMES: usize = FRAMES_PER_S / 5;
/// Alignments between recording and texture that are not taken up again, and how near counts as the same, in frames.
const REMEMBERED: usize = 8;
const SAME_FRAMES: usize = 5;

/// A place where the piece that sounds may end.
pub(super) struct Cut {
    /// Sample of the texture at which the next piece begins.
    pub texture: usize,
    /// The sample of the recording that sounds there.
    pub source: usize,
    /// Samples that the next piece must have.
    pub need: usize,
    /// Whether the next piece is the last one, which leads to what the loop begins with.
    pub is_last: bool,
}

/// What comes before the join.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Before {
    /// A piece, which is faded out.
    Piece,
    /// The end of the recording, which is not.
    End,
    /// The recording in reversed time, which is faded out while the piece is raised by so much, in dB.
    Mirror { raised_db: f32 },
}

/// What the next piece must lead to, if it is the last one.
pub(super) enum Closing<'l> {
    /// Anything.
    Open,
    /// A crossfade into this sample of the recording.
    Fade(usize),
    /// The beginning of the recording, without a crossfade: its levels from frame [`HEAD_FRAMES`] on, mirrored before it.
    Beginning(&'l Levels),
    /// The same mirrored: a crossfade whose middle lies `before` samples before it, and in which the piece is raised by so much, in dB.
    Mirror { head: &'l Levels, before: usize, raised_db: f32 },
}

/// A piece.
#[derive(Clone, Copy)]
pub(super) struct Choice {
    /// Which of the cuts it follows.
    pub cut: usize,
    /// Its first sample in the recording.
    pub start: usize,
    /// Correlation of the waveforms over the crossfade.
    pub correlation: f32,
}

/// Which part of the material pieces are taken from, and how much they are raised where they follow its end and where they lead to its beginning,
/// in dB, over 50 ms and over 10 ms.
pub(super) struct Part {
    pub usable: Range<usize>,
    pub raised_db: [[f32; 2]; 2],
}

/// What it knows of the recording, and what was taken of it.
pub(super) struct Chooser<'a> {
    material: Vec<&'a [f32]>,
    levels: Levels,
    plan: Plan,
    random: Random,
    aligner: Aligner,
    sizes: PieceSamples,
    uses: Vec<f32>,
    mean_use: f32,
    recent: Vec<f32>,
    offsets: VecDeque<isize>,
    usual_jump: [f32; 2],
    part: Part,
    recurrence: Recurrence,
    repeat_limit: f32,
    /// Frames at which the piece that sounds began, in the recording and in the texture.
    sounding: Option<(usize, usize)>,
}

impl<'a> Chooser<'a> {
    /// For a recording, whose levels are given. `follows_end` says whether the texture goes on from its end as if nothing had happened.
    pub fn new(
        material: Vec<&'a [f32]>,
        levels: Levels,
        sizes: PieceSamples,
        seed: u64,
        (part, follows_end): (Part, bool),
    ) -> Self {
        let frames = levels.frames;
        let usable = part.usable.start.div_ceil(levels.hop)..(part.usable.end / levels.hop).min(frames);
        let envelope = levels.amplitudes(usable.clone());
        let mean = envelope.iter().sum::<f32>() / envelope.len().max(1) as f32;
        Self {
            material,
            recurrence: Recurrence::new(mean),
            repeat_limit: REPEAT_SHARE * Recurrence::of(envelope),
            sounding: None,
            plan: Plan::new(&levels, usable, seed, follows_end),
            part,
            random: Random::new(seed ^ 0x5EED),
            aligner: Aligner::new(sizes.fade, levels.hop),
            sizes,
            uses: vec![0.0; frames],
            mean_use: 0.0,
            recent: vec![0.0; frames],
            offsets: VecDeque::new(),
            usual_jump: levels.usual_jump(),
            levels,
        }
    }

    /// Any place from which a piece of `need` samples may begin.
    pub fn anywhere(&mut self, need: usize) -> usize {
        let (first, last) = self.places(need);
        self.random.between(first, last) * self.levels.hop
    }

    /// A number of a range, both ends included.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        self.random.between(low, high)
    }

    /// Notes that a piece begins with sample `start` of the recording, at sample `texture`.
    pub fn begin_piece(&mut self, start: usize, texture: usize) {
        let hop = self.levels.hop;
        if let Some((source, begun)) = self.sounding {
            let frames = (texture / hop).saturating_sub(begun);
            self.recurrence.add(self.levels.amplitudes(source..source + frames));
        }
        self.sounding = Some((start / hop, texture / hop));
        self.offsets.push_back((start / hop) as isize - (texture / hop) as isize);
        if self.offsets.len() > REMEMBERED {
            self.offsets.pop_front();
        }
    }

    /// Notes that a piece was used for `length` samples from sample `start` of the recording.
    pub fn use_piece(&mut self, start: usize, length: usize) {
        let hop = self.levels.hop;
        let (first, frames) = (start / hop, (length / hop).max(1));
        self.recent.iter_mut().for_each(|heat| *heat *= COOLING);
        let span = first.min(self.uses.len())..(first + frames).min(self.uses.len());
        self.uses[span.clone()].iter_mut().for_each(|uses| *uses += 1.0);
        self.recent[span].iter_mut().for_each(|heat| *heat += 1.0);
        self.mean_use += frames as f32 / (self.part.usable.len() / hop).max(1) as f32;
    }

    /// The best of a bounded number of places, the best one first; never none.
    pub fn rank(&mut self, cuts: &[Cut], before: Before, closing: &Closing) -> Vec<Choice> {
        let memories = [self.offsets.len(), 1, 0];
        let finalists = memories.iter().find_map(|memory| {
            let found = self.finalists(cuts, before, closing, *memory);
            (!found.is_empty()).then_some(found)
        });
        let grown: Vec<Recurrence> = cuts.iter().map(|cut| self.grown(cut)).collect();
        let aligned = finalists.unwrap_or_default().into_iter().map(|(cost, cut, place)| {
            let (start, correlation) = self.align(&cuts[cut], before, place);
            let frames = self.sizes.least / self.levels.hop;
            let next = self.levels.amplitudes(start / self.levels.hop..start / self.levels.hop + frames);
            let repeated = REPEAT_DB * grown[cut].excess(next, self.repeat_limit).0;
            (cost + repeated + UNCORRELATED_DB * (1.0 - correlation), Choice { cut, start, correlation })
        });
        let mut ranked: Vec<(f32, Choice)> = aligned.collect();
        ranked.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        if ranked.is_empty() {
            return vec![Choice { cut: 0, start: self.places(0).0 * self.levels.hop, correlation: 0.0 }];
        }
        ranked.into_iter().map(|(_, choice)| choice).collect()
    }

    /// The recurrence of what there is up to a cut.
    fn grown(&self, cut: &Cut) -> Recurrence {
        let mut grown = self.recurrence.clone();
        if let Some((source, begun)) = self.sounding {
            let frames = (cut.texture / self.levels.hop).saturating_sub(begun);
            grown.add(self.levels.amplitudes(source..source + frames));
        }
        grown
    }

    /// The step between two sounds against the 95th percentile of the recording's own.
    pub fn step(&self, before: &[Vec<f32>], after: &[Vec<f32>], rate_hz: u32) -> f32 {
        step(before, after, rate_hz, self.levels.top_db(), self.usual_jump)
    }

    /// The frames at which a piece of `need` samples may begin: alignment moves it by up to half a frame.
    fn places(&self, need: usize) -> (usize, usize) {
        let hop = self.levels.hop;
        let Range { start, end } = self.part.usable;
        let first = (start + self.sizes.fade + hop).div_ceil(hop) + 1;
        (first, (end.saturating_sub(need + hop) / hop).max(first))
    }

    fn finalists(
        &mut self,
        cuts: &[Cut],
        before: Before,
        closing: &Closing,
        memory: usize,
    ) -> Vec<(f32, usize, usize)> {
        let mut found: Vec<(f32, usize, usize)> = Vec::new();
        for (index, cut) in cuts.iter().enumerate() {
            let at = cut.texture / self.levels.hop;
            let segments = (cut.need / self.levels.hop / SEGMENT).max(1);
            let planned: Vec<usize> =
                (0..segments).map(|segment| self.plan.source_at(&self.levels, at + segment * SEGMENT)).collect();
            let (first, last) = self.places(cut.need);
            let step = ((last - first) / MOST_PLACES).max(1);
            let first = first + self.random.below(step);
            for place in (first..=last).step_by(step) {
                if self.goes_on(place, at, memory) {
                    continue;
                }
                let chance = CHANCE_DB * self.random.exponential();
                found.push((chance + self.cost(cut, before, closing, place, &planned), index, place));
            }
        }
        let is_seam =
            before == Before::End || (cuts.iter().any(|cut| cut.is_last) && !matches!(closing, Closing::Open));
        let count = if is_seam { SEAM_FINALISTS } else { FINALISTS }.min(found.len());
        if count < found.len() {
            found.select_nth_unstable_by(count, |a, b| a.0.total_cmp(&b.0));
        }
        found.truncate(count);
        found
    }

    /// Whether a piece there would only be the recording going on as it did in one of the last pieces.
    fn goes_on(&self, place: usize, at: usize, memory: usize) -> bool {
        let offset = place as isize - at as isize;
        self.offsets.iter().rev().take(memory).any(|one| offset.abs_diff(*one) < SAME_FRAMES)
    }

    fn cost(&self, cut: &Cut, before: Before, closing: &Closing, place: usize, planned: &[usize]) -> f32 {
        let levels = &self.levels;
        let parts = planned
            .iter()
            .enumerate()
            .map(|(segment, planned)| difference(levels.segment(place + segment * SEGMENT), levels.segment(*planned)));
        let mut cost = PLAN_WEIGHT * parts.sum::<f32>() / planned.len() as f32;
        if planned[0].abs_diff(place) < OWN_FRAMES.min(levels.frames / 8) {
            cost += OWN_DB;
        }
        let middle = (place + planned.len() * SEGMENT / 2).min(levels.frames - 1);
        cost += USE_DB * (self.uses[middle] - self.mean_use) + RECENT_DB * self.recent[middle].min(1.0);
        cost + self.join_cost(cut, before, place) + self.closing_cost(cut, closing, place)
    }

    fn join_cost(&self, cut: &Cut, before: Before, place: usize) -> f32 {
        let levels = &self.levels;
        match before {
            Before::Piece => {
                let centre = cut.source / levels.hop;
                difference(levels.segment(centre.saturating_sub(SEGMENT / 2)), levels.segment(place - 2))
            }
            Before::Mirror { raised_db } => {
                let end = cut.source / levels.hop + SEGMENT - SEGMENT / 2;
                levels.jump_raised(end, levels, place - 2, [[0.0; 2], [raised_db; 2]])[0]
            }
            Before::End => {
                self.seam_cost(levels.jump_raised(levels.frames, levels, place, [[0.0; 2], self.part.raised_db[0]]))
            }
        }
    }

    fn closing_cost(&self, cut: &Cut, closing: &Closing, place: usize) -> f32 {
        let levels = &self.levels;
        let end = place + cut.need / levels.hop;
        match closing {
            _ if !cut.is_last => 0.0,
            Closing::Open => 0.0,
            // At the end the crossfade is over: what sounds there is what comes before the first piece.
            Closing::Fade(start) => {
                let fade = self.sizes.fade.div_ceil(levels.hop);
                let start = (start / levels.hop).saturating_sub(fade);
                self.seam_cost(levels.jump(end.saturating_sub(fade), levels, start))
            }
            Closing::Beginning(head) => {
                self.seam_cost(levels.jump_raised(end, head, HEAD_FRAMES, [self.part.raised_db[1], [0.0; 2]]))
            }
            Closing::Mirror { head, before, raised_db } => {
                let middle = before / levels.hop + SEGMENT / 2;
                let (end, start) = ((end + SEGMENT).saturating_sub(middle), HEAD_FRAMES.saturating_sub(middle));
                levels.jump_raised(end, head, start, [[*raised_db; 2], [0.0; 2]])[0]
            }
        }
    }

    fn seam_cost(&self, jump: [f32; 2]) -> f32 {
        SEAM_DB * (jump[0] / self.usual_jump[0]).max(jump[1] / self.usual_jump[1])
    }

    fn align(&mut self, cut: &Cut, before: Before, place: usize) -> (usize, f32) {
        let fade = self.sizes.fade;
        // The end of a recording has nothing behind it: there the samples before the join are compared.
        let back = if before == Before::End { fade } else { 0 };
        let region = place * self.levels.hop - self.levels.hop / 2 - back;
        let tail = cut.source - back;
        let tails = self.material.iter().map(|channel| &channel[tail..tail + fade]);
        if matches!(before, Before::Mirror { .. }) {
            let turned: Vec<Vec<f32>> = tails.map(|tail| tail.iter().rev().copied().collect()).collect();
            self.aligner.set_tails(turned.iter().map(|tail| &tail[..]));
        } else {
            self.aligner.set_tails(tails);
        }
        let length = self.aligner.region_len();
        let (shift, correlation) = self.aligner.best(self.material.iter().map(|channel| &channel[region..][..length]));
        (region + back + shift, correlation)
    }
}

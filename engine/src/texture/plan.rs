//! The plan of a texture: which place of the recording each moment should resemble.
//!
//! The recording is walked through in stretches, each of which begins where it fits the end of the one before. Stretches that were used
//! less are preferred, so that loud and quiet, dense and sparse come as often as in the recording.

use std::ops::Range;

use super::levels::{FRAMES_PER_S, Levels, SEGMENT, difference};
use super::random::Random;

/// Shortest and longest stretch in frames.
const STRETCH: [usize; 2] = [FRAMES_PER_S, 5 * FRAMES_PER_S / 2];
/// Places that are looked at for the next stretch.
const TRIALS: usize = 48;
/// What a stretch costs that was used once more, in dB of misfit at the join. Mean distance of the statistics over eight natural textures, in
/// distances of their halves: 0.66 at 4 dB, 0.61 at 12 dB.
const USE_DB: f32 = 10.0;

/// A part of the recording and where it stands in the texture, in frames.
struct Stretch {
    texture: usize,
    source: usize,
    frames: usize,
}

/// Plans as far ahead as is asked for.
pub(super) struct Plan {
    stretches: std::collections::VecDeque<Stretch>,
    uses: Vec<f32>,
    planned: usize,
    /// Frames of the recording that are walked through.
    usable: Range<usize>,
    random: Random,
}

impl Plan {
    /// One that begins anywhere, or that follows the end of the recording.
    pub fn new(levels: &Levels, usable: Range<usize>, seed: u64, follows_end: bool) -> Self {
        let mut plan = Self {
            stretches: std::collections::VecDeque::new(),
            uses: vec![0.0; levels.frames],
            planned: 0,
            usable,
            random: Random::new(seed),
        };
        if follows_end {
            plan.stretches.push_back(Stretch { texture: 0, source: levels.frames, frames: 0 });
        }
        plan
    }

    /// The place that frame `at` of the texture should resemble. What lies more than ten seconds before is forgotten.
    pub fn source_at(&mut self, levels: &Levels, at: usize) -> usize {
        while self.planned <= at {
            self.add(levels);
        }
        while self.stretches.len() > 2 && self.stretches[1].texture + 10 * FRAMES_PER_S < at {
            self.stretches.pop_front();
        }
        let found = self.stretches.iter().rev().find(|stretch| stretch.texture <= at);
        found.map_or(0, |stretch| (stretch.source + at.saturating_sub(stretch.texture)).min(self.usable.end - 1))
    }

    fn add(&mut self, levels: &Levels) {
        let usable = self.usable.clone();
        let longest = (usable.len() / 2).clamp(SEGMENT, STRETCH[1]);
        let frames = self.random.between(STRETCH[0].min(longest / 2).max(1), longest);
        let before = self.stretches.back().map(|last| last.source + last.frames);
        let (mut best, mut least) = (usable.start..usable.start + frames, f32::MAX);
        for trial in 0..TRIALS {
            // The beginning is where the end of the recording may fit. A stretch that comes to the end is shorter.
            let offset = if trial == 0 { 0 } else { self.random.below(usable.len() + 1 - SEGMENT) };
            let start = usable.start + offset;
            let stretch = start..(start + frames).min(usable.end);
            let cost = self.cost(levels, before, stretch.clone());
            if cost < least {
                (best, least) = (stretch, cost);
            }
        }
        self.uses[best.clone()].iter_mut().for_each(|uses| *uses += 1.0);
        self.stretches.push_back(Stretch { texture: self.planned, source: best.start, frames: best.len() });
        self.planned += best.len();
    }

    fn cost(&self, levels: &Levels, before: Option<usize>, stretch: Range<usize>) -> f32 {
        let start = stretch.start;
        let used = self.uses[stretch.clone()].iter().sum::<f32>() / stretch.len() as f32;
        let misfit = match before {
            // To go on where the last stretch ended would be no choice at all.
            Some(before) if before.abs_diff(start) < 2 * SEGMENT => return f32::MAX,
            Some(before) if start < self.usable.start + SEGMENT => {
                difference(levels.segment(before.saturating_sub(1)), levels.segment(start))
            }
            Some(before) => difference(levels.segment(before.saturating_sub(SEGMENT)), levels.segment(start - SEGMENT)),
            None => 0.0,
        };
        misfit + USE_DB * used
    }
}

//! A clip made in steps of some milliseconds: codes, frames, samples. WORKER side or main thread.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::beginning::{Beginning, Beginnings};
use super::fluctuation::Fluctuation;
use super::model::FoleyModel;
use super::run::Run;
use super::vocode::Vocoding;
use crate::decode::draw::Draw;
use crate::decode::graph::GraphError;
use crate::decode::wish::{WishError, check_draw, shares};
use crate::spectral::Frames;

/// Positions that are made beyond the end of a shorter clip, so that its last frames are those of a longer one.
const MARGIN_POSITIONS: usize = 4;
/// Fade at the end of a clip, in seconds.
const FADE_S: f64 = 0.005;
const SHORTEST_S: f32 = 0.05;

/// What clip is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipWish {
    /// How much of each class, in the pack's order; they are divided by their sum. Empty: of no class.
    pub class_weights: Vec<f32>,
    /// Factor on the spread of each code's distribution, [0.1, 2].
    pub temperature: f32,
    /// Part of the probability from which codes are drawn, the likeliest first, [0.5, 1].
    pub keep: f32,
    /// How far scores move from those of no class to those of the classes, [0, 10] (Ho and Salimans 2022).
    pub guidance: f32,
    /// The same seed gives the same clip.
    pub seed: u64,
    /// Length in seconds, from 0.05 to that of the pack's clips; those are the beginnings of the longest.
    pub seconds: f32,
}

/// A clip on its way.
pub struct Clip {
    model: Arc<FoleyModel>,
    writing: Writing,
    vocoding: Option<Vocoding>,
    beginnings: Beginnings,
    fluctuation: Option<Fluctuation>,
    noise_key: u32,
    samples: usize,
    steps_done: usize,
}

/// The codes so far, and what gives the next.
struct Writing {
    run: Run,
    /// The same of no class.
    free: Option<Run>,
    guidance: f32,
    draw: Draw,
    random: ChaCha8Rng,
    /// `[position][level]`; of a shorter clip the beginning of what the longest has.
    codes: Vec<usize>,
    /// Positions of the longest clip.
    most: usize,
    before: Vec<Option<usize>>,
    scores: Vec<f32>,
    step: usize,
}

impl Clip {
    /// A clip of `model`.
    ///
    /// # Errors
    /// [`WishError`].
    pub fn new(model: Arc<FoleyModel>, wish: &ClipWish) -> Result<Self, WishError> {
        check_draw(wish.temperature, wish.keep)?;
        let manifest = model.manifest();
        let shares = shares(&wish.class_weights, manifest.classes.len())?;
        if !(0.0..=10.0).contains(&wish.guidance) {
            return Err(WishError::Guidance(wish.guidance));
        }
        let most = manifest.seconds();
        // A length that was read from text may be a little more than the fraction of whole samples.
        if !(SHORTEST_S..=most + 0.01).contains(&wish.seconds) {
            return Err(WishError::Seconds { found: wish.seconds, most });
        }
        let shape = manifest.shape;
        let samples = (f64::from(wish.seconds) * f64::from(shape.sample_rate_hz)).round() as usize;
        let of_position = shape.hop_samples * manifest.network.frames_of_position;
        let positions = (samples.div_ceil(of_position) + MARGIN_POSITIONS).min(manifest.positions());
        // Both hold the same where the class is alone or of no weight.
        let is_free = shares.is_empty() || wish.guidance == 1.0;
        let levels = manifest.network.levels;
        let writing = Writing {
            free: (!is_free).then(|| Run::new(Arc::clone(&model), &[])),
            run: Run::new(Arc::clone(&model), &shares),
            guidance: wish.guidance,
            draw: Draw { temperature: wish.temperature, keep: wish.keep },
            random: ChaCha8Rng::seed_from_u64(wish.seed),
            codes: vec![0; positions * levels],
            most: manifest.positions(),
            before: vec![None; levels],
            scores: vec![0.0; manifest.network.codes],
            step: 0,
        };
        let samples = samples.min(shape.sound_samples());
        Ok(Self {
            model,
            writing,
            vocoding: None,
            beginnings: Beginnings::default(),
            fluctuation: None,
            noise_key: noise_key(wish.seed),
            samples,
            steps_done: 0,
        })
    }

    /// The sound of frames that are given, with their spread if they have one; `seed` chooses what is drawn.
    ///
    /// # Errors
    /// [`GraphError`] if a graph fails.
    ///
    /// # Panics
    /// Frames of another number of bands, or more of them than a clip of the pack has.
    pub fn of_frames(
        model: &FoleyModel,
        mut frames: Frames,
        spread: Option<&Frames>,
        seed: u64,
    ) -> Result<Vec<f32>, GraphError> {
        let shape = model.manifest().shape;
        assert!(frames.bands == shape.mel_bands && frames.frames <= shape.frame_count, "frames of another shape");
        if let Some(spread) = spread {
            Fluctuation::new(&shape, noise_key(seed)).add(&mut frames, spread, model.manifest().spread.unwrap_or(0.0));
        }
        let mut vocoding = Vocoding::new(model, frames, noise_key(seed))?;
        loop {
            if let Some(samples) = vocoding.advance(model)? {
                return Ok(samples);
            }
        }
    }

    /// Part of the steps that is done, [0, 1].
    pub fn progress(&self) -> f32 {
        let levels = self.model.manifest().network.levels;
        let writing = self.writing.codes.len() / levels + levels;
        // A step of the vocoder takes about as long as this many codes.
        const OF_VOCODER: usize = 20;
        let vocoding = self.vocoding.as_ref().map_or(6, |vocoding| vocoding.steps(&self.model));
        let done = self.steps_done.min(writing) + OF_VOCODER * self.steps_done.saturating_sub(writing);
        (done as f32 / (writing + OF_VOCODER * vocoding) as f32).min(1.0)
    }

    /// The codes that were given, `[position][level]`; 0 where none is yet.
    pub fn codes(&self) -> &[usize] {
        &self.writing.codes
    }

    /// Does one step; gives the samples at the last one.
    ///
    /// # Errors
    /// [`GraphError`] if a graph fails.
    pub fn advance(&mut self) -> Result<Option<Vec<f32>>, GraphError> {
        self.steps_done += 1;
        if let Some(vocoding) = &mut self.vocoding {
            let samples = vocoding.advance(&self.model)?;
            return Ok(samples.map(|samples| self.cut(samples)));
        }
        let network = self.model.manifest().network;
        if !self.writing.is_done(network.levels) {
            self.writing.advance(network.levels, network.codes);
            return Ok(None);
        }
        let frames = self.frames(self.writing.codes.len() / network.levels)?;
        self.vocoding = Some(Vocoding::new(&self.model, frames, self.noise_key)?);
        Ok(None)
    }

    /// All steps at once.
    ///
    /// # Errors
    /// As [`Clip::advance`].
    pub fn finish(mut self) -> Result<Vec<f32>, GraphError> {
        loop {
            if let Some(samples) = self.advance()? {
                return Ok(samples);
            }
        }
    }

    /// Does one step towards the beginning of the clip, as long as the last codes are not given.
    ///
    /// # Errors
    /// [`GraphError`] if a graph fails.
    pub fn advance_beginning(&mut self) -> Result<Beginning, GraphError> {
        let made = self.beginnings.advance(&self.model)?;
        if self.vocoding.is_some() || !matches!(made, Beginning::NotDue) {
            return Ok(made);
        }
        let Some(positions) = self.beginnings.due(self.writing.known(self.model.manifest().network.levels)) else {
            return Ok(Beginning::NotDue);
        };
        let frames = self.frames(positions)?;
        self.beginnings.begin(&self.model, frames, self.noise_key)?;
        Ok(Beginning::Going)
    }

    /// The frames of the first positions.
    fn frames(&mut self, positions: usize) -> Result<Frames, GraphError> {
        let manifest = self.model.manifest();
        let (network, shape) = (manifest.network, manifest.shape);
        let mut runner = self.model.decoder.runner()?;
        let outputs = runner.run(&[&self.model.positions(&self.writing.codes[..positions * network.levels])])?;
        let count = positions * network.frames_of_position;
        let first = |values: &[f32]| {
            let bands = values.chunks_exact(shape.frame_count);
            let values = bands.flat_map(|band| band[..count].iter().copied()).collect();
            Frames { bands: shape.mel_bands, frames: count, values }
        };
        let mut frames = first(outputs.get(0));
        if let Some(part) = manifest.spread {
            let fluctuation = self.fluctuation.get_or_insert_with(|| Fluctuation::new(&shape, self.noise_key));
            fluctuation.add(&mut frames, &first(outputs.get(1)), part);
        }
        Ok(frames)
    }

    fn cut(&self, mut samples: Vec<f32>) -> Vec<f32> {
        samples.resize(self.samples, 0.0);
        let fade = (FADE_S * f64::from(self.model.manifest().shape.sample_rate_hz)) as usize;
        let ends = samples.iter_mut().rev().take(fade).enumerate();
        ends.for_each(|(from_end, sample)| *sample *= from_end as f32 / fade as f32);
        samples
    }
}

/// What chooses the phases of noise.
fn noise_key(seed: u64) -> u32 {
    (seed ^ (seed >> 32)) as u32
}

impl Writing {
    /// Positions from the first on of which every code is given.
    fn known(&self, levels: usize) -> usize {
        (self.step + 1).saturating_sub(levels).min(self.codes.len() / levels)
    }

    fn is_done(&self, levels: usize) -> bool {
        self.step == self.codes.len() / levels + levels - 1
    }

    /// Gives the codes of one step: of each level that of its own position.
    fn advance(&mut self, levels: usize, codes: usize) {
        let scores = self.run.step(&self.before);
        let free = self.free.as_mut().map(|run| run.step(&self.before));
        for level in 0..levels {
            self.before[level] = None;
            let Some(position) = self.step.checked_sub(level).filter(|position| *position < self.most) else {
                continue;
            };
            let place = level * codes..(level + 1) * codes;
            self.scores.copy_from_slice(&scores[place.clone()]);
            if let Some(free) = free {
                for (score, free) in self.scores.iter_mut().zip(&free[place]) {
                    *score = free + self.guidance * (*score - free);
                }
            }
            let code = self.draw.place(&mut self.scores, &mut self.random);
            if let Some(place) = self.codes.get_mut(position * levels + level) {
                *place = code;
            }
            self.before[level] = Some(code);
        }
        self.step += 1;
    }
}

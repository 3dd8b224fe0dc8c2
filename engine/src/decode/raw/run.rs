//! One sound being made: the states of all layers, and the step that takes a level in and gives the distribution of the next. No allocation
//! after construction.

use std::ops::Range;
use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

use super::layers::LevelState;
use super::model::{POOL, RawModel};
use super::sums::{SUMS, Sums};
use crate::decode::draw::Draw;
use crate::decode::lanes::{LANES, Row, add, rows};

/// The states of a network.
#[derive(Debug)]
pub struct Run {
    model: Arc<RawModel>,
    /// What the classes are to the network, and that with the level of the present frame.
    classes: Vec<Row>,
    condition: Vec<Row>,
    /// Levels of the frames in dBFS, the last of which holds on; none for a network that is told no level.
    envelope: Vec<f32>,
    levels: [LevelState; 3],
    /// The last steps of the two upper levels, of which the level below takes four at once.
    before: [Vec<Row>; 2],
    /// What the level below gives to the next four steps.
    from_below: [Vec<Row>; 2],
    /// Values of the present step in each level, and what its layers started from.
    x: [Vec<Row>; 3],
    start: [Vec<Row>; 3],
    normed: Vec<Row>,
    outputs: Vec<Row>,
    /// What was heard so far, and the network's factors for it.
    sums: Sums,
    factors: Vec<Row>,
    /// The levels that a sample of the present frame can have.
    possible: Range<usize>,
    /// The level heard last.
    heard: usize,
    steps: usize,
}

impl Run {
    /// At rest, for these weights of the classes and, if the network is told levels, these of the frames in dBFS.
    pub fn new(model: Arc<RawModel>, class_weights: &[f32], envelope: Vec<f32>) -> Self {
        let widths = model.manifest().network.widths;
        let classes = model.condition(class_weights);
        Self {
            condition: classes.clone(),
            classes,
            envelope,
            levels: std::array::from_fn(|level| model.levels[level].at_rest()),
            before: std::array::from_fn(|level| rows(POOL * widths[level])),
            from_below: std::array::from_fn(|level| rows(POOL * widths[level])),
            x: widths.map(rows),
            start: widths.map(rows),
            normed: rows(widths[0]),
            outputs: rows(model.last.rows() * LANES),
            sums: Sums::new(model.manifest().sample_rate_hz),
            factors: rows(SUMS),
            possible: model.head.within(f32::INFINITY),
            heard: 0,
            steps: 0,
            model,
        }
    }

    /// The network.
    pub fn model(&self) -> &RawModel {
        &self.model
    }

    /// Takes a level in. Every fourth step runs the level below as well, every sixteenth the lowest; what they give is heard from the next
    /// step on.
    pub fn step(&mut self, level: usize) {
        self.heard = level;
        self.sums.add(self.model.head.sample(level));
        self.take_level();
        self.model.hear(level, &self.condition, &mut self.x[0]);
        self.pass(0, self.steps);
        self.steps += 1;
        if !self.steps.is_multiple_of(POOL) {
            return;
        }
        self.model.down[0].apply(&self.before[0], &mut self.x[1]);
        let middle_steps = self.steps / POOL;
        self.pass(1, middle_steps - 1);
        if middle_steps.is_multiple_of(POOL) {
            self.model.down[1].apply(&self.before[1], &mut self.x[2]);
            self.run_layers(2);
            self.model.up[1].apply(&self.x[2], &mut self.from_below[1]);
        }
        self.model.up[0].apply(&self.x[1], &mut self.from_below[0]);
    }

    /// Takes the level of a frame in that begins now.
    fn take_level(&mut self) {
        let Some(envelopes) = &self.model.envelopes else { return };
        let (frame, start) = (self.steps / envelopes.frame_samples(), self.steps % envelopes.frame_samples());
        let level_db = self.envelope.get(frame).or(self.envelope.last());
        if let (0, Some(level_db)) = (start, level_db) {
            self.condition.copy_from_slice(&self.classes);
            envelopes.add(*level_db, &mut self.condition);
            self.possible = self.model.head.within(envelopes.largest_sample(*level_db));
        }
    }

    /// The outputs of the network after the last step: parameters of the distribution of the next level.
    pub fn outputs(&mut self) -> &[f32] {
        let tilt = self.answer();
        self.model.head.tilt(self.outputs.as_flattened_mut(), tilt);
        &self.outputs.as_flattened()[..self.model.head.outputs()]
    }

    /// A level drawn from the distribution of the next.
    pub(super) fn draw(&mut self, draw: Draw, random: &mut ChaCha8Rng) -> usize {
        let tilt = self.answer();
        let outputs = &self.outputs.as_flattened()[..self.model.head.outputs()];
        self.model.head.draw(outputs, (tilt, &self.possible), draw, random)
    }

    /// Computes the outputs as they are without the sums, and by how much the sums tilt them.
    fn answer(&mut self) -> f32 {
        self.model.norm.apply(&self.x[0], &mut self.normed);
        self.model.last.apply(&self.normed, &mut self.outputs);
        self.model.head.anchor(self.outputs.as_flattened_mut(), self.heard);
        self.model.tilt.as_ref().map_or(0.0, |tilt| {
            tilt.apply(&self.normed, &mut self.factors);
            self.factors.as_flattened().iter().zip(self.sums.parts()).map(|(factor, part)| factor * part).sum()
        })
    }

    /// One step of an upper level: keeps its input for the level below, and adds what that level has given.
    fn pass(&mut self, level: usize, step: usize) {
        let width = self.x[level].len();
        let place = step % POOL * width..(step % POOL + 1) * width;
        self.before[level][place.clone()].copy_from_slice(&self.x[level]);
        add(&self.from_below[level][place], &mut self.x[level]);
        self.run_layers(level);
    }

    /// The layers of a level, to whose output their input is added.
    fn run_layers(&mut self, level: usize) {
        self.start[level].copy_from_slice(&self.x[level]);
        self.model.levels[level].step(&mut self.levels[level], &mut self.x[level]);
        add(&self.start[level], &mut self.x[level]);
    }
}

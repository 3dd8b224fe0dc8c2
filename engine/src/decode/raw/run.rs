//! One sound being made: the states of all layers, and the step that takes a level in and gives the distribution of the next. No allocation
//! after construction.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

use super::layers::LevelState;
use super::model::{POOL, RawModel};
use crate::decode::draw::Draw;
use crate::decode::lanes::{LANES, Row, add, rows};

/// The states of a network.
#[derive(Debug)]
pub struct Run {
    model: Arc<RawModel>,
    condition: Vec<Row>,
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
    /// The level heard last.
    heard: usize,
    steps: usize,
}

impl Run {
    /// At rest, for these weights of the classes.
    pub fn new(model: Arc<RawModel>, class_weights: &[f32]) -> Self {
        let widths = model.manifest().network.widths;
        Self {
            condition: model.condition(class_weights),
            levels: std::array::from_fn(|level| model.levels[level].at_rest()),
            before: std::array::from_fn(|level| rows(POOL * widths[level])),
            from_below: std::array::from_fn(|level| rows(POOL * widths[level])),
            x: widths.map(rows),
            start: widths.map(rows),
            normed: rows(widths[0]),
            outputs: rows(model.last.rows() * LANES),
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

    /// The outputs of the network after the last step: parameters of the distribution of the next level.
    pub fn outputs(&mut self) -> &[f32] {
        self.model.norm.apply(&self.x[0], &mut self.normed);
        self.model.last.apply(&self.normed, &mut self.outputs);
        self.model.head.anchor(self.outputs.as_flattened_mut(), self.heard);
        &self.outputs.as_flattened()[..self.model.head.outputs()]
    }

    /// A level drawn from the distribution of the next.
    pub(super) fn draw(&mut self, draw: Draw, random: &mut ChaCha8Rng) -> usize {
        self.outputs();
        let outputs = &self.outputs.as_flattened()[..self.model.head.outputs()];
        self.model.head.draw(outputs, draw, random)
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

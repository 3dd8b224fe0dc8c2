//! One clip's codes being given: the keys and values of the steps so far, and the step that takes codes in and gives the scores of the next. No
//! allocation after construction.

use std::sync::Arc;

use multiversion::multiversion;

use super::model::FoleyModel;
use super::prior::EXPANSION;
use crate::decode::lanes::{LANES, Row, add, gelu, rows};
use crate::spectral::exp;

/// Keys and values of a block, `[step][head]`.
#[derive(Debug)]
struct Kept {
    keys: Vec<Row>,
    values: Vec<Row>,
}

/// The state of the network.
#[derive(Debug)]
pub struct Run {
    model: Arc<FoleyModel>,
    condition: Vec<Row>,
    kept: Vec<Kept>,
    step: usize,
    x: Vec<Row>,
    normed: Vec<Row>,
    /// Queries, keys and values of a step.
    asked: Vec<Row>,
    attended: Vec<Row>,
    other: Vec<Row>,
    wide: Vec<Row>,
    chances: Vec<f32>,
    scores: Vec<Row>,
}

impl Run {
    /// Before the first step, for these shares of the classes; for no class without any.
    pub fn new(model: Arc<FoleyModel>, shares: &[f32]) -> Self {
        let network = model.manifest().network;
        let (width, heads) = (network.width, network.width / LANES);
        let steps = model.prior.step_count();
        let kept = |_| Kept { keys: Vec::with_capacity(steps * heads), values: Vec::with_capacity(steps * heads) };
        Self {
            condition: model.prior.condition(shares, width),
            kept: (0..network.blocks).map(kept).collect(),
            step: 0,
            x: rows(width),
            normed: rows(width),
            asked: rows(3 * width),
            attended: rows(width),
            other: rows(width),
            wide: rows(EXPANSION * width),
            chances: Vec::with_capacity(steps),
            scores: rows(network.levels * network.codes),
            model,
        }
    }

    /// Whether all steps of a clip are done.
    pub fn is_done(&self) -> bool {
        self.step == self.model.prior.step_count()
    }

    /// Takes in the codes that the step before gave, one for each level that gave one, and gives the scores of the next ones, level after level.
    /// Nothing changes once all steps are done.
    pub fn step(&mut self, codes: &[Option<usize>]) -> &[f32] {
        if !self.is_done() {
            let model = Arc::clone(&self.model);
            model.prior.hear(codes, self.step, &self.condition, &mut self.x);
            for (number, block) in model.prior.blocks.iter().enumerate() {
                block.norm.apply(&self.x, &mut self.normed);
                block.attend.apply(&self.normed, &mut self.asked);
                self.attend(number);
                block.gather.apply(&self.attended, &mut self.other);
                add(&self.other, &mut self.x);
                block.feed_norm.apply(&self.x, &mut self.normed);
                block.widen.apply(&self.normed, &mut self.wide);
                gelu(&mut self.wide);
                block.narrow.apply(&self.wide, &mut self.other);
                add(&self.other, &mut self.x);
            }
            model.prior.norm.apply(&self.x, &mut self.normed);
            model.prior.head.apply(&self.normed, &mut self.scores);
            self.step += 1;
        }
        self.scores.as_flattened()
    }

    /// The attention of a block over the steps so far, this one among them.
    fn attend(&mut self, number: usize) {
        let heads = self.x.len();
        let (queries, others) = self.asked.split_at(heads);
        let (keys, values) = others.split_at(heads);
        let kept = &mut self.kept[number];
        kept.keys.extend_from_slice(keys);
        kept.values.extend_from_slice(values);
        for (head, (query, attended)) in queries.iter().zip(&mut self.attended).enumerate() {
            self.chances.clear();
            self.chances.resize(self.step + 1, 0.0);
            weigh(query, &kept.keys, head, heads, &mut self.chances);
            *attended = gather(&kept.values, head, heads, &self.chances);
        }
    }
}

/// Writes how much each step's key answers to a query: a softmax of scaled products.
#[multiversion(targets("x86_64+avx2"))]
fn weigh(query: &Row, keys: &[Row], head: usize, heads: usize, chances: &mut [f32]) {
    let scale = 1.0 / (LANES as f32).sqrt();
    let mut largest = f32::NEG_INFINITY;
    for (chance, keys) in chances.iter_mut().zip(keys.chunks_exact(heads)) {
        *chance = scale * product(query, &keys[head]);
        largest = largest.max(*chance);
    }
    let mut sum = 0.0;
    for chance in chances.iter_mut() {
        *chance = exp((*chance - largest).max(-80.0));
        sum += *chance;
    }
    for chance in chances.iter_mut() {
        *chance /= sum;
    }
}

/// Sum of products, in eight partial sums.
#[inline(always)]
fn product(a: &Row, b: &Row) -> f32 {
    let mut sums = [0.0f32; 8];
    for part in 0..LANES / 8 {
        for lane in 0..8 {
            sums[lane] += a[part * 8 + lane] * b[part * 8 + lane];
        }
    }
    sums.iter().sum()
}

/// Sum of the values of all steps by weight.
#[multiversion(targets("x86_64+avx2"))]
fn gather(values: &[Row], head: usize, heads: usize, chances: &[f32]) -> Row {
    let mut sum = [0.0; LANES];
    for (chance, values) in chances.iter().zip(values.chunks_exact(heads)) {
        for lane in 0..LANES {
            sum[lane] += chance * values[head][lane];
        }
    }
    sum
}

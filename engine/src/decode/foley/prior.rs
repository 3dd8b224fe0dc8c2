//! The layers of the prior, loaded and checked. Immutable, shared between threads.

use crate::decode::lanes::{Affine, Norm, Row, add, rows, to_rows};
use crate::pack::{FoleyManifest, PackError, Weights};

/// Channels inside a feed-forward block for each of the width.
pub(super) const EXPANSION: usize = 4;

/// Attention and a feed-forward block, each added to its input.
#[derive(Debug)]
pub(super) struct Block {
    pub norm: Norm,
    /// Queries, keys and values, one after the other.
    pub attend: Affine,
    pub gather: Affine,
    pub feed_norm: Norm,
    pub widen: Affine,
    pub narrow: Affine,
}

impl Block {
    fn load(weights: &Weights, name: &str, width: usize) -> Result<Self, PackError> {
        let place = |part: &str| format!("{name}.{part}");
        Ok(Self {
            norm: Norm::load(weights, &place("norm"), width)?,
            attend: Affine::load(weights, &place("attend"), 3 * width, width)?,
            gather: Affine::load(weights, &place("gather"), width, width)?,
            feed_norm: Norm::load(weights, &place("feed_norm"), width)?,
            widen: Affine::load(weights, &place("widen"), EXPANSION * width, width)?,
            narrow: Affine::load(weights, &place("narrow"), width, EXPANSION * width)?,
        })
    }
}

/// The layers.
#[derive(Debug)]
pub(super) struct Prior {
    /// Of each level its codes, and behind them what stands for no code.
    embedding: Vec<Vec<Row>>,
    steps: Vec<Vec<Row>>,
    classes: Vec<Vec<Row>>,
    pub blocks: Vec<Block>,
    pub norm: Norm,
    /// Scores of the codes of all levels.
    pub head: Affine,
    codes: usize,
}

impl Prior {
    /// # Errors
    /// [`PackError::Weights`] if the weights are not those of a network of the manifest's sizes.
    pub(super) fn load(weights: &Weights, manifest: &FoleyManifest) -> Result<Self, PackError> {
        let network = manifest.network;
        let (width, levels, codes) = (network.width, network.levels, network.codes);
        let table = |name: &str, count: usize| -> Result<Vec<Vec<Row>>, PackError> {
            Ok(weights.take(name, &[count, width])?.chunks_exact(width).map(to_rows).collect())
        };
        let block = |number: usize| Block::load(weights, &format!("block{number}"), width);
        Ok(Self {
            embedding: table("embedding", levels * (codes + 1))?,
            steps: table("steps", manifest.steps(manifest.positions()))?,
            classes: table("classes", manifest.classes.len())?,
            blocks: (0..network.blocks).map(block).collect::<Result<_, _>>()?,
            norm: Norm::load(weights, "norm", width)?,
            head: Affine::load(weights, "head", levels * codes, width)?,
            codes,
        })
    }

    /// Steps of a whole clip.
    pub(super) fn step_count(&self) -> usize {
        self.steps.len()
    }

    /// The sum of the classes' vectors by weight.
    pub(super) fn condition(&self, shares: &[f32], width: usize) -> Vec<Row> {
        let mut sum = rows(width);
        for (share, class) in shares.iter().zip(&self.classes) {
            let weighed: Vec<Row> = class.iter().map(|row| row.map(|value| value * share)).collect();
            add(&weighed, &mut sum);
        }
        sum
    }

    /// Writes what the codes given before are to the network at a step.
    pub(super) fn hear(&self, codes: &[Option<usize>], step: usize, condition: &[Row], x: &mut [Row]) {
        x.copy_from_slice(&self.steps[step]);
        for (level, code) in codes.iter().enumerate() {
            add(&self.embedding[level * (self.codes + 1) + code.unwrap_or(self.codes)], x);
        }
        add(condition, x);
    }
}

//! The layers of a level: pairs of a state-space block and a feed-forward block, each added to its input. No allocation after construction.

use crate::decode::lanes::{Affine, Diagonal, Norm, Row, States, add, add_gated, rows, silu};
use crate::pack::{PackError, Weights};

/// Channels inside a feed-forward block and before a gate, for each channel of the level.
const EXPANSION: usize = 2;

/// A state-space block and a feed-forward block.
#[derive(Debug)]
struct Pair {
    norm: Norm,
    diagonal: Diagonal,
    gate: Affine,
    feed_norm: Norm,
    widen: Affine,
    narrow: Affine,
}

/// The layers of a level; immutable.
#[derive(Debug)]
pub(super) struct Level {
    pairs: Vec<Pair>,
    width: usize,
}

/// What a level remembers, and room for its work.
#[derive(Debug)]
pub(super) struct LevelState {
    states: Vec<States>,
    narrow: Vec<Row>,
    other: Vec<Row>,
    wide: Vec<Row>,
}

impl Level {
    /// Takes the layers of level `number`.
    ///
    /// # Errors
    /// [`PackError::Weights`].
    pub(super) fn load(
        weights: &Weights,
        number: usize,
        width: usize,
        blocks: usize,
        states: usize,
    ) -> Result<Self, PackError> {
        let pairs = (0..blocks).map(|block| {
            let place = |part: &str| format!("level{number}.block{block}.{part}");
            let factors = weights.take(&place("factors"), &[2, width, states])?;
            let outputs = weights.take(&place("outputs"), &[2, width, states])?;
            let skip = weights.take(&place("skip"), &[width])?;
            Ok(Pair {
                norm: Norm::load(weights, &place("norm"), width)?,
                diagonal: Diagonal::new(&factors, &outputs, &skip),
                gate: Affine::load(weights, &place("gate"), 2 * width, width)?,
                feed_norm: Norm::load(weights, &place("feed_norm"), width)?,
                widen: Affine::load(weights, &place("widen"), EXPANSION * width, width)?,
                narrow: Affine::load(weights, &place("narrow"), width, EXPANSION * width)?,
            })
        });
        Ok(Self { pairs: pairs.collect::<Result<_, PackError>>()?, width })
    }

    /// The state before the first step.
    pub(super) fn at_rest(&self) -> LevelState {
        LevelState {
            states: self.pairs.iter().map(|pair| pair.diagonal.at_rest()).collect(),
            narrow: rows(self.width),
            other: rows(self.width),
            wide: rows(EXPANSION * self.width),
        }
    }

    /// One step on `x`, which becomes the output.
    pub(super) fn step(&self, state: &mut LevelState, x: &mut [Row]) {
        let LevelState { states, narrow, other, wide } = state;
        for (pair, states) in self.pairs.iter().zip(states) {
            pair.norm.apply(x, narrow);
            pair.diagonal.step(states, narrow, other);
            silu(other);
            pair.gate.apply(other, wide);
            add_gated(wide, x);
            pair.feed_norm.apply(x, narrow);
            pair.widen.apply(narrow, wide);
            silu(wide);
            pair.narrow.apply(wide, other);
            add(other, x);
        }
    }
}

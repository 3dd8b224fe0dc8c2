//! The network: three levels of state-space and feed-forward blocks, of which each lower one runs once in four steps of the one above and gives
//! to the four that follow.

use engine::decode::raw::{ENVELOPE_LEVELS, ENVELOPE_STEP_DB, LOWEST_DB, SUMS};
use tch::nn::{Init, Path};
use tch::{Kind, Tensor};

use super::config::RunConfig;
use super::data::Levels;
use super::diagonal::Diagonal;
use super::head::{anchored_outputs, begin, outputs};
use crate::model::layers::{Conv, ConvShape};
use engine::pack::LEVELS;

/// Steps of a level for one of the level below.
pub const POOL: i64 = 4;
/// Channels inside a feed-forward block for each of the level.
const EXPANSION: i64 = 2;
/// Added to the variance in a normalisation.
const NORM_EPSILON: f64 = 1e-5;

/// What the network is told of sounds besides their samples.
#[derive(Debug)]
pub struct Told {
    /// `[batch, class]`.
    pub class_weights: Tensor,
    /// Levels of frames in dBFS, `[batch, frame]`; not used by a network that is told none.
    pub envelope_db: Tensor,
    /// Parts of the sum of what was heard, `[batch, time, part]`; not used by a network that is told none.
    pub sums: Tensor,
}

/// Weights of pooling, `[output, channel, step]`, for steps one after the other: `[output, step · channel]`.
pub fn steps_in_a_row(weight: &Tensor) -> Tensor {
    weight.transpose(1, 2).flatten(1, 2)
}

/// Normalisation over channels, with a gain and an offset for each.
#[derive(Debug)]
pub struct Norm {
    pub gain: Tensor,
    pub bias: Tensor,
}

impl Norm {
    fn new(path: &Path, channels: i64) -> Self {
        Self {
            gain: path.var("gain", &[channels], Init::Const(1.0)),
            bias: path.var("bias", &[channels], Init::Const(0.0)),
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        x.layer_norm(self.gain.size(), Some(&self.gain), Some(&self.bias), NORM_EPSILON, false)
    }
}

/// A state-space block and a feed-forward block, each added to its input.
#[derive(Debug)]
pub struct Pair {
    pub norm: Norm,
    pub diagonal: Diagonal,
    pub gate: Conv,
    pub feed_norm: Norm,
    pub widen: Conv,
    pub narrow: Conv,
}

fn pointwise(path: &Path, input: i64, output: i64) -> Conv {
    Conv::new(path, ConvShape::new(input, output, 1))
}

/// A pointwise layer over the channels of `[batch, time, channel]`.
fn affine(layer: &Conv, x: &Tensor) -> Tensor {
    x.linear(&layer.weight.squeeze_dim(-1), Some(&layer.bias))
}

/// Sets this part of the channels of `[batch, time, channel]` to 0 over the whole length, and makes the others louder by as much.
fn drop_channels(x: Tensor, part: f64) -> Tensor {
    if part <= 0.0 {
        return x;
    }
    let size = x.size();
    let kept = Tensor::full([size[0], 1, size[2]], 1.0 - part, (x.kind(), x.device())).bernoulli();
    x * (kept / (1.0 - part))
}

impl Pair {
    fn new(path: &Path, width: i64, states: i64) -> Self {
        Self {
            norm: Norm::new(&(path / "norm"), width),
            diagonal: Diagonal::new(&(path / "diagonal"), width, states),
            gate: pointwise(&(path / "gate"), width, 2 * width),
            feed_norm: Norm::new(&(path / "feed_norm"), width),
            widen: pointwise(&(path / "widen"), width, EXPANSION * width),
            narrow: pointwise(&(path / "narrow"), EXPANSION * width, width),
        }
    }

    /// `x` is `[batch, time, channel]`; `dropout` is the part of the channels that is left out over the whole length, 0 outside training.
    fn forward(&self, x: &Tensor, dropout: f64) -> Tensor {
        let y = drop_channels(self.diagonal.forward(&self.norm.forward(x)).silu(), dropout);
        let x = x + drop_channels(affine(&self.gate, &y).glu(-1), dropout);
        let y = drop_channels(affine(&self.widen, &self.feed_norm.forward(&x)).silu(), dropout);
        x + drop_channels(affine(&self.narrow, &y), dropout)
    }
}

/// The whole network.
#[derive(Debug)]
pub struct Sashimi {
    /// `[heard level, channel]`.
    pub embedding: Tensor,
    /// `[channel]`, for the distance from the heard level.
    pub fine: Option<Tensor>,
    /// `[class, channel]`.
    pub classes: Option<Tensor>,
    /// What levels of frames are, `[level, channel]`.
    pub envelope: Option<Tensor>,
    /// Samples of a frame.
    frame: i64,
    pub levels: [Vec<Pair>; 3],
    /// `[below, above, 4]` weights and `[below]` biases.
    pub down: [(Tensor, Tensor); 2],
    /// To `4 · above` channels, the four steps of a channel beside each other.
    pub up: [Conv; 2],
    pub norm: Norm,
    pub head: Conv,
    /// The factors of the sums, `[part, channel]` weights and `[part]` biases; 0 at first.
    pub tilt: Option<(Tensor, Tensor)>,
}

impl Sashimi {
    /// A network with fresh weights under `path`.
    pub fn new(path: &Path, config: &RunConfig) -> Self {
        let widths = config.network.widths.map(|width| width as i64);
        let states = config.network.states as i64;
        let unit = Init::Randn { mean: 0.0, stdev: 1.0 };
        let level = |number: usize| -> Vec<Pair> {
            let place = path / format!("level{number}");
            let blocks = 0..config.network.blocks[number];
            blocks.map(|block| Pair::new(&(&place / format!("block{block}")), widths[number], states)).collect()
        };
        let down = |number: usize| {
            let place = path / format!("down{number}");
            let (above, below) = (widths[number], widths[number + 1]);
            let spread = Init::Randn { mean: 0.0, stdev: (1.0 / (above * POOL) as f64).sqrt() };
            (place.var("weight", &[below, above, POOL], spread), place.var("bias", &[below], Init::Const(0.0)))
        };
        let up = |number: usize| pointwise(&(path / format!("up{number}")), widths[number + 1], POOL * widths[number]);
        let is_fine = config.quantisation.levels() > LEVELS;
        let head = pointwise(&(path / "head"), widths[0], outputs(config.quantisation));
        begin(config.quantisation, &head.weight, &head.bias);
        let classes = config.classes.len() as i64;
        Self {
            embedding: path.var("embedding", &[LEVELS as i64, widths[0]], unit),
            fine: is_fine.then(|| path.var("fine", &[widths[0]], unit)),
            classes: (classes > 0).then(|| path.var("classes", &[classes, widths[0]], unit)),
            envelope: (config.envelope_frame > 0)
                .then(|| path.var("envelope_table", &[ENVELOPE_LEVELS as i64, widths[0]], unit)),
            frame: config.envelope_frame as i64,
            levels: [level(0), level(1), level(2)],
            down: [down(0), down(1)],
            up: [up(0), up(1)],
            norm: Norm::new(&(path / "norm"), widths[0]),
            head,
            tilt: config.sums.then(|| {
                let (place, none) = (path / "tilt", Init::Const(0.0));
                (place.var("weight", &[SUMS as i64, widths[0]], none), place.var("bias", &[SUMS as i64], none))
            }),
        }
    }

    /// The parameters of the next level's distribution, `[batch, time, output]`, after each of `heard`, `[batch, time]`. The length must be a
    /// multiple of 16.
    pub fn forward(&self, levels: &Levels, heard: &Tensor, told: &Told, dropout: f64) -> Tensor {
        let (coarse, distance) = levels.heard(heard);
        let x = Tensor::embedding(&self.embedding, &coarse, -1, false, false);
        let x = match &self.fine {
            Some(fine) => x + distance.unsqueeze(-1) * fine,
            None => x,
        };
        let x = match &self.classes {
            Some(classes) => x + told.class_weights.matmul(classes).unsqueeze(1),
            None => x,
        };
        let x = match &self.envelope {
            Some(table) => x + self.of_envelope(table, &told.envelope_db, heard.size()[1]),
            None => x,
        };
        let middle = self.descend(0, &x);
        let bottom = self.descend(1, &middle);
        let bottom = self.layers(2, &bottom, dropout);
        let middle = self.layers(1, &(middle + self.ascend(1, &bottom)), dropout);
        let x = self.layers(0, &(x + self.ascend(0, &middle)), dropout);
        let normed = self.norm.forward(&x);
        let made = affine(&self.head, &normed);
        let made = match &self.tilt {
            Some((weight, bias)) => {
                let factors = normed.linear(weight, Some(bias));
                let tilt = (factors * &told.sums).sum_dim_intlist([-1i64].as_slice(), true, Kind::Float);
                made + tilt * levels.curves().to_device(heard.device())
            }
            None => made,
        };
        match &self.fine {
            Some(_) => made + levels.curve(heard).unsqueeze(-1) * anchored_outputs().to_device(heard.device()),
            None => made,
        }
    }

    /// What levels of frames in dBFS, `[batch, frame]`, are in each of `length` samples: between two rows of the table in proportion.
    fn of_envelope(&self, table: &Tensor, envelope_db: &Tensor, length: i64) -> Tensor {
        let rows = Tensor::arange(ENVELOPE_LEVELS as i64, (Kind::Float, table.device()));
        let place = (envelope_db - f64::from(LOWEST_DB)) / f64::from(ENVELOPE_STEP_DB);
        let place = place.clamp(0.0, (ENVELOPE_LEVELS - 1) as f64).unsqueeze(-1);
        let parts = ((place - rows).abs() * -1.0 + 1.0).clamp_min(0.0);
        parts.matmul(table).repeat_interleave_self_int(self.frame, 1, None).narrow(1, 0, length)
    }

    fn descend(&self, number: usize, x: &Tensor) -> Tensor {
        let (weight, bias) = &self.down[number];
        let size = x.size();
        x.reshape([size[0], size[1] / POOL, POOL * size[2]]).linear(&steps_in_a_row(weight), Some(bias))
    }

    /// What a level gives to the level above: to the four steps after those that it heard.
    fn ascend(&self, number: usize, x: &Tensor) -> Tensor {
        let made = affine(&self.up[number], x);
        let size = made.size();
        let before = made.narrow(1, 0, size[1] - 1).constant_pad_nd([0i64, 0, 1, 0].as_slice());
        before.view([size[0], POOL * size[1], size[2] / POOL])
    }

    /// The layers of a level, and their input added to their output.
    fn layers(&self, number: usize, x: &Tensor, dropout: f64) -> Tensor {
        let start = x.shallow_clone();
        let end = self.levels[number].iter().fold(x.shallow_clone(), |x, pair| pair.forward(&x, dropout));
        start + end
    }
}

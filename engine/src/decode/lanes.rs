//! Arithmetic on rows of 32 channels, in loops that compilers vectorise. Pure, no allocation after construction.
//!
//! Thirty-two values are four registers of AVX: enough additions at once to hide their latency.

use multiversion::multiversion;

use crate::pack::{PackError, Weights};
use crate::spectral::exp;

/// Channels of a row.
pub(super) const LANES: usize = 32;

/// Values of [`LANES`] channels.
pub(super) type Row = [f32; LANES];

/// Rows of zeros for so many channels, rounded up.
pub(super) fn rows(channels: usize) -> Vec<Row> {
    vec![[0.0; LANES]; channels.div_ceil(LANES)]
}

/// Values as rows, the last filled up with zeros.
pub(super) fn to_rows(values: &[f32]) -> Vec<Row> {
    let mut out = rows(values.len());
    out.as_flattened_mut()[..values.len()].copy_from_slice(values);
    out
}

/// An affine map.
#[derive(Debug)]
pub(super) struct Affine {
    /// For each row of outputs, and in it for each input, the weights of that input.
    weights: Vec<Row>,
    bias: Vec<Row>,
}

impl Affine {
    /// Of `weights`, `[output][input]`, and one bias for each output.
    fn new(weights: &[f32], bias: &[f32]) -> Self {
        let inputs = weights.len() / bias.len().max(1);
        let mut blocked = Vec::with_capacity(bias.len().div_ceil(LANES) * inputs);
        for row in 0..bias.len().div_ceil(LANES) {
            let weight = |output: usize, input: usize| weights.get(output * inputs + input).copied().unwrap_or(0.0);
            blocked.extend(
                (0..inputs).map(|input| -> Row { std::array::from_fn(|lane| weight(row * LANES + lane, input)) }),
            );
        }
        Self { weights: blocked, bias: to_rows(bias) }
    }

    /// The map of this name in a pack.
    ///
    /// # Errors
    /// [`PackError::Weights`].
    pub(super) fn load(weights: &Weights, name: &str, outputs: usize, inputs: usize) -> Result<Self, PackError> {
        let weight = weights.take(&format!("{name}.weight"), &[outputs, inputs])?;
        Ok(Self::new(&weight, &weights.take(&format!("{name}.bias"), &[outputs])?))
    }

    /// Rows of outputs.
    pub(super) fn rows(&self) -> usize {
        self.bias.len()
    }

    /// Writes the outputs of `x`.
    pub(super) fn apply(&self, x: &[Row], out: &mut [Row]) {
        multiply(&self.weights, &self.bias, x.as_flattened(), out);
    }
}

/// Compiled a second time for processors with AVX2, as the other loops of this file.
#[multiversion(targets("x86_64+avx2"))]
fn multiply(weights: &[Row], bias: &[Row], x: &[f32], out: &mut [Row]) {
    // Two rows of outputs at once: twice as many additions that do not wait for each other.
    let count = out.len() / 2 * 2;
    let (pairs, last) = out.split_at_mut(count);
    let pairs = pairs.chunks_exact_mut(2).zip(bias.chunks_exact(2)).zip(weights.chunks_exact(2 * x.len()));
    for ((out, bias), weights) in pairs {
        let (mut one, mut other) = (bias[0], bias[1]);
        let (of_one, of_other) = weights.split_at(x.len());
        for ((of_one, of_other), x) in of_one.iter().zip(of_other).zip(x) {
            for lane in 0..LANES {
                one[lane] += of_one[lane] * x;
            }
            for lane in 0..LANES {
                other[lane] += of_other[lane] * x;
            }
        }
        (out[0], out[1]) = (one, other);
    }
    let rest = last.iter_mut().zip(&bias[count..]).zip(weights[count * x.len()..].chunks_exact(x.len()));
    for ((out, bias), weights) in rest {
        let mut sum = *bias;
        for (weights, x) in weights.iter().zip(x) {
            for lane in 0..LANES {
                sum[lane] += weights[lane] * x;
            }
        }
        *out = sum;
    }
}

/// A diagonal state-space layer, discretised. Every channel has its own states.
#[derive(Debug)]
pub(super) struct Diagonal {
    /// For each row of channels, and in it for each state: real and imaginary part of its factor for a step, and of its weight in the output.
    parameters: Vec<[Row; 4]>,
    /// Weight of the input itself.
    skip: Vec<Row>,
}

impl Diagonal {
    /// Of factors and output weights, each `[part][channel][state]` with the real parts first, and the input's own weights.
    pub(super) fn new(factors: &[f32], outputs: &[f32], skip: &[f32]) -> Self {
        let channels = skip.len();
        let states = factors.len() / (2 * channels).max(1);
        let mut parameters = Vec::with_capacity(channels / LANES * states);
        for row in 0..channels / LANES {
            for state in 0..states {
                let of = |values: &[f32], part: usize| -> Row {
                    std::array::from_fn(|lane| values[(part * channels + row * LANES + lane) * states + state])
                };
                parameters.push([of(factors, 0), of(factors, 1), of(outputs, 0), of(outputs, 1)]);
            }
        }
        Self { parameters, skip: to_rows(skip) }
    }

    /// Its states at rest: real and imaginary parts.
    pub(super) fn at_rest(&self) -> Vec<[Row; 2]> {
        vec![[[0.0; LANES]; 2]; self.parameters.len()]
    }

    /// One step: takes the input into the states and writes the output.
    pub(super) fn step(&self, states: &mut [[Row; 2]], u: &[Row], y: &mut [Row]) {
        advance(&self.parameters, &self.skip, states, u, y);
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn advance(parameters: &[[Row; 4]], skip: &[Row], states: &mut [[Row; 2]], u: &[Row], y: &mut [Row]) {
    let of_row = parameters.len() / skip.len().max(1);
    let rows = parameters.chunks_exact(of_row).zip(states.chunks_exact_mut(of_row));
    for (((parameters, states), skip), (u, y)) in rows.zip(skip).zip(u.iter().zip(y)) {
        let mut sum = [0.0; LANES];
        for lane in 0..LANES {
            sum[lane] = skip[lane] * u[lane];
        }
        for ([a_re, a_im, c_re, c_im], [re, im]) in parameters.iter().zip(states) {
            for lane in 0..LANES {
                let next_re = a_re[lane] * re[lane] - a_im[lane] * im[lane] + u[lane];
                let next_im = a_re[lane] * im[lane] + a_im[lane] * re[lane];
                sum[lane] += c_re[lane] * next_re - c_im[lane] * next_im;
                re[lane] = next_re;
                im[lane] = next_im;
            }
        }
        *y = sum;
    }
}

/// Gain and offset of a normalisation over all channels to mean 0 and variance 1 (Ba, Kiros and Hinton 2016).
#[derive(Debug)]
pub(super) struct Norm {
    gain: Vec<Row>,
    bias: Vec<Row>,
}

/// Added to the variance; the trainer's.
const NORM_EPSILON: f32 = 1e-5;

impl Norm {
    fn new(gain: &[f32], bias: &[f32]) -> Self {
        Self { gain: to_rows(gain), bias: to_rows(bias) }
    }

    /// The normalisation of this name in a pack.
    ///
    /// # Errors
    /// [`PackError::Weights`].
    pub(super) fn load(weights: &Weights, name: &str, width: usize) -> Result<Self, PackError> {
        let gain = weights.take(&format!("{name}.gain"), &[width])?;
        Ok(Self::new(&gain, &weights.take(&format!("{name}.bias"), &[width])?))
    }

    pub(super) fn apply(&self, x: &[Row], out: &mut [Row]) {
        normalise(&self.gain, &self.bias, x, out);
    }
}

fn total(lanes: &Row) -> f32 {
    lanes.iter().sum()
}

#[multiversion(targets("x86_64+avx2"))]
fn normalise(gain: &[Row], bias: &[Row], x: &[Row], out: &mut [Row]) {
    let count = (x.len() * LANES) as f32;
    let mut sums = [0.0; LANES];
    for x in x {
        for lane in 0..LANES {
            sums[lane] += x[lane];
        }
    }
    let mean = total(&sums) / count;
    let mut squares = [0.0; LANES];
    for x in x {
        for lane in 0..LANES {
            squares[lane] += (x[lane] - mean) * (x[lane] - mean);
        }
    }
    let scale = 1.0 / (total(&squares) / count + NORM_EPSILON).sqrt();
    for (((gain, bias), x), out) in gain.iter().zip(bias).zip(x).zip(out) {
        for lane in 0..LANES {
            out[lane] = (x[lane] - mean) * scale * gain[lane] + bias[lane];
        }
    }
}

/// 1 / (1 + e⁻ˣ).
#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp((-x).clamp(-80.0, 80.0)))
}

/// The Gaussian error linear unit in the form with a hyperbolic tangent (Hendrycks and Gimpel 2016).
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn gelu(x: &mut [Row]) {
    const TWICE_ROOT: f32 = 1.595_769;
    for x in x {
        for x in x {
            *x *= sigmoid(TWICE_ROOT * (*x + 0.044_715 * *x * *x * *x));
        }
    }
}

/// x · sigmoid(x).
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn silu(x: &mut [Row]) {
    for x in x {
        for x in x {
            *x *= sigmoid(*x);
        }
    }
}

/// Adds the first half of `gated`, each value times the sigmoid of its counterpart in the second half (Dauphin and others 2017).
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn add_gated(gated: &[Row], x: &mut [Row]) {
    let (values, gates) = gated.split_at(gated.len() / 2);
    for ((values, gates), x) in values.iter().zip(gates).zip(x) {
        for lane in 0..LANES {
            x[lane] += values[lane] * sigmoid(gates[lane]);
        }
    }
}

/// Adds `y` to `x`.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn add(y: &[Row], x: &mut [Row]) {
    for (y, x) in y.iter().zip(x) {
        for lane in 0..LANES {
            x[lane] += y[lane];
        }
    }
}

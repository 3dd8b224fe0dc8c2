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

/// Values from the beginning of a cache line on: a register's load from two lines takes twice as long.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Aligned<T>(T);

/// An affine map.
#[derive(Debug)]
pub(super) struct Affine {
    /// For each pair of rows of outputs, and in it for each input, the weights of that input.
    pairs: Vec<Aligned<[Row; 2]>>,
    /// The same for the last of an odd number of rows.
    last: Vec<Aligned<Row>>,
    bias: Vec<Row>,
}

impl Affine {
    /// Of `weights`, `[output][input]`, and one bias for each output.
    fn new(weights: &[f32], bias: &[f32]) -> Self {
        let (inputs, rows) = (weights.len() / bias.len().max(1), bias.len().div_ceil(LANES));
        let weight = |output: usize, input: usize| weights.get(output * inputs + input).copied().unwrap_or(0.0);
        let of = |row: usize, input: usize| -> Row { std::array::from_fn(|lane| weight(row * LANES + lane, input)) };
        let pair = |pair: usize| (0..inputs).map(move |input| Aligned([of(2 * pair, input), of(2 * pair + 1, input)]));
        let last = (rows % 2 == 1).then(|| (0..inputs).map(|input| Aligned(of(rows - 1, input))));
        Self {
            pairs: (0..rows / 2).flat_map(pair).collect(),
            last: last.into_iter().flatten().collect(),
            bias: to_rows(bias),
        }
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
        multiply(self, x.as_flattened(), out);
    }
}

/// Compiled a second time for processors with AVX2, as the other loops of this file.
#[multiversion(targets("x86_64+avx2"))]
fn multiply(map: &Affine, x: &[f32], out: &mut [Row]) {
    // Two rows of outputs at once: twice as many additions that do not wait for each other.
    let (pairs, last) = out.as_chunks_mut::<2>();
    let (biases, last_bias) = map.bias.as_chunks::<2>();
    for ((out, bias), weights) in pairs.iter_mut().zip(biases).zip(map.pairs.chunks_exact(x.len())) {
        let [mut one, mut other] = *bias;
        for (Aligned([of_one, of_other]), x) in weights.iter().zip(x) {
            for lane in 0..LANES {
                one[lane] += of_one[lane] * x;
            }
            for lane in 0..LANES {
                other[lane] += of_other[lane] * x;
            }
        }
        *out = [one, other];
    }
    for (out, bias) in last.iter_mut().zip(last_bias) {
        let mut sum = *bias;
        for (Aligned(weights), x) in map.last.iter().zip(x) {
            for lane in 0..LANES {
                sum[lane] += weights[lane] * x;
            }
        }
        *out = sum;
    }
}

/// The states of a diagonal layer: real and imaginary parts of each for a row of channels.
pub(super) type States = Vec<Aligned<[Row; 2]>>;

/// A diagonal state-space layer, discretised. Every channel has its own states.
#[derive(Debug)]
pub(super) struct Diagonal {
    /// For each row of channels, and in it for each state: real and imaginary part of its factor for a step, and of its weight in the output.
    parameters: Vec<Aligned<[Row; 4]>>,
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
                parameters.push(Aligned([of(factors, 0), of(factors, 1), of(outputs, 0), of(outputs, 1)]));
            }
        }
        Self { parameters, skip: to_rows(skip) }
    }

    /// Its states at rest.
    pub(super) fn at_rest(&self) -> States {
        vec![Aligned([[0.0; LANES]; 2]); self.parameters.len()]
    }

    /// One step: takes the input into the states and writes the output.
    pub(super) fn step(&self, states: &mut States, u: &[Row], y: &mut [Row]) {
        advance(&self.parameters, &self.skip, states, u, y);
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn advance(parameters: &[Aligned<[Row; 4]>], skip: &[Row], states: &mut [Aligned<[Row; 2]>], u: &[Row], y: &mut [Row]) {
    let of_row = parameters.len() / skip.len().max(1);
    let rows = parameters.chunks_exact(of_row).zip(states.chunks_exact_mut(of_row));
    for (((parameters, states), skip), (u, y)) in rows.zip(skip).zip(u.iter().zip(y)) {
        let mut sum = [0.0; LANES];
        for lane in 0..LANES {
            sum[lane] = skip[lane] * u[lane];
        }
        for (Aligned([a_re, a_im, c_re, c_im]), Aligned([re, im])) in parameters.iter().zip(states) {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without a pattern, [−1, 1).
    fn numbers(count: usize) -> Vec<f32> {
        (0..count as u64).map(|n| (crate::random::hash(n) >> 40) as f32 / (1 << 23) as f32 - 1.0).collect()
    }

    #[test]
    fn maps_of_any_size_add_their_inputs_in_order_bit_for_bit() {
        for (outputs, inputs) in [(1, 32), (15, 32), (32, 32), (64, 96), (96, 64), (192, 32), (256, 64), (320, 128)] {
            let (weights, bias, x) = (numbers(outputs * inputs), numbers(outputs), numbers(inputs));
            let map = Affine::new(&weights, &bias);
            let mut out = rows(outputs);
            map.apply(&to_rows(&x), &mut out);
            for (output, own) in out.as_flattened().iter().take(outputs).enumerate() {
                let products = weights[output * inputs..][..inputs].iter().zip(&x);
                let sum = products.fold(bias[output], |sum, (weight, x)| sum + weight * x);
                assert_eq!(own.to_bits(), sum.to_bits(), "{outputs} of {inputs}: {output}");
            }
        }
    }

    #[test]
    fn states_of_a_layer_add_up_in_order_bit_for_bit() {
        const STATES: usize = 5;
        for channels in [LANES, 3 * LANES] {
            let (factors, weights) = (numbers(2 * channels * STATES), numbers(2 * channels * STATES + 7)[7..].to_vec());
            let (skip, inputs) = (numbers(channels), numbers(4 * channels));
            let layer = Diagonal::new(&factors, &weights, &skip);
            let (mut states, mut y) = (layer.at_rest(), rows(channels));
            let mut plain = vec![(0.0f32, 0.0f32); channels * STATES];
            for u in inputs.chunks_exact(channels) {
                layer.step(&mut states, &to_rows(u), &mut y);
                for channel in 0..channels {
                    let mut sum = skip[channel] * u[channel];
                    for place in channel * STATES..(channel + 1) * STATES {
                        let (re, im) = plain[place];
                        let of = |values: &[f32]| (values[place], values[channels * STATES + place]);
                        let ((a_re, a_im), (c_re, c_im)) = (of(&factors), of(&weights));
                        plain[place] = (a_re * re - a_im * im + u[channel], a_re * im + a_im * re);
                        sum += c_re * plain[place].0 - c_im * plain[place].1;
                    }
                    assert_eq!(y.as_flattened()[channel].to_bits(), sum.to_bits(), "channel {channel}");
                }
            }
        }
    }
}

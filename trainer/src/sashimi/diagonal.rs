//! The diagonal state-space layer (S4D: Gu, Goel, Gupta and Ré 2022) as a convolution.
//!
//! Each channel has N complex states x′ = A x + u with output 2 Re(C·x) + D u: the conjugates of states and weights are implied. The
//! discretisation holds the input over a step Δ: Ā = exp(ΔA), B̄ = (Ā − 1)/A.

use tch::nn::{Init, Path};
use tch::{Kind, Tensor};

/// Steps Δ at first, spread evenly over their logarithms.
const STEPS: (f64, f64) = (0.001, 0.1);
/// Decay of every state at first.
const DECAY: f64 = 0.5;

/// The layer's parameters.
#[derive(Debug)]
pub struct Diagonal {
    /// Logarithm of Δ, `[channel]`.
    log_step: Tensor,
    /// Logarithm of −Re A, `[channel, state]`.
    log_decay: Tensor,
    /// Im A, `[channel, state]`: πn at first (S4D-Lin).
    frequency: Tensor,
    /// C, `[part, channel, state]`.
    output: Tensor,
    /// D, `[channel]`.
    pub skip: Tensor,
}

/// Real and imaginary parts in double precision.
struct Complex {
    re: Tensor,
    im: Tensor,
}

impl Complex {
    fn times(&self, other: &Self) -> Self {
        Self { re: &self.re * &other.re - &self.im * &other.im, im: &self.re * &other.im + &self.im * &other.re }
    }

    /// e^(self · count), where `count` is a whole number or a row of them along a further axis.
    fn power_of_e(&self, count: &Tensor) -> Self {
        let size = (self.re.unsqueeze(-1) * count).exp();
        let angle = self.im.unsqueeze(-1) * count;
        Self { re: &size * angle.cos(), im: size * angle.sin() }
    }
}

impl Diagonal {
    /// A layer with fresh parameters.
    pub fn new(path: &Path, channels: i64, states: i64) -> Self {
        let log_step = Init::Uniform { lo: STEPS.0.ln(), up: STEPS.1.ln() };
        let frequency = path.var("frequency", &[channels, states], Init::Const(0.0));
        let harmonics = Tensor::arange(states, (Kind::Float, frequency.device())) * std::f64::consts::PI;
        tch::no_grad(|| frequency.shallow_clone().copy_(&harmonics.expand_as(&frequency)));
        let half = Init::Randn { mean: 0.0, stdev: std::f64::consts::FRAC_1_SQRT_2 };
        Self {
            log_step: path.var("log_step", &[channels], log_step),
            log_decay: path.var("log_decay", &[channels, states], Init::Const(DECAY.ln())),
            frequency,
            output: path.var("output", &[2, channels, states], half),
            skip: path.var("skip", &[channels], Init::Randn { mean: 0.0, stdev: 1.0 }),
        }
    }

    /// ΔA and 2 C B̄, `[channel, state]`.
    fn discretised(&self) -> (Complex, Complex) {
        let double = |x: &Tensor| x.to_kind(Kind::Double);
        let step = double(&self.log_step).exp().unsqueeze(1);
        let (decay, frequency) = (-double(&self.log_decay).exp(), double(&self.frequency));
        let exponent = Complex { re: &step * &decay, im: &step * &frequency };
        let one = Tensor::ones([1], (Kind::Double, step.device()));
        let factor = exponent.power_of_e(&one);
        let change = Complex { re: factor.re.squeeze_dim(-1) - 1.0, im: factor.im.squeeze_dim(-1) };
        // 1/A is the conjugate over the squared size.
        let size = decay.square() + frequency.square();
        let inverse = Complex { re: &decay / &size, im: -&frequency / &size };
        let output = double(&self.output) * 2.0;
        let output = Complex { re: output.get(0), im: output.get(1) };
        (exponent, output.times(&change.times(&inverse)))
    }

    /// Ā and 2 C B̄ for the recurrence, `[part, channel, state]` each.
    pub fn recurrence(&self) -> (Tensor, Tensor) {
        let (exponent, output) = self.discretised();
        let one = Tensor::ones([1], (Kind::Double, exponent.re.device()));
        let factor = exponent.power_of_e(&one);
        let stacked = |parts: [Tensor; 2]| Tensor::stack(&parts, 0).to_kind(Kind::Float);
        (stacked([factor.re.squeeze_dim(-1), factor.im.squeeze_dim(-1)]), stacked([output.re, output.im]))
    }

    /// The first `length` values of each channel's answer to an impulse, `[channel, length]`: Σ 2 C B̄ Āˡ over the states. The Vandermonde
    /// matrix is a product of two short ones, l = a·s + b; their angles are computed in double precision.
    fn kernel(&self, length: i64) -> Tensor {
        let (exponent, output) = self.discretised();
        let short = (length as f64).sqrt().ceil() as i64;
        let count = (length + short - 1) / short;
        let steps = |count: i64| Tensor::arange(count, (Kind::Double, exponent.re.device()));
        let far = exponent.power_of_e(&(steps(count) * short));
        let near = exponent.power_of_e(&steps(short));
        let output = Complex { re: output.re.unsqueeze(-1), im: output.im.unsqueeze(-1) };
        let far = far.times(&output);
        let rows = Tensor::cat(&[far.re, -far.im], 1).transpose(1, 2).to_kind(Kind::Float);
        let columns = Tensor::cat(&[near.re, near.im], 1).to_kind(Kind::Float);
        rows.bmm(&columns).flatten(1, 2).narrow(1, 0, length)
    }

    /// The output for `[batch, time, channel]`: a convolution by FFT, with zeros so that nothing wraps around.
    pub fn forward(&self, u: &Tensor) -> Tensor {
        let length = u.size()[1];
        let padded = transform_length(2 * length);
        let spectrum = |x: &Tensor| x.fft_rfft(padded, -1, "backward");
        let product = spectrum(&u.transpose(1, 2).contiguous()) * spectrum(&self.kernel(length));
        let y = product.fft_irfft(padded, -1, "backward").narrow(2, 0, length);
        y.transpose(1, 2) + u * &self.skip
    }
}

/// The least 2ᵏ or 3 · 2ᵏ that is not below `least`: other lengths, of small factors as well, take up to three times as long.
fn transform_length(least: i64) -> i64 {
    let power = (least as u64).next_power_of_two() as i64;
    if power / 4 * 3 >= least { power / 4 * 3 } else { power }
}

//! The vocoder's loss: magnitudes, phases, and the samples that come of them.

use engine::spectral::SpectralShape;
use tch::{Device, Kind, Tensor};

use super::{DB_PER_NEPER, FLOOR_DB};
use crate::level_matched_istft::LevelMatchedIstft;
use crate::model::VocoderOutput;
use crate::model::vocoder::PHASE_BINS;
use crate::signal::{Angles, MelLevels, hann, spectrum};

/// Added under square roots of powers.
const TINY: f64 = 1e-9;
/// FFT sizes of the log-mel error.
const RESOLUTIONS: [usize; 3] = [512, 2048, 8192];
/// Weights of the parts. In noise no guess of a phase is better than another, so there only the log-mel error of the
/// samples tells noise from a click in the middle of each frame; it must stay a visible part of the loss beside the phases' errors.
const MAGNITUDE_WEIGHT: f64 = 0.1;
const DIFFERENCE_WEIGHT: f64 = 0.5;
const PHASE_WEIGHT: f64 = 0.1;
const MEL_WEIGHT: f64 = 0.5;
const PEAK_WEIGHT: f64 = 2.0;
/// A peak may exceed the true one by this factor before it counts.
const PEAK_MARGIN: f64 = 1.15;
/// Added to peaks before their ratio is taken: −40 dB, so that silence adds no loss.
const PEAK_FLOOR: f64 = 0.01;

/// The parts of the vocoder's loss, each averaged over a batch.
#[derive(Debug)]
pub struct VocoderLoss {
    /// What is minimised.
    pub total: Tensor,
    /// Log-magnitude error in dB.
    pub magnitude_db: Tensor,
    /// Weighted anti-wrapped phase error along time in radians.
    pub time_phase: Tensor,
    /// The same along frequency.
    pub frequency_phase: Tensor,
    /// The phase error itself.
    pub phase: Tensor,
    /// Log-mel error of the samples in dB, mean of three resolutions.
    pub mel_db: Tensor,
    /// By how much, in nepers, peaks exceed those of the true samples.
    pub peak: Tensor,
}

/// Computes [`VocoderLoss`].
#[derive(Debug)]
pub struct VocoderCriterion {
    window: Tensor,
    hop: i64,
    full_scale: f64,
    levelled: LevelMatchedIstft,
    resolutions: Vec<MelLevels>,
}

/// Inputs and targets of a batch of crops.
#[derive(Debug)]
pub struct Crops {
    /// The frames that the vocoder gets, `[batch, bands, time]`.
    pub frames: Tensor,
    /// How much of each frame is noise, whose phases the engine makes random: `[batch, time]`.
    pub noise_parts: Tensor,
    /// Reference phases, `[batch, bins, time]`.
    pub reference: Angles,
    /// Noise phases, `[batch, bins, time]`.
    pub noise: Angles,
    /// The true samples, `[batch, (time − 1) · hop + window]`.
    pub samples: Tensor,
    /// Whether the crops begin with the sound.
    pub from_start: bool,
}

impl VocoderCriterion {
    /// A criterion for spectra of the given shape.
    pub fn new(shape: &SpectralShape, device: Device) -> Self {
        Self {
            window: hann(shape.fft_size, device),
            hop: shape.hop_samples as i64,
            full_scale: f64::from(shape.full_scale()),
            levelled: LevelMatchedIstft::new(shape, device),
            resolutions: RESOLUTIONS.iter().map(|size| MelLevels::new(*size, shape, device)).collect(),
        }
    }

    /// Compares the output for crops with their true samples.
    pub fn loss(&self, output: &VocoderOutput, crops: &Crops) -> VocoderLoss {
        let truth = spectrum(&crops.samples, &self.window, self.hop).transpose(1, 2);
        let (true_real, true_imaginary) = (truth.real() / self.full_scale, truth.imag() / self.full_scale);
        let true_magnitude = (&true_real * &true_real + &true_imaginary * &true_imaginary + 1e-14).sqrt();
        let true_db = (true_magnitude.log() * DB_PER_NEPER).clamp_min(FLOOR_DB);
        let noise_parts = crops.noise_parts.unsqueeze(1);
        let weight: Tensor = ((&true_db - FLOOR_DB) / -FLOOR_DB).square() * (1.0 - &noise_parts);

        let predicted_db = (&output.log_magnitude * DB_PER_NEPER).clamp(FLOOR_DB, 20.0);
        let magnitude_db = active_mean(&(&predicted_db - &true_db).abs(), &true_db);

        let (real, imaginary) = phasor(&output.phase, &crops.reference, &crops.noise);
        let along = (&real * &true_real + &imaginary * &true_imaginary) / &true_magnitude + 1e-7;
        let across = (&imaginary * &true_real - &real * &true_imaginary) / &true_magnitude;
        // Only predicted phases have an error; those of higher bins are random.
        let error = across.atan2(&along).narrow(1, 0, PHASE_BINS);
        let weight = weight.narrow(1, 0, PHASE_BINS);
        let phase = weighted_mean(&unwrapped(&error), &weight);
        let time_phase = difference(&error, &weight, 2);
        let frequency_phase = difference(&error, &weight, 1);

        let (real, imaginary) = randomised((&real, &imaginary), &crops.noise, &noise_parts);
        let magnitude = output.log_magnitude.clamp_max(2.5).exp() * self.full_scale;
        let bins = Tensor::complex(&(&magnitude * real), &(&magnitude * imaginary)).transpose(1, 2);
        let made = self.levelled.samples(&bins, &crops.frames, crops.from_start);
        let wanted = crops.samples.narrow(1, made.first, made.samples.size()[1]);
        let (mel_db, peak) = (self.mel_error_db(&made.samples, &wanted), self.peak_excess(&made.samples, &wanted));
        let phases = (&time_phase + &frequency_phase) * DIFFERENCE_WEIGHT + &phase * PHASE_WEIGHT;
        let total = &magnitude_db * MAGNITUDE_WEIGHT + phases + &mel_db * MEL_WEIGHT + &peak * PEAK_WEIGHT;
        VocoderLoss { total, magnitude_db, time_phase, frequency_phase, phase, mel_db, peak }
    }

    fn mel_error_db(&self, made: &Tensor, wanted: &Tensor) -> Tensor {
        let errors = self.resolutions.iter().map(|resolution| {
            let wanted_db = tch::no_grad(|| resolution.levels_db(wanted));
            active_mean(&(resolution.levels_db(made) - &wanted_db).abs(), &wanted_db)
        });
        errors.fold(Tensor::from(0.0).to_device(wanted.device()), |sum, error| sum + error) / RESOLUTIONS.len() as f64
    }

    /// Excess of the peaks of whole crops, and of each hop: noise whose bins are in phase is a click, which levels in bands
    /// hardly show.
    fn peak_excess(&self, made: &Tensor, wanted: &Tensor) -> Tensor {
        let excess = |made: &Tensor, wanted: &Tensor| {
            let peak = |x: &Tensor| x.abs().amax([-1i64].as_slice(), false) + PEAK_FLOOR;
            (peak(made) / (peak(wanted) * PEAK_MARGIN)).log().relu().mean(Kind::Float)
        };
        let whole = |x: &Tensor| x.size()[1] / self.hop * self.hop;
        let hops = |x: &Tensor| x.narrow(1, 0, whole(x)).reshape([x.size()[0], -1, self.hop]);
        excess(made, wanted) + excess(&hops(made), &hops(wanted))
    }
}

/// Unit phasor of every bin from the heads a, b and g: normalise((a + i·b)·e^{i·ref} + g·e^{i·noise}).
pub fn phasor(heads: &Tensor, reference: &Angles, noise: &Angles) -> (Tensor, Tensor) {
    let parts = heads.chunk(3, 1);
    let [a, b, g] = [&parts[0], &parts[1], &parts[2]];
    let real = a * &reference.cosine - b * &reference.sine + g * &noise.cosine;
    let imaginary = a * &reference.sine + b * &reference.cosine + g * &noise.sine;
    let length = (&real * &real + &imaginary * &imaginary + TINY).sqrt();
    (&real / &length, &imaginary / &length)
}

/// Directions turned towards the random ones, as far as their frame is noise (`engine::decode`, `noisiness`).
fn randomised((real, imaginary): (&Tensor, &Tensor), noise: &Angles, parts: &Tensor) -> (Tensor, Tensor) {
    let mixed = |predicted: &Tensor, random: &Tensor| -> Tensor { predicted * (1.0 - parts) + random * parts };
    let (real, imaginary) = (mixed(real, &noise.cosine), mixed(imaginary, &noise.sine));
    let length = (&real * &real + &imaginary * &imaginary + TINY).sqrt();
    (&real / &length, &imaginary / &length)
}

/// Distance of an angle from the nearest whole turn (Ai and Ling 2023, eq. 8).
fn unwrapped(angle: &Tensor) -> Tensor {
    let turn = std::f64::consts::TAU;
    (angle - tch::no_grad(|| (angle / turn).round() * turn)).abs()
}

/// Error of the phase's difference along a dimension.
fn difference(error: &Tensor, weight: &Tensor, dimension: i64) -> Tensor {
    let length = error.size()[dimension as usize] - 1;
    let pair = |x: &Tensor| (x.narrow(dimension, 1, length), x.narrow(dimension, 0, length));
    let ((after, before), (weight_after, weight_before)) = (pair(error), pair(weight));
    weighted_mean(&unwrapped(&(after - before)), &weight_after.minimum(&weight_before))
}

fn weighted_mean(values: &Tensor, weight: &Tensor) -> Tensor {
    (values * weight).sum(Kind::Float) / (weight.sum(Kind::Float) + 1e-3)
}

/// Mean over the values whose true level is above the floor; those below are silence and count once it is broken.
fn active_mean(error_db: &Tensor, true_db: &Tensor) -> Tensor {
    let active = true_db.gt(FLOOR_DB + 1e-3).to_kind(Kind::Float).sum(Kind::Float);
    error_db.sum(Kind::Float) / (active + error_db.numel() as f64 * 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::PhaseTables;

    /// Heads and log-magnitude that describe the samples exactly.
    fn perfect(samples: &Tensor, reference: &Angles, shape: &SpectralShape) -> VocoderOutput {
        let window = hann(shape.fft_size, Device::Cpu);
        let truth = spectrum(samples, &window, shape.hop_samples as i64).transpose(1, 2);
        let (real, imaginary) = (truth.real(), truth.imag());
        let length = (&real * &real + &imaginary * &imaginary + 1e-12).sqrt();
        let a = (&real * &reference.cosine + &imaginary * &reference.sine) / &length;
        let b = (&imaginary * &reference.cosine - &real * &reference.sine) / &length;
        VocoderOutput {
            log_magnitude: (&length / f64::from(shape.full_scale())).log(),
            phase: Tensor::cat(&[&a, &b, &a.zeros_like()], 1),
        }
    }

    /// Frames `[1, bands, time]` of samples `[1, (time − 1) · hop + window]`.
    fn levels(samples: &Tensor, shape: &SpectralShape) -> Tensor {
        let levels_db = MelLevels::new(shape.fft_size, shape, Device::Cpu).levels_db(samples);
        let half = f64::from(-shape.floor_db / 2.0);
        ((levels_db + half) / half).transpose(1, 2)
    }

    #[test]
    fn the_truth_has_no_loss_and_a_shifted_phase_has() {
        let shape = SpectralShape::DEFAULT;
        tch::manual_seed(2);
        let frames = 30;
        let noise = Tensor::randn([1, (frames - 1) * 512 + 2048], (Kind::Float, Device::Cpu)) * 0.1;
        let (reference, directions) = PhaseTables::new(&shape, Device::Cpu).crops(&[60], &[5], frames);
        let criterion = VocoderCriterion::new(&shape, Device::Cpu);
        let mut output = perfect(&noise, &reference, &shape);
        let mut crops = Crops {
            frames: levels(&noise, &shape),
            noise_parts: Tensor::zeros([1, frames], (Kind::Float, Device::Cpu)),
            reference,
            noise: directions,
            samples: noise,
            from_start: false,
        };
        let loss = criterion.loss(&output, &crops);
        assert!(loss.phase.double_value(&[]) < 1e-3);
        assert!(loss.magnitude_db.double_value(&[]) < 1e-2);
        // The longest window reaches over samples that the crop's edges do not determine.
        assert!(loss.mel_db.double_value(&[]) < 0.05);
        assert_eq!(loss.peak.double_value(&[]), 0.0);
        output.phase = output.phase.roll([1i64].as_slice(), [2i64].as_slice());
        let shifted = criterion.loss(&output, &crops);
        assert!(shifted.time_phase.double_value(&[]) > 0.5);
        assert!(shifted.mel_db.double_value(&[]) > 1.0);
        // With every bin in phase at the centre of its frame, noise becomes a click.
        let (a, other) = (output.phase.narrow(1, 0, 1025).ones_like(), output.phase.narrow(1, 0, 2050).zeros_like());
        let ones = crops.reference.cosine.ones_like();
        crops.reference = Angles { cosine: ones, sine: crops.reference.sine.zeros_like() };
        let alternating = Tensor::arange(1025, (Kind::Float, Device::Cpu)).remainder(2.0) * -2.0 + 1.0;
        output.phase = Tensor::cat(&[a * alternating.view([1, 1025, 1]), other], 1);
        assert!(criterion.loss(&output, &crops).peak.double_value(&[]) > 0.5);
    }
}

//! Loss of straight lines between latent points: no step may be much larger than the others, and no point may be
//! noisier than both ends.
//!
//! A decoder that only has to give its sounds back may cross from one kind to another within a hundredth of a knob: a line
//! then stands still, leaps, and stands still again. Or it passes through noise between two tones.

use engine::spectral::SpectralShape;
use tch::{Device, Kind, Tensor};

use crate::eval::interpolation::{LARGEST_OVER_MEDIAN, STEPS};
use crate::eval::sound_features::FLATNESS_BAND_HZ;
use crate::loss::FLOOR_DB;
use crate::loss::frames::{nepers_per_unit, parts_of_bins};
use crate::model::Decoder;
use crate::model::vae::FRAME_RANGE;

/// Points of a line, both ends among them: every other one of those at which evaluation looks. What makes a line uneven is a stretch of
/// it that changes fast, several of evaluation's steps wide, so the whole line has to be in sight.
const POINTS: i64 = 17;
/// Lines of one batch.
pub const LINES: i64 = 2;
/// A step may be this many times the median step of its line before it costs something. Below the 3 that evaluation allows, whose
/// steps are half as long and so less even.
const ALLOWED: f64 = 1.75;
/// Flatness that costs nothing: evaluation's threshold for ends that are no noise. Frames read flatter than its spectra, so this is
/// the stricter.
const ALLOWED_FLATNESS: f64 = 0.05;
/// Weights of the two laws: a line that breaks one costs about as much as the error of a sound.
const STEP_WEIGHT: f64 = 3.0;
const NOISE_WEIGHT: f64 = 3.0;

/// The loss and its constants.
#[derive(Debug)]
pub struct InterpolationLoss {
    shape: SpectralShape,
    /// Part of each band in the mean over [`FLATNESS_BAND_HZ`], `[bands, 1]`.
    parts: Tensor,
}

impl InterpolationLoss {
    /// Lines of frames of `shape`.
    pub fn new(shape: &SpectralShape, device: Device) -> Self {
        let (from, to) = FLATNESS_BAND_HZ;
        let bank = shape.mel_bank();
        let inside = bank.centres_hz().iter().map(|hz| f32::from(u8::from((from..to).contains(&(*hz as f32)))));
        let parts = parts_of_bins(shape).view([-1, 1]) * Tensor::from_slice(&inside.collect::<Vec<_>>()).unsqueeze(1);
        Self { shape: *shape, parts: (&parts / parts.sum(Kind::Float)).to_device(device) }
    }

    /// What steps exceed [`ALLOWED`] times the median step by, in normalised units, summed over a line, and what the flatness of points
    /// exceeds [`ALLOWED_FLATNESS`] and that of the line's flatter end by, mean over the points; each times its weight, mean over a few
    /// lines between the first sounds of a batch: those of the first [`LINES`] lead to the next as many. `latents`: `[batch, 7]`, at least
    /// four; `keys`: `[batch, 1]`.
    pub fn excess(&self, decoder: &Decoder, latents: &Tensor, keys: &Tensor) -> Tensor {
        let keys = keys.narrow(0, 0, LINES).repeat_interleave_self_int(POINTS, 0, None);
        let made = decoder.forward(&points(latents), &keys).clamp_min(floor(&self.shape));
        let made = made.view([LINES, POINTS, made.size()[1], made.size()[2]]);
        let noise = beyond_ends(&self.flatness(&made));
        beyond_allowed(&steps(&made, &self.shape)) * (STEP_WEIGHT / LINES as f64) + noise * NOISE_WEIGHT
    }

    /// Part of the lines with a leap, as evaluation counts them, but of frames alone; each line leads from one of `latents`, `[sound, 7]`,
    /// to the one half of them further on, at its key of `keys`, `[sound, 1]`.
    pub fn broken_part(&self, decoder: &Decoder, latents: &Tensor, keys: &Tensor) -> f64 {
        let half = latents.size()[0] / 2;
        let way = Tensor::linspace(0.0, 1.0, STEPS as i64, (Kind::Float, latents.device())).unsqueeze(1);
        let broken = (0..half).filter(|line| {
            let points = latents.get(*line) * (1.0 - &way) + latents.get(line + half) * &way;
            let made = decoder.forward(&points, &keys.get(*line).expand([STEPS as i64, 1], false));
            leaps(&steps(&made.clamp_min(floor(&self.shape)).unsqueeze(0), &self.shape))
        });
        broken.count() as f64 / half.max(1) as f64
    }

    /// Geometric over arithmetic mean of the power over bins (Johnston 1988), mean over the frames that sound, weighted by power; 0 where
    /// none does: `[line, point, band, frame]` → `[line, point]`.
    fn flatness(&self, made: &Tensor) -> Tensor {
        let log_power = (made.clamp_max(FRAME_RANGE.1) - 1.0) * (2.0 * nepers_per_unit(&self.shape));
        let over_bands = |x: &Tensor| (x * &self.parts).sum_dim_intlist([2i64].as_slice(), false, Kind::Float);
        let (geometric, power) = (over_bands(&log_power).exp(), over_bands(&log_power.exp()));
        let sounds = power.gt(self.silent_power()).to_kind(Kind::Float);
        let over_time = |x: &Tensor| (x * &sounds).sum_dim_intlist([2i64].as_slice(), false, Kind::Float);
        over_time(&geometric) / over_time(&power).clamp_min(self.silent_power())
    }

    /// Mean power of a frame that is at the floor, and a little more for rounding.
    fn silent_power(&self) -> f64 {
        ((floor(&self.shape) - 1.0) * 2.0 * nepers_per_unit(&self.shape)).exp() * 1.01
    }
}

/// What neither of two frames reaches is silence, and no part of a step.
fn floor(shape: &SpectralShape) -> f64 {
    f64::from(shape.normalise_db(FLOOR_DB as f32))
}

/// Mean over all points of what their flatness, `[line, point]`, exceeds [`ALLOWED_FLATNESS`] and that of the flatter end by. The ends
/// themselves are not pushed up.
fn beyond_ends(flatness: &Tensor) -> Tensor {
    let ends = flatness.narrow(1, 0, 1).maximum(&flatness.narrow(1, -1, 1)).detach();
    (flatness - ends.clamp_min(ALLOWED_FLATNESS)).relu().mean(Kind::Float)
}

/// Points along each line, `[line · point, 7]`.
fn points(latents: &Tensor) -> Tensor {
    let ends = latents.narrow(0, 0, 2 * LINES).view([2, LINES, 1, -1]);
    let way = Tensor::linspace(0.0, 1.0, POINTS, (Kind::Float, latents.device())).view([1, POINTS, 1]);
    let points: Tensor = ends.get(0) * (1.0 - &way) + ends.get(1) * &way;
    points.flatten(0, 1)
}

/// Sum of what the steps of each line, `[line, step]`, exceed [`ALLOWED`] times their median by. The median itself is not pushed up.
fn beyond_allowed(steps: &Tensor) -> Tensor {
    let allowed = steps.median_dim(1, true).0.detach() * ALLOWED;
    (steps - allowed).relu().sum(steps.kind())
}

/// Whether the largest step of one line is a leap by evaluation's measure.
fn leaps(steps: &Tensor) -> bool {
    steps.max().double_value(&[]) > steps.median().double_value(&[]) * LARGEST_OVER_MEDIAN
}

/// Mean absolute difference of neighbouring points over the frames in which either sounds: `[line, point, band, frame]` →
/// `[line, point − 1]`.
fn steps(made: &Tensor, shape: &SpectralShape) -> Tensor {
    let count = made.size()[1] - 1;
    let (before, after) = (made.narrow(1, 0, count), made.narrow(1, 1, count));
    let sounds = made.amax([2i64].as_slice(), false).gt(floor(shape)).to_kind(Kind::Float);
    let sounds = sounds.narrow(1, 0, count).maximum(&sounds.narrow(1, 1, count));
    let differences = (after - before).abs().mean_dim([2i64].as_slice(), false, Kind::Float) * &sounds;
    let over_time = |x: &Tensor| x.sum_dim_intlist([2i64].as_slice(), false, Kind::Float);
    over_time(&differences) / over_time(&sounds).clamp_min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: SpectralShape = SpectralShape::DEFAULT;

    fn line(levels: &[f64]) -> Tensor {
        let points: Vec<Tensor> =
            levels.iter().map(|level| Tensor::full([4, 5], *level, (Kind::Float, Device::Cpu))).collect();
        Tensor::stack(&points, 0).unsqueeze(0)
    }

    #[test]
    fn a_step_is_the_mean_difference_of_what_sounds() {
        let found = Vec::<f32>::try_from(steps(&line(&[-0.5, -0.25, 0.5]), &SHAPE).view(-1)).expect("two steps");
        assert!((found[0] - 0.25).abs() < 1e-6 && (found[1] - 0.75).abs() < 1e-6, "{found:?}");
        assert_eq!(steps(&line(&[floor(&SHAPE); 2]), &SHAPE).double_value(&[0, 0]), 0.0);
    }

    #[test]
    fn only_a_leap_costs_and_only_it_is_held_back() {
        let even = Tensor::from_slice(&[0.1, 0.12, 0.1, 0.08, 0.15]).unsqueeze(0);
        assert_eq!(beyond_allowed(&even).double_value(&[]), 0.0);
        let leap = Tensor::from_slice(&[0.1, 0.12, 0.1, 0.08, 0.5]).unsqueeze(0).set_requires_grad(true);
        let cost = beyond_allowed(&leap);
        assert!((cost.double_value(&[]) - (0.5 - 0.1 * ALLOWED)).abs() < 1e-6);
        cost.backward();
        let slopes = Vec::<f64>::try_from(leap.grad().view(-1)).expect("five slopes");
        assert_eq!(slopes, [0.0, 0.0, 0.0, 0.0, 1.0]);
        assert!(leaps(&leap) && !leaps(&even));
    }

    #[test]
    fn points_go_straight_from_sound_to_sound() {
        let latents = Tensor::from_slice(&[0.0f32, 8.0, 32.0, -24.0]).unsqueeze(1);
        let values = Vec::<f32>::try_from(points(&latents).view(-1)).expect("numbers");
        let last = POINTS as usize - 1;
        assert_eq!((values[0], values[1], values[last]), (0.0, 2.0, 32.0));
        assert_eq!((values[last + 1], values[last + 2], values[2 * last + 1]), (8.0, 6.0, -24.0));
    }

    #[test]
    fn flatness_is_one_for_white_noise_and_small_for_a_tone() {
        let law = InterpolationLoss::new(&SHAPE, Device::Cpu);
        let level = |db: f32| f64::from(SHAPE.normalise_db(db));
        let white = Tensor::full([1, 1, 128, 5], level(-30.0), (Kind::Float, Device::Cpu));
        let flatness = |made: &Tensor| law.flatness(made).double_value(&[0, 0]);
        assert!((flatness(&white) - 1.0).abs() < 1e-3);
        let tone = Tensor::full([1, 1, 128, 5], level(-70.0), (Kind::Float, Device::Cpu));
        let _ = tone.narrow(2, 40, 2).fill_(level(-10.0));
        let of_tone = flatness(&tone);
        assert!(of_tone < 1e-3);
        // Rumble lies outside.
        let _ = tone.narrow(2, 2, 1).fill_(level(0.0));
        assert!((flatness(&tone) - of_tone).abs() < 1e-6);
        // Faint noise beside a loud tone counts little, silence not at all.
        let _ = tone.narrow(3, 1, 4).fill_(level(-60.0));
        assert!(flatness(&tone) < 0.01);
        let _ = tone.narrow(3, 1, 4).fill_(floor(&SHAPE));
        assert!((flatness(&tone) - of_tone).abs() < 1e-5);
        assert_eq!(flatness(&Tensor::full([1, 1, 128, 5], floor(&SHAPE), (Kind::Float, Device::Cpu))), 0.0);
    }

    #[test]
    fn only_what_is_noisier_than_both_ends_costs() {
        let cost = |points: [f64; 6]| beyond_ends(&Tensor::from_slice(&points).unsqueeze(0)).double_value(&[]);
        assert!((cost([0.0, 0.01, 0.04, 0.25, 0.3, 0.0]) - (0.2 + 0.25) / 6.0).abs() < 1e-6);
        assert_eq!(cost([0.0, 0.01, 0.04, 0.25, 0.3, 0.4]), 0.0);
    }
}

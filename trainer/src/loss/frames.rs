//! The auto-encoder's loss: log-mel frames in normalised units against the true ones.

use engine::spectral::SpectralShape;
use tch::{Device, Kind, Tensor};

use super::{DB_PER_NEPER, FLOOR_DB};
use crate::model::vae::FRAME_RANGE;
use crate::reference::transform::MU;

/// Additional weight of the loudest band of a sound against its faintest.
const LOUD_WEIGHT: f64 = 8.0;
/// Weight of the error of a frame's level against that of its bands.
const LEVEL_WEIGHT: f64 = 0.5;
/// Weight of the squared error of mu-law amplitudes: makes it about a quarter of the loss of a trained model.
const AMPLITUDE_WEIGHT: f64 = 500.0;
/// Sounds at −16 LUFS peak at about half of full scale; this brings them to 1, which the mu-law takes to 1.
const TO_FULL_SCALE: f64 = 2.0;
/// The first frames weigh most, since an attack is short.
const ONSET_FRAMES: i64 = 8;
const ONSET_WEIGHT: f64 = 2.0;

/// The loss of a batch and its parts.
#[derive(Debug)]
pub struct FramesLoss {
    /// What is minimised.
    pub total: Tensor,
    /// Weighted mean absolute error of bands and of each frame's level. Every sound counts the same however short it is, loud bands
    /// count more than faint ones, and frames with sound more than silent ones. Asked for bands alone, a network that is unsure of a
    /// partial's place spreads it over several and makes each of them too faint: hence the level.
    pub levels: Tensor,
    /// Mean squared error of mu-law amplitudes: a loud partial that is off costs most.
    pub amplitudes: Tensor,
}

/// Where silence begins and how much it counts.
#[derive(Clone, Copy, Debug)]
pub struct Silence {
    /// What both a sound and its remake have below is silence and no error, in dB.
    pub below_db: f32,
    /// Weight of frames without sound against those with.
    pub weight: f64,
}

/// Computes [`FramesLoss`] for frames of one shape.
#[derive(Debug)]
pub struct FramesCriterion {
    shape: SpectralShape,
    silence: Silence,
    /// Each band's part of all bins, `[1, bands, 1]`.
    parts: Tensor,
}

impl FramesCriterion {
    /// A criterion for frames of `shape`.
    pub fn new(shape: &SpectralShape, silence: Silence, device: Device) -> Self {
        Self { shape: *shape, silence, parts: parts_of_bins(shape).to_device(device) }
    }

    /// Mean loss of `[batch, bands, time]`.
    pub fn loss(&self, predicted: &Tensor, target: &Tensor) -> FramesLoss {
        let silence = f64::from(self.shape.normalise_db(self.silence.below_db));
        let (heard, wanted) = (predicted.clamp_min(silence), target.clamp_min(silence));
        let of_bands = (&heard - &wanted).abs() * self.loudness_weight(predicted, target);
        let of_level = (level(&heard, &self.shape) - level(&wanted, &self.shape)).abs();
        let per_frame = of_bands.mean_dim([1i64].as_slice(), false, Kind::Float) + of_level * LEVEL_WEIGHT;
        let weight = active_frames(target, &self.shape) * (1.0 - self.silence.weight) + self.silence.weight;
        let _ = weight.narrow(1, 0, ONSET_FRAMES).g_mul_scalar_(ONSET_WEIGHT);
        let along_time = [1i64];
        let sum = (per_frame * &weight).sum_dim_intlist(along_time.as_slice(), false, Kind::Float);
        let of_sounds = sum / weight.sum_dim_intlist(along_time.as_slice(), false, Kind::Float);
        let (levels, amplitudes) = (of_sounds.mean(Kind::Float), self.of_amplitudes(&heard, &wanted));
        FramesLoss { total: &levels + &amplitudes * AMPLITUDE_WEIGHT, levels, amplitudes }
    }

    /// Weight of every band of every frame: 1 for the faintest, 1 + [`LOUD_WEIGHT`] for what is as loud as the sound's loudest
    /// band, between them with the square root of the amplitude, about as the ear weighs them (Stevens 1957). Without it a
    /// fundamental that is 20 dB too faint costs no more than one empty band that is as much too loud. Either of the two may be
    /// loud: a partial that is missing counts like one that is too much.
    fn loudness_weight(&self, predicted: &Tensor, target: &Tensor) -> Tensor {
        let louder = predicted.detach().maximum(target);
        let below_loudest = (louder - target.amax([1i64, 2].as_slice(), true)).clamp_max(0.0);
        (below_loudest * (nepers_per_unit(&self.shape) / 2.0)).exp() * LOUD_WEIGHT + 1.0
    }

    /// Squared error of mu-law amplitudes, mean over bins and frames: after the measure of the report that Heptode is based on, but at
    /// the sounds' level instead of peak 1, without its gate, and with every bin at the amplitude of its band.
    fn of_amplitudes(&self, heard: &Tensor, wanted: &Tensor) -> Tensor {
        let neper = nepers_per_unit(&self.shape);
        let mu = f64::from(MU);
        // What bursts beyond the range of frames has no finite amplitude; its bands' levels bring it back.
        let compressed = |frames: &Tensor| {
            (((frames.clamp_max(FRAME_RANGE.1) - 1.0) * neper).exp() * (mu * TO_FULL_SCALE)).log1p() / mu.ln_1p()
        };
        let error = (compressed(heard) - compressed(wanted)).square() * &self.parts;
        error.sum_dim_intlist([1i64].as_slice(), false, Kind::Float).mean(Kind::Float)
    }
}

/// Mean distance in dB of each sound's bands in the frames in which `wanted` sounds: `[sound, bands, time]` each → `[sound]`; 0 for silence.
pub fn distances_db(made: &Tensor, wanted: &Tensor, shape: &SpectralShape) -> Tensor {
    let floor = f64::from(shape.normalise_db(FLOOR_DB as f32));
    let difference = (made.clamp_min(floor) - wanted.clamp_min(floor)).abs();
    let active = active_frames(wanted, shape);
    let error = difference.mean_dim([1i64].as_slice(), false, Kind::Float) * &active;
    let total = |x: &Tensor| x.sum_dim_intlist([1i64].as_slice(), false, Kind::Float);
    total(&error) / total(&active).clamp_min(1.0) * (DB_PER_NEPER * nepers_per_unit(shape))
}

/// Level of each frame, its bands' powers added, in normalised units: `[batch, bands, time]` → `[batch, time]`.
pub fn level(frames: &Tensor, shape: &SpectralShape) -> Tensor {
    let power = 2.0 * nepers_per_unit(shape);
    (frames * power).logsumexp([1i64].as_slice(), false) / power
}

/// How many of all bins each band stands for, `[1, bands, 1]`; their sum is 1.
pub fn parts_of_bins(shape: &SpectralShape) -> Tensor {
    let bank = shape.mel_bank();
    let centres_hz = bank.centres_hz();
    let last = centres_hz.len() - 1;
    let width = |band: usize| {
        let (below, above) = (band.saturating_sub(1), (band + 1).min(last));
        (centres_hz[above] - centres_hz[below]) / (above - below).max(1) as f64
    };
    let widths: Vec<f64> = (0..centres_hz.len()).map(width).collect();
    let sum: f64 = widths.iter().sum();
    Tensor::from_slice(&widths.iter().map(|width| (width / sum) as f32).collect::<Vec<_>>()).view([1, -1, 1])
}

/// Change of the logarithm of an amplitude per unit of frames.
pub fn nepers_per_unit(shape: &SpectralShape) -> f64 {
    f64::from(-shape.floor_db / 2.0) / DB_PER_NEPER
}

/// 1 for the frames that hold a band above −80 dB, else 0: `[batch, bands, time]` → `[batch, time]`.
pub fn active_frames(frames: &Tensor, shape: &SpectralShape) -> Tensor {
    let threshold = f64::from(shape.normalise_db(FLOOR_DB as f32));
    frames.amax([1i64].as_slice(), false).gt(threshold).to_kind(Kind::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENCE: Silence = Silence { below_db: -84.0, weight: 0.15 };

    #[test]
    fn loud_bands_weigh_more_whichever_of_the_two_is_loud() {
        let shape = SpectralShape::DEFAULT;
        let criterion = FramesCriterion::new(&shape, SILENCE, Device::Cpu);
        let sound = |levels_db: [f32; 3]| {
            let values = levels_db.map(|level_db| shape.normalise_db(level_db));
            Tensor::from_slice(&values).view([1, 3, 1])
        };
        let weights = |predicted: [f32; 3], target: [f32; 3]| {
            let found = criterion.loudness_weight(&sound(predicted), &sound(target));
            Vec::<f32>::try_from(found.view(-1)).expect("three weights")
        };
        // 1 + 8 · 10^(−20/40) is 3.53.
        for found in
            [weights([-6.0, -80.0, -80.0], [-6.0, -26.0, -80.0]), weights([-6.0, -26.0, -80.0], [-6.0, -80.0, -80.0])]
        {
            assert!((found[0] - 9.0).abs() < 1e-3 && (found[1] - 3.53).abs() < 1e-2 && found[2] < 1.2, "{found:?}");
        }
    }

    #[test]
    fn a_lost_fundamental_costs_more_than_a_faint_band_that_is_as_far_off() {
        let shape = SpectralShape::DEFAULT;
        let criterion = FramesCriterion::new(&shape, SILENCE, Device::Cpu);
        let level = |db: f32| f64::from(shape.normalise_db(db));
        let sound = Tensor::full([1, 128, 172], level(-60.0), (Kind::Float, Device::Cpu));
        let _ = sound.narrow(1, 10, 1).fill_(level(-6.0));
        let changed = |band: i64, db: f32| {
            let other = sound.copy();
            let _ = other.narrow(1, band, 1).fill_(level(db));
            let loss = criterion.loss(&other, &sound);
            let parts = loss.levels.double_value(&[]) + AMPLITUDE_WEIGHT * loss.amplitudes.double_value(&[]);
            let total = loss.total.double_value(&[]);
            assert!((total - parts).abs() < 1e-5 * total, "{total} is not {parts}");
            total
        };
        let (lost, faint) = (changed(10, -26.0), changed(20, -40.0));
        assert!(lost > 3.0 * faint && faint > 0.0, "{lost} against {faint}");
        // A partial too much counts like one that is missing.
        assert!(changed(20, -6.0) > 3.0 * changed(20, -70.0));
    }

    #[test]
    fn a_level_is_the_sum_of_the_powers_of_bands() {
        let shape = SpectralShape::DEFAULT;
        let sound = Tensor::full([1, 128, 172], f64::from(shape.normalise_db(-90.0)), (Kind::Float, Device::Cpu));
        let with = |levels_db: &[f32]| {
            let other = sound.copy();
            for (band, level_db) in levels_db.iter().enumerate() {
                let _ = other.narrow(1, 60 + band as i64, 1).fill_(f64::from(shape.normalise_db(*level_db)));
            }
            other
        };
        let difference_db = |a: &Tensor, b: &Tensor| {
            let difference = (level(a, &shape) - level(b, &shape)).double_value(&[0, 0]);
            difference * f64::from(-shape.floor_db / 2.0)
        };
        let (one, four) = (with(&[-10.0]), with(&[-16.02; 4]));
        assert!(difference_db(&one, &four).abs() < 0.01);
        assert!((difference_db(&one, &with(&[-16.0])) - 6.0).abs() < 0.01);
    }

    #[test]
    fn silence_below_the_floor_is_no_error() {
        let shape = SpectralShape::DEFAULT;
        let silent = Tensor::full([1, 128, 172], -1.0, (Kind::Float, Device::Cpu));
        let nearly = Tensor::full([1, 128, 172], f64::from(shape.normalise_db(-85.0)), (Kind::Float, Device::Cpu));
        assert_eq!(
            FramesCriterion::new(&shape, SILENCE, Device::Cpu).loss(&nearly, &silent).total.double_value(&[]),
            0.0
        );
    }

    #[test]
    fn what_bursts_costs_a_finite_loss_that_brings_it_back() {
        let shape = SpectralShape::DEFAULT;
        let target = Tensor::full([1, 128, 172], f64::from(shape.normalise_db(-20.0)), (Kind::Float, Device::Cpu));
        let burst = Tensor::full([1, 128, 172], 400.0, (Kind::Float, Device::Cpu)).set_requires_grad(true);
        let loss = FramesCriterion::new(&shape, SILENCE, Device::Cpu).loss(&burst, &target).total;
        assert!(loss.double_value(&[]).is_finite());
        loss.backward();
        assert!(burst.grad().min().double_value(&[]) > 0.0 && burst.grad().isfinite().all().int64_value(&[]) == 1);
    }

    #[test]
    fn bands_stand_for_all_bins_the_high_ones_for_more() {
        let parts = parts_of_bins(&SpectralShape::DEFAULT);
        assert!((parts.sum(Kind::Float).double_value(&[]) - 1.0).abs() < 1e-5);
        assert!(parts.double_value(&[0, 120, 0]) > 10.0 * parts.double_value(&[0, 10, 0]));
    }

    #[test]
    fn an_error_of_amplitude_is_the_square_of_its_mu_law_difference() {
        let shape = SpectralShape::DEFAULT;
        let criterion = FramesCriterion::new(&shape, SILENCE, Device::Cpu);
        let at = |amplitude: f32| {
            let value = shape.normalise_db(20.0 * amplitude.log10());
            Tensor::full([1, 128, 172], f64::from(value), (Kind::Float, Device::Cpu))
        };
        // Twice 0.0625 is 0.125, and ln(1 + 8 · 0.125) / ln 9 = 0.3155; twice 0.5 is full scale.
        let error = criterion.of_amplitudes(&at(0.0625), &at(0.5)).double_value(&[]);
        assert!((error - (1.0f64 - 0.315_465).powi(2)).abs() < 1e-3, "{error}");
        // A band counts as often as it has bins.
        let in_band = |band: i64| {
            let other = at(0.5);
            other.narrow(1, band, 1).copy_(&at(0.0625).narrow(1, band, 1));
            criterion.of_amplitudes(&other, &at(0.5)).double_value(&[])
        };
        let parts = |band: i64| criterion.parts.double_value(&[0, band, 0]);
        let (ratio, wanted) = (in_band(120) / in_band(10), parts(120) / parts(10));
        assert!((ratio / wanted - 1.0).abs() < 1e-3, "{ratio} for {wanted}");
    }
}

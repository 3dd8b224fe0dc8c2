//! Acoustic descriptors of a sound, computed from its frames: the properties that knobs are named after.
//!
//! Every property has a slope everywhere, so that training can ask for it: where a rule would choose ("the frames that sound"), a
//! weight passes smoothly from no to yes.

use engine::spectral::SpectralShape;
use tch::{Kind, Tensor};

use crate::loss::DB_PER_NEPER;

/// Names of the properties. Each rises with what it is named after.
pub const NAMES: [&str; DESCRIPTORS] = ["Brightness", "Length", "Attack", "Noise", "Density", "Motion", "Damping"];
/// What each of them is, in the same order.
pub const MEANINGS: [&str; DESCRIPTORS] = [
    "the mean band",
    "how many frames sound",
    "how late the peak is reached",
    "how little bands stand out of their neighbours",
    "the mean level above the floor, over bands",
    "how far levels change from frame to frame otherwise than they do all the time",
    "by how many bands the mean band falls from early to late",
];
/// Number of properties.
pub const DESCRIPTORS: usize = 7;
/// The properties of one sound, in the order of [`NAMES`].
pub type Descriptors = [f32; DESCRIPTORS];

/// Level below the loudest at which a sound counts as over, and below which it has not reached its peak yet, in dB.
const OVER_DB: f64 = 40.0;
const PEAK_DB: f64 = 1.0;
/// Over how many dB a weight passes from no to yes: at the end of a sound, and at its peak.
const END_WIDTH_DB: f64 = 2.0;
const PEAK_WIDTH_DB: f64 = 0.5;
/// Frames after the peak in which it still rings in the analysis window, and moves nothing.
const WINDOW_FRAMES: i64 = 2;
/// Added to every band's level where bands are weighed: without it the mean band of near silence has a slope without bound, in dB.
const FAINTEST_DB: f64 = 0.01;
/// Bands on either side over which a spectrum is smoothed when its ripple is measured.
const REACH_BANDS: i64 = 4;

/// The properties of sounds, from their normalised frames: `[sound, band, frame]` → `[sound, property]`.
///
/// In the order of [`NAMES`]: mean band; logarithm of how many frames sound; logarithm of the frame that the peak is reached in; how
/// little bands stand out of their neighbours, in dB; mean level above the floor, in dB; how far levels change from frame to
/// frame otherwise than they do all the time, in dB; by how many bands the mean band falls from early to late.
pub fn measure(frames: &Tensor) -> Tensor {
    let sounds = Sounds::new(frames);
    let spectrum = sounds.spectrum(&sounds.sounding);
    let total = spectrum.sum_dim_intlist([1i64].as_slice(), false, Kind::Float);
    let properties = [
        centroid(&spectrum),
        sounds.count.log(),
        sounds.log_peak_frame(),
        -ripple(&spectrum),
        &total / spectrum.size()[1] as f64,
        sounds.motion(),
        sounds.damping(),
    ];
    Tensor::stack(&properties, 1)
}

/// Sounds and which of their frames sound.
struct Sounds {
    /// In dB above the floor, so that weights are not negative: `[sound, band, frame]`.
    level_db: Tensor,
    /// In dB below the loudest frame, 0 or less: `[sound, frame]`.
    below_loudest_db: Tensor,
    /// 1 for the frames that sound, 0 for those after the end.
    sounding: Tensor,
    /// How many sound: `[sound]`.
    count: Tensor,
}

impl Sounds {
    fn new(frames: &Tensor) -> Self {
        let level_db = (frames + 1.0).clamp_min(0.0) * f64::from(-SpectralShape::DEFAULT.floor_db / 2.0);
        let nepers = 2.0 / DB_PER_NEPER;
        let loudness_db = (&level_db * nepers).logsumexp([1i64].as_slice(), false) / nepers;
        let below_loudest_db = &loudness_db - loudness_db.amax([1i64].as_slice(), true);
        let sounding = ((&below_loudest_db + OVER_DB) / END_WIDTH_DB).sigmoid();
        let count = over_time(&sounding);
        Self { level_db, below_loudest_db, sounding, count }
    }

    /// Mean level of each band over frames of these weights: `[sound, frame]` → `[sound, band]`.
    fn spectrum(&self, weights: &Tensor) -> Tensor {
        let sum = (&self.level_db * weights.unsqueeze(1)).sum_dim_intlist([2i64].as_slice(), false, Kind::Float);
        sum / over_time(weights).clamp_min(1.0).unsqueeze(1)
    }

    /// Logarithm of the chance that the peak is not reached before the end of each frame.
    fn log_not_yet(&self) -> Tensor {
        (-((&self.below_loudest_db + PEAK_DB) / PEAK_WIDTH_DB)).log_sigmoid().cumsum(1, Kind::Float)
    }

    /// Mean of the logarithm of one more than the frame that reaches the peak, over the chances of every frame. Where a single frame
    /// makes the peak, chances are left that none reached it: those do not count.
    fn log_peak_frame(&self) -> Tensor {
        let frames = self.sounding.size()[1];
        let index = Tensor::arange(frames, (Kind::Float, self.sounding.device())) + 1.0;
        let step = (&index + 1.0).log() - index.log();
        let not_yet = self.log_not_yet().exp();
        let never = not_yet.narrow(1, frames - 1, 1);
        let reached: Tensor = 1.0 - &never;
        over_time(&((&not_yet - &never) * step)) / reached.squeeze_dim(1)
    }

    /// Mean distance of each band's step from its mean step, after the peak.
    fn motion(&self) -> Tensor {
        let steps = self.sounding.size()[1] - 1 - WINDOW_FRAMES;
        let from = |x: &Tensor, start: i64| x.narrow(-1, start, steps);
        let difference = from(&self.level_db, WINDOW_FRAMES + 1) - from(&self.level_db, WINDOW_FRAMES);
        let reached = 1.0 - from(&self.log_not_yet(), 0).exp();
        let weights: Tensor = from(&self.sounding, WINDOW_FRAMES) * from(&self.sounding, WINDOW_FRAMES + 1) * reached;
        let (weights, count) = (weights.unsqueeze(1), over_time(&weights).clamp_min(1.0).unsqueeze(1));
        let mean = |x: &Tensor| (x * &weights).sum_dim_intlist([2i64].as_slice(), false, Kind::Float) / &count;
        let rest = (&difference - mean(&difference).unsqueeze(2)).abs();
        mean(&rest).mean_dim([1i64].as_slice(), false, Kind::Float)
    }

    fn damping(&self) -> Tensor {
        let late = &self.sounding * self.sounding.cumsum(1, Kind::Float) / self.count.unsqueeze(1);
        let early = &self.sounding - &late;
        centroid(&self.spectrum(&early)) - centroid(&self.spectrum(&late))
    }
}

/// Sum over the last dimension.
fn over_time(x: &Tensor) -> Tensor {
    x.sum_dim_intlist([-1i64].as_slice(), false, Kind::Float)
}

/// Mean band, weighted by level: `[sound, band]` → `[sound]`. A sound near silence has its centre in the middle.
fn centroid(spectrum: &Tensor) -> Tensor {
    let bands = Tensor::arange(spectrum.size()[1], (Kind::Float, spectrum.device()));
    let weights = spectrum + FAINTEST_DB;
    over_time(&(&weights * bands)) / over_time(&weights)
}

/// Mean distance of bands from the mean of their neighbours: large for separate partials, small for noise.
fn ripple(spectrum: &Tensor) -> Tensor {
    let smooth = spectrum.unsqueeze(1).avg_pool1d(2 * REACH_BANDS + 1, 1, REACH_BANDS, false, false).squeeze_dim(1);
    (spectrum - smooth).abs().mean_dim([1i64].as_slice(), false, Kind::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(level: impl Fn(usize, usize) -> f32) -> Tensor {
        let shape = SpectralShape::DEFAULT;
        let places = (0..shape.mel_bands).flat_map(|band| (0..shape.frame_count).map(move |frame| (band, frame)));
        let values: Vec<f32> = places.map(|(band, frame)| level(band, frame).max(-1.0)).collect();
        Tensor::from_slice(&values).view([1, shape.mel_bands as i64, shape.frame_count as i64])
    }

    fn of(name: &str, values: &Tensor) -> f64 {
        let place = NAMES.iter().position(|other| *other == name).expect("a name of the list");
        measure(values).double_value(&[0, place as i64])
    }

    #[test]
    fn properties_rise_with_what_they_are_named_after() {
        let dark = frames(|band, frame| 0.5 - band as f32 / 40.0 - frame as f32 / 80.0);
        let bright = frames(|band, frame| 0.5 - (127 - band) as f32 / 40.0 - frame as f32 / 80.0);
        let long = frames(|band, frame| 0.5 - band as f32 / 40.0 - frame as f32 / 400.0);
        let slow = frames(|band, frame| 0.5 - band as f32 / 40.0 - (60 - frame as i32).abs() as f32 / 80.0);
        let tone = frames(|band, _| if band % 6 == 0 { 0.3 } else { -0.5 });
        let noise = frames(|band, _| 0.3 - band as f32 / 200.0);
        let steady = frames(|_, _| 0.2);
        let moving = frames(|band, frame| 0.2 + 0.2 * ((frame + band) as f32 / 4.0).sin());
        let even = frames(|_, frame| 0.5 - frame as f32 / 150.0);
        let damped = frames(|band, frame| 0.5 - frame as f32 * (1 + band) as f32 / 6000.0);
        for (name, low, high) in [
            ("Brightness", &dark, &bright),
            ("Length", &dark, &long),
            ("Attack", &dark, &slow),
            ("Noise", &tone, &noise),
            ("Density", &tone, &noise),
            ("Motion", &steady, &moving),
            ("Damping", &even, &damped),
        ] {
            assert!(of(name, high) > of(name, low), "{name}: {} and {}", of(name, low), of(name, high));
        }
        // An even fall is no motion.
        assert!(of("Motion", &even) < 0.01 * of("Motion", &moving), "{}", of("Motion", &even));
    }

    #[test]
    fn a_length_and_an_attack_are_counted_in_frames() {
        let falls = frames(|band, frame| if band == 20 && frame < 50 { 1.0 } else { -1.0 });
        assert!((of("Length", &falls) - 50f64.ln()).abs() < 1e-3);
        assert!(of("Attack", &falls) < 0.1);
        let rises = frames(|band, frame| if band == 20 && frame >= 30 { 0.5 } else { -0.5 });
        assert!((of("Attack", &rises) - 31f64.ln()).abs() < 0.05, "{}", of("Attack", &rises));
        // However short the peak is.
        for frame_db in [0.0, 0.1, 1.0] {
            let struck = frames(|band, frame| if band == 20 { 0.5 - frame as f32 * frame_db } else { -1.0 });
            assert!(of("Attack", &struck) < 0.15, "{}", of("Attack", &struck));
        }
    }

    #[test]
    fn every_property_has_a_slope_and_silence_has_properties() {
        // It must end, or no change of level makes it longer.
        let falling = frames(|_, frame| 0.5 - frame as f32 / 80.0);
        let random = (Tensor::rand([3, 128, 172], (Kind::Float, tch::Device::Cpu)) * 0.4 + falling).clamp_min(-1.0);
        for place in 0..DESCRIPTORS as i64 {
            let frames = random.copy().set_requires_grad(true);
            measure(&frames).select(1, place).sum(Kind::Float).backward();
            let slope = frames.grad().abs().max().double_value(&[]);
            assert!(slope > 0.0 && slope.is_finite(), "{}: {slope}", NAMES[place as usize]);
        }
        let silent = Tensor::full([1, 128, 172], -1.0, (Kind::Float, tch::Device::Cpu)).set_requires_grad(true);
        let properties = measure(&silent);
        assert!(properties.isfinite().all().int64_value(&[]) == 1);
        properties.sum(Kind::Float).backward();
        assert!(silent.grad().abs().max().double_value(&[]) < 1e5, "near silence a slope stays within bounds");
    }
}
